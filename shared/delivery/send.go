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
	Claim(ctx context.Context, d notice.Delivery, rev int64) (line notice.Delivery, claimed bool, err error)
	ledgerReader
	RecordDelivery(ctx context.Context, d notice.Delivery) (bool, error)
	AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error
	deliveryMover
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

// errOutOfTime ends a slice whose worker is about to be stopped: the queue delivers it
// again, and whoever was served already stands in the ledger and is not served again.
var errOutOfTime = errors.New("not enough time left to send the rest of the slice")

// errEndSlice ends a slice early without handing it back to the queue: the audit
// pass releases the rest again.
var errEndSlice = errors.New("slice ended early")

const (
	throttlePause = time.Minute      // until a throttled recipient is tried again
	quotaPause    = 15 * time.Minute // until a recipient over the daily quota is tried again
	minBackOff    = 100 * time.Millisecond
	maxBackOff    = 2 * time.Second
)

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
		lines, err := s.Store.Deliveries(ctx, run.ID, slice.Recipients)
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
	people, err := s.people(ctx, slice.Recipients)
	if err != nil {
		return err
	}
	told, err := toldBefore(ctx, s.Store, run, slice.Recipients)
	if err != nil {
		return err
	}
	outcome, tally, err := sending{s, run, v, slice, told}.all(ctx, people)
	s.Log.Info("slice", "run", run.ID, "recipients", len(slice.Recipients), "sent", outcome[notice.Sent],
		"skipped", outcome[notice.Skipped], "failed", outcome[notice.Failed], "retry", outcome[notice.Retry], "unknown", outcome[notice.Unknown])
	if tally != (notice.Tally{}) {
		if err := s.Store.AddTally(context.WithoutCancel(ctx), run.ID, tally); err != nil {
			s.Log.Error("slice not counted", "run", run.ID, "error", err.Error())
		}
	}
	return err
}

// people reads recipients as they are now, each of ids. Whoever the store no longer knows
// was erased.
func (s Sender) people(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	people, err := s.Store.Recipients(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, known := people[id]; !known {
			people[id] = notice.Recipient{ID: id, Status: notice.Erased}
		}
	}
	return people, nil
}

// stop stops a run that must send nothing more.
func (s Sender) stop(ctx context.Context, run notice.RunID, reason string) error {
	stopped, err := stopRun(ctx, s.Store, run, reason)
	if stopped {
		s.Log.Error("run stopped", "run", run, "reason", reason)
	}
	return err
}

func (s Sender) claims() claims { return claims{s.Store, s.Settings, s.Now} }

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

// sending is one slice while it is sent: the run it is of, as it was when the slice came
// up, and the version that the run tells of.
type sending struct {
	Sender
	run     notice.Run
	version notice.Version
	slice   Slice
	told    map[notice.RecipientID]bool // by the cancelled run that this one follows
}

func (s sending) clock() clock { return clock{s.Store, s.Settings, s.Now, s.run} }

// all serves the people of the slice one after the other, no faster than the slice's gap
// allows, and counts what became of them: all states, and the tally that the run is judged
// by.
func (s sending) all(ctx context.Context, people map[notice.RecipientID]notice.Recipient) (outcome notice.Counts, tally notice.Tally, err error) {
	outcome = notice.Counts{}
	gap := s.slice.Gap
	for _, id := range s.slice.Recipients {
		if end, ok := ctx.Deadline(); ok && time.Until(end) < s.Settings.SendTimeout {
			return outcome, tally, errOutOfTime
		}
		began := s.Now()
		state, err := s.serve(ctx, people[id])
		outcome[state]++
		switch state {
		case notice.Sent:
			tally.Note(s.Now())
		case notice.Failed:
			tally.Refused++
		}
		if errors.Is(err, errEndSlice) {
			return outcome, tally, nil
		}
		if err != nil {
			return outcome, tally, err
		}
		if state == notice.Retry {
			gap = min(max(2*gap, minBackOff), max(gap, maxBackOff)) // slower for the rest of the slice
		}
		if state != "" && state != notice.Skipped {
			s.sleep(ctx, gap-s.Now().Sub(began))
		}
	}
	return outcome, tally, nil
}

