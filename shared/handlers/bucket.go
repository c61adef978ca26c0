package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"policymail/shared/imports"
)

// Object is one that was created in the bucket (Amazon EventBridge, "Amazon S3
// events", Object Created). Its key is not URL-encoded there.
type Object struct {
	Key       string `json:"key"`
	ETag      string `json:"etag"`
	Sequencer string `json:"sequencer"` // differs between puts under one key
}

func created(detail json.RawMessage) (Object, error) {
	var d struct {
		Object Object `json:"object"`
	}
	if err := json.Unmarshal(detail, &d); err != nil {
		return d.Object, fmt.Errorf("Object Created: %w", err)
	}
	if d.Object.Key == "" || d.Object.Sequencer == "" {
		return d.Object, errors.New("Object Created: the event does not say which object, or which put of it")
	}
	return d.Object, nil
}

// Imports serves the import queue. It brings files that came under imports/, and the
// parts they were cut into.
func Imports(jobs imports.Jobs, log *slog.Logger) SQSHandler {
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		return each(ctx, log, in, func(ctx context.Context, body []byte) error {
			var event events.EventBridgeEvent
			if err := json.Unmarshal(body, &event); err != nil {
				return err
			}
			if event.DetailType == "Object Created" {
				object, err := created(event.Detail)
				if err != nil {
					return err
				}
				return jobs.Arrived(ctx, imports.File{Key: object.Key, ETag: object.ETag, Put: object.Sequencer})
			}
			var part imports.Part
			if err := json.Unmarshal(body, &part); err != nil {
				return err
			}
			if part.Key == "" {
				return errors.New("a message that is neither an object nor a part")
			}
			return jobs.Import(ctx, part)
		}), nil
	}
}

// Publish serves objects that came under policies/.
func Publish(publish func(ctx context.Context, key string) error) func(context.Context, events.EventBridgeEvent) error {
	return func(ctx context.Context, event events.EventBridgeEvent) error {
		object, err := created(event.Detail)
		if err != nil {
			return err
		}
		return publish(ctx, object.Key)
	}
}
