package delivery_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/privacy"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
)

// world is the sending side of policymail with a real store, a clock that is
// moved by hand, and an SES that writes down what really left.
type world struct {
	t     testing.TB
	store store.Store
	now   time.Time
	set   delivery.Settings
	queue []delivery.Slice
	sent  []delivery.Envelope
	// answer decides what SES says to a message; nil accepts it. accepted false
	// means the message did not leave.
	answer  func(e delivery.Envelope) (accepted bool, err error)
	account delivery.Account
}

var discard = slog.New(slog.NewJSONHandler(io.Discard, nil))

func newWorld(t testing.TB) *world {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "policymail.db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return newWorldOn(t, db)
}

// newWorldOn is a world on any store; one in memory is quick, and for one goroutine.
func newWorldOn(t testing.TB, db store.Store) *world {
	return &world{t: t, store: db, now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC),
		set: delivery.Settings{Policy: "privacy", LeadDays: 14, Share: 1, SliceSize: 7, Tick: time.Minute, Lease: 3 * time.Minute,
			AuditDelay: 15 * time.Minute, SettleWindow: 24 * time.Hour, SendTimeout: 10 * time.Second},
		account: delivery.Account{MaxSendRate: 100, Max24HourSend: -1, SendingEnabled: true, Production: true, Enforcement: "HEALTHY"},
	}
}

func (w *world) clock() time.Time { return w.now }

func (w *world) Enqueue(_ context.Context, slices []delivery.Slice, _ time.Duration) error {
	w.queue = append(w.queue, slices...)
	return nil
}

func (w *world) Account(context.Context) (delivery.Account, error) { return w.account, nil }

func (w *world) Write(run notice.Run, v notice.Version, r notice.Recipient) (delivery.Envelope, string, error) {
	return delivery.Envelope{To: r.Address, Run: run.ID, Recipient: r.ID, Kind: run.Kind, Raw: []byte(v.SHA256)}, "en", nil
}

func (w *world) Send(_ context.Context, e delivery.Envelope) (string, error) {
	accepted, err := true, error(nil)
	if w.answer != nil {
		accepted, err = w.answer(e)
	}
	if accepted {
		w.sent = append(w.sent, e)
	}
	return fmt.Sprintf("m%d", len(w.sent)), err
}

func (w *world) annual() delivery.Annual {
	return delivery.Annual{Store: w.store, Settings: w.set, Now: w.clock}
}

func (w *world) pacer() delivery.Pacer {
	return delivery.Pacer{Store: w.store, Queue: w, Account: w, Settings: w.set, Now: w.clock, Log: discard}
}

func (w *world) sender() delivery.Sender {
	return delivery.Sender{Store: w.store, Mailer: w, Letters: w, Settings: w.set, Now: w.clock, Log: discard,
		Sleep: func(context.Context, time.Duration) {}}
}

func (w *world) operator() delivery.Operator {
	return delivery.Operator{Store: w.store, Account: w, Settings: w.set, Now: w.clock}
}

func (w *world) feedback() delivery.Feedback {
	people := privacy.Preferences{Store: w.store, LeadDays: w.set.LeadDays, Now: w.clock}
	return delivery.Feedback{Store: w.store, Settings: w.set, Now: w.clock, Log: discard, Suppress: people.Suppress}
}

// change changes a person's standing as the preference pages do.
func (w *world) change(id notice.RecipientID, way notice.Way, change func(*notice.Recipient)) error {
	before, err := w.store.Recipient(context.Background(), id)
	if err != nil {
		return err
	}
	after := before
	change(&after)
	after.Due = after.NextDue(w.set.LeadDays, notice.DateOf(w.now))
	return w.store.ChangeRecipient(context.Background(), before, after, notice.PreferenceEvent{
		ID: fmt.Sprintf("%d-%d-%s", w.now.UnixNano(), before.Rev, id), Recipient: id, At: w.now, Way: way,
		Before: before.Standing(), After: after.Standing()})
}

// approve releases a run as an approver who was shown its plan does.
func (w *world) approve(id notice.RunID) error {
	plan, err := w.operator().Plan(ctx, id)
	if err != nil {
		return err
	}
	run, err := w.store.Run(ctx, id)
	if err != nil {
		return err
	}
	v, err := w.store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return err
	}
	run.Audience = plan.Concerned()
	_, err = delivery.Start(ctx, w.store, run, v, "Ada", notice.ByCommand, w.now)
	return err
}

// people imports n people whose clock started at an instant.
func (w *world) people(n int, clock time.Time) (ids []notice.RecipientID) {
	var rows []notice.Imported
	for i := range n {
		id := notice.RecipientID(fmt.Sprintf("p%05d", i))
		ids = append(ids, id)
		rows = append(rows, notice.Imported{ID: id, Address: fmt.Sprintf("p%d@example.com", i), At: w.now, LastNotified: clock})
	}
	_, err := w.store.ImportRecipients(context.Background(), rows, w.set.LeadDays)
	w.must(err)
	return ids
}

// publish stores a version; a baseline is approved, a later one opens a run.
func (w *world) publish(name string, baseline bool) notice.Run {
	return w.publishFor(name, baseline, notice.DateOf(w.now))
}

// publishFor is publish of what takes effect on a day.
func (w *world) publishFor(name string, baseline bool, effective notice.Date) notice.Run {
	v := noticetest.Version("The text of "+name+".\n", "<p>The text of "+name+".</p>")
	v.Policy, v.Name, v.Effective, v.Class, v.PublishedAt = "privacy", name, effective, notice.Optional, w.now
	v.Summary = map[string]string{"en": "What changed in " + name}
	if baseline {
		v.Approval = &notice.Approval{By: "Ada", At: w.now, Hash: v.ContentHash()}
		w.must(w.store.AddVersion(context.Background(), v))
		return notice.Run{}
	}
	v.Previous = "before"
	w.must(w.store.AddVersion(context.Background(), v))
	run := notice.Run{ID: notice.ChangeRunID("privacy", name), Kind: notice.Change, Class: v.Class, Policy: "privacy", Version: name,
		ContentHash: v.ContentHash(), State: notice.Waiting, OpenedAt: w.now}
	w.must(w.store.AddRun(context.Background(), run))
	return run
}

// work lets a minute pass: a tick of the pacer, then every queued slice.
func (w *world) work() {
	w.must(w.pacer().Tick(context.Background()))
	w.drain()
	w.now = w.now.Add(time.Minute)
}

func (w *world) drain() {
	for len(w.queue) > 0 {
		slice := w.queue[0]
		w.queue = w.queue[1:]
		w.must(w.sender().SendSlice(context.Background(), slice))
	}
}

// finish works until the run is done, or fails after two days of virtual time.
func (w *world) finish(id notice.RunID) notice.Run {
	w.t.Helper()
	for range 2 * 24 * 60 {
		w.work()
		run, err := w.store.Run(context.Background(), id)
		w.must(err)
		if run.State == notice.Done {
			return run
		}
	}
	w.t.Fatalf("run %s did not end", id)
	return notice.Run{}
}

func (w *world) counts(id notice.RunID) notice.Counts {
	c, err := w.store.CountDeliveries(context.Background(), id)
	w.must(err)
	return c
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// sentTo counts what left for each recipient in a run.
func (w *world) sentTo(run notice.RunID) map[notice.RecipientID]int {
	n := map[notice.RecipientID]int{}
	for _, e := range w.sent {
		if e.Run == run {
			n[e.Recipient]++
		}
	}
	return n
}
