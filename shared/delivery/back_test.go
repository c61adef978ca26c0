package delivery_test

import (
	"slices"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store/storetest"
)

// The twelve months begin anew for whoever may be taken to have been told, and for nobody
// else, in whatever order events come, before or after the sender's own record.
func TestClockFollowsTheMessage(t *testing.T) {
	last := time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC)
	play := func(order []int, early int) {
		w := newWorldOn(t, storetest.Model())
		ids := w.people(1, last)
		w.publish("v1", true)
		w.now = w.now.AddDate(0, 0, 2)
		run, _, err := w.annual().Open(ctx)
		w.must(err)
		report := func(kinds []int) {
			for _, k := range kinds {
				e := everyEvent[k]
				e.Run, e.Recipient, e.MessageID, e.At = run.ID, ids[0], "m", w.now
				w.must(w.feedback().Record(ctx, e))
			}
		}
		w.answer = func(delivery.Envelope) (bool, error) {
			report(order[:early])
			return true, nil
		}
		w.work()
		sent := w.now.Add(-time.Minute)
		report(order[early:])
		lines, err := w.store.Deliveries(ctx, run.ID, ids)
		w.must(err)
		r, err := w.store.Recipient(ctx, ids[0])
		w.must(err)
		switch state := lines[ids[0]].State; {
		case state.Told() && (r.LastNotice.Before(sent) || r.LastRun != run.ID):
			t.Errorf("%v, %d of them early: %s, and the clock stands at %s", order, early, state, r.LastNotice)
		case !state.Told() && (!r.LastNotice.Equal(last) || r.LastRun != ""):
			t.Errorf("%v, %d of them early: %s, and the clock stands at %s of %q", order, early, state, r.LastNotice, r.LastRun)
		case !state.Told() && r.Status == notice.Active && r.Due != notice.DateOf(sent).AddDays(30):
			t.Errorf("%v, %d of them early: %s, due on %s", order, early, state, r.Due)
		}
	}
	for _, set := range subsets(len(everyEvent), 2) {
		permute(set, func(order []int) {
			for early := range len(order) + 1 {
				play(slices.Concat(order, order[:1]), early)
			}
		})
	}
}

// A mailbox that was full gets the review again a month later, and whoever is not told in
// time is overdue meanwhile.
func TestWhoseMessageCameBackIsToldLater(t *testing.T) {
	w := newWorld(t)
	ids := w.people(1, time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC))
	w.publish("v1", true)
	w.now = w.now.AddDate(0, 0, 1)
	run, _, err := w.annual().Open(ctx)
	w.must(err)
	w.work()
	w.report([]delivery.Event{{Kind: delivery.EventBounced, Run: run.ID, Recipient: ids[0], MessageID: "m", At: w.now, Detail: "Transient/MailboxFull"}})
	w.finish(run.ID)
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || r.Deadline() != "2026-03-10" {
		t.Errorf("the twelve months end on %s, %v", r.Deadline(), err)
	}
	w.now = w.now.AddDate(0, 0, 31)
	again, opened, err := w.annual().Open(ctx)
	if err != nil || !opened {
		t.Fatal(opened, err)
	}
	w.finish(again.ID)
	if len(w.sentTo(again.ID)) != 1 {
		t.Error("nobody tried again")
	}
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || r.LastRun != again.ID || r.Deadline() < "2027-04-01" {
		t.Errorf("the clock stands at %s of %q, %v", r.LastNotice, r.LastRun, err)
	}
}

// Whoever has an out-of-office reply has got the notice all the same: their twelve months begin
// anew, and nothing more is sent to them.
func TestOutOfOfficeIsTold(t *testing.T) {
	w := newWorld(t)
	ids := w.people(1, time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC))
	w.publish("v1", true)
	w.now = w.now.AddDate(0, 0, 1)
	run, _, err := w.annual().Open(ctx)
	w.must(err)
	w.work()
	sent := w.now.Add(-time.Minute)
	for _, e := range []delivery.Event{{Kind: delivery.EventBounced, Detail: "Transient/General"}, {Kind: delivery.EventDelivered}} {
		e.Run, e.Recipient, e.MessageID, e.At = run.ID, ids[0], "m1", w.now
		w.report([]delivery.Event{e})
	}
	w.finish(run.ID)
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || !r.LastNotice.Equal(sent) || r.LastRun != run.ID {
		t.Errorf("the clock stands at %s of %q, %v", r.LastNotice, r.LastRun, err)
	}
	for range 340 {
		w.now = w.now.AddDate(0, 0, 1)
		if again, opened, err := w.annual().Open(ctx); err != nil || opened {
			t.Fatalf("%s: %s opened %t, %v", w.now, again.ID, opened, err)
		}
	}
}

