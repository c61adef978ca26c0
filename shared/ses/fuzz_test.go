package ses

import (
	"encoding/json"
	"testing"

	"policymail/shared/delivery"
)

// FuzzParseEvent: whatever comes, an event is ours only with the tags and the time
// feedback works by, and says nothing of an event that is not.
func FuzzParseEvent(f *testing.F) {
	for _, kind := range []string{"Email Sent", "Email Bounced", "Email Complaint Received", "Email Rejected", "Email Opened"} {
		f.Add([]byte(`{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"` + kind + `","detail":{"mail":{"messageId":"m","tags":{"run":["r"],"recipient":["p"]}},` +
			`"bounce":{"bounceType":"Permanent","bounceSubType":"General"},"complaint":{"complaintFeedbackType":"abuse"},"reject":{"reason":"Bad content"}}}`))
	}
	f.Add([]byte(`{"source":"aws.ses","detail-type":"Email Sent","detail":{"mail":{"tags":{"run":["r","s"],"recipient":[]}}}}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, ours, err := ParseEvent(body)
		if err != nil || !ours {
			if err == nil && e != (delivery.Event{}) {
				t.Errorf("%s is not ours and says %+v", body, e)
			}
			return
		}
		var in envelope
		if json.Unmarshal(body, &in) != nil || in.Source != "aws.ses" || len(in.Detail.Mail.Tags[TagRun]) != 1 || len(in.Detail.Mail.Tags[TagRecipient]) != 1 {
			t.Errorf("%s is ours", body)
		}
		if e.Kind == "" || e.At.IsZero() || e.Permanent && (e.Kind != delivery.EventBounced || in.Detail.Bounce.Type != "Permanent") {
			t.Errorf("%s says %+v", body, e)
		}
	})
}
