package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"policymail/shared/brand"
	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/logging"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/privacy"
	"policymail/shared/store"
	"policymail/shared/token"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
)

var example = brand.Brand{Company: "Example Company", PostalAddress: "1 Example Street, 12345 Example City",
	From: "Example Company Privacy <privacy@example.com>", ReplyTo: "privacy-help@example.com", ListID: "privacy.example.com", Colour: "#1a4f9c"}

var settings = delivery.Settings{Policy: "privacy", LeadDays: 14, Share: 1, SliceSize: 50, Tick: time.Minute,
	Lease: 3 * time.Minute, AuditDelay: 15 * time.Minute, SettleWindow: 24 * time.Hour, SendTimeout: 15 * time.Second}

// stage is the sending side, fed with the events AWS sends, on any store. SES accepts
// everything.
type stage struct {
	store          store.Store
	clock          time.Time
	keys           *token.Keys
	letters        *mail.Writer
	pacer          delivery.Pacer
	send, feedback lambda.Handler
	mu             sync.Mutex
	queue          []delivery.Slice
	sent           []delivery.Envelope
	ids            atomic.Int64
	logged         logged
}

// logged counts what is written to the log.
type logged struct{ bytes atomic.Int64 }

func (l *logged) Write(b []byte) (int, error) { l.bytes.Add(int64(len(b))); return len(b), nil }

func newStage(b testing.TB, s store.Store) *stage {
	st := &stage{store: s, clock: now}
	log := logging.New(&st.logged, "send", "INFO")
	clock := func() time.Time { return st.clock }
	var err error
	st.keys, err = token.NewKeys(ctx, token.Secret("a secret of benchmarks"), "k1")
	must(b, err)
	st.letters, err = mail.New(example, token.Links{Base: "https://privacy.example.com", Keys: st.keys, Now: clock}, clock)
	must(b, err)
	st.pacer = delivery.Pacer{Store: s, Queue: st, Account: st, Settings: settings, Now: clock, Log: log}
	st.send = lambda.NewHandler(handlers.Send(delivery.Sender{Store: s, Mailer: st, Letters: st.letters, Settings: settings, Now: clock, Log: log}))
	preferences := privacy.Preferences{Store: s, LeadDays: settings.LeadDays, Now: clock}
	st.feedback = lambda.NewHandler(handlers.Feedback(delivery.Feedback{Store: s, Settings: settings, Now: clock, Log: log, Suppress: preferences.Suppress}))
	return st
}

func (st *stage) Enqueue(_ context.Context, slices []delivery.Slice, _ time.Duration) error {
	st.queue = append(st.queue, slices...)
	return nil
}

func (st *stage) Account(context.Context) (delivery.Account, error) {
	return delivery.Account{MaxSendRate: 1e6, Max24HourSend: -1, SendingEnabled: true, Production: true, Enforcement: "HEALTHY"}, nil
}

// Send keeps the envelope without its text.
func (st *stage) Send(_ context.Context, e delivery.Envelope) (string, error) {
	e.Raw = nil
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sent = append(st.sent, e)
	return fmt.Sprintf("0100019abcdef012-%08x-1234-5678-9abc-def012345678-000000", st.ids.Add(1)), nil
}

// people imports n people who are due today.
func (st *stage) people(b testing.TB, n int) (ids []notice.RecipientID) {
	for len(ids) < n {
		var rows []notice.Imported
		for range min(500, n-len(ids)) {
			address := fmt.Sprintf("person-%06d@example.com", len(ids))
			rows = append(rows, notice.Imported{ID: st.keys.RecipientID(address), Address: address, Name: "Ada Example", Locale: "en", Source: "benchmark",
				LastNotified: now.AddDate(-1, 0, 0), At: now.AddDate(0, 0, -30)})
			ids = append(ids, rows[len(rows)-1].ID)
		}
		_, err := st.store.ImportRecipients(ctx, rows, settings.LeadDays)
		must(b, err)
	}
	return ids
}

