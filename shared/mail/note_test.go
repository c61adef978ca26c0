package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// Every letter in every language: read back by a parser we did not write, nothing left
// to fill in, its link in both bodies, number, date and reason where it tells them, and
// no List-Unsubscribe, because it answers what was asked.
func TestLettersInEveryLanguage(t *testing.T) {
	w := newWriter(t, example)
	asked := notice.NewRequest("20261124-abcdefgh", notice.Deletion, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	asked.Extension, asked.Basis, asked.Answer = "an archive", "a contract", "First paragraph.\nSecond <paragraph>."
	tells := map[privacy.LetterKind][]string{privacy.LetterReceived: {"20261124-abcdefgh"}, privacy.LetterExtended: {"20261124-abcdefgh", "an archive."},
		privacy.LetterAnswered: {"First paragraph.", "20261124-abcdefgh"}, privacy.LetterDenied: {"a contract."}}
	for _, kind := range privacy.LetterKinds {
		for _, l := range locale.All() {
			const link = "https://p.example.com/p/token"
			e, err := w.WriteLetter(privacy.Letter{Kind: kind, To: person(l.Tag), Link: link, Request: asked})
			if err != nil {
				t.Fatalf("%s-%s: %v", kind, l.Tag, err)
			}
			m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
			if err != nil || len(m.Errors) > 0 {
				t.Fatalf("%s-%s: %v %v", kind, l.Tag, err, m.Errors)
			}
			if m.GetHeader("List-Unsubscribe") != "" || m.GetHeader("Auto-Submitted") != "auto-generated" || !strings.Contains(m.GetHeader("Subject"), "Exämple GmbH") {
				t.Errorf("%s-%s: header %v", kind, l.Tag, m.Root.Header)
			}
			words, _ := note(l.Words.Mail.Notes, kind)
			for name, body := range map[string]string{"text": m.Text, "html": m.HTML} {
				if name == "html" {
					_, body, _ = strings.Cut(body, "</style>")
				}
				if strings.ContainsAny(body, "{}") {
					t.Errorf("%s-%s: something is left to fill in: %s", kind, l.Tag, body)
				}
				for _, want := range append([]string{words.Heading, "1 Example Street"}, tells[kind]...) {
					if !strings.Contains(body, want) {
						t.Errorf("%s-%s: the %s lacks %q", kind, l.Tag, name, want)
					}
				}
				if (words.Button != "") != strings.Contains(body, link) {
					t.Errorf("%s-%s: link and button differ in the %s", kind, l.Tag, name)
				}
			}
			if strings.Contains(m.HTML, "<paragraph>") {
				t.Errorf("%s-%s: an answer is markup", kind, l.Tag)
			}
		}
	}
}

func TestLettersThatCannotBe(t *testing.T) {
	w := newWriter(t, example)
	for name, l := range map[string]privacy.Letter{
		"no link":         {Kind: privacy.LetterLink, To: person("en")},
		"no such kind":    {Kind: "love", To: person("en"), Link: "https://x"},
		"injected header": {Kind: privacy.LetterOldAddress, To: notice.Recipient{Address: "a@example.com", Name: "A\r\nBcc: b@example.com"}},
	} {
		if _, err := w.WriteLetter(l); err == nil {
			t.Errorf("%s: written all the same", name)
		}
	}
}
