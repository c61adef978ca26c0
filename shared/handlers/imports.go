package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"policymail/shared/imports"
	"policymail/shared/notice"
)

// ImportStatus is the record of one import.
type ImportStatus struct {
	ID       string          `json:"id"`
	State    string          `json:"state"` // waiting, done or failed
	Source   string          `json:"source,omitempty"`
	DryRun   bool            `json:"dry_run,omitempty"`
	Error    string          `json:"error,omitempty"`
	Report   *imports.Report `json:"report,omitempty"`
	OpenedAt time.Time       `json:"opened_at"`
}

// Import folder and record kind.
const (
	importPrefix = "imports/"
	importKind   = "import"
)

// Documents keeps the records of imports.
type Documents interface {
	Document(ctx context.Context, kind, id string, v any) (int64, error)
	SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error)
}

// Objects reads the bucket.
type Objects interface {
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// Imports serves the queue of objects created under imports/. An import is safe to
// repeat, so a message that comes twice does no harm.
func Imports(im imports.Importer, objects Objects, docs Documents, log *slog.Logger) SQSHandler {
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		return each(ctx, log, in, func(ctx context.Context, body []byte) error {
			var created events.EventBridgeEvent
			var detail struct {
				Object struct {
					Key string `json:"key"`
				} `json:"object"`
			}
			if err := json.Unmarshal(body, &created); err != nil {
				return err
			}
			if err := json.Unmarshal(created.Detail, &detail); err != nil {
				return err
			}
			key, err := url.QueryUnescape(detail.Object.Key)
			if err != nil || !strings.HasPrefix(key, importPrefix) {
				return nil // not ours
			}
			return importObject(ctx, im, objects, docs, key)
		}), nil
	}
}

func importObject(ctx context.Context, im imports.Importer, objects Objects, docs Documents, key string) error {
	id := strings.TrimSuffix(strings.TrimPrefix(key, importPrefix), ".csv")
	status := ImportStatus{ID: id, OpenedAt: im.Now()}
	rev, err := docs.Document(ctx, importKind, id, &status)
	if err != nil && !errors.Is(err, notice.ErrNotFound) {
		return err
	}
	if status.State == "done" {
		return nil
	}
	if status.DryRun {
		im.Store = nil
	}
	file, err := objects.Open(ctx, key)
	if err != nil {
		return err
	}
	defer file.Close()
	report, err := im.Import(ctx, file, status.Source)
	status.State, status.Report = "done", &report
	if errors.Is(err, notice.ErrInvalid) {
		status.State, status.Error = "failed", err.Error()
	} else if err != nil {
		return err
	}
	_, err = docs.SaveDocument(ctx, importKind, id, status, rev)
	return err
}
