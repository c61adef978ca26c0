// Package handlers turns the events AWS sends into calls of the services, one file
// per way an event arrives. A handler holds no rules.
package handlers

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"policymail/shared/delivery"
	"policymail/shared/ses"
)

// each handles the messages of a batch one by one. What fails is named in the
// answer, so that the queue delivers only that again.
func each(ctx context.Context, log *slog.Logger, in events.SQSEvent, handle func(context.Context, []byte) error) events.SQSEventResponse {
	var out events.SQSEventResponse
	for _, m := range in.Records {
		if err := handle(ctx, []byte(m.Body)); err != nil {
			log.Error("message failed", "message", m.MessageId, "error", err.Error())
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return out
}

// SQSHandler is the signature Lambda calls for a queue.
type SQSHandler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// Send serves the send queue: each message is a slice.
func Send(s delivery.Sender) SQSHandler {
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		return each(ctx, s.Log, in, func(ctx context.Context, body []byte) error {
			var slice delivery.Slice
			if err := json.Unmarshal(body, &slice); err != nil {
				return err
			}
			return s.SendSlice(ctx, slice)
		}), nil
	}
}

// Feedback serves the queue of SES events. Events that are not ours are ignored;
// malformed ones fail, and end in the dead-letter queue.
func Feedback(f delivery.Feedback) SQSHandler {
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		return each(ctx, f.Log, in, func(ctx context.Context, body []byte) error {
			e, ours, err := ses.ParseEvent(body)
			if err != nil || !ours {
				return err
			}
			return f.Record(ctx, e)
		}), nil
	}
}
