package notice

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
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
		"reopen": {(*Run).Reopen, Running, []RunState{Done}},
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

// Invariant 2, counts add up: while the ledger of a run is whole, the figures are what it
// says, also of what came after the run ended; once lines leave it, what was counted last.
func TestFigures(t *testing.T) {
	closed := day(700)
	for name, c := range map[string]struct {
		run          Run
		ledger, want Counts
	}{
		"it runs":              {Run{}, Counts{Sent: 2, Retry: 1}, Counts{Sent: 2, Retry: 1}},
		"nothing came since":   {Run{Counts: Counts{Sent: 2}}, Counts{Sent: 2}, Counts{Sent: 2}},
		"a bounce came since":  {Run{Counts: Counts{Sent: 2}}, Counts{Delivered: 1, BouncedBack: 1}, Counts{Delivered: 1, BouncedBack: 1}},
		"more came since":      {Run{Counts: Counts{Sent: 2}}, Counts{Sent: 2, Held: 1}, Counts{Sent: 2, Held: 1}},
		"the first lines left": {Run{Counts: Counts{Delivered: 2, BouncedBack: 1}}, Counts{Delivered: 2}, Counts{Delivered: 2, BouncedBack: 1}},
		"closed":               {Run{Counts: Counts{Delivered: 2}, ClosedAt: closed}, Counts{Delivered: 1, ComplainedOf: 1}, Counts{Delivered: 2}},
		"all lines left":       {Run{Counts: Counts{Delivered: 2}, ClosedAt: closed}, Counts{}, Counts{Delivered: 2}},
	} {
		if got := c.run.Figures(c.ledger); !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A run is closed once, after it ended and a month before its first line leaves the ledger.
// From then on it is never sent again.
func TestCloseARun(t *testing.T) {
	at := time.Date(2026, 3, 31, 6, 0, 0, 0, time.UTC)
	if got := (Run{OpenedAt: at}).ClosesOn(); got != "2028-02-29" {
		t.Errorf("closes on %s", got)
	}
	if got := (Run{OpenedAt: at, StartedAt: at.AddDate(0, 2, 0)}).ClosesOn(); got != "2028-04-30" && got != "2028-05-01" {
		t.Errorf("approved two months later, closes on %s", got)
	}
	for _, state := range runStates {
		run := Run{State: state, Counts: Counts{Sent: 2}}
		err := run.Close(Counts{Delivered: 1, BouncedBack: 1}, at)
		if state.Open() {
			if !errors.Is(err, ErrRefused) || !run.ClosedAt.IsZero() {
				t.Errorf("%s: %v, closed at %s", state, err, run.ClosedAt)
			}
			continue
		}
		if err != nil || !run.ClosedAt.Equal(at) || run.Counts[BouncedBack] != 1 {
			t.Errorf("%s: %v, counted %v", state, err, run.Counts)
		}
		if run.Close(Counts{}, at) == nil || run.Counts.Total() != 2 {
			t.Errorf("%s: closed twice, and counted %v", state, run.Counts)
		}
		if run.Reopen() == nil || run.State != state {
			t.Errorf("%s: reopened when closed", state)
		}
	}
}
