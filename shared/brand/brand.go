// Package brand says whose notices these are.
package brand

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Brand is whose mail and pages it is.
type Brand struct {
	Company       string
	PostalAddress string // one line; shown at the bottom
	From          string // RFC 5322 mailbox of optional notices
	FromMandatory string // RFC 5322 mailbox of mandatory notices; From if empty
	ReplyTo       string // RFC 5322 mailbox that somebody reads
	LogoURL       string // https; optional, the mail reads well without it
	Colour        string // of buttons, like "#1a5fb4"; a sober blue if empty
	ListID        string // RFC 2919, like "privacy.example.com"
}

// Fault is what is wrong with a field, for instance Field "From".
type Fault struct{ Field, Reason string }

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	domain = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
)

// Faults lists everything that is wrong. What ends a header line and begins another
// (header injection) is refused, never stripped silently.
func (b Brand) Faults() (all []Fault) {
	note := func(field, reason string, args ...any) {
		all = append(all, Fault{field, fmt.Sprintf(reason, args...)})
	}
	for _, f := range []struct{ field, value string }{{"Company", b.Company}, {"PostalAddress", b.PostalAddress}, {"From", b.From}, {"ReplyTo", b.ReplyTo}, {"ListID", b.ListID}} {
		if strings.TrimSpace(f.value) == "" {
			note(f.field, "is missing")
		} else if i := strings.IndexFunc(f.value, unicode.IsControl); i >= 0 {
			note(f.field, "holds a line break or control character at byte %d", i)
		}
	}
	for _, f := range []struct{ field, value string }{{"From", b.From}, {"FromMandatory", b.FromMandatory}, {"ReplyTo", b.ReplyTo}} {
		if f.value == "" {
			continue
		}
		if _, err := netmail.ParseAddress(f.value); err != nil {
			note(f.field, "is %q, not a mailbox like \"Example <privacy@example.com>\"", f.value)
		}
	}
	if b.ListID != "" && !domain.MatchString(b.ListID) {
		note("ListID", "is %q, not a name like privacy.example.com", b.ListID)
	}
	if b.LogoURL != "" {
		if u, err := url.Parse(b.LogoURL); err != nil || u.Scheme != "https" || u.Host == "" {
			note("LogoURL", "is %q; it must begin with https://", b.LogoURL)
		}
	}
	if b.Colour != "" && !colour.MatchString(b.Colour) {
		note("Colour", "is %q, not a colour like #1a5fb4", b.Colour)
	}
	return all
}
