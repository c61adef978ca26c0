package notice

import (
	"maps"
	"slices"
	"testing"
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
	more := Counts{Sent: 3, Held: 1}
	sum := c.Plus(more)
	if sum.Total() != c.Total()+4 || sum[Sent] != c[Sent]+3 || !maps.Equal(sum.Less(more), c) || !maps.Equal(c.Plus(nil), c) {
		t.Errorf("%v and %v are %v", c, more, sum)
	}
	if none := c.Less(c); len(none) != 0 {
		t.Errorf("nothing is left, as %v", none)
	}
}
