// Package ses is policymail's side of Amazon SES v2.
package ses

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// Message tags of ours; they return in every event about the message.
const (
	TagRun       = "run"
	TagRecipient = "recipient"
)

// envelope is the part of an SES event in EventBridge that we read (Amazon
// EventBridge Events Reference, "Amazon SES events").
type envelope struct {
	Source     string    `json:"source"`
	DetailType string    `json:"detail-type"`
	Time       time.Time `json:"time"`
	Detail     struct {
		Mail struct {
			MessageID string              `json:"messageId"`
			Tags      map[string][]string `json:"tags"`
		} `json:"mail"`
		Bounce struct {
			Type    string `json:"bounceType"`
			SubType string `json:"bounceSubType"`
		} `json:"bounce"`
		Complaint struct {
			FeedbackType string `json:"complaintFeedbackType"`
		} `json:"complaint"`
		Reject struct {
			Reason string `json:"reason"`
		} `json:"reject"`
	} `json:"detail"`
}

var kinds = map[string]delivery.EventKind{
	"Email Sent":               delivery.EventSent,
	"Email Delivered":          delivery.EventDelivered,
	"Email Bounced":            delivery.EventBounced,
	"Email Complaint Received": delivery.EventComplained,
	"Email Rejected":           delivery.EventRejected,
	"Email Delivery Delayed":   delivery.EventDelayed,
}

// bounceTypes are all there are. Another one must not pass for a bounce that stops
// nobody: whether it does is for people to find out.
var bounceTypes = []string{"Permanent", "Transient", "Undetermined"}

// ParseEvent reads an SES event as EventBridge delivers it. ours is false for an
// event of another source, another kind, or a message without our tags; an error
// means the event is malformed.
func ParseEvent(body []byte) (e delivery.Event, ours bool, err error) {
	var in envelope
	if err := json.Unmarshal(body, &in); err != nil {
		return e, false, fmt.Errorf("SES event: %w", err)
	}
	if in.Source != "aws.ses" {
		return e, false, nil
	}
	kind, known := kinds[in.DetailType]
	run, recipient := in.Detail.Mail.Tags[TagRun], in.Detail.Mail.Tags[TagRecipient]
	if !known || len(run) != 1 || len(recipient) != 1 {
		return e, false, nil
	}
	if in.Time.IsZero() {
		return e, true, errors.New("SES event: it has no time")
	}
	e = delivery.Event{Kind: kind, Run: notice.RunID(run[0]), Recipient: notice.RecipientID(recipient[0]),
		MessageID: in.Detail.Mail.MessageID, At: in.Time}
	switch kind {
	case delivery.EventBounced:
		if !slices.Contains(bounceTypes, in.Detail.Bounce.Type) {
			return e, true, fmt.Errorf("SES event: bounce of type %q", in.Detail.Bounce.Type)
		}
		e.Permanent = in.Detail.Bounce.Type == "Permanent"
		e.Detail = in.Detail.Bounce.Type + "/" + in.Detail.Bounce.SubType
	case delivery.EventComplained:
		e.Detail = in.Detail.Complaint.FeedbackType
	case delivery.EventRejected:
		e.Detail = in.Detail.Reject.Reason
	}
	return e, true, nil
}
