package main

import (
	"fmt"
	"strings"

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
	return fmt.Sprintf("%s on %s, %s", g.By, notice.Minute(g.At), ways[g.Way])
}

// rejected says in a line who rejected a run, when, and why.
func rejected(r notice.Rejection) string {
	return fmt.Sprintf("rejected by %s on %s: %s", r.By, notice.Minute(r.At), strings.Join(strings.Fields(r.Reason), " "))
}
