package notice

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
)

var runStates = []RunState{Waiting, Running, Paused, Stopped, Done, Cancelled}

// Every step from every state: where it leads, or that it is refused and changes nothing.
// Nothing leads out of Cancelled, and nothing but an approval out of Waiting to people
// (invariant 5, nothing unapproved).
func TestStepsOfARun(t *testing.T) {
	for name, step := range map[string]struct {
		take func(*Run) error
		to   RunState
		from []RunState
	}{
		"pause":  {(*Run).Pause, Paused, []RunState{Running, Stopped}},
		"resume": {(*Run).Resume, Running, []RunState{Paused, Stopped}},
		"cancel": {(*Run).Cancel, Cancelled, []RunState{Waiting, Running, Paused, Stopped}},
		"stop":   {func(r *Run) error { return r.Stop("bounces") }, Stopped, []RunState{Running}},
		"reopen": {func(r *Run) error { return r.Reopen(Counts{Held: 1}) }, Running, []RunState{Done}},
		"reject": {func(r *Run) error { return r.Reject("Ada", "too early", day(1)) }, Cancelled, []RunState{Waiting}},
	} {
		for _, state := range runStates {
			run := Run{ID: "r", State: state, StopReason: "complaints", DoneAt: day(1), Counts: Counts{Held: 1}, Cursor: "c"}
			before := run
			err := step.take(&run)
			if slices.Contains(step.from, state) {
				if err != nil || run.State != step.to {
					t.Errorf("%s when %s: %s, %v", name, state, run.State, err)
				}
				continue
			}
			if !errors.Is(err, ErrRefused) || !reflect.DeepEqual(run, before) {
				t.Errorf("%s when %s: %v, and the run is %+v", name, state, err, run)
			}
		}
	}
}

// What else a step changes.
func TestWhatStepsLeaveBehind(t *testing.T) {
	run := Run{State: Running}
	if err := run.Stop("bounces"); err != nil || run.StopReason != "bounces" {
		t.Errorf("stopped for %q, %v", run.StopReason, err)
	}
	if err := run.Resume(); err != nil || run.StopReason != "" {
		t.Errorf("resumed, and stopped for %q, %v", run.StopReason, err)
	}
	for state, open := range map[RunState]bool{Waiting: true, Running: true, Paused: true, Stopped: true, Done: false, Cancelled: false} {
		if state.Open() != open {
			t.Errorf("%s: open %t", state, state.Open())
		}
	}
	for _, c := range []struct {
		run   Run
		begun bool
	}{{Run{}, false}, {Run{Released: 1}, true}, {Run{Pass: 1}, true}} {
		if c.run.Begun() != c.begun {
			t.Errorf("%+v: begun %t", c.run, c.run.Begun())
		}
	}
}

// Invariant 2, counts add up: whoever leaves the ledger of a run that has ended, erased or
// past its retention, stays counted, as nearly as is known.
func TestFigures(t *testing.T) {
	for name, c := range map[string]struct {
		frozen, gone, ledger, want Counts
	}{
		"it runs":                  {nil, nil, Counts{Sent: 2, Retry: 1}, Counts{Sent: 2, Retry: 1}},
		"nobody left":              {Counts{Sent: 2}, nil, Counts{Sent: 2}, Counts{Sent: 2}},
		"an event came since":      {Counts{Sent: 2}, nil, Counts{Delivered: 1, BouncedBack: 1}, Counts{Delivered: 1, BouncedBack: 1}},
		"all left":                 {Counts{Sent: 1, Delivered: 2, ComplainedOf: 1, BouncedBack: 1, Skipped: 3, Failed: 1, Held: 1}, nil, nil, Counts{Sent: 4, BouncedBack: 1, Skipped: 3, Failed: 1, Held: 1}},
		"some left":                {Counts{Delivered: 3, Skipped: 2}, nil, Counts{Delivered: 1, Skipped: 1}, Counts{Delivered: 1, Sent: 2, Skipped: 2}},
		"left, not sent in time":   {Counts{Retry: 2, Sent: 1}, nil, Counts{Sent: 1}, Counts{Sent: 1, Failed: 2}},
		"left, in doubt":           {Counts{Unknown: 2, Claimed: 1}, nil, nil, Counts{Held: 3}},
		"reopened after some left": {nil, Counts{Sent: 4}, Counts{Held: 1}, Counts{Sent: 4, Held: 1}},
		"and done once more":       {Counts{Sent: 5}, Counts{Sent: 4}, nil, Counts{Sent: 5}},
		"a bounce complained of":   {Counts{BouncedBack: 1, Failed: 1}, nil, Counts{ComplainedOf: 1}, Counts{ComplainedOf: 1, BouncedBack: 1}},
		"doubt became known":       {Counts{Unknown: 1, Sent: 1}, nil, Counts{Delivered: 1}, Counts{Delivered: 1, Held: 1}},
	} {
		run := Run{Counts: c.frozen, Gone: c.gone}
		got := run.Figures(c.ledger)
		maps.DeleteFunc(got, func(_ DeliveryState, n int) bool { return n == 0 })
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Whatever leaves the ledger, the frozen total stays, and so it does when the run is
// reopened and ends once more.
func TestFiguresKeepTheTotal(t *testing.T) {
	whole := Counts{}
	for i, s := range DeliveryStates {
		whole[s] = i + 1
	}
	for left := range 1 << len(DeliveryStates) { // one choice of states whose people left
		ledger := maps.Clone(whole)
		for i, s := range DeliveryStates {
			if left&(1<<i) != 0 {
				ledger[s] = i / 2
			}
		}
		run := Run{State: Done}
		run.Freeze(whole)
		total := func(when string) {
			got := run.Figures(ledger)
			if got.Total() != whole.Total() {
				t.Fatalf("%s: %v of %v in the ledger, and the figures are %v", when, ledger, whole, got)
			}
			for s, n := range got {
				if n < ledger[s] {
					t.Fatalf("%s: %d are %s, and the ledger has %d", when, n, s, ledger[s])
				}
			}
		}
		total("done")
		if err := run.Reopen(ledger); err != nil {
			t.Fatal(err)
		}
		total("reopened")
		run.Freeze(ledger)
		total("done again")
	}
}
