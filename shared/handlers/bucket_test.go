package handlers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/store/storetest"
)

// folder is a bucket in which every key holds the same file.
type folder string

func (f folder) OpenMatching(context.Context, string, string, int64, int64) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(string(f))), nil
}

func (folder) RemoveMatching(context.Context, string, string) error { return nil }

// queued counts the parts that are queued.
type queued int

func (q *queued) Enqueue(_ context.Context, all []imports.Part, _ time.Duration) error {
	*q += queued(len(all))
	return nil
}

// Two puts of one content are two imports: their events differ in nothing but the
// sequencer.
func TestEventsOfTwoPutsOfOneContent(t *testing.T) {
	ctx, db := context.Background(), storetest.Model()
	var parts queued
	jobs := imports.Jobs{Objects: folder("email\n"), Documents: db, Queue: &parts,
		Importer: imports.Importer{Store: db, Now: time.Now, ID: func(a string) notice.RecipientID { return notice.RecipientID(a) }}}
	serve := Imports(jobs, slog.New(slog.DiscardHandler))
	for i, sequencer := range []string{"0055AED6DCD90281E5", "0055AED6DCD90281E6", "0055AED6DCD90281E6"} {
		created := fmt.Sprintf(`{"detail-type":"Object Created","detail":{"object":{"key":"imports/people.csv","etag":"e1","sequencer":"%s"}}}`, sequencer)
		part := fmt.Sprintf(`{"key":"imports/people.csv","etag":"e1","put":"%s","number":0}`, sequencer)
		for _, body := range []string{created, part} {
			out, err := serve(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
			if err != nil || len(out.BatchItemFailures) > 0 {
				t.Fatal(out, err)
			}
		}
		if want := queued(min(i+1, 2)); parts != want {
			t.Errorf("after event %d: %d parts, want %d", i, parts, want)
		}
	}
}

// Without its sequencer a put cannot be told from one before it, and would be taken for
// imported: the message is kept.
func TestEventWithoutASequencerIsKept(t *testing.T) {
	serve := Imports(imports.Jobs{}, slog.New(slog.DiscardHandler))
	body := `{"detail-type":"Object Created","detail":{"object":{"key":"imports/people.csv","etag":"e1"}}}`
	out, err := serve(context.Background(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
	if err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("%+v %v", out, err)
	}
}
