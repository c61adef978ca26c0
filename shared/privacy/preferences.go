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
	PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error)
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
	return p.change(ctx, c, func(r *notice.Recipient) []string {
		if r.Status != notice.Erased {
			r.OptOut = decide(r.OptOut)
		}
		return nil
	})
}

// Undo takes back what an unsubscribe link did last, and nothing else: whoever holds
// such a link can undo it, and cannot subscribe a person who decided since. It
// returns the standing after it.
func (p Preferences) Undo(ctx context.Context, c Change) (after notice.Standing, err error) {
	r, err := p.Store.Recipient(ctx, c.Recipient)
	if err == nil && r.Status == notice.Moved {
		r, err = p.Store.Recipient(ctx, r.MovedTo)
	}
	if err != nil {
		return after, err
	}
	history, err := p.Store.PreferenceEvents(ctx, r.ID)
	if err != nil || len(history) == 0 {
		return r.Standing(), err
	}
	last := history[len(history)-1]
	byLink := last.Way == notice.ByOneClick || last.Way == notice.ByPage && last.Run != ""
	if !byLink || last.After.OptOut != r.OptOut {
		return r.Standing(), nil
	}
	c.Recipient, c.Way, c.Run = r.ID, notice.ByUndo, last.Run
	_, after, err = p.Set(ctx, c, func(now notice.OptOut) notice.OptOut {
		if now != last.After.OptOut {
			return now // somebody was faster
		}
		return last.Before.OptOut
	})
	return after, err
}

// Suppress stops all mail to a person whose mailbox is gone or who complained. A
// complaint outweighs a bounce, and neither is undone by an event. run is the one
// whose message brought it about.
func (p Preferences) Suppress(ctx context.Context, id notice.RecipientID, status notice.Status, way notice.Way, run notice.RunID) error {
	_, _, err := p.change(ctx, Change{Recipient: id, Way: way, Run: run, By: "ses"}, func(r *notice.Recipient) []string {
		if r.Status == notice.Active || r.Status == notice.Bounced {
			r.Status = status
		}
		return nil
	})
	if errors.Is(err, notice.ErrNotFound) {
		return nil
	}
	return err
}

// change is the one loop through which a person changes: read, decide, write if
// nobody was faster. The id of a later address leads to the person. apply returns the
// names of the fields it corrected.
func (p Preferences) change(ctx context.Context, c Change, apply func(*notice.Recipient) (corrected []string)) (before, after notice.Standing, err error) {
	for {
		r, err := p.Store.Recipient(ctx, c.Recipient)
		if err != nil {
			return before, after, err
		}
		if r.Status == notice.Moved {
			c.Recipient = r.MovedTo
			continue
		}
		next := r
		corrected := apply(&next)
		before, after = r.Standing(), next.Standing()
		if next == r {
			return before, after, nil
		}
		err = p.write(ctx, c, r, next, corrected)
		if !errors.Is(err, notice.ErrConflict) {
			return before, after, err
		}
	}
}

// write stores a change of a person with its line of history.
func (p Preferences) write(ctx context.Context, c Change, before, after notice.Recipient, corrected []string) error {
	now := p.Now().UTC()
	after.Due = after.NextDue(p.LeadDays, notice.DateOf(now))
	return p.Store.ChangeRecipient(ctx, before, after, notice.PreferenceEvent{
		ID: now.Format("20060102T150405.000000000Z") + "-" + rand.Text()[:8], Recipient: before.ID, At: now,
		Way: c.Way, By: c.By, Run: c.Run, Before: before.Standing(), After: after.Standing(), Corrected: corrected})
}
