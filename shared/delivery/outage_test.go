package delivery_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/storetest"
)

// slow is a store that answers as slowly as a database far away, until its caller's
// time is over.
type slow struct {
	store.Store
	each time.Duration
}

func (s slow) Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.Store.Deliveries(ctx, run, ids)
}

func (s slow) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.Store.MoveDelivery(ctx, before, after)
}

func (s slow) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.each):
		return nil
	}
}

// outage leaves n lines of one state behind in a run that settles: all due for an hour.
func (w *world) outage(run notice.RunID, state notice.DeliveryState, n int) {
	w.t.Helper()
	w.must(w.store.AddRun(ctx, notice.Run{ID: run, Kind: notice.Change, Policy: "privacy", Version: "v1", State: notice.Running, Pass: 1, Released: n, Settling: true,
		OpenedAt: w.now, StartedAt: w.now.Add(-48 * time.Hour)}))
	for i := range n {
		_, err := w.store.RecordDelivery(ctx, notice.Delivery{Run: run, Recipient: notice.RecipientID(fmt.Sprintf("%s%05d", state, i)), State: state, Attempt: 1,
			ClaimedAt: w.now.Add(-25 * time.Hour), SettleAfter: w.now.Add(-time.Hour), UpdatedAt: w.now.Add(-25 * time.Hour)})
		w.must(err)
	}
}

// However many deliveries of an outage are due at once, every tick ends in its time, says
// that it lives, and releases what waits; and in the end all of them are settled.
func TestAnOutageDoesNotStopThePacer(t *testing.T) {
	for _, state := range []notice.DeliveryState{notice.Unknown, notice.Retry} {
		t.Run(string(state), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorldOn(t, storetest.Model())
				run, _ := w.started(30)
				const many = 6000
				w.outage("change-other-v1", state, many)
				w.account.MaxSendRate = 1000
				db := w.store
				w.store = slow{db, 10 * time.Millisecond}
				tick := func() map[string]any {
					call, cancel := context.WithTimeout(ctx, 55*time.Second) // the function's
					defer cancel()
					return w.figuresOf(call)
				}
				if got := tick(); got["Heartbeat"] != 1.0 {
					t.Fatalf("the first tick wrote %v", got)
				}
				if r, err := db.Run(ctx, run); err != nil || r.Released != 30 {
					t.Fatalf("%d of 30 released beside the outage, %v", r.Released, err)
				}
				for range 20 {
					w.now = w.now.Add(time.Minute)
					tick()
				}
				if due, _, err := db.UnresolvedDeliveries(ctx, state, w.now.Add(-30*time.Minute), "", many); err != nil || len(due) > 0 {
					t.Errorf("%d of %d are as they were, %v", len(due), many, err)
				}
			})
		})
	}
}

// A retry that is due does not wait for deliveries of another run that are not, nor does
// a run for its last audit.
func TestWhatIsNotDueHoldsNobodyUp(t *testing.T) {
	w := newWorldOn(t, storetest.Model())
	run, ids := w.started(2)
	w.must(w.store.AddRun(ctx, notice.Run{ID: "change-other-v1", Kind: notice.Change, State: notice.Paused, Pass: 1, OpenedAt: w.now}))
	for i := range 60_000 {
		_, err := w.store.RecordDelivery(ctx, notice.Delivery{Run: "change-other-v1", Recipient: notice.RecipientID(fmt.Sprintf("a%05d", i)), State: notice.Unknown, Attempt: 1,
			ClaimedAt: w.now, SettleAfter: w.now.AddDate(1, 0, 0), UpdatedAt: w.now})
		w.must(err)
	}
	w.answer = func(e delivery.Envelope) (bool, error) {
		if e.Recipient == ids[0] && len(w.sent) == 0 {
			return false, &delivery.SendError{Fault: delivery.SendThrottled, Err: errLost}
		}
		return true, nil
	}
	for range 90 {
		w.work()
	}
	if r, err := w.store.Run(ctx, run); err != nil || r.State != notice.Done || r.Counts[notice.Sent] != 2 {
		t.Errorf("the run is %+v, %v", r, err)
	}
}
