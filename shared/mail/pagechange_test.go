package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/officers"
)

// A page that was not brought up to date is called that, and nothing about it asks to
// publish what it says.
func TestPageBehind(t *testing.T) {
	w := newWriter(t, example)
	v := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
	v.Policy, v.Name, v.Effective = "privacy", "2.0", "2027-03-01"
	v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash()}
	e, err := w.WritePageChange(officers.PageChange{To: "officer@example.com", Version: v, InForce: v, Shows: "1.0", Seen: "2027-03-01", Sections: []string{"How long"}})
	m := read(t, e, err)
	if !strings.Contains(m.GetHeader("Subject"), "still shows version 1.0") {
		t.Error(m.GetHeader("Subject"))
	}
	for kind, body := range map[string]string{"text": m.Text, "html": m.HTML} {
		for _, want := range []string{"Version 2.0 of privacy is in force since March 1, 2027", "still shows version 1.0: bring the page up to date", "How long"} {
			if !strings.Contains(body, want) {
				t.Errorf("the %s lacks %q", kind, want)
			}
		}
		for _, wrong := range []string{"policymail draft", "then publish it", "The change is", "waits for approval"} {
			if strings.Contains(body, wrong) {
				t.Errorf("the %s says %q", kind, wrong)
			}
		}
	}
}

// An approver reads since when the page cannot be read and why; and that it can be again.
func TestPageBroken(t *testing.T) {
	w := newWriter(t, example)
	in := officers.PageBroken{To: "officer@example.com", Policy: "privacy", Since: time.Date(2027, 3, 1, 6, 5, 0, 0, time.UTC), Why: "the page answers 404 Not Found"}
	e, err := w.WritePageBroken(in)
	broken := read(t, e, err)
	in.Again = true
	e, err = w.WritePageBroken(in)
	again := read(t, e, err)
	for name, c := range map[string]struct {
		m    *enmime.Envelope
		want []string
	}{
		"broken": {broken, []string{"cannot be read", "March 1, 2027, 06:05 UTC", "the page answers 404 Not Found.", "policymail doctor"}},
		"again":  {again, []string{"can be read again", "March 1, 2027, 06:05 UTC"}},
	} {
		for kind, body := range map[string]string{"text": c.m.Text, "html": c.m.HTML, "subject and text": c.m.GetHeader("Subject") + c.m.Text} {
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the %s lacks %q", name, kind, want)
				}
			}
		}
	}
	if strings.Contains(again.Text, "404") {
		t.Error("what is over is told as if it went on")
	}
}

// read parses a message to an officer, which has no List-Unsubscribe.
func read(t *testing.T, e delivery.Envelope, err error) *enmime.Envelope {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if err != nil || len(m.Errors) > 0 {
		t.Fatal(err, m.Errors)
	}
	if e.To != "officer@example.com" || m.GetHeader("List-Unsubscribe") != "" {
		t.Errorf("to %s, %+v", e.To, m.Root.Header)
	}
	return m
}

// An approver reads in both bodies what the page says and what to type.
func TestPageChange(t *testing.T) {
	w := newWriter(t, example)
	v := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
	v.Policy, v.Name = "privacy", "2.0"
	in := officers.PageChange{To: "officer@example.com", Version: v, Seen: "2026-11-24",
		Class: "substantive", Confidence: 0.97, Reasons: []string{"a period changed"}, Sections: []string{"How long", "Who <else>"}}
	for name, approved := range map[string]bool{"waits": false, "is approved": true} {
		if in.Version.Approval = nil; approved {
			in.Version.Approval = &notice.Approval{By: "Ada", Hash: in.Version.ContentHash()}
		}
		e, err := w.WritePageChange(in)
		if err != nil {
			t.Fatal(err)
		}
		m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
		if err != nil || len(m.Errors) > 0 {
			t.Fatal(err, m.Errors)
		}
		if e.To != in.To || e.Run != "" || m.GetHeader("List-Unsubscribe") != "" || !strings.Contains(m.GetHeader("Subject"), "version 2.0") {
			t.Errorf("%s: %+v", name, m.Root.Header)
		}
		for kind, body := range map[string]string{"text": m.Text, "html": m.HTML} {
			for _, want := range []string{"November 24, 2026", "substantive", "97 %", "a period changed", "policymail draft --policy privacy", "How long"} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the %s lacks %q", name, kind, want)
				}
			}
			if strings.Contains(body, "waits for approval") == approved {
				t.Errorf("%s: the %s tells otherwise", name, kind)
			}
		}
		if strings.Contains(m.HTML, "<else>") {
			t.Errorf("%s: a heading is markup", name)
		}
	}
}
