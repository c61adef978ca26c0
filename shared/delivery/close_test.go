package delivery_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store"
)

// erase erases a person as the privacy center does.
func (w *world) erase(id notice.RecipientID) {
	w.t.Helper()
	w.must(privacy.Erase(ctx, w.store, privacy.Preferences{Store: w.store, LeadDays: w.set.LeadDays, Now: w.clock}, privacy.Change{Recipient: id}))
}

// counted are the figures of a run as reports show them.
func (w *world) counted(id notice.RunID) notice.Counts {
	w.t.Helper()
	run, err := w.store.Run(ctx, id)
	w.must(err)
	return run.Figures(w.counts(id))
}

func (w *world) wantFigures(when string, id notice.RunID, want notice.Counts) {
	w.t.Helper()
	if got := w.counted(id); !maps.Equal(got, want) {
		w.t.Errorf("%s: %v, want %v", when, got, want)
	}
}

// Invariant 2, counts add up, from the end of a run to the end of its ledger and beyond:
// whatever comes late, before or after its person is erased, counts; nobody who was not told
// is ever counted as told.
func TestFiguresForGood(t *testing.T) {
	w := newWorld(t)
	run, ids := w.started(5)
	w.finish(run)
	event := func(i int, kind delivery.EventKind, detail string) {
		w.report([]delivery.Event{{Kind: kind, Run: run, Recipient: ids[i], MessageID: messageOf(w, run, ids[i]), At: w.now, Permanent: kind == delivery.EventBounced, Detail: detail}})
	}
	w.wantFigures("done", run, notice.Counts{notice.Sent: 5})
	event(0, delivery.EventBounced, "Permanent/General")
	event(1, delivery.EventDelivered, "")
	w.wantFigures("a bounce came late", run, notice.Counts{notice.Sent: 3, notice.Delivered: 1, notice.BouncedBack: 1})
	messages := map[int]string{2: messageOf(w, run, ids[2])}
	for i := range 3 {
		w.erase(ids[i])
	}
	w.wantFigures("three were erased", run, notice.Counts{notice.Sent: 3, notice.Delivered: 1, notice.BouncedBack: 1})
	for range 2 {
		w.report([]delivery.Event{{Kind: delivery.EventBounced, Run: run, Recipient: ids[2], MessageID: messages[2], At: w.now, Permanent: true, Detail: "Permanent/General"}})
	}
	w.wantFigures("a bounce of the erased came", run, notice.Counts{notice.Sent: 2, notice.Delivered: 1, notice.BouncedBack: 2})
	if line, err := w.store.Deliveries(ctx, run, []notice.RecipientID{notice.NobodyOf(messages[2])}); err != nil || line[notice.NobodyOf(messages[2])].MessageID != "" {
		t.Errorf("the event brought the message's id back: %+v, %v", line, err)
	}

	// A month before the first line leaves the ledger, and never before.
	opened := w.now
	w.now = opened.AddDate(0, 22, 0)
	w.must(w.pacer().Tick(ctx))
	if r, err := w.store.Run(ctx, run); err != nil || !r.ClosedAt.IsZero() {
		t.Fatalf("closed %s early, %v", r.ClosedAt, err)
	}
	event(3, delivery.EventComplained, "abuse")
	w.now = opened.AddDate(0, 23, 1)
	for range 2 {
		w.must(w.pacer().Tick(ctx))
		w.now = w.now.AddDate(0, 0, 1)
	}
	want := notice.Counts{notice.Sent: 1, notice.Delivered: 1, notice.BouncedBack: 2, notice.ComplainedOf: 1}
	w.wantFigures("closed", run, want)
	r, err := w.store.Run(ctx, run)
	w.must(err)
	if want := opened.AddDate(0, 23, 1); !r.ClosedAt.Equal(want) {
		t.Errorf("closed on %s, want %s", r.ClosedAt, want)
	}
	w.erase(ids[3])
	lines, _, err := w.store.ListDeliveries(ctx, run, "", 100)
	w.must(err)
	for _, line := range lines {
		w.must(w.store.ForgetDeliveries(ctx, line.Recipient, []notice.RunID{run}))
		w.wantFigures("lines leave the ledger", run, want)
	}
}

// messageOf is SES's id of the message to a person.
func messageOf(w *world, run notice.RunID, id notice.RecipientID) string {
	w.t.Helper()
	lines, err := w.store.Deliveries(ctx, run, []notice.RecipientID{id})
	w.must(err)
	return lines[id].MessageID
}

// Every day's ended runs are looked at once, by the first tick.
func TestRunsAreLookedThroughOnceADay(t *testing.T) {
	w := newWorld(t)
	counted := &countingRuns{Store: w.store}
	p := w.pacer()
	p.Store = counted
	for range 3 {
		for range 4 {
			w.must(p.Tick(ctx))
			w.now = w.now.Add(time.Minute)
		}
		w.now = w.now.AddDate(0, 0, 1)
	}
	if counted.lists != 3 {
		t.Errorf("listed %d times in three days", counted.lists)
	}
}

type countingRuns struct {
	store.Store
	lists int
}

func (c *countingRuns) ListRuns(ctx context.Context) ([]notice.Run, error) {
	c.lists++
	return c.Store.ListRuns(ctx)
}

// A slice that comes again after its people were erased counts nobody twice and sends
// nothing, and an erasure in between leaves nothing open.
func TestSliceOfErasedPeopleComesAgain(t *testing.T) {
	w := newWorld(t)
	run, ids := w.started(3)
	w.must(w.pacer().Tick(ctx))
	again := w.queue
	w.answer = func(e delivery.Envelope) (bool, error) {
		if e.Recipient == ids[1] {
			return false, &delivery.SendError{Fault: delivery.SendThrottled, Err: context.DeadlineExceeded}
		}
		return true, nil
	}
	w.drain()
	for _, id := range ids[:2] {
		w.erase(id)
	}
	w.answer, w.queue = nil, again
	w.drain()
	w.wantFigures("the slice came again", run, notice.Counts{notice.Sent: 2, notice.Skipped: 1})
	if r := w.finish(run); r.Audience != 3 || len(w.sent) != 2 {
		t.Errorf("an audience of %d, and %d sent", r.Audience, len(w.sent))
	}
}
