package mail

import (
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/officers"
)

// An approver reads who rejected what, and why, as it was typed.
func TestRejected(t *testing.T) {
	w := newWriter(t, example)
	v := notice.Version{Policy: "privacy", Name: "2.0", PublishedBy: "Mia"}
	e, err := w.WriteRejected(officers.Rejected{To: "officer@example.com", Version: v,
		Rejection: notice.Rejection{By: "counsel@example.com", At: time.Date(2027, 1, 21, 9, 0, 0, 0, time.UTC), Reason: "Too <early>.\nAnd too long."}})
	m := read(t, e, err)
	for kind, body := range map[string]string{"text": m.Text, "html": m.HTML} {
		for _, want := range []string{"counsel@example.com rejected version 2.0 of privacy on January 21, 2027", "published by Mia", "Too ", "And too long.", "Nobody was told"} {
			if !strings.Contains(body, want) {
				t.Errorf("the %s lacks %q", kind, want)
			}
		}
	}
	if strings.Contains(m.HTML, "<early>") || !strings.HasSuffix(m.GetHeader("Subject"), "version 2.0 of privacy was rejected") {
		t.Errorf("%s", m.GetHeader("Subject"))
	}
}
