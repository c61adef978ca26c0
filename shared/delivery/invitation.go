package delivery

import "policymail/shared/notice"

// Invitation asks one approver to decide about a run that waits. It holds words and
// figures only, so that who writes mail need not know how texts are compared.
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
	Plan       Plan
}
