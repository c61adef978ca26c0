package main

import (
	"fmt"

	"policymail/shared/notice"
)

// ways are how an approval was given, in words.
var ways = map[notice.ApprovalWay]string{
	notice.ByLink:      "by the link mailed to them",
	notice.ByCommand:   "by a command, which takes any name",
	notice.ByPublisher: "by publishing it",
	"":                 "by a way that was not recorded",
}

// given says who gave an approval, when, and by which way.
func given(g notice.Given) string {
	return fmt.Sprintf("%s on %s, %s", g.By, minute(g.At), ways[g.Way])
}
