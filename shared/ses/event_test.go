package ses

import (
	"testing"
	"time"

	"policymail/shared/delivery"
)

func TestParseEvent(t *testing.T) {
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		body string
		want delivery.Event
		ours bool
		bad  bool
	}{
		"bounce": {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Bounced","detail":{"mail":{"messageId":"m","tags":{"run":["r"],"recipient":["p"]}},"bounce":{"bounceType":"Permanent","bounceSubType":"General"}}}`,
			want: delivery.Event{Kind: delivery.EventBounced, Run: "r", Recipient: "p", MessageID: "m", Permanent: true, Detail: "Permanent/General", At: at}, ours: true},
		"transient": {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Bounced","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}},"bounce":{"bounceType":"Transient","bounceSubType":"General"}}}`,
			want: delivery.Event{Kind: delivery.EventBounced, Run: "r", Recipient: "p", Detail: "Transient/General", At: at}, ours: true},
		"no tags":               {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Sent","detail":{"mail":{"messageId":"m"}}}`},
		"foreign":               {body: `{"source":"aws.s3","detail-type":"Object Created"}`},
		"malformed":             {body: `{"source":`, bad: true},
		"not an object":         {body: `[1]`, bad: true},
		"bounce of no type":     {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Bounced","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}}}}`, bad: true},
		"no time":               {body: `{"source":"aws.ses","detail-type":"Email Sent","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}}}}`, bad: true},
		"another kind":          {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Opened","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}}}}`},
		"tags of somebody else": {body: `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"Email Sent","detail":{"mail":{"tags":{"campaign":["c"]}}}}`},
	} {
		got, ours, err := ParseEvent([]byte(c.body))
		if !c.bad && ours != c.ours || (err != nil) != c.bad || got != c.want && c.ours {
			t.Errorf("%s: %+v %v %v", name, got, ours, err)
		}
	}
}
