package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// A message that a provider received, with one thing wrong at a time.
func TestCheckReceived(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(string) ([]string, error) {
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	const plain = "From: Example <privacy@mail.example.com>\r\nTo: ada@example.com\r\nSubject: Privacy\r\n" +
		"List-Unsubscribe: <https://p.example.com/u/token>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nHello.\r\n"
	keys := []string{"From", "To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post"}
	const pass = "Authentication-Results: mx.example.net; spf=pass; dkim=pass; dmarc=pass\r\n"
	for name, c := range map[string]struct {
		message, domain, results string
		keys                     []string
		after                    func(string) string
		bad                      []string
	}{
		"good":           {plain, "example.com", pass, keys, nil, nil},
		"LF line ends":   {plain, "example.com", pass, keys, func(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }, nil},
		"not covered":    {plain, "example.com", pass, keys[:4], nil, []string{"DKIM signature"}},
		"other domain":   {plain, "example.org", pass, keys, nil, []string{"DKIM signature"}},
		"changed":        {plain, "example.com", pass, keys, func(s string) string { return strings.Replace(s, "Hello", "Hullo", 1) }, []string{"DKIM signature"}},
		"no DMARC":       {plain, "example.com", "Authentication-Results: mx.example.net; dmarc=fail\r\n", keys, nil, []string{"DMARC"}},
		"not received":   {plain, "example.com", "", keys, nil, []string{"DMARC"}},
		"two links":      {strings.Replace(plain, "token>", "token>, <https://q.example.com>", 1), "example.com", pass, keys, nil, []string{"one-click headers"}},
		"no POST header": {strings.Replace(plain, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", "", 1), "example.com", pass, keys[:4], nil, []string{"one-click headers", "DKIM signature"}},
	} {
		var signed bytes.Buffer
		err := dkim.Sign(&signed, strings.NewReader(c.message), &dkim.SignOptions{Domain: c.domain, Selector: "s", Signer: private, HeaderKeys: c.keys})
		if err != nil {
			t.Fatal(err)
		}
		raw := c.results + signed.String()
		if c.after != nil {
			raw = c.after(raw)
		}
		var bad []string
		for _, check := range checkReceived([]byte(raw), lookup) {
			if !check.OK {
				bad = append(bad, check.Name)
				if check.Advice == "" {
					t.Errorf("%s: %s says not what to do", name, check.Name)
				}
			}
		}
		if !slices.Equal(bad, c.bad) {
			t.Errorf("%s: bad are %v, want %v", name, bad, c.bad)
		}
	}
}
