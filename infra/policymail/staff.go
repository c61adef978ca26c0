package main

import (
	"strings"

	"policymail/shared/notice"
)

// said refuses to record something as done by nobody, as where $USER is not set.
func said(by string) error {
	if strings.TrimSpace(by) == "" {
		return notice.Invalid("nobody is named who does this").Hint("say who with --by NAME; it is recorded")
	}
	return nil
}

// by words who of the staff did something, after what it was; nothing if it was nobody.
func by(name, what string) string {
	if name == "" {
		return ""
	}
	return what + " by " + name
}
