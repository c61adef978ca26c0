package mail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime"

	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/officers"
)

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
