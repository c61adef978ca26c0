package mail

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime"

	"policymail/shared/brand"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/token"
)

var update = flag.Bool("update", false, "write the golden messages anew")

var example = brand.Brand{Company: "Exämple GmbH", PostalAddress: "1 Example Street, 12345 Example", From: "Exämple Privacy <privacy@example.com>",
	FromMandatory: "Example Legal <legal@example.com>", ReplyTo: "help@example.com", ListID: "privacy.example.com", Colour: "#7a1f5c"}

type links struct{}

func (links) Notice(run notice.Run, v notice.Version, r notice.Recipient) token.Notice {
	return token.Notice{Unsubscribe: "https://p.example.com/u/token", Preferences: "https://p.example.com/p/token",
		Policy: "https://p.example.com/policy/privacy/2026-11", Comparison: "https://p.example.com/policy/privacy/2026-11/changes"}
}

var version = notice.Version{Policy: "privacy", Name: "2026-11", Effective: "2026-12-31", Basis: "Art. 13 GDPR",
	Summary: map[string]string{"en": "We now keep order data for six years.\nNothing else changes.", "de": "Bestelldaten bewahren wir jetzt sechs Jahre auf."}}

func person(tag string) notice.Recipient {
	return notice.Recipient{ID: "abc", Address: "zoe@example.com", Name: "Zoë Example", Locale: tag, Status: notice.Active}
}