// version is the text notices speak of; it has a predecessor, so that mails have every
// link.
func version() notice.Version {
	v := noticetest.Version("We keep your address for one year.\n", "<p>We keep your address for one year.</p>")
	v.Policy, v.Name, v.Effective, v.Class, v.Previous, v.PublishedAt = "privacy", "2.0", "2026-12-01", notice.Optional, "1.0", now
	v.Summary = map[string]string{"en": "We keep your address for one year instead of two.\n\nYou can ask us to delete it sooner."}
	v.Approval = &notice.Approval{By: "Ada Example", At: now, Hash: v.ContentHash()}
	return v
}

// open opens a running run.
func (st *stage) open(b testing.TB) notice.Run {
	v := version()
	must(b, st.store.AddVersion(ctx, v))
	run := notice.Run{ID: notice.AnnualRunID("2026-11-24"), Kind: notice.Annual, Class: notice.Optional, Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(),
		State: notice.Running, OpenedAt: now, StartedAt: now, Approval: v.Approval, From: "2026-11-01", To: "2026-11-24"}
	must(b, st.store.AddRun(ctx, run))
	return run
}

// batch is a queue's event.
func batch(bodies ...[]byte) []byte {
	var e events.SQSEvent
	for i, body := range bodies {
		e.Records = append(e.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: string(body)})
	}
	out, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return out
}

// invoke hands a function an event and wants no failures.
func invoke(b testing.TB, h lambda.Handler, event []byte) {
	out, err := h.Invoke(ctx, event)
	must(b, err)
	var answer events.SQSEventResponse
	must(b, json.Unmarshal(out, &answer))
	if len(answer.BatchItemFailures) > 0 {
		b.Fatalf("%d messages failed", len(answer.BatchItemFailures))
	}
}

// workers is how many functions run at once.
const workers = 4

// drain sends every queued slice, several at once, and returns how many there were.
func (st *stage) drain(b testing.TB) (n int) {
	work := make(chan delivery.Slice)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for slice := range work {
				body, err := json.Marshal(slice)
				must(b, err)
				invoke(b, st.send, batch(body))
			}
		})
	}
	for _, slice := range st.queue {
		work <- slice
		n++
	}
	close(work)
	group.Wait()
	st.queue = nil
	return n
}

// eventBatch is how many events the feedback function gets at once (template.yaml).
const eventBatch = 50

// events tells the feedback function that every message was sent and delivered.
func (st *stage) events(b testing.TB) (n int) {
	var bodies [][]byte
	for i, e := range st.sent {
		for _, kind := range []string{"Email Sent", "Email Delivered"} {
			body, err := json.Marshal(map[string]any{"source": "aws.ses", "detail-type": kind, "time": st.clock, "detail": map[string]any{
				"mail": map[string]any{"messageId": fmt.Sprint(i), "tags": map[string][]string{"run": {string(e.Run)}, "recipient": {string(e.Recipient)}}}}})
			must(b, err)
			bodies = append(bodies, body)
		}
	}
	for ; n*eventBatch < len(bodies); n++ {
		invoke(b, st.feedback, batch(bodies[n*eventBatch:min(len(bodies), (n+1)*eventBatch)]...))
	}
	return n
}

// play sends a run to its end and returns it.
func (st *stage) play(b testing.TB, id notice.RunID, each func(slices, batches int)) {
	reported := false
	for range 500 {
		must(b, st.pacer.Tick(ctx))
		slices, batches := st.drain(b), 0
		if len(st.sent) > 0 && !reported {
			batches, reported = st.events(b), true
		}
		each(slices, batches)
		run, err := st.store.Run(ctx, id)
		must(b, err)
		if run.State == notice.Done {
			return
		}
		st.clock = st.clock.Add(settings.Tick)
	}
	b.Fatalf("run %s did not end", id)
}

var discard = slog.New(slog.NewJSONHandler(io.Discard, nil))
