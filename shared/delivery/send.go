package delivery

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"policymail/shared/notice"
)

// SenderStore is what sending a slice needs.
type SenderStore interface {
	runStore
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	clockMover
	MoveDue(ctx context.Context, id notice.RecipientID, due notice.Date) error
	Claim(ctx context.Context, d notice.Delivery, rev int64) (line notice.Delivery, claimed bool, err error)
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
	RecordDelivery(ctx context.Context, d notice.Delivery) (bool, error)
	AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
}

// Sender sends slices: strong read, claim, SendEmail, record, person by person.
type Sender struct {
	Store    SenderStore
	Mailer   Mailer
	Letters  Letters
	Settings Settings
	Now      func() time.Time
	// Sleep waits between two sends; nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration)
	Log   *slog.Logger
}

// errOutOfTime ends a slice whose worker is about to be stopped: the queue
// delivers it again, and whoever was served is left out by the ledger.
var errOutOfTime = errors.New("not enough time left to send the rest of the slice")

const (
	throttlePause = time.Minute      // until a throttled recipient is tried again
	quotaPause    = 15 * time.Minute // until a recipient over the daily quota is tried again
	minBackOff    = 100 * time.Millisecond
	maxBackOff    = 2 * time.Second
	failedPause   = 30 // days until an annual run tries again whom this one failed to reach
)

// errEndSlice ends a slice early without handing it back to the queue: the audit
// pass releases the rest again.
var errEndSlice = errors.New("slice ended early")

// SendSlice serves every recipient of a slice. It may be called again with the
// same slice, at the same time too: the claim lets one of the calls send. A run
// that is not running sends nothing, and a version that is not exactly what was
// approved stops its run (invariant 5, nothing unapproved). An error means the
// queue should deliver the slice again.
func (s Sender) SendSlice(ctx context.Context, slice Slice) error {
	run, err := s.Store.Run(ctx, slice.Run)
	if errors.Is(err, notice.ErrNotFound) {
		s.Log.Error("slice of an unknown run dropped", "run", slice.Run)
		return nil
	} else if err != nil {
		return err
	}
	if run.State != notice.Running {
		s.Log.Info("slice dropped", "run", run.ID, "state", run.State)
		lines, err := s.Store.Deliveries(ctx, slice.Run, slice.Recipients)
		if err != nil {
			return err
		}
		return s.claims().abandonDead(ctx, lines, slice.Recipients)
	}
	v, err := s.Store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return err
	}
	if !v.Approved() || run.Approval == nil || v.ContentHash() != run.Approval.Hash {
		return s.stop(ctx, run.ID, "version "+v.Name+" is not the text that was approved")
	}
	people, err := s.Store.Recipients(ctx, slice.Recipients)
	if err != nil {
		return err
	}
	tally := notice.Counts{}
	err = s.sendAll(ctx, run, v, people, slice, tally)
	s.Log.Info("slice", "run", run.ID, "recipients", len(slice.Recipients), "sent", tally[notice.Sent],
		"skipped", tally[notice.Skipped], "failed", tally[notice.Failed], "retry", tally[notice.Retry], "unknown", tally[notice.Unknown])
	if t := (notice.Tally{Accepted: tally[notice.Sent], Refused: tally[notice.Failed]}); t != (notice.Tally{}) {
		if err := s.Store.AddTally(context.WithoutCancel(ctx), run.ID, t); err != nil {
			s.Log.Error("slice not counted", "run", run.ID, "error", err.Error())
		}
	}
	return err
}

// stop stops a run that must send nothing more.
func (s Sender) stop(ctx context.Context, run notice.RunID, reason string) error {
	stopped, err := stopRun(ctx, s.Store, run, reason)
	if stopped {
		s.Log.Error("run stopped", "run", run, "reason", reason)
	}
	return err
}

// sendAll serves the people of a slice one after the other, no faster than the
// slice's gap allows, and counts what became of them.
func (s Sender) sendAll(ctx context.Context, run notice.Run, v notice.Version, people map[notice.RecipientID]notice.Recipient, slice Slice, tally notice.Counts) error {
	gap := slice.Gap
	for _, id := range slice.Recipients {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < s.Settings.SendTimeout {
			return errOutOfTime
		}
		person, ok := people[id]
		if !ok {
			person = notice.Recipient{ID: id, Status: notice.Erased}
		}
		began := s.Now()
		state, err := s.serve(ctx, run, v, person, slice)
		tally[state]++
		if errors.Is(err, errEndSlice) {
			return nil
		}
		if err != nil {
			return err
		}
		if state == notice.Retry {
			gap = min(max(2*gap, minBackOff), max(gap, maxBackOff)) // SES is asked for less, all through the slice
		}
		if state != "" && state != notice.Skipped {
			s.sleep(ctx, gap-s.Now().Sub(began))
		}
	}
	return nil
}

