package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// ledger is a store that knows nobody.
type ledger struct{ delivery.FeedbackStore }

func (ledger) Deliveries(context.Context, notice.RunID, []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	return nil, nil
}

// Of a batch only what is malformed fails, so that it alone comes again and ends in
// the dead-letter queue; the log says why, by the message's id and without an address.
func TestMalformedEventsFailWithAReason(t *testing.T) {
	var log bytes.Buffer
	f := delivery.Feedback{Store: ledger{}, Now: time.Now, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	event := func(detailType, rest string) string {
		return `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"` + detailType +
			`","detail":{"mail":{"destination":["ada@example.com"],"tags":{"run":["r"],"recipient":["p"]}}` + rest + `}}`
	}
	bodies := map[string]string{
		"good": event("Email Sent", ""), "foreign": `{"source":"aws.s3","detail-type":"Object Created"}`, "unknown kind": event("Email Opened", ""),
		"broken": `{"source":`, "no type": event("Email Bounced", `,"bounce":{"bouncedRecipients":[{"emailAddress":"ada@example.com"}]}`),
	}
	var in events.SQSEvent
	for id, body := range bodies {
		in.Records = append(in.Records, events.SQSMessage{MessageId: id, Body: body})
	}
	out, err := Feedback(f)(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, item := range out.BatchItemFailures {
		failed[item.ItemIdentifier] = true
	}
	if len(failed) != 2 || !failed["broken"] || !failed["no type"] {
		t.Errorf("failed: %v", failed)
	}
	for _, reason := range []string{`"message":"broken"`, "unexpected end of JSON input", `"message":"no type"`, "bounce of type"} {
		if !strings.Contains(log.String(), reason) {
			t.Errorf("the log does not say %s:\n%s", reason, log.String())
		}
	}
	if strings.Contains(log.String(), "@") {
		t.Errorf("an address in the log:\n%s", log.String())
	}
}
