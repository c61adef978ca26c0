package delivery

import "policymail/shared/notice"

// PageChange tells one approver that the public page says something else than the version
// it is compared with. Like Invitation it holds words and figures only.
type PageChange struct {
	To         string // the address
	Version    notice.Version
	Seen       notice.Date // since when
	Class      string      // of the difference
	Confidence float64     // of that, 0 to 1
	Reasons    []string    // for that
	Sections   []string    // the headings of those that differ
}
