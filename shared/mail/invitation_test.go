package mail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/officers"
)

// An approver reads in both bodies what they decide about, and gets no List-Unsubscribe.
func TestInvitation(t *testing.T) {
	w := newWriter(t, example)
	v := notice.Version{Policy: "privacy", Name: "2.0", Previous: "1.0", Effective: "2027-01-31", Basis: "Art. 13 GDPR", PublishedBy: "Ada",
		Summary: map[string]string{"de": "Kürzer.", "en": "Shorter <now>.\nTruly."}}
	in := officers.Invitation{To: "officer@example.com", Link: "https://p.example.com/a/token", Two: true,
		Version: v, Run: notice.Run{Class: notice.Mandatory, Kind: notice.Change}, Change: "substantive", Confidence: 0.97, Reasons: []string{"a period changed"},
		Comparison: "How long\n- We keep it ten years.\n+ We keep it <six> years.\n",
		Plan:       delivery.Plan{Audience: 4321, CostUSD: 12.34, Seconds: 7200, Warning: "the account is in the sandbox"}, Warnings: []string{"it is early"}}
	e, err := w.WriteInvitation(in)
	if err != nil {
		t.Fatal(err)
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if err != nil || len(m.Errors) > 0 {
		t.Fatal(err, m.Errors)
	}
	if e.To != in.To || e.Run != "" || m.GetHeader("List-Unsubscribe") != "" || !strings.Contains(m.GetHeader("Subject"), "version 2.0 of privacy") {
		t.Errorf("%+v", m.Root.Header)
	}
	for name, body := range map[string]string{"text": m.Text, "html": m.HTML} {
		for _, want := range []string{in.Link, in.Link + "/changes", "substantive", "97 %", "a period changed", "mandatory", "4321 people", "$12.34", "2h0m0s", "Art. 13 GDPR",
			"it is early", "sandbox", "Two people", "Kürzer.", "Truly.", "January 31, 2027",
			"How long", "- We keep it ten years.", "We keep it "} {
			if !strings.Contains(body, want) {
				t.Errorf("the %s lacks %q", name, want)
			}
		}
	}
	if strings.Contains(m.HTML, "<now>") || strings.Contains(m.HTML, "<six>") {
		t.Error("a summary or the text is markup")
	}
	// What is attached is the notice, byte for byte.
	if len(m.Attachments) != len(locale.Tags()) {
		t.Fatalf("%d samples, want one in each of %v", len(m.Attachments), locale.Tags())
	}
	for i, tag := range locale.Tags() {
		sample, err := w.Sample(in.Run, v, tag)
		a := m.Attachments[i]
		if err != nil || a.FileName != "sample-"+tag+".eml" || a.ContentType != "message/rfc822" || !bytes.Equal(bytes.TrimSpace(a.Content), bytes.TrimSpace(sample)) {
			t.Errorf("%s: %s %s, %d bytes of %d, %v", tag, a.FileName, a.ContentType, len(a.Content), len(sample), err)
		}
	}
	in.Link = ""
	if _, err := w.WriteInvitation(in); err == nil {
		t.Error("without its link it was written")
	}
}

// A comparison of a whole policy does not become a mail of its length.
func TestInvitationIsShort(t *testing.T) {
	w := newWriter(t, example)
	v := notice.Version{Policy: "privacy", Name: "2.0", Effective: "2027-01-31", Summary: map[string]string{"en": "New."}}
	in := officers.Invitation{To: "officer@example.com", Link: "https://p.example.com/a/token", Version: v, Run: notice.Run{Kind: notice.Change},
		Comparison: strings.Repeat("+ "+strings.Repeat("é", 5000)+"\n", 500)}
	e, err := w.WriteInvitation(in)
	if err != nil {
		t.Fatal(err)
	}
	m, err := enmime.ReadEnvelope(bytes.NewReader(e.Raw))
	if err != nil || len(m.Errors) > 0 || !strings.Contains(m.Text, "and more: see the comparison") || len(m.Text) > 200_000 {
		t.Errorf("%d characters, %v %v", len(m.Text), err, m.Errors)
	}
}

// A sample is the message of the run, byte for byte, to a made-up person.
func TestSampleIsTheMessage(t *testing.T) {
	w := newWriter(t, example)
	run, v := notice.Run{ID: "change-privacy-2_0", Kind: notice.Change}, notice.Version{Policy: "privacy", Name: "2.0", Previous: "1.0", Effective: "2027-01-31", Summary: map[string]string{"en": "Shorter."}}
	raw, err := w.Sample(run, v, "de")
	if err != nil {
		t.Fatal(err)
	}
	e, language, err := w.Write(run, v, notice.Recipient{ID: "preview", Address: "reader@example.com", Name: "Alex Example", Locale: "de"})
	if err != nil || language != "de" || !bytes.Equal(raw, e.Raw) {
		t.Errorf("%s %v\n%s", language, err, raw)
	}
}