func newWriter(t testing.TB, b brand.Brand) *Writer {
	w, err := New(b, links{}, func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// One golden message per notice and language, read back by a parser we did not write.
func TestGoldenMessages(t *testing.T) {
	w := newWriter(t, example)
	for _, kind := range []notice.Kind{notice.Annual, notice.Change} {
		for _, l := range locale.All() {
			t.Run(string(kind)+"-"+l.Tag, func(t *testing.T) {
				run := notice.Run{ID: "run", Kind: kind, Class: notice.Optional}
				v := version
				if kind == notice.Annual {
					v.Effective = "2026-11-24" // today
				}
				e, language, err := w.Write(run, v, person(l.Tag))
				if err != nil {
					t.Fatal(err)
				}
				if language != l.Tag {
					t.Errorf("written in %s", language)
				}
				golden := filepath.Join("testdata", string(kind)+"-"+l.Tag+".eml")
				if *update {
					os.MkdirAll("testdata", 0o755)
					if err := os.WriteFile(golden, e.Raw, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(want, e.Raw) {
					t.Errorf("%s differs from what is written now; look at it and run with -update", golden)
				}
				checkMessage(t, e.Raw, l)
			})
		}
	}
}

func checkMessage(t *testing.T, raw []byte, l *locale.Language) {
	if link, post := bytes.Index(raw, []byte("List-Unsubscribe: ")), bytes.Index(raw, []byte("List-Unsubscribe-Post: ")); link > post {
		t.Error("List-Unsubscribe-Post comes before List-Unsubscribe")
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil || len(m.Errors) > 0 {
		t.Fatalf("the parser found faults: %v %v", err, m.Errors)
	}
	if !strings.Contains(m.GetHeader("Subject"), "Exämple GmbH") {
		t.Errorf("subject %q lacks the company", m.GetHeader("Subject"))
	}
	for name, want := range map[string]string{"To": "Zoë Example <zoe@example.com>", "List-Id": "<privacy.example.com>", "Auto-Submitted": "auto-generated",
		"List-Unsubscribe": "<https://p.example.com/u/token>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Reply-To": "<help@example.com>"} {
		if got := m.GetHeaderValues(name); len(got) != 1 || strings.ReplaceAll(got[0], `"`, "") != want {
			t.Errorf("%s is %q, want %q once", name, got, want)
		}
	}
	for _, body := range []string{m.Text, m.HTML} {
		for _, want := range []string{l.Words.Mail.ReadPolicy, "https://p.example.com/u/token", "1 Example Street", "https://p.example.com/p/token"} {
			if !strings.Contains(body, want) {
				t.Errorf("a body lacks %q", want)
			}
		}
		if strings.LastIndex(body, "https://p.example.com/u/token") < strings.LastIndex(body, "1 Example Street") {
			t.Error("the unsubscribe link is not at the very bottom")
		}
	}
	if !strings.Contains(m.HTML, `dir="`+l.Dir+`"`) {
		t.Errorf("the HTML lacks dir=%q", l.Dir)
	}
}

func TestMandatoryNoticeSaysWhyAndHasNoOneClick(t *testing.T) {
	e, _, err := newWriter(t, example).Write(notice.Run{ID: "run", Kind: notice.Change, Class: notice.Mandatory}, version, person("en"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.GetHeader("List-Unsubscribe") != "" || m.GetHeader("List-Unsubscribe-Post") != "" || strings.Contains(m.Text, "/u/token") {
		t.Error("a mandatory notice offers an unsubscribe link")
	}
	if !strings.Contains(m.Text, "Art. 13 GDPR") || e.From != "legal@example.com" {
		t.Errorf("from %s; the basis must be named", e.From)
	}
}

func TestOptionalNoticeNeedsItsLink(t *testing.T) {
	w := newWriter(t, example)
	w.linker = noLinks{}
	if _, _, err := w.Write(notice.Run{Kind: notice.Annual, Class: notice.Optional}, version, person("en")); err == nil {
		t.Error("an optional notice without an unsubscribe link was written")
	}
}

type noLinks struct{}

func (noLinks) Notice(notice.Run, notice.Version, notice.Recipient) token.Notice {
	return token.Notice{}
}

func TestInjection(t *testing.T) {
	evil := "x\r\nBcc: eve@example.com"
	run := notice.Run{ID: "run", Kind: notice.Change, Class: notice.Optional}
	w := newWriter(t, example)
	for name, r := range map[string]notice.Recipient{"name": {Address: "a@example.com", Name: evil}, "address": {Address: evil}} {
		if _, _, err := w.Write(run, version, r); err == nil {
			t.Errorf("a line break in the %s was accepted", name)
		}
	}
	for name, spoil := range map[string]func(*brand.Brand){
		"company": func(b *brand.Brand) { b.Company = evil }, "postal": func(b *brand.Brand) { b.PostalAddress = evil }, "from": func(b *brand.Brand) { b.From = evil },
		"list": func(b *brand.Brand) { b.ListID = evil }, "reply": func(b *brand.Brand) { b.ReplyTo = evil }, "mandatory": func(b *brand.Brand) { b.FromMandatory = evil },
	} {
		b := example
		spoil(&b)
		if _, err := New(b, links{}, time.Now); err == nil {
			t.Errorf("a line break in %s was accepted", name)
		}
	}
	r := person("en")
	r.Name = `<script>alert(1)</script>`
	v := version
	v.Summary = map[string]string{"en": `<img src=x onerror=alert(1)>`}
	e, _, err := w.Write(run, v, r)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, "<img src=x") {
		t.Error("HTML in a field reached the HTML body")
	}
}

func TestSummaryInAnotherLanguageSaysSo(t *testing.T) {
	e, _, err := newWriter(t, example).Write(notice.Run{ID: "run", Kind: notice.Change}, version, person("fr"))
	if err != nil {
		t.Fatal(err)
	}
	m, _ := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if !strings.Contains(m.Text, "English") || !strings.Contains(m.HTML, `lang="en"`) {
		t.Error("the reader is not told that the summary is in English")
	}
}

// An annual review says that the policy is in force from its day on, and until then that it
// takes effect, in every language.
func TestAReviewSaysWhenThePolicyTakesEffect(t *testing.T) {
	w := newWriter(t, example)
	for _, l := range locale.All() {
		for day, words := range map[notice.Date]string{"2026-11-23": l.Words.Mail.InForceSince, "2026-11-24": l.Words.Mail.InForceSince, "2026-11-25": l.Words.Mail.InForceFrom} {
			v := version
			v.Effective = day
			e, _, err := w.Write(notice.Run{ID: "run", Kind: notice.Annual, Class: notice.Optional}, v, person(l.Tag))
			if err != nil {
				t.Fatal(err)
			}
			read, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
			if err != nil {
				t.Fatal(err)
			}
			if want := locale.Fill(words, "date", l.Date(day)); !strings.Contains(strings.Join(strings.Fields(read.Text), " "), want) {
				t.Errorf("%s, on the 24th of a version of %s: %q is missing in\n%s", l.Tag, day, want, read.Text)
			}
		}
	}
}
