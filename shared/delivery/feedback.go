package delivery

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"policymail/shared/notice"
)

// FeedbackStore is what recording SES events needs.
type FeedbackStore interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	clockMover
	ledgerReader
	deliveryMover
	AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error
}

// Feedback records what SES reports of our messages.
type Feedback struct {
	Store FeedbackStore
	// Suppress stops all mail to a person whose mailbox is gone or who complained.
	// It is idempotent, writes the person's history, and is told when the message was
	// sent: a person may have another address by now.
	Suppress func(ctx context.Context, id notice.RecipientID, status notice.Status, way notice.Way, run notice.RunID, sent time.Time) error
	Settings Settings
	Now      func() time.Time
	Log      *slog.Logger
}

// notSpam is the complaint type of a reader who took a complaint back. It never
// stops anybody, and never brings anybody back (PROTOCOL 3).
const notSpam = "not-spam"

// Record applies one event. Events may come twice, in any order, or be about runs
// that are not ours: the ledger ends in the same state (Event.apply), because an event
// only ever moves a delivery up the order sent, failed, automatically replied to, delivered,
// bounced, complained.
// Only a permanent bounce or a complaint stops the person.
func (f Feedback) Record(ctx context.Context, e Event) error {
	line, err := f.line(ctx, e)
	if err != nil {
		return err
	}
	if line.State == "" {
		f.Log.Warn("event without a delivery ignored", "run", e.Run, "recipient", e.Recipient, "kind", e.Kind)
		return nil
	}
	// The person first: if the rest fails the event comes again.
	switch {
	case line.Recipient.Nobody():
	case e.Kind == EventBounced && e.Permanent:
		err = f.Suppress(ctx, e.Recipient, notice.Bounced, notice.ByBounce, e.Run, line.ClaimedAt)
	case e.Kind == EventComplained && e.Detail != notSpam:
		err = f.Suppress(ctx, e.Recipient, notice.Complained, notice.ByComplaint, e.Run, line.ClaimedAt)
	}
	if err != nil {
		return err
	}
	return f.apply(ctx, line, e)
}

// line is the line of the ledger an event is about, or none. If its person was erased it is
// found by the message: the run goes on counting what becomes of it (invariant 2, counts add
// up).
func (f Feedback) line(ctx context.Context, e Event) (notice.Delivery, error) {
	nobody := notice.NobodyOf(e.MessageID)
	lines, err := f.Store.Deliveries(ctx, e.Run, []notice.RecipientID{e.Recipient, nobody})
	if line, ok := lines[e.Recipient]; ok {
		return line, err
	}
	return lines[nobody], err
}

// state is what an event makes of a delivery. Every event proves that SES had
// accepted the message.
func (e Event) state() notice.DeliveryState {
	switch e.Kind {
	case EventDelivered:
		return notice.Delivered
	case EventBounced:
		return notice.BouncedBack
	case EventComplained:
		if e.Detail == notSpam {
			return notice.Delivered
		}
		return notice.ComplainedOf
	case EventRejected:
		return notice.Failed
	}
	return notice.Sent
}

// automaticReply is the bounce SES reports when a mailbox answers by itself, with an
// out-of-office message for one. SES reports some messages so that did not arrive, too
// (Amazon SES Developer Guide, "Bounce types"); a delivery beside it tells the two apart.
const automaticReply = "Transient/General"

// answered reports whether nothing but automatic replies is known to have come back of a
// message.
func answered(line notice.Delivery) bool {
	return line.State == notice.BouncedBack && line.Reason == automaticReply && !line.HardBounce
}

// graver reports whether one reason for a state is kept before another: the one that is
// first by name ("Permanent" before "Transient"), but an automatic reply after all others.
func graver(reason, than string) bool {
	switch {
	case reason == than || reason == "":
		return false
	case than == "" || than == automaticReply:
		return true
	}
	return reason != automaticReply && reason < than
}

// apply is what an event makes of a delivery, and what it adds to the signs a run is
// judged by. Of two states it keeps the graver one, except that a message that was delivered
// and answered automatically stays delivered; of two reasons for one state it keeps the
// graver one; and a hard bounce stays one. So the outcome depends on which events came, and
// not on their order or on how often each came. changed is false if there is nothing to
// write.
func (e Event) apply(line notice.Delivery, now time.Time) (after notice.Delivery, signs notice.Tally, changed bool) {
	after = line
	next := e.state()
	if line.State == notice.Delivered && next == notice.BouncedBack && e.Detail == automaticReply && !e.Permanent {
		next = notice.Delivered
	}
	switch {
	case next == notice.Delivered && answered(line):
		if after.State = next; graver(e.Detail, line.Reason) {
			after.Reason = e.Detail
		}
		changed = true
	case line.State.CanBecome(next):
		after.State, after.Reason = next, e.Detail
		after.LeaseUntil, after.SettleAfter = time.Time{}, time.Time{}
		after.ByEvent = line.ByEvent || !line.State.Accepted()
		if after.MessageID == "" && !line.Recipient.Nobody() {
			after.MessageID = e.MessageID
		}
		if after.SentAt.IsZero() {
			after.SentAt = e.At
		}
		if next == notice.ComplainedOf {
			signs.Complained = 1
		}
		changed = true
	case line.State == next && graver(e.Detail, line.Reason):
		after.Reason, changed = e.Detail, true
	}
	if e.Kind == EventBounced && e.Permanent && !line.HardBounce {
		after.HardBounce, signs.Bounced, changed = true, 1, true
	}
	after.UpdatedAt = now
	return after, signs, changed
}

// apply writes what an event makes of a line, and does so anew if somebody else wrote the
// line meanwhile. The clock and the run's signs come before the line: if it dies in
// between, the event comes again and finds the line unchanged. Where somebody else was
// faster, the clock was moved for a line that is another by now, and follows that.
func (f Feedback) apply(ctx context.Context, line notice.Delivery, e Event) error {
	for overtaken := false; ; overtaken = true {
		after, signs, changed := e.apply(line, f.Now())
		if overtaken || changed && movesClock(line.State, after.State) {
			if err := f.moveClock(ctx, after); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
		// Counted first: a death in between counts a bad sign twice, and never leaves it out.
		if signs != (notice.Tally{}) {
			if err := f.Store.AddTally(ctx, line.Run, signs); err != nil {
				return err
			}
		}
		err := f.Store.MoveDelivery(ctx, line, after)
		if !errors.Is(err, notice.ErrConflict) {
			return err
		}
		if line, err = f.line(ctx, e); err != nil || line.State == "" {
			return err
		}
	}
}

// movesClock reports whether a person's clock may stand elsewhere once a line goes from a
// state to the next.
func movesClock(from, to notice.DeliveryState) bool { return from != to && !(from.Told() && to.Told()) }

// moveClock lets the person's twelve months follow what becomes of their message: a send
// proven by an event starts them as the sender would have done, one that came back for
// whatever reason takes back what the sender did.
func (f Feedback) moveClock(ctx context.Context, line notice.Delivery) error {
	people, err := f.Store.Recipients(ctx, []notice.RecipientID{line.Recipient})
	if err != nil {
		return err
	}
	person, ok := people[line.Recipient]
	if !ok {
		return nil // erased, or a box of doctor's, whose run is in the ledger only
	}
	run, err := f.Store.Run(ctx, line.Run)
	if err != nil {
		return err
	}
	return clock{f.Store, f.Settings, f.Now, run}.follow(ctx, person, line)
}
