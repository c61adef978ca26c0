// Package privacy carries out what people decide about their own data.
package privacy

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"policymail/shared/notice"
)

// Store is what changing a person's standing needs.
type Store interface {
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
	ChangeRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error
}

// Preferences changes the standing of people, whoever asks for it: a link, an
// operator, a bounce. Every change is written together with its line of history.
type Preferences struct {
	Store    Store
	LeadDays int
	Now      func() time.Time
}

// Change is who changes what, and how it reached us.
type Change struct {
	Recipient notice.RecipientID
	Way       notice.Way
	By        string       // the operator; empty for the person
	Run       notice.RunID // the notice whose link was used
}

// Set applies a decision to a person's opt-outs and returns the standing before
// and after. When it returns without error the decision is durable, and no claim
// made on the old standing is granted any more (invariant 3, never after an
// opt-out). Deciding the same again changes nothing and adds no history. An erased
// person stays as they are.
func (p Preferences) Set(ctx context.Context, c Change, decide func(notice.OptOut) notice.OptOut) (before, after notice.Standing, err error) {
	return p.change(ctx, c, func(r *notice.Recipient) {
		if r.Status != notice.Erased {
			r.OptOut = decide(r.OptOut)
		}
	})
}

// Suppress stops all mail to a person whose mailbox is gone or who complained. A
// complaint outweighs a bounce, and neither is undone by an event. run is the one
// whose message brought it about.
func (p Preferences) Suppress(ctx context.Context, id notice.RecipientID, status notice.Status, way notice.Way, run notice.RunID) error {
	_, _, err := p.change(ctx, Change{Recipient: id, Way: way, Run: run, By: "ses"}, func(r *notice.Recipient) {
		if r.Status == notice.Active || r.Status == notice.Bounced {
			r.Status = status
		}
	})
	if errors.Is(err, notice.ErrNotFound) {
		return nil
	}
	return err
}

// change is the one loop through which a standing changes: read, decide, write if
// nobody was faster.
func (p Preferences) change(ctx context.Context, c Change, apply func(*notice.Recipient)) (before, after notice.Standing, err error) {
	for {
		r, err := p.Store.Recipient(ctx, c.Recipient)
		if err != nil {
			return before, after, err
		}
		next := r
		apply(&next)
		before, after = r.Standing(), next.Standing()
		if before == after {
			return before, after, nil
		}
		now := p.Now().UTC()
		next.Due = next.NextDue(p.LeadDays, notice.DateOf(now))
		err = p.Store.ChangeRecipient(ctx, r, next, notice.PreferenceEvent{
			ID: now.Format("20060102T150405.000000000Z") + "-" + rand.Text()[:8], Recipient: r.ID, At: now,
			Way: c.Way, By: c.By, Run: c.Run, Before: before, After: after})
		if !errors.Is(err, notice.ErrConflict) {
			return before, after, err
		}
	}
}
