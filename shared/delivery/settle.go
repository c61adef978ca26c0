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
	// leastEvidence is how many neighbours an unknown delivery needs before anything is
	// concluded from their events (heardEnough). Neighbours are sends that SES itself
	// confirmed within evidenceSpan of this one.
	leastEvidence = 10
	evidenceSpan  = 30 * time.Minute
	// mostAttempts is how often a delivery may be claimed, throttled attempts included,
	// before a person decides.
	mostAttempts = 6
)

// heardEnough reports whether events came for so many of the neighbours asked about, 19 of
// 20, that an event of the delivery in doubt would have come as well: that none came means
// that SES did not accept it. A message whose answer was lost is then sent twice only if
// SES lost every one of its events too, while it delivered those of at least 95 % of the
// sends around it.
func heardEnough(heard, asked int) bool { return asked >= leastEvidence && 20*heard >= 19*asked }

// unresolved is what waits in all runs: for proof, for another try or for a person.
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
// never twice). Retries and unknown deliveries each get a part of the tick's time, however
// many there are, so that neither keeps the other, or the release that follows, from its
// turn (invariant 2, never lost).
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
// tick is over; the rest is still due in the next tick. states holds the states of the runs
// seen so far, and gets those that settleDue looks up.
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

// countUnresolved counts what waits in each run, due or not. Beyond a million, its part of
// the tick may be too short for that. Then every run is taken to have something that waits:
// this puts off its last audit, and nothing else.
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

// stateNow is the state of a run that was not open when the tick began, as an operator may
// have reopened it since; it is "" if the run is still not open.
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

// neighbours counts the sends around an unknown delivery that SES confirmed by its answer
// (asked), and those of them that an event told about (heard). A send that only an event
// confirmed is left out: had its event not come, it would not be known to be a send at all,
// so such sends would all be heard of, whatever share of the events is lost.
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

// retryPage is how many retries are queued before their next try is put off.
const retryPage = 100

// requeuePage queues retries of one run, and only then puts their next try off until this
// one had time to be sent. If the pacer dies in between, the next tick queues them again
// (invariant 2, never lost), and the claim lets one of the two be sent.
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
		later := line
		later.UpdatedAt, later.SettleAfter = t.Now(), t.Now().Add(t.Settings.AuditDelay)
		if err := t.Store.MoveDelivery(ctx, line, later); err != nil && !errors.Is(err, notice.ErrConflict) {
			return err
		}
	}
	return nil
}
