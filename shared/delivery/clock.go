package delivery

import (
	"context"
	"time"

	"policymail/shared/notice"
)

// clockMover moves a person's twelve months on, and back.
type clockMover interface {
	RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error
	TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, due notice.Date) error
	MoveDue(ctx context.Context, id notice.RecipientID, due notice.Date) error
}

// failedPause is how many days later somebody is due again whom an annual run could not
// tell anything.
const failedPause = 30

// clock moves the twelve months of the people of one run (invariant 4, twelve months). Any
// notice of the policy that annual reviews speak of counts; those of other policies do not.
type clock struct {
	store    clockMover
	settings Settings
	now      func() time.Time
	run      notice.Run
}

// start begins a person's twelve months anew: they were told at the instant.
func (c clock) start(ctx context.Context, r notice.Recipient, at time.Time) error {
	if c.run.Policy != c.settings.Policy {
		return nil
	}
	r.LastNotice = at
	return c.store.RecordNotice(ctx, r.ID, c.run.ID, at, r.NextDue(c.settings.LeadDays, notice.DateOf(at)))
}

// takeBack undoes start for a person whose message came back: nobody was told anything by
// it, so the twelve months go on that ran before. A person whose annual review was tried, by
// this run or since their day came, becomes due again as whoever could not be reached does
// (postpone): a change that comes back does not hurry the next try. Before that day, the
// review goes out as if the change had not been sent. A notice of another run that came
// since stands.
func (c clock) takeBack(ctx context.Context, r notice.Recipient, line notice.Delivery) error {
	if c.run.Policy != c.settings.Policy {
		return nil
	}
	today := notice.DateOf(c.now())
	r.LastNotice = line.ClockBefore
	due := r.NextDue(c.settings.LeadDays, today)
	if due != "" && (c.run.Kind == notice.Annual || r.DueDate(c.settings.LeadDays) <= today) {
		due = notice.Later(due, today.AddDays(failedPause))
	}
	return c.store.TakeBackNotice(ctx, r.ID, c.run.ID, line.ClockBefore, due)
}

// follow brings a person's clock to where their line of the ledger says that it belongs:
// started if they were told, taken back if their message came back. It changes nothing
// if the clock stands there already, so it may follow a line as often as the line is seen:
// whoever wrote it may have died before they moved the clock.
func (c clock) follow(ctx context.Context, r notice.Recipient, line notice.Delivery) error {
	switch {
	case line.State.Told() && r.LastNotice.Before(line.SentAt):
		return c.start(ctx, r, line.SentAt)
	case line.State.CameBack() && r.LastRun == c.run.ID:
		return c.takeBack(ctx, r, line)
	}
	return nil
}

// postpone makes a person whom an annual run could not tell anything, or of whom nobody
// knows whether it did, due again after a while: no other run covers the days of this one.
// If a notice is proven meanwhile, start moves the day on.
func (c clock) postpone(ctx context.Context, id notice.RecipientID) error {
	if c.run.Kind != notice.Annual {
		return nil
	}
	return c.store.MoveDue(ctx, id, notice.DateOf(c.now()).AddDays(failedPause))
}

// putRight gives a person who came up in an annual run before their time the day on which
// they are due: no other run covers the day that brought them here.
func (c clock) putRight(ctx context.Context, r notice.Recipient) error {
	return c.store.MoveDue(ctx, r.ID, r.NextDue(c.settings.LeadDays, notice.DateOf(c.now())))
}
