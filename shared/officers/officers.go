// Package officers holds what approvers are told by mail: words and figures only, so that
// who writes mail need not know how texts are compared nor how runs are decided.
package officers

import (
	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// Invitation asks one approver to decide about a run that waits.
type Invitation struct {
	To         string // the address
	Link       string
	Two        bool // a second person must approve, too
	Run        notice.Run
	Version    notice.Version
	Change     string   // class of the difference from the version before
	Confidence float64  // of that, 0 to 1
	Reasons    []string // for that
	Comparison string   // line by line: + added, - removed, headings without a sign
	Warnings   []string
	Plan       delivery.Plan
}

// PageChange tells one approver that the public page says something else than the version
// it is compared with.
type PageChange struct {
	To         string // the address
	Version    notice.Version
	Seen       notice.Date // since when
	Class      string      // of the difference
	Confidence float64     // of that, 0 to 1
	Reasons    []string    // for that
	Sections   []string    // the headings of those that differ
}
