package delivery_test

import (
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// Whom an annual run could not tell anything of comes up again in a later one, whether
// their message is held or proven, and never before their time.
func TestAnnualDoubtDoesNotEndTheTwelveMonths(t *testing.T) {
	for name, c := range map[string]struct {
		proof time.Duration // how long after the send the event comes; 0: never, -1: while SES is asked
		due   notice.Date
	}{
		"held":                 {0, "2026-04-01"},
		"proven later":         {time.Hour, "2027-02-15"},
		"proven while sending": {-1, "2027-02-15"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ids := w.people(1, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)) // overdue: due tomorrow
			w.publish("v1", true)
			w.now = w.now.AddDate(0, 0, 1) // the second of March
			run, _, err := w.annual().Open(ctx)
			w.must(err)
			prove := func() {
				w.report([]delivery.Event{{Kind: delivery.EventSent, Run: run.ID, Recipient: ids[0], MessageID: "m", At: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)}})
			}
			w.answer = func(delivery.Envelope) (bool, error) {
				if c.proof < 0 {
					prove()
				}
				return true, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
			}
			w.work()
			if c.proof > 0 {
				w.now = w.now.Add(c.proof)
				prove()
			}
			w.finish(run.ID)
			r, err := w.store.Recipient(ctx, ids[0])
			w.must(err)
			if r.Due != c.due {
				t.Errorf("due on %s, want %s", r.Due, c.due)
			}
		})
	}
}

// Somebody who comes up in an annual run before their time, because their day had
// been moved wrongly, is left out and gets their right day back.
func TestWhoIsNotDueGetsTheirDayBack(t *testing.T) {
	w := newWorld(t)
	ids := w.people(1, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	w.publish("v1", true)
	w.must(w.store.MoveDue(ctx, ids[0], notice.DateOf(w.now)))
	run, opened, err := w.annual().Open(ctx)
	if err != nil || !opened {
		t.Fatal(opened, err)
	}
	w.finish(run.ID)
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || r.Due != "2027-01-18" || len(w.sent) != 0 {
		t.Errorf("due on %s, %d left, %v", r.Due, len(w.sent), err)
	}
}