// A change that comes back does not hurry the next try of an annual review that came back
// before it: that waits for thirty days. Nor does it put off a review that was not tried yet.
func TestChangeThatCameBackHurriesNobody(t *testing.T) {
	for name, c := range map[string]struct {
		last time.Time // notice before
		due  int       // days after the change came back
	}{
		"overdue":          {time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), 30},
		"due for a day":    {time.Date(2025, 3, 14, 0, 0, 0, 0, time.UTC), 30},
		"due in five days": {time.Date(2025, 3, 20, 0, 0, 0, 0, time.UTC), 5},
		"due in a year":    {time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 351},
	} {
		w := newWorldOn(t, storetest.Model())
		ids := w.people(1, c.last)
		w.publish("v1", true)
		run := w.publish("v2", false)
		w.must(w.approve(run.ID))
		w.work()
		w.report([]delivery.Event{{Kind: delivery.EventBounced, Run: run.ID, Recipient: ids[0], MessageID: "m1", At: w.now, Detail: "Transient/MailboxFull"}})
		if r, err := w.store.Recipient(ctx, ids[0]); err != nil || len(w.sent) != 1 || !r.LastNotice.Equal(c.last) || r.Due != notice.DateOf(w.now).AddDays(c.due) {
			t.Errorf("%s: %d sent, the clock stands at %s, due on %s, %v; want %d days later", name, len(w.sent), r.LastNotice, r.Due, err, c.due)
		}
	}
}

// The ledger may hold a test message to nobody, in a run that is none: what becomes of it
// is recorded all the same.
func TestTestMessagesMoveNoClock(t *testing.T) {
	w := newWorld(t)
	for _, start := range []notice.DeliveryState{notice.Claimed, notice.Sent} {
		for i, e := range everyEvent {
			e.Run, e.Recipient, e.At = notice.RunID("doctor-"+string(start)), notice.RecipientID(string(rune('a'+i))), w.now
			_, err := w.store.RecordDelivery(ctx, notice.Delivery{Run: e.Run, Recipient: e.Recipient, State: start, UpdatedAt: w.now})
			w.must(err)
			w.report([]delivery.Event{e})
		}
	}
	if got := w.counts("doctor-sent"); got[notice.BouncedBack] != 3 || got[notice.Failed] != 1 {
		t.Errorf("recorded %v", got)
	}
}

// A worker that dies between clock and ledger leaves a clock that its own run started. A
// second attempt of the run takes that for no notice to go back to when its message comes
// back: nobody was told anything by the first.
func TestClockGoesBackBehindEveryAttempt(t *testing.T) {
	w := newWorldOn(t, storetest.Model())
	run, ids := w.started(1)
	w.must(w.store.RecordNotice(ctx, ids[0], run, w.now, notice.DateOf(w.now).AddDays(351)))
	_, err := w.store.RecordDelivery(ctx, notice.Delivery{Run: run, Recipient: ids[0], State: notice.Retry, Attempt: 1, ClaimedAt: w.now, UpdatedAt: w.now})
	w.must(err)
	w.now = w.now.Add(25 * time.Hour)
	w.must(w.sender().SendSlice(ctx, delivery.Slice{Run: run, Recipients: ids}))
	w.report([]delivery.Event{{Kind: delivery.EventBounced, Run: run, Recipient: ids[0], MessageID: "m", At: w.now, Detail: "Transient/MailboxFull"}})
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || len(w.sent) != 1 || !r.LastNotice.IsZero() || r.LastRun != "" {
		t.Errorf("%d left, and the clock stands at %s of %q, %v", len(w.sent), r.LastNotice, r.LastRun, err)
	}
}
