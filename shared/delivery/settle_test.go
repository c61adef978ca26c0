package delivery_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// started approves a change for n people and returns its run.
func (w *world) started(n int) (notice.RunID, []notice.RecipientID) {
	w.t.Helper()
	ids := w.people(n, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	err := w.approve(run.ID)
	w.must(err)
	return run.ID, ids
}

// startedWhole is started without a canary.
func (w *world) startedWhole(n int) notice.RunID {
	w.t.Helper()
	id, _ := w.started(n)
	run, err := w.store.Run(ctx, id)
	w.must(err)
	run.Canary = 0
	_, err = w.store.SaveRun(ctx, run)
	w.must(err)
	return id
}

// events are what SES reports of everything that left.
func (w *world) events() (all []delivery.Event) {
	for _, e := range w.sent {
		for _, kind := range []delivery.EventKind{delivery.EventSent, delivery.EventDelivered} {
			all = append(all, delivery.Event{Kind: kind, Run: e.Run, Recipient: e.Recipient, MessageID: "of " + string(e.Recipient), At: w.now})
		}
	}
	return all
}

func (w *world) report(events []delivery.Event) {
	w.t.Helper()
	for _, e := range events {
		w.must(w.feedback().Record(ctx, e))
	}
}

// except leaves out the events of one person.
func except(events []delivery.Event, id notice.RecipientID) (others []delivery.Event) {
	for _, e := range events {
		if e.Recipient != id {
			others = append(others, e)
		}
	}
	return others
}

// The interlock: one of fifty messages is in doubt, and the event stream is in every
// state it can be in. What counts is what left.
func TestSettlingTheUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		accepted bool                                                        // the one in doubt
		stream   func([]delivery.Event, notice.RecipientID) []delivery.Event // what arrives within the hour
		late     bool                                                        // the rest arrives after the window
		want     notice.DeliveryState
		left     int // messages to the one in doubt in the end
	}{
		"alive, not accepted": {false, func(all []delivery.Event, _ notice.RecipientID) []delivery.Event { return all }, false, notice.Sent, 1},
		"alive, accepted":     {true, func(all []delivery.Event, _ notice.RecipientID) []delivery.Event { return all }, false, notice.Delivered, 1},
		"down, not accepted":  {false, func([]delivery.Event, notice.RecipientID) []delivery.Event { return nil }, false, notice.Held, 0},
		"down, accepted":      {true, func([]delivery.Event, notice.RecipientID) []delivery.Event { return nil }, false, notice.Held, 1},
		"half down, accepted": {true, func(all []delivery.Event, id notice.RecipientID) []delivery.Event {
			return except(all, id)[:len(all)/2]
		}, false, notice.Held, 1},
		"delayed, accepted":     {true, func([]delivery.Event, notice.RecipientID) []delivery.Event { return nil }, true, notice.Delivered, 1},
		"delayed, not accepted": {false, func([]delivery.Event, notice.RecipientID) []delivery.Event { return nil }, true, notice.Held, 0},
		"reordered and doubled, accepted": {true, func(all []delivery.Event, _ notice.RecipientID) []delivery.Event {
			all = append(all, all...)
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			return all
		}, false, notice.Delivered, 1},
		"two of fifty unheard of": {false, func(all []delivery.Event, _ notice.RecipientID) []delivery.Event { return all[:len(all)-4] }, false, notice.Sent, 1},
		"three of fifty unheard of": {false, func(all []delivery.Event, _ notice.RecipientID) []delivery.Event {
			return all[:len(all)-6]
		}, false, notice.Held, 0},
		// The documented case: SES accepted, lost its answer, and lost every event of
		// this message while delivering the others'. Only then somebody gets two.
		"only its own events lost": {true, except, false, notice.Sent, 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.set.SliceSize = 50
			run, ids := w.started(50)
			doubted := ids[25]
			w.answer = func(e delivery.Envelope) (bool, error) {
				if e.Recipient == doubted {
					return c.accepted, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
				}
				return true, nil
			}
			w.work()
			if got := w.counts(run)[notice.Unknown]; got != 1 {
				t.Fatalf("%d unknown", got)
			}
			w.answer = nil
			w.now = w.now.Add(time.Hour)
			all := w.events()
			w.report(c.stream(w.events(), doubted))
			w.now = w.now.Add(w.set.SettleWindow - 2*time.Hour)
			w.work()
			if got := len(w.sent); got > 50 {
				t.Fatal("sent again within the window")
			}
			done := w.finish(run)
			if c.late {
				w.report(all)
			}
			lines, err := w.store.Deliveries(ctx, run, []notice.RecipientID{doubted})
			w.must(err)
			if line := lines[doubted]; line.State != c.want || line.State == notice.Held && line.Reason == "" {
				t.Errorf("ends as %s (%s), want %s", line.State, line.Reason, c.want)
			}
			for id, n := range w.sentTo(run) {
				if id != doubted && n != 1 {
					t.Errorf("%s got %d messages", id, n)
				}
			}
			if n := w.sentTo(run)[doubted]; n != c.left {
				t.Errorf("%d messages left for the one in doubt, want %d", n, c.left)
			}
			if done.Counts.Total() != 50 || done.Audience != 50 {
				t.Errorf("counts %v do not add up to 50", done.Counts)
			}
		})
	}
}