// serve brings one recipient of the run to a state and returns it, or "" if another
// worker has them.
//
// Never twice (invariant 1): SendEmail is called only after Claim wrote this
// worker's claim, and a claim is granted only where the ledger has no line or one
// that says "surely not accepted". Never after an opt-out (invariant 3): the claim
// is granted only while the recipient's Rev is the one the decision was made on,
// in the same transaction; an opt-out raises Rev before it is acknowledged, so a
// claim after the acknowledgement fails and the decision is made anew.
func (s sending) serve(ctx context.Context, r notice.Recipient) (notice.DeliveryState, error) {
	for {
		if reason := decline(r, s.run, s.told, s.Settings.LeadDays, notice.DateOf(s.Now())); reason != "" {
			return notice.Skipped, s.skip(ctx, r, reason)
		}
		// Written before the claim: nothing that can fail stands between claim and send.
		letter, language, err := s.Letters.Write(s.run, s.version, r)
		if err != nil {
			s.Log.Error("message cannot be written", "run", s.run.ID, "recipient", r.ID, "error", err.Error())
			return notice.Failed, s.fail(ctx, r, "message could not be written")
		}
		line, claimed, err := s.Store.Claim(ctx, s.claim(r, language), r.Rev)
		switch {
		case errors.Is(err, notice.ErrConflict):
			now, err := s.people(ctx, []notice.RecipientID{r.ID})
			if err != nil {
				return "", err
			}
			r = now[r.ID]
		case err != nil:
			return "", err
		case !claimed:
			return s.tidy(ctx, r, line)
		default:
			return s.send(ctx, r, line, letter)
		}
	}
}

// line is a line of the ledger about a person, for a state that they reach now.
func (s sending) line(r notice.Recipient, state notice.DeliveryState) notice.Delivery {
	return notice.Delivery{Run: s.run.ID, Recipient: r.ID, Version: s.version.Name, State: state, UpdatedAt: s.Now()}
}

// skip records by which rule a person gets no mail of the run. Of somebody who was erased it
// opens no line: the line they may have had counts in the run as nobody's, and a second would
// count them twice (invariant 2, counts add up).
func (s sending) skip(ctx context.Context, r notice.Recipient, reason notice.SkipReason) error {
	line := s.line(r, notice.Skipped)
	line.Reason = string(reason)
	if reason == notice.SkipErased {
		lines, err := s.Store.Deliveries(ctx, s.run.ID, []notice.RecipientID{r.ID})
		if before := lines[r.ID]; err != nil || before.State != notice.Retry {
			return err
		}
		return s.move(ctx, lines[r.ID], line)
	}
	if _, err := s.Store.RecordDelivery(ctx, line); err != nil || reason != notice.SkipNotDue {
		return err
	}
	return s.clock().putRight(ctx, r)
}

// fail records why a person's message never reaches SES.
func (s sending) fail(ctx context.Context, r notice.Recipient, reason string) error {
	line := s.line(r, notice.Failed)
	line.Reason = reason
	if _, err := s.Store.RecordDelivery(ctx, line); err != nil {
		return err
	}
	return s.clock().postpone(ctx, r.ID)
}

// claim is the claim on a person that this worker asks for. It remembers when they had
// their last notice, unless the run has begun their twelve months already: what was before
// is not known then.
func (s sending) claim(r notice.Recipient, language string) notice.Delivery {
	line := s.line(r, notice.Claimed)
	line.Locale, line.ClaimedAt, line.LeaseUntil = language, line.UpdatedAt, line.UpdatedAt.Add(s.Settings.Lease)
	if r.LastRun != s.run.ID {
		line.ClockBefore = r.LastNotice
	}
	return line
}