func (s Sender) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	if s.Sleep != nil {
		s.Sleep(ctx, d)
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (s Sender) claims() claims { return claims{s.Store, s.Settings, s.Now} }

// serve brings one recipient of a run to a state and returns it, or "" if another
// worker has them.
//
// Never twice (invariant 1): SendEmail is called only after Claim wrote this
// worker's claim, and a claim is granted only where the ledger has no line or one
// that says "surely not accepted". Never after an opt-out (invariant 3): the claim
// is granted only while the recipient's Rev is the one the decision was made on,
// in the same transaction; an opt-out raises Rev before it is acknowledged, so a
// claim after the acknowledgement fails and the decision is made anew.
func (s Sender) serve(ctx context.Context, run notice.Run, v notice.Version, r notice.Recipient, slice Slice) (notice.DeliveryState, error) {
	for {
		line := notice.Delivery{Run: run.ID, Recipient: r.ID, Version: v.Name, UpdatedAt: s.Now()}
		if reason := r.Decline(run, s.Settings.LeadDays, notice.DateOf(s.Now())); reason != "" {
			line.State, line.Reason = notice.Skipped, string(reason)
			if _, err := s.Store.RecordDelivery(ctx, line); err != nil || reason != notice.SkipNotDue {
				return line.State, err
			}
			// No other run covers the day that brought them here.
			return line.State, s.Store.MoveDue(ctx, r.ID, r.NextDue(s.Settings.LeadDays, notice.DateOf(s.Now())))
		}
		// Written before the claim: nothing that can fail stands between claim and send.
		letter, language, err := s.Letters.Write(run, v, r)
		if err != nil {
			s.Log.Error("message cannot be written", "run", run.ID, "recipient", r.ID, "error", err.Error())
			line.State, line.Reason = notice.Failed, "message could not be written"
			return line.State, s.recordFailure(ctx, run, line)
		}
		line.State, line.Locale = notice.Claimed, language
		line.ClaimedAt, line.LeaseUntil = s.Now(), s.Now().Add(s.Settings.Lease)
		if r.LastRun != run.ID { // else this run has started it already: what was before is not known
			line.ClockBefore = r.LastNotice
		}
		line, claimed, err := s.Store.Claim(ctx, line, r.Rev)
		if errors.Is(err, notice.ErrConflict) {
			fresh, err := s.Store.Recipients(ctx, []notice.RecipientID{r.ID})
			if err != nil {
				return "", err
			}
			now, known := fresh[r.ID]
			if !known {
				now = notice.Recipient{ID: r.ID, Status: notice.Erased}
			}
			r = now
			continue
		}
		if err != nil {
			return "", err
		}
		if !claimed {
			if s.claims().dead(line) {
				abandoned, err := s.claims().abandon(ctx, line, slice.Recipients)
				if err != nil || !abandoned {
					return "", err
				}
				return notice.Unknown, s.postpone(ctx, run, r.ID)
			}
			return "", s.amendClock(ctx, run, r, line)
		}
		return s.send(ctx, run, r, line, letter, slice)
	}
}

// send makes the one call that cannot be taken back and records its outcome. A
// crash anywhere in here leaves the claim behind; when its lease is dead the
// delivery is unknown, and never sent again on a guess.
func (s Sender) send(ctx context.Context, run notice.Run, r notice.Recipient, claim notice.Delivery, letter Envelope, slice Slice) (notice.DeliveryState, error) {
	call, cancel := context.WithTimeout(ctx, s.Settings.SendTimeout)
	messageID, sendErr := s.Mailer.Send(call, letter)
	cancel()
	// The record must be written even if the worker was told to stop meanwhile.
	ctx = context.WithoutCancel(ctx)
	after := claim
	after.UpdatedAt, after.LeaseUntil = s.Now(), time.Time{}
	if sendErr == nil {
		after.State, after.MessageID, after.SentAt = notice.Sent, messageID, s.Now()
		// The clock first: a death in between leaves a claim, which an event proves. If it
		// cannot be moved the ledger still learns what SES said, lest the delivery pass for
		// unknown and be sent again (invariant 1); the slice that comes again moves the clock.
		err := recordNotice(ctx, s.Store, s.Settings, run, r, after.SentAt)
		return after.State, errors.Join(err, s.moveSent(ctx, run, r, claim, after))
	}
	var refusal *SendError
	if !errors.As(sendErr, &refusal) {
		refusal = &SendError{Fault: SendUnknown, Err: sendErr}
	}
	after.Reason = refusal.Err.Error()
	switch refusal.Fault {
	case SendThrottled:
		after.State, after.SettleAfter = notice.Retry, s.Now().Add(throttlePause)
		return after.State, s.move(ctx, claim, after)
	case SendQuota:
		after.State, after.SettleAfter = notice.Retry, s.Now().Add(quotaPause)
		return after.State, errors.Join(s.move(ctx, claim, after), errEndSlice)
	case SendStopped, SendMisconfigured:
		after.State, after.SettleAfter = notice.Retry, s.Now().Add(quotaPause)
		if err := s.move(ctx, claim, after); err != nil {
			return after.State, err
		}
		if err := s.stop(ctx, run.ID, refusal.Err.Error()); err != nil {
			return after.State, err
		}
		return after.State, errEndSlice
	case SendRefused:
		after.State = notice.Failed
		if err := s.move(ctx, claim, after); err != nil {
			return after.State, err
		}
		return after.State, s.postpone(ctx, run, r.ID)
	default:
		after.State, after.SettleAfter = notice.Unknown, s.Now().Add(s.Settings.SettleWindow)
		after.Neighbours = around(slice.Recipients, r.ID)
		err := s.Store.MoveDelivery(ctx, claim, after)
		if errors.Is(err, notice.ErrConflict) {
			return "", nil // an event was faster: it is known by now
		}
		if err != nil {
			return after.State, err
		}
		return after.State, s.postpone(ctx, run, r.ID)
	}
}

// move records an outcome; an SES event that was faster has recorded more.
func (s Sender) move(ctx context.Context, before, after notice.Delivery) error {
	err := s.Store.MoveDelivery(ctx, before, after)
	if errors.Is(err, notice.ErrConflict) {
		return nil
	}
	return err
}

// moveSent is move for a message that SES took. If the event that was faster says that it
// came back, the clock was started for nothing.
func (s Sender) moveSent(ctx context.Context, run notice.Run, r notice.Recipient, claim, after notice.Delivery) error {
	err := s.Store.MoveDelivery(ctx, claim, after)
	if !errors.Is(err, notice.ErrConflict) {
		return err
	}
	lines, err := s.Store.Deliveries(ctx, run.ID, []notice.RecipientID{r.ID})
	if err != nil {
		return err
	}
	r.LastNotice, r.LastRun = after.SentAt, run.ID
	return s.amendClock(ctx, run, r, lines[r.ID])
}

// amendClock brings a person's clock to where the ledger says that it belongs, if whoever
// wrote the line did not come to it.
func (s Sender) amendClock(ctx context.Context, run notice.Run, r notice.Recipient, line notice.Delivery) error {
	switch {
	case line.State.Told() && r.LastNotice.Before(line.SentAt):
		return recordNotice(ctx, s.Store, s.Settings, run, r, line.SentAt)
	case line.State.CameBack() && r.LastRun == run.ID:
		return takeBack(ctx, s.Store, s.Settings, run, r, line, s.Now())
	}
	return nil
}

func (s Sender) recordFailure(ctx context.Context, run notice.Run, line notice.Delivery) error {
	if _, err := s.Store.RecordDelivery(ctx, line); err != nil {
		return err
	}
	return s.postpone(ctx, run, line.Recipient)
}

// postpone makes a recipient who was refused, or of whom nobody knows, due for an
// annual review again after a while: the days of this run are covered by no other
// (invariant 4, twelve months). A notice that is proven meanwhile moves the day on.
func (s Sender) postpone(ctx context.Context, run notice.Run, id notice.RecipientID) error {
	if run.Kind != notice.Annual {
		return nil
	}
	return s.Store.MoveDue(ctx, id, notice.DateOf(s.Now()).AddDays(failedPause))
}

// clockMover moves a person's twelve months on, and back.
type clockMover interface {
	RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error
	TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, due notice.Date) error
}

