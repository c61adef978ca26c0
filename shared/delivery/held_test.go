package delivery_test

import (
	"context"
	"testing"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
)

// racing is a store in which something happens right before a step.
type racing struct {
	store.Store
	open   func() ([]notice.Run, error)
	before func()
}

func (r racing) OpenRuns(ctx context.Context) ([]notice.Run, error) {
	if r.open != nil {
		return r.open()
	}
	return r.Store.OpenRuns(ctx)
}

func (r racing) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	if r.before != nil {
		r.before()
	}
	return r.Store.MoveDelivery(ctx, before, after)
}

// heldWorld has a run that is done, with three deliveries held.
func heldWorld(t *testing.T) (*world, notice.RunID) {
	w := newWorld(t)
	run, _ := w.started(3)
	w.answer = func(delivery.Envelope) (bool, error) {
		return false, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
	}
	w.work()
	w.answer = nil
	w.finish(run)
	return w, run
}

// A decision to send again is not lost to a tick that had read the runs before.
func TestHeldIsSentAgainWhileATickRuns(t *testing.T) {
	w, run := heldWorld(t)
	pacer := w.pacer()
	pacer.Store = racing{Store: w.store, open: func() ([]notice.Run, error) {
		open, err := w.store.OpenRuns(ctx)
		_, resent := w.operator().Resend(ctx, run, "Ada")
		w.must(resent)
		return open, err
	}}
	w.must(pacer.Tick(ctx))
	if done := w.finish(run); done.Counts[notice.Sent] != 3 || len(w.sent) != 3 {
		t.Errorf("counts %v, %d left", done.Counts, len(w.sent))
	}
}

// Nor to a pass that ends while the first of them is moved.
func TestHeldIsSentAgainWhileTheRunEnds(t *testing.T) {
	w, run := heldWorld(t)
	operator, ended := w.operator(), false
	operator.Store = racing{Store: w.store, before: func() {
		r, err := w.store.Run(ctx, run)
		w.must(err)
		if !ended {
			ended, r.State, r.DoneAt, r.Counts = true, notice.Done, w.now, w.counts(run)
			_, err = w.store.SaveRun(ctx, r)
			w.must(err)
		}
	}}
	_, err := operator.Resend(ctx, run, "Ada")
	w.must(err)
	if done := w.finish(run); done.Counts[notice.Sent] != 3 || len(w.sent) != 3 {
		t.Errorf("counts %v, %d left", done.Counts, len(w.sent))
	}
}

// What a person leaves as it is stays held, is shown and sent to nobody again, and takes
// what an event says of it after all.
func TestWhatIsLeftIsDecided(t *testing.T) {
	w, run := heldWorld(t)
	if _, err := w.operator().Leave(ctx, run, " "); err == nil {
		t.Error("left without a name")
	}
	for _, want := range []int{3, 0} {
		if left, err := w.operator().Leave(ctx, run, "Ada"); err != nil || left.Left != want || len(left.Held) != want {
			t.Fatalf("%+v %v, want %d left", left, err, want)
		}
	}
	if again, err := w.operator().Resend(ctx, run, "Ada"); err != nil || again.Resent != 0 || len(again.Held) != 0 {
		t.Errorf("sent again: %+v %v", again, err)
	}
	if got := w.counts(run); got[notice.Held] != 3 {
		t.Errorf("counts %v, want three held", got)
	}
	w.report([]delivery.Event{{Kind: delivery.EventDelivered, Run: run, Recipient: "p00001", MessageID: "m", At: w.now}})
	if got := w.counts(run); got[notice.Held] != 2 || got[notice.Delivered] != 1 {
		t.Errorf("counts %v, want one delivered", got)
	}
}
