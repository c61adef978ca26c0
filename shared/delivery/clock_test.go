package delivery_test

import (
	"context"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/store"
)

// stuck is a store that cannot move one person's clock.
type stuck struct {
	store.Store
	who notice.RecipientID
}

func (s stuck) RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error {
	if id == s.who {
		return errLost
	}
	return s.Store.RecordNotice(ctx, id, run, at, due)
}

// What SES accepted is never sent again because the clock could not be moved, though no
// event tells of it and those of its neighbours came; and the clock moves later.
func TestClockThatCannotBeMovedSendsNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.set.SliceSize = 40
	run := w.startedWhole(30)
	w.must(w.pacer().Tick(ctx))
	slice := w.queue[0]
	w.queue = nil
	victim := slice.Recipients[12]
	failing := w.sender()
	failing.Store = stuck{w.store, victim}
	if err := failing.SendSlice(ctx, slice); err == nil {
		t.Fatal("the slice is not delivered again")
	}
	w.now = w.now.Add(time.Minute)
	w.must(w.sender().SendSlice(ctx, slice))
	w.report(except(w.events(), victim))
	w.finish(run)
	if n := w.sentTo(run)[victim]; n != 1 {
		t.Errorf("%d messages left for the same person", n)
	}
	r, err := w.store.Recipient(ctx, victim)
	w.must(err)
	if r.LastRun != run || r.Due < notice.DateOf(w.now).AddDays(300) {
		t.Errorf("the clock stands at %s of run %q, due %s", r.LastNotice, r.LastRun, r.Due)
	}
}