// tidy does for somebody whose line another worker wrote what that worker may have died
// before doing: it moves the person's clock, or turns a dead claim into an unknown
// delivery. It returns the state it brought the line to, or "".
func (s sending) tidy(ctx context.Context, r notice.Recipient, line notice.Delivery) (notice.DeliveryState, error) {
	if !s.claims().dead(line) {
		return "", s.clock().follow(ctx, r, line)
	}
	abandoned, err := s.claims().abandon(ctx, line, s.slice.Recipients)
	if err != nil || !abandoned {
		return "", err
	}
	return notice.Unknown, s.clock().postpone(ctx, r.ID)
}

// send makes the one call that cannot be taken back and records its outcome. A
// crash anywhere in here leaves the claim behind; when its lease is dead the
// delivery is unknown, and never sent again on a guess.
func (s sending) send(ctx context.Context, r notice.Recipient, claim notice.Delivery, letter Envelope) (notice.DeliveryState, error) {
	call, cancel := context.WithTimeout(ctx, s.Settings.SendTimeout)
	messageID, err := s.Mailer.Send(call, letter)
	cancel()
	// The record must be written even if the worker was told to stop meanwhile.
	ctx = context.WithoutCancel(ctx)
	after := claim
	after.UpdatedAt, after.LeaseUntil = s.Now(), time.Time{}
	if err == nil {
		after.State, after.MessageID, after.SentAt = notice.Sent, messageID, s.Now()
		return after.State, s.accepted(ctx, r, claim, after)
	}
	var refusal *SendError
	if !errors.As(err, &refusal) {
		refusal = &SendError{Fault: SendUnknown, Err: err}
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
		if err := s.stop(ctx, s.run.ID, after.Reason); err != nil {
			return after.State, err
		}
		return after.State, errEndSlice
	case SendRefused:
		after.State = notice.Failed
		if err := s.move(ctx, claim, after); err != nil {
			return after.State, err
		}
		return after.State, s.clock().postpone(ctx, r.ID)
	default:
		after.State, after.SettleAfter = notice.Unknown, s.Now().Add(s.Settings.SettleWindow)
		after.Neighbours = around(s.slice.Recipients, r.ID)
		err := s.Store.MoveDelivery(ctx, claim, after)
		if errors.Is(err, notice.ErrConflict) {
			return "", nil // an event was faster: it is known by now
		}
		if err != nil {
			return after.State, err
		}
		return after.State, s.clock().postpone(ctx, r.ID)
	}
}

// accepted records that SES took a message. The clock first: a death in between leaves a
// claim, which an event proves. If the clock cannot be moved the ledger still learns what
// SES said, lest the delivery pass for unknown and be sent again (invariant 1, never
// twice); the slice that comes again moves the clock.
func (s sending) accepted(ctx context.Context, r notice.Recipient, claim, after notice.Delivery) error {
	clockErr := s.clock().start(ctx, r, after.SentAt)
	err := s.Store.MoveDelivery(ctx, claim, after)
	if errors.Is(err, notice.ErrConflict) { // an event was faster: it may say that the message came back
		r.LastNotice, r.LastRun = after.SentAt, s.run.ID
		err = s.followLedger(ctx, r)
	}
	return errors.Join(clockErr, err)
}

// followLedger lets a person's clock follow what the ledger says of them now.
func (s sending) followLedger(ctx context.Context, r notice.Recipient) error {
	lines, err := s.Store.Deliveries(ctx, s.run.ID, []notice.RecipientID{r.ID})
	if err != nil {
		return err
	}
	return s.clock().follow(ctx, r, lines[r.ID])
}

// move records an outcome; an SES event that was faster has recorded more.
func (s sending) move(ctx context.Context, before, after notice.Delivery) error {
	err := s.Store.MoveDelivery(ctx, before, after)
	if errors.Is(err, notice.ErrConflict) {
		return nil
	}
	return err
}
