package web

import (
	"net/url"
	"time"

	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/token"
)

// URLs makes the links that point at this site.
type URLs struct {
	Base       string // like "https://privacy.example.com", without a slash at the end
	PolicyName string // the policy the start page points to
	Keys       *token.Keys
	Now        func() time.Time
}

// noticeLink is how long the preferences link in a notice works. The unsubscribe
// link beside it never expires.
const noticeLink = 60 * 24 * time.Hour

// Links makes the links of a notice for one person; it implements mail.Linker.
func (u URLs) Links(run notice.Run, v notice.Version, r notice.Recipient) mail.Links {
	text := u.Base + "/policy/" + url.PathEscape(v.Policy) + "/" + url.PathEscape(v.Name)
	links := mail.Links{
		Unsubscribe: u.link(token.Claims{Purpose: token.Unsubscribe, Recipient: r.ID, Run: run.ID}),
		Preferences: u.link(token.Claims{Purpose: token.Preferences, Recipient: r.ID, Run: run.ID, Expires: u.Now().Add(noticeLink)}),
		Policy:      text,
	}
	if !v.Baseline() {
		links.Comparison = text + "/changes"
	}
	return links
}

func (u URLs) link(c token.Claims) string {
	return u.Base + "/" + string(c.Purpose) + "/" + u.Keys.Sign(c)
}
