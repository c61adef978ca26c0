package ses

import (
	"testing"

	"policymail/shared/delivery"
)

func TestParseEvent(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want delivery.Event
		ours bool
		bad  bool
	}{
		"bounce": {body: `{"source":"aws.ses","detail-type":"Email Bounced","detail":{"mail":{"messageId":"m","tags":{"run":["r"],"recipient":["p"]}},"bounce":{"bounceType":"Permanent","bounceSubType":"General"}}}`,
			want: delivery.Event{Kind: delivery.EventBounced, Run: "r", Recipient: "p", MessageID: "m", Permanent: true, Detail: "Permanent/General"}, ours: true},
		"transient": {body: `{"source":"aws.ses","detail-type":"Email Bounced","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}},"bounce":{"bounceType":"Transient","bounceSubType":"General"}}}`,
			want: delivery.Event{Kind: delivery.EventBounced, Run: "r", Recipient: "p", Detail: "Transient/General"}, ours: true},
		"no tags":   {body: `{"source":"aws.ses","detail-type":"Email Sent","detail":{"mail":{"messageId":"m"}}}`},
		"foreign":   {body: `{"source":"aws.s3","detail-type":"Object Created"}`},
		"malformed": {body: `{"source":`, bad: true},
	} {
		got, ours, err := ParseEvent([]byte(c.body))
		if ours != c.ours || (err != nil) != c.bad || got != c.want && c.ours {
			t.Errorf("%s: %+v %v %v", name, got, ours, err)
		}
	}
}
