package notice

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// What the rules read off a state, said once more in a table.
func TestWhatStatesMean(t *testing.T) {
	for state, c := range map[DeliveryState]struct{ terminal, accepted, told, cameBack, waits bool }{
		Claimed:      {},
		Sent:         {terminal: true, accepted: true, told: true},
		Delivered:    {terminal: true, accepted: true, told: true},
		BouncedBack:  {terminal: true, accepted: true, cameBack: true},
		ComplainedOf: {terminal: true, accepted: true, told: true},
		Skipped:      {terminal: true},
		Failed:       {terminal: true, cameBack: true},
		Retry:        {waits: true},
		Unknown:      {waits: true},
		Held:         {terminal: true, waits: true},
	} {
		if state.Terminal() != c.terminal || state.Accepted() != c.accepted || state.Told() != c.told || state.CameBack() != c.cameBack {
			t.Errorf("%s: terminal %t, accepted %t, told %t, came back %t", state, state.Terminal(), state.Accepted(), state.Told(), state.CameBack())
		}
		if d := (Delivery{State: state}); d.Waits() != c.waits {
			t.Errorf("%s: waits %t", state, d.Waits())
		}
		if !slices.Contains(DeliveryStates, state) {
			t.Errorf("reports do not show %s", state)
		}
	}
	if (Delivery{State: Held, Left: true}).Waits() {
		t.Error("what a person left as it is waits for them still")
	}
}

// Which state may follow which.
func TestMovesOfADelivery(t *testing.T) {
	accepted := []DeliveryState{Sent, Delivered, BouncedBack, ComplainedOf}
	for _, from := range DeliveryStates {
		for _, to := range DeliveryStates {
			can := from.CanBecome(to)
			if slices.Contains(to.From(), from) != can {
				t.Errorf("%s to %s: From says otherwise than CanBecome", from, to)
			}
			switch {
			case !can:
			case from == to:
				t.Errorf("%s to itself", from)
			case to == Claimed && from != Retry:
				t.Errorf("%s is claimed again (invariant 1, never twice): only what was surely not accepted may be", from)
			case to == Retry && from.Terminal() && from != Held:
				t.Errorf("%s is tried again (invariant 1, never twice)", from)
			case from.Accepted() && !to.Accepted() && (from != Sent || to != Failed):
				t.Errorf("%s becomes %s: only what SES rejected after it had taken it was not sent after all", from, to)
			case from.Accepted() && to.CanBecome(from):
				t.Errorf("%s and %s become each other: the end depends on the order of events", from, to)
			}
		}
	}
	for _, left := range []DeliveryState{Claimed, Retry, Unknown, Held} {
		for _, a := range accepted {
			if !left.CanBecome(a) {
				t.Errorf("no event proves of %s that it was %s", left, a)
			}
		}
	}
	for _, open := range DeliveryStates {
		if !open.Terminal() && !slices.ContainsFunc(DeliveryStates, func(s DeliveryState) bool { return s.Terminal() && open.CanBecome(s) }) {
			t.Errorf("%s never ends (invariant 2, never lost)", open)
		}
	}
	for _, final := range []DeliveryState{Skipped, ComplainedOf} {
		if slices.ContainsFunc(DeliveryStates, final.CanBecome) {
			t.Errorf("%s is not final", final)
		}
	}
}

// Invariant 2, counts add up: every delivery is counted in one state, and taking away what
// was added leaves what was there.
func TestCounts(t *testing.T) {
	c := Counts{}
	for i, s := range DeliveryStates {
		c[s] = 1 << i
	}
	if c.Total() != 1<<len(DeliveryStates)-1 {
		t.Errorf("total %d", c.Total())
	}
	for name, got := range map[string][2]int{
		"accepted": {c.Accepted(), c[Sent] + c[Delivered] + c[BouncedBack] + c[ComplainedOf]},
		"told":     {c.Told(), c[Sent] + c[Delivered] + c[ComplainedOf]},
		"open":     {c.Open(), c[Claimed] + c[Retry] + c[Unknown]},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d, want %d", name, got[0], got[1])
		}
	}
}

// Of an erased person's line stays what became of the message, and nothing that leads to the
// person: it counts as it did (invariants 2, counts add up, and 7, erased means erased).
func TestNobodysLine(t *testing.T) {
	at := time.Date(2026, 3, 1, 17, 4, 5, 6, time.UTC)
	for _, state := range DeliveryStates {
		line := Delivery{Run: "r", Recipient: "ada", State: state, Reason: "550 ada@example.com", Attempt: 3, LeaseUntil: at, SettleAfter: at, ClaimedAt: at, SentAt: at, UpdatedAt: at,
			ClockBefore: at, MessageID: "message", Version: "2.0", Locale: "pl", ByEvent: true, HardBounce: true, Neighbours: []RecipientID{"bob"}}
		want := Delivery{Run: "r", Recipient: NobodyOf("message"), State: state, Version: "2.0", SentAt: at.Truncate(24 * time.Hour), UpdatedAt: at.Truncate(24 * time.Hour)}
		switch state {
		case Skipped, BouncedBack, ComplainedOf, Delivered:
			want.Reason = line.Reason
		case Retry:
			want.State, want.Reason = Skipped, "erased"
		case Claimed, Unknown, Held:
			want.State, want.Left = Held, true
		}
		got := line.Nobodys("random")
		if want.State == Held && got.Reason != line.Reason {
			want.Reason = got.Reason
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", state, got, want)
		}
		if got.Waits() || !got.State.Terminal() || !got.Recipient.Nobody() || got.State.Accepted() != state.Accepted() || got.State.Told() != state.Told() {
			t.Errorf("%s counts as %s", state, got.State)
		}
	}
	if id := (Delivery{MessageID: ""}).Nobodys("random").Recipient; id != "erased-random" || NobodyOf("a") == NobodyOf("b") || RecipientID("ada").Nobody() {
		t.Errorf("without a message the line is %s's", id)
	}
}
