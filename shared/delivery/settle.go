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
	// mostRetries is how many due retries a tick takes up: more than it can queue again.
	mostRetries = 50_000
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

// unresolved is what of all runs waits for proof, for another try or for a person.
type unresolved struct {
	count   map[notice.RunID]notice.Counts
	partly  bool              // there is more than could be counted in time
	retries []notice.Delivery // due, of running runs
}

// of reports whether a run may have something unresolved.
func (u unresolved) of(run notice.RunID) bool { return u.partly || u.count[run].Open() > 0 }

// total is how many deliveries of all runs are in a state.
func (u unresolved) total(s notice.DeliveryState) (n int) {
	for _, counts := range u.count {
		n += counts[s]
	}
	return n
}

// settle finds the retries that are due, and moves on the unknown deliveries whose time
// is over. An unknown delivery is sent again only if the events of its neighbours prove
// that an event of its own would have come; else it is held for an operator (invariant 1,
// never twice). Each takes a part of the time there is, so that however many wait, the
// other and the release after them have their turn in every tick (invariant 2, never lost).
func (t *tick) settle(ctx context.Context, open []notice.Run) error {
	states := map[notice.RunID]notice.RunState{}
	for _, run := range open {
		states[run.ID] = run.State
	}
	for _, state := range []notice.DeliveryState{notice.Retry, notice.Unknown} {
		if err := t.settleDue(ctx, state, states); err != nil {
			return err
		}
	}
	return nil
}

// settleDue decides about the deliveries of one state that are due, until its part of the
// tick is over: whatever it did not come to is still due in the next. states are those of
// the runs seen so far.
func (t *tick) settleDue(ctx context.Context, state notice.DeliveryState, states map[notice.RunID]notice.RunState) error {
	end := t.part(ctx, 4)
	for cursor := ""; ; {
		lines, next, err := t.Store.UnresolvedDeliveries(ctx, state, t.Now(), cursor, pageSize)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if !hasTimeUntil(ctx, end) || len(t.unresolved.retries) >= mostRetries && state == notice.Retry {
				t.Log.Info("the next tick goes on settling", "state", state)
				return nil
			}
			of, known := states[line.Run]
			if !known {
				if of, err = t.stateNow(ctx, line.Run); err != nil {
					return err
				}
				states[line.Run] = of
			}
			if err := t.settleOne(ctx, line, of); err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// countUnresolved counts what waits, due or not. If its part of the tick is too short for
// that, as it may be beyond a million, every run counts as having something that waits: its last
// audit waits, nothing else does.
func (t *tick) countUnresolved(ctx context.Context) (err error) {
	counting, cancel := context.WithDeadline(ctx, t.part(ctx, 4))
	defer cancel()
	t.unresolved.count, err = t.Store.CountUnresolved(counting)
	if err != nil && counting.Err() != nil && ctx.Err() == nil {
		t.unresolved.partly = true
		t.Log.Warn("unresolved deliveries not counted to the end", "error", err.Error())
		return nil
	}
	return err
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

// settleOne decides about one delivery whose time is over; state is its run's, or ""
// if the run has ended.
func (t *tick) settleOne(ctx context.Context, line notice.Delivery, state notice.RunState) error {
	after := line
	after.UpdatedAt, after.SettleAfter, after.Neighbours = t.Now(), time.Time{}, nil
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

// requeue queues due retries once more, as many as the budget and its part of the tick
// allow.
func (t *tick) requeue(ctx context.Context) error {
	again := map[notice.RunID][]notice.Delivery{}
	var order []notice.RunID
	for _, line := range t.unresolved.retries[:min(len(t.unresolved.retries), t.left())] {
		if again[line.Run] == nil {
			order = append(order, line.Run)
		}
		again[line.Run] = append(again[line.Run], line)
	}
	end := t.part(ctx, 3)
	for _, run := range order {
		for lines := range slices.Chunk(again[run], retryPage) {
			if !hasTimeUntil(ctx, end) {
				return nil
			}
			if err := t.requeuePage(ctx, run, lines); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryPage is how many retries are queued before they are laid to rest.
const retryPage = 100

// requeuePage queues retries of one run, and only then lets them rest until their slice
// had time to be sent: a death in between queues them again, and the claim keeps them
// apart (invariant 2, never lost).
func (t *tick) requeuePage(ctx context.Context, run notice.RunID, lines []notice.Delivery) error {
	ids := make([]notice.RecipientID, len(lines))
	for i, line := range lines {
		ids[i] = line.Recipient
	}
	if err := t.enqueue(ctx, run, ids); err != nil {
		return err
	}
	t.released += len(ids)
	for _, line := range lines {
		rested := line
		rested.UpdatedAt, rested.SettleAfter = t.Now(), t.Now().Add(t.Settings.AuditDelay)
		if err := t.Store.MoveDelivery(ctx, line, rested); err != nil && !errors.Is(err, notice.ErrConflict) {
			return err
		}
	}
	return nil
}
