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
	RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
	AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error
}

// Feedback records what SES reports of our messages.
type Feedback struct {
	Store FeedbackStore
	// Suppress stops all mail to a person whose mailbox is gone or who complained.
	// It is idempotent and writes the person's history.
	Suppress func(ctx context.Context, id notice.RecipientID, status notice.Status, way notice.Way, run notice.RunID) error
	Settings Settings
	Now      func() time.Time
	Log      *slog.Logger
}

// notSpam is the complaint type of a reader who took a complaint back. It never
// stops anybody, and never brings anybody back (PROTOCOL 3).
const notSpam = "not-spam"

// Record applies one event. Events may come twice, in any order, or be about runs
// that are not ours: the ledger ends in the same state, because an event only ever
// moves a delivery up the order sent, failed, delivered, bounced, complained.
// Only a permanent bounce or a complaint stops the person.
func (f Feedback) Record(ctx context.Context, e Event) error {
	lines, err := f.Store.Deliveries(ctx, e.Run, []notice.RecipientID{e.Recipient})
	if err != nil {
		return err
	}
	line, ok := lines[e.Recipient]
	if !ok {
		f.Log.Warn("event without a delivery ignored", "run", e.Run, "recipient", e.Recipient, "kind", e.Kind)
		return nil
	}
	// The person first: if the rest fails the event comes again.
	switch {
	case e.Kind == EventBounced && e.Permanent:
		err = f.Suppress(ctx, e.Recipient, notice.Bounced, notice.ByBounce, e.Run)
	case e.Kind == EventComplained && e.Detail != notSpam:
		err = f.Suppress(ctx, e.Recipient, notice.Complained, notice.ByComplaint, e.Run)
	}
	if err != nil {
		return err
	}
	return f.settle(ctx, line, e)
}

// tally is what an event adds to the signs a run is judged by.
func (e Event) tally() (t notice.Tally) {
	switch {
	case e.Kind == EventBounced && e.Permanent:
		t.Bounced = 1
	case e.Kind == EventComplained && e.Detail != notSpam:
		t.Complained = 1
	}
	return t
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

func (f Feedback) settle(ctx context.Context, line notice.Delivery, e Event) error {
	for {
		next := e.state()
		if !line.State.CanBecome(next) {
			return nil
		}
		if !line.State.Accepted() && next.Accepted() {
			if err := f.startClock(ctx, line, e); err != nil {
				return err
			}
		}
		// Counted first: dying in between counts a bad sign twice, never not at all.
		if t := e.tally(); t != (notice.Tally{}) {
			if err := f.Store.AddTally(ctx, line.Run, t); err != nil {
				return err
			}
		}
		after := line
		after.State, after.Reason, after.UpdatedAt = next, e.Detail, f.Now()
		after.ByEvent = line.ByEvent || !line.State.Accepted()
		after.LeaseUntil, after.SettleAfter = time.Time{}, time.Time{}
		if after.MessageID == "" {
			after.MessageID = e.MessageID
		}
		if after.SentAt.IsZero() {
			after.SentAt = e.At
		}
		err := f.Store.MoveDelivery(ctx, line, after)
		if !errors.Is(err, notice.ErrConflict) {
			return err
		}
		lines, err := f.Store.Deliveries(ctx, line.Run, []notice.RecipientID{line.Recipient})
		if err != nil {
			return err
		}
		if line = lines[line.Recipient]; line.State == "" {
			return nil // erased meanwhile
		}
	}
}

// startClock does for a send proved by an event what the sender would have done.
func (f Feedback) startClock(ctx context.Context, line notice.Delivery, e Event) error {
	run, err := f.Store.Run(ctx, line.Run)
	if err != nil {
		return err
	}
	people, err := f.Store.Recipients(ctx, []notice.RecipientID{line.Recipient})
	if err != nil {
		return err
	}
	person, ok := people[line.Recipient]
	if !ok {
		return nil
	}
	return recordNotice(ctx, f.Store, f.Settings, run, person, e.At)
}
