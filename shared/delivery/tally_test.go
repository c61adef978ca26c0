package delivery_test

import (
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// The tally of a run tells how many messages SES took, when the first and when the last:
// those that the lines of the ledger tell, and are kept when these have gone.
func TestTheTallyKnowsFirstAndLast(t *testing.T) {
	w := newWorld(t)
	ids := w.people(30, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	w.must(w.approve(run.ID))
	w.answer = func(delivery.Envelope) (bool, error) {
		w.now = w.now.Add(time.Second) // a message takes a second
		return true, nil
	}
	for i := range 3 {
		w.must(w.sender().SendSlice(ctx, delivery.Slice{Run: run.ID, Recipients: ids[10*i : 10*i+10]}))
		w.now = w.now.Add(time.Hour)
	}
	lines, _, err := w.store.ListDeliveries(ctx, run.ID, "", 100)
	w.must(err)
	var want notice.Tally
	for _, line := range lines {
		if want.FirstSent.IsZero() || line.SentAt.Before(want.FirstSent) {
			want.FirstSent = line.SentAt
		}
		if line.SentAt.After(want.LastSent) {
			want.LastSent = line.SentAt
		}
		want.Accepted++
	}
	got, err := w.store.Tally(ctx, run.ID)
	w.must(err)
	if got != want || want.Accepted != 30 || want.LastSent.Sub(want.FirstSent) < 2*time.Hour {
		t.Errorf("the tally is %+v, the ledger says %+v", got, want)
	}
}
