package main

import (
	"bytes"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"policymail/shared/operate"
)

// covered are the headers a DKIM signature must cover for mailbox providers to show
// their unsubscribe button (RFC 8058 § 4).
var covered = []string{"list-unsubscribe", "list-unsubscribe-post"}

var httpsURI = regexp.MustCompile(`<https://[^<>]+>`)

// checkReceived looks at a message as a mailbox got it: what SES signed, and what the
// provider thinks of it. lookup finds TXT records; nil asks DNS.
func checkReceived(raw []byte, lookup func(domain string) ([]string, error)) []operate.Check {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return []operate.Check{{Name: "message", Detail: "cannot be read: " + err.Error(), Advice: "save the whole message, with its headers, as the mail program got it"}}
	}
	return []operate.Check{unsubscribeHeaders(m.Header), signature(raw, m.Header, lookup), dmarc(m.Header)}
}

func unsubscribeHeaders(h mail.Header) operate.Check {
	c := operate.Check{Name: "one-click headers", OK: true, Detail: "one https link, and the POST header beside it"}
	fault := func(what string) {
		c.OK, c.Detail, c.Advice = false, what, "a relay may have changed them; send a preview to another provider and compare"
	}
	switch uris := h["List-Unsubscribe"]; {
	case len(uris) != 1:
		fault(fmt.Sprintf("List-Unsubscribe comes %d times", len(uris)))
	case len(httpsURI.FindAllString(uris[0], -1)) != 1:
		fault("List-Unsubscribe does not hold exactly one https link")
	case !slices.Equal(h["List-Unsubscribe-Post"], []string{"List-Unsubscribe=One-Click"}):
		fault("List-Unsubscribe-Post is not List-Unsubscribe=One-Click")
	}
	return c
}

// signature wants one valid signature of the From domain that covers the headers
// (RFC 6376; RFC 7489 § 3.1.1 for the alignment).
func signature(raw []byte, h mail.Header, lookup func(string) ([]string, error)) operate.Check {
	c := operate.Check{Name: "DKIM signature", Advice: "turn Easy DKIM on for the identity and publish its three CNAME records"}
	from, err := mail.ParseAddress(h.Get("From"))
	if err != nil {
		c.Detail = "the message has no From that can be read"
		return c
	}
	_, domain, _ := strings.Cut(strings.ToLower(from.Address), "@")
	all, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	c.Detail = "there is none"
	for _, s := range all {
		missing := slices.DeleteFunc(slices.Clone(covered), func(name string) bool {
			return slices.ContainsFunc(s.HeaderKeys, func(k string) bool { return strings.EqualFold(k, name) })
		})
		switch {
		case s.Err != nil:
			c.Detail = "the one of " + s.Domain + " does not hold: " + s.Err.Error()
		case domain != s.Domain && !strings.HasSuffix(domain, "."+s.Domain):
			c.Detail = s.Domain + " signed, From says " + domain
		case len(missing) > 0:
			c.Detail = s.Domain + " signed without " + strings.Join(missing, " and ")
		default:
			return operate.Check{Name: c.Name, OK: true, Detail: "of " + s.Domain + ", and it covers the unsubscribe headers"}
		}
	}
	return c
}

// dmarc reads what the receiving provider found (RFC 8601); its own header is the
// topmost.
func dmarc(h mail.Header) operate.Check {
	c := operate.Check{Name: "DMARC", Advice: "publish a DMARC record for the From domain, p=none at least"}
	results := h["Authentication-Results"]
	switch {
	case len(results) == 0:
		c.Detail, c.Advice = "the message has no Authentication-Results", "save a message that a mailbox provider received"
	case strings.Contains(strings.ToLower(results[0]), "dmarc=pass"):
		return operate.Check{Name: c.Name, OK: true, Detail: "the provider says pass"}
	default:
		c.Detail = "the provider does not say dmarc=pass"
	}
	return c
}