// recordNotice starts the recipient's twelve months anew (invariant 4). Any notice
// of the policy that annual reviews speak of counts; those of other policies do not.
func recordNotice(ctx context.Context, store clockMover, s Settings, run notice.Run, r notice.Recipient, at time.Time) error {
	if run.Policy != s.Policy {
		return nil
	}
	r.LastNotice = at
	return store.RecordNotice(ctx, r.ID, run.ID, at, r.NextDue(s.LeadDays, notice.DateOf(at)))
}

// takeBack ends the twelve months that a run had begun for a person whose message came
// back, and lets those go on that ran before (invariant 4, twelve months): nobody was told
// anything by it. They become due again as whoever could not be reached (postpone). A
// notice that came since stands.
func takeBack(ctx context.Context, store clockMover, s Settings, run notice.Run, r notice.Recipient, line notice.Delivery, now time.Time) error {
	if run.Policy != s.Policy {
		return nil
	}
	today := notice.DateOf(now)
	r.LastNotice = line.ClockBefore
	due := r.NextDue(s.LeadDays, today)
	if run.Kind == notice.Annual && due != "" {
		due = notice.Later(due, today.AddDays(failedPause))
	}
	return store.TakeBackNotice(ctx, r.ID, run.ID, line.ClockBefore, due)
}
