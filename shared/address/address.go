// Package address reads e-mail addresses and writes each in one way, so that one
// person has one id.
package address

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"policymail/shared/notice"
)

// maxLength is the longest address SMTP carries (RFC 5321 § 4.5.3.1.3, less the
// angle brackets).
const maxLength = 254

// domains are those that can be looked up, no label of them empty or longer than DNS
// takes.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true))

// Parse returns the address with white space around it gone and its domain in
// lower-case ASCII (IDNA). The part before the @ stays as it is written, for delivery
// (RFC 5321 § 2.4); the id of a person does not tell its capitals apart. The error says
// what is wrong and holds no address.
func Parse(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", notice.Invalid("the address is empty")
	}
	if len(s) > maxLength {
		return "", notice.Invalid("the address is longer than %d characters", maxLength)
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || strings.ContainsAny(s, "<>\"(), \t\r\n") {
		return "", notice.Invalid("this is not an address").Hint("write name@domain and nothing beside it")
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	local, domain := parsed.Address[:at], parsed.Address[at+1:]
	ascii, err := domains.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") {
		return "", notice.Invalid("the domain of the address is not one")
	}
	for _, c := range local {
		if c > 126 {
			return "", notice.Invalid("the part before the @ holds letters SES cannot deliver to").Hint("only ASCII works before the @")
		}
	}
	if s = local + "@" + strings.ToLower(ascii); len(s) > maxLength {
		return "", notice.Invalid("the address is longer than %d characters", maxLength)
	}
	return s, nil
}
