package token

import (
	"net/url"
	"time"

	"policymail/shared/notice"
)

// Links makes the links of a site.
type Links struct {
	Base string // like "https://privacy.example.com", without a slash at the end
	Keys *Keys
	Now  func() time.Time
}

// Notice is the links of a notice for one person.
type Notice struct {
	Unsubscribe string // one-click (RFC 8058) and page
	Preferences string
	Policy      string // full text
	Comparison  string // with the version before; empty for the first
}

// noticeLink is how long the preferences link in a notice works. The unsubscribe
// link beside it never expires.
const noticeLink = 60 * 24 * time.Hour

// Notice makes the links of a run's notice for one person.
func (l Links) Notice(run notice.Run, v notice.Version, r notice.Recipient) Notice {
	text := l.Version(v.Policy, v.Name)
	links := Notice{
		Unsubscribe: l.Link(Claims{Purpose: Unsubscribe, Recipient: r.ID, Run: run.ID}),
		Preferences: l.Link(Claims{Purpose: Preferences, Recipient: r.ID, Run: run.ID, Expires: l.Now().Add(noticeLink)}),
		Policy:      text,
	}
	if !v.Baseline() {
		links.Comparison = text + "/changes"
	}
	return links
}

// Version is the link to the text of a version. It is nobody's.
func (l Links) Version(policy, version string) string {
	return l.Base + "/policy/" + url.PathEscape(policy) + "/" + url.PathEscape(version)
}

// Link signs claims and returns their link.
func (l Links) Link(c Claims) string {
	return l.Base + "/" + string(c.Purpose) + "/" + l.Keys.Sign(c)
}