// Too few neighbours prove nothing. Neighbours that only an event made known prove nothing
// either: those whose events are lost are not known at all.
func TestEvidenceMustBeEvidence(t *testing.T) {
	t.Run("few neighbours", func(t *testing.T) {
		w := newWorld(t)
		run, ids := w.started(7)
		w.answer = func(e delivery.Envelope) (bool, error) {
			if e.Recipient == ids[0] {
				return false, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
			}
			return true, nil
		}
		w.work()
		w.report(w.events())
		w.answer = nil
		if done := w.finish(run); done.Counts[notice.Held] != 1 {
			t.Errorf("counts %v, want one held", done.Counts)
		}
	})
	t.Run("neighbours known by events only", func(t *testing.T) {
		w := newWorld(t)
		w.set.SliceSize = 50
		run, ids := w.started(50)
		w.answer = func(e delivery.Envelope) (bool, error) {
			return true, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
		}
		w.work()
		w.report(except(w.events(), ids[0]))
		w.answer = nil
		if done := w.finish(run); done.Counts[notice.Held] != 1 || len(w.sent) != 50 {
			t.Errorf("counts %v, %d left; want one held of 50", done.Counts, len(w.sent))
		}
	})
}

// What is held waits for a person, and is sent again only on their word, by name.
func TestHeldIsDecidedByAPerson(t *testing.T) {
	w := newWorld(t)
	run, _ := w.started(3)
	w.answer = func(e delivery.Envelope) (bool, error) {
		return false, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
	}
	w.work()
	w.answer = nil
	w.finish(run)
	if shown, err := w.operator().Held(ctx, run); err != nil || len(shown.Held) != 3 || shown.Resent != 0 || len(w.sent) != 0 {
		t.Fatalf("%+v %v, %d left", shown, err, len(w.sent))
	}
	for _, nobody := range []string{"", " "} {
		if _, err := w.operator().Resend(ctx, run, nobody); err == nil {
			t.Errorf("sent again without a name: %q", nobody)
		}
	}
	if again, err := w.operator().Resend(ctx, run, "Ada"); err != nil || again.Resent != 3 {
		t.Fatalf("%+v %v", again, err)
	}
	if done := w.finish(run); done.Counts[notice.Sent] != 3 || len(w.sent) != 3 {
		t.Errorf("counts %v, %d left", done.Counts, len(w.sent))
	}
	if again, err := w.operator().Resend(ctx, run, "Ada"); err != nil || again.Resent != 0 {
		t.Errorf("the second time: %+v %v", again, err)
	}
}

// A run that was cancelled leaves nothing open behind: retries are closed, dead
// claims become unknown and then held, and nothing more is sent.
func TestCancelledRunLeavesNothingOpen(t *testing.T) {
	w := newWorld(t)
	run, _ := w.started(7)
	calls := 0
	w.answer = func(e delivery.Envelope) (bool, error) {
		if calls++; calls <= 3 {
			return false, &delivery.SendError{Fault: delivery.SendThrottled, Err: errLost}
		}
		panic("killed")
	}
	w.must(w.pacer().Tick(ctx))
	slice := w.queue[0]
	w.queue = nil
	func() {
		defer func() { recover() }()
		w.sender().SendSlice(ctx, slice)
	}()
	_, err := w.operator().Cancel(ctx, run)
	w.must(err)
	w.now = w.now.Add(w.set.Lease + time.Minute)
	w.must(w.sender().SendSlice(ctx, slice)) // redelivered
	w.now = w.now.Add(w.set.SettleWindow)
	w.work()
	if got := w.counts(run); got[notice.Failed] != 3 || got[notice.Held] != 1 || got.Open() != 0 || len(w.sent) != 0 {
		t.Errorf("counts %v, %d left", got, len(w.sent))
	}
}
