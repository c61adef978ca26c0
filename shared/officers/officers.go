// Package officers holds what approvers are told by mail: words and figures only, so that
// who writes mail need not know how texts are compared nor how runs are decided.
package officers

import (
	"time"

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

// Rejected tells one approver that another one ended a run before it began.
type Rejected struct {
	To        string // the address
	Version   notice.Version
	Rejection notice.Rejection
}

// PageBroken tells one approver that no policy is found on the public page, or is again.
type PageBroken struct {
	To     string // the address
	Policy string
	Since  time.Time // it cannot be read
	Why    string
	Again  bool // it can be read again
}

// PageChange tells one approver that the public page says something else than the version
// it is compared with.
type PageChange struct {
	To         string // the address
	Version    notice.Version
	InForce    notice.Version // zero for none
	Shows      string         // the version before the one in force, if the page still shows it
	Seen       notice.Date    // since when
	Class      string         // of the difference
	Confidence float64        // of that, 0 to 1
	Reasons    []string       // for that
	Sections   []string       // the headings of those that differ
}
