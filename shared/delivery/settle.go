package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"policymail/shared/notice"
)

const (
	// mostUnresolved is how many unresolved deliveries a tick looks at.
	mostUnresolved = 50_000
	// leastEvidence is how many neighbours an unknown delivery needs, and
	// heardOfEvery how many of them SES events must have told about, so that its own
	// silence means that it was not accepted. Neighbours are sends that SES itself
	// confirmed within evidenceSpan of this one.
	leastEvidence = 10
	evidenceSpan  = 30 * time.Minute
	// mostAttempts is how often a delivery may be claimed, throttled attempts included,
	// before a person decides.
	mostAttempts = 6
)

// heardEnough is the interlock's threshold: 19 of 20. A message whose answer was
// lost is then sent twice only if SES lost every one of its events too, while it
// delivered those of at least 95 % of the sends around it.
func heardEnough(heard, asked int) bool { return asked >= leastEvidence && 20*heard >= 19*asked }

// unresolved is what of all runs waits for proof or for another try.
type unresolved struct {
	count   map[notice.RunID]int
	unknown int
	retries []notice.Delivery // due, of running runs
	more    bool              // there are more than a tick looks at
}

// of reports whether a run may have something unresolved.
func (u unresolved) of(run notice.RunID) bool { return u.more || u.count[run] > 0 }

// settle moves on every unknown delivery whose time is over, and finds the retries
// that are due. An unknown delivery is sent again only if the events of its
// neighbours prove that an event of its own would have come; else it is held for an
// operator (invariant 1, never twice).
func (t *tick) settle(ctx context.Context, open []notice.Run) error {
	states := map[notice.RunID]notice.RunState{}
	for _, run := range open {
		states[run.ID] = run.State
	}
	t.unresolved.count = map[notice.RunID]int{}
	for cursor, seen := "", 0; ; {
		lines, next, err := t.Store.UnresolvedDeliveries(ctx, endOfTime, cursor, pageSize)
		if err != nil {
			return err
		}
		for _, line := range lines {
			t.unresolved.count[line.Run]++
			if line.State == notice.Unknown {
				t.unresolved.unknown++
			}
			if line.SettleAfter.After(t.Now()) {
				continue
			}
			state, known := states[line.Run]
			if !known {
				if state, err = t.stateNow(ctx, line.Run); err != nil {
					return err
				}
				states[line.Run] = state
			}
			if err := t.settleOne(ctx, line, state); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
		if seen += len(lines); seen >= mostUnresolved {
			t.unresolved.more = true
			return nil
		}
	}
}

// stateNow is the state of a run that was not open when the tick began, or "" if it
// still is not: an operator may have reopened it since.
func (t *tick) stateNow(ctx context.Context, id notice.RunID) (notice.RunState, error) {
	run, err := t.Store.Run(ctx, id)
	if errors.Is(err, notice.ErrNotFound) || err == nil && !run.State.Open() {
		return "", nil
	}
	return run.State, err
}

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// settleOne decides about one delivery whose time is over; state is its run's, or ""
// if the run has ended.
func (t *tick) settleOne(ctx context.Context, line notice.Delivery, state notice.RunState) error {
	after := line
	after.UpdatedAt, after.SettleAfter = t.Now(), time.Time{}
	switch {
	case line.State == notice.Retry && state == notice.Running:
		t.unresolved.retries = append(t.unresolved.retries, line)
		return nil
	case line.State == notice.Retry && state != "":
		return nil // paused or stopped
	case line.State == notice.Retry:
		after.State, after.Reason = notice.Failed, "the run was cancelled before this was sent"
	case line.State == notice.Unknown:
		heard, asked, err := t.neighbours(ctx, line)
		if err != nil {
			return err
		}
		switch {
		case state == "":
			after.State, after.Reason = notice.Held, "no SES event came in time, and the run has ended"
		case !heardEnough(heard, asked):
			after.State = notice.Held
			after.Reason = fmt.Sprintf("no SES event came in time, and events came for only %d of %d sends around it: whether it was sent cannot be told", heard, asked)
		case line.Attempt >= mostAttempts:
			after.State, after.Reason = notice.Held, fmt.Sprintf("SES gave no answer to %d attempts", line.Attempt)
		default:
			after.State, after.SettleAfter = notice.Retry, t.Now()
			after.Reason = fmt.Sprintf("not accepted: no SES event came in time, while events came for %d of %d sends around it", heard, asked)
		}
	default:
		return nil
	}
	err := t.Store.MoveDelivery(ctx, line, after)
	if errors.Is(err, notice.ErrConflict) {
		return nil // an event was faster
	}
	if err == nil && after.State == notice.Held {
		t.held++
		t.Log.Warn("delivery held", "run", line.Run, "recipient", line.Recipient, "reason", after.Reason)
	}
	return err
}

// neighbours counts the sends around an unknown delivery that SES confirmed by its
// answer, and of how many of them an event told. What an event itself made known is
// no evidence: of those, only the ones heard of would count.
func (t *tick) neighbours(ctx context.Context, line notice.Delivery) (heard, asked int, err error) {
	lines, err := t.Store.Deliveries(ctx, line.Run, line.Neighbours)
	if err != nil {
		return 0, 0, err
	}
	for _, n := range lines {
		if n.MessageID == "" || n.ByEvent || n.SentAt.Sub(line.ClaimedAt).Abs() > evidenceSpan {
			continue
		}
		asked++
		if n.State != notice.Sent {
			heard++
		}
	}
	return heard, asked, nil
}

// requeue queues due retries once more, as many as the budget allows, and lets them
// rest until their slice had time to be sent.
func (t *tick) requeue(ctx context.Context) error {
	again := map[notice.RunID][]notice.Delivery{}
	var order []notice.RunID
	for _, line := range t.unresolved.retries[:min(len(t.unresolved.retries), t.left())] {
		if again[line.Run] == nil {
			order = append(order, line.Run)
		}
		again[line.Run] = append(again[line.Run], line)
	}
	for _, run := range order {
		ids := make([]notice.RecipientID, len(again[run]))
		for i, line := range again[run] {
			ids[i] = line.Recipient
		}
		if err := t.enqueue(ctx, run, ids); err != nil {
			return err
		}
		t.released += len(ids)
		for _, line := range again[run] {
			rested := line
			rested.UpdatedAt, rested.SettleAfter = t.Now(), t.Now().Add(t.Settings.AuditDelay)
			if err := t.Store.MoveDelivery(ctx, line, rested); err != nil && !errors.Is(err, notice.ErrConflict) {
				return err
			}
		}
	}
	return nil
}

// around returns the people of a slice or page around one of them, at most as many
// as one read of the ledger takes.
func around(ids []notice.RecipientID, id notice.RecipientID) []notice.RecipientID {
	others := slices.DeleteFunc(slices.Clone(ids), func(other notice.RecipientID) bool { return other == id })
	return others[:min(len(others), 100)]
}
