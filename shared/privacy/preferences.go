// Package privacy carries out what people decide about their own data.
package privacy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	Mailed    time.Time    // when the link that was used was mailed, to the address on file alone; zero if none was
}

// Set applies a decision to a person's opt-outs and returns the standing before
// and after. When it returns without error, or with Unfinished, the decision is durable,
// and no claim made on the old standing is granted any more (invariant 3, never after an
// opt-out). Deciding the same again changes nothing, and adds to the history only what
// ends an undo. An erased person stays as they are; one whose mail bounced is active
// again if the way of the decision proves that their mailbox lives. Where that cannot be
// told, or no undo can be ended, the decision is written all the same: Unfinished.
func (p Preferences) Set(ctx context.Context, c Change, decide func(notice.OptOut) notice.OptOut) (before, after notice.Standing, err error) {
	for {
		before, after, err = p.change(ctx, c, func(r *notice.Recipient) ([]string, error) {
			if r.Status == notice.Erased {
				return nil, nil
			}
			lives, err := p.provesMailbox(ctx, c, *r)
			if err != nil {
				return nil, err
			}
			if lives {
				r.Status = notice.Active
			}
			r.OptOut = decide(r.OptOut)
			return nil, nil
		})
		if errors.Is(err, errUnproved) {
			unproved := err
			c.Mailed = time.Time{} // a decision without a link, which proves nothing
			if before, after, err = p.Set(ctx, c, decide); err == nil {
				err = &Unfinished{unproved}
			}
			return before, after, err
		}
		if err != nil || before != after || fromNotice(c.Way, c.Run) {
			return before, after, err
		}
		switch err = p.endUndo(ctx, c, after); {
		case err == nil:
			return before, after, nil
		case !errors.Is(err, notice.ErrConflict):
			return before, after, &Unfinished{err}
		}
	}
}

// Unfinished is the error of a change that was written and stays so, while something that
// belongs to it failed: to end a bounce or an undo, to log the use of a right. Asking for
// the same again does what is left.
type Unfinished struct{ Err error }

func (u *Unfinished) Error() string {
	return "changed, but not all that belongs to it: " + u.Err.Error()
}
func (u *Unfinished) Unwrap() error { return u.Err }

// errUnproved says that nobody can tell at the moment whether a mailbox lives.
var errUnproved = errors.New("whether the mailbox lives cannot be told")

// provesMailbox reports whether a change shows that the mailbox of a person whose mail
// bounced is there: it was made by a link that was mailed after that, to the address they
// have now (invariant 4, twelve months). A complaint is no bounce, and stays. The error,
// if their history cannot be read, is errUnproved.
func (p Preferences) provesMailbox(ctx context.Context, c Change, r notice.Recipient) (bool, error) {
	if r.Status != notice.Bounced || c.Mailed.IsZero() {
		return false, nil
	}
	history, err := p.Store.PreferenceEvents(ctx, r.ID)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errUnproved, err)
	}
	return !slices.ContainsFunc(history, func(e notice.PreferenceEvent) bool {
		bounced := e.After.Status == notice.Bounced && e.Before.Status != notice.Bounced
		// A link tells whole seconds.
		return (bounced || movedBy(e)) && e.At.Truncate(time.Second).After(c.Mailed)
	}), nil
}

// movedBy reports whether a change gave a person another address.
func movedBy(e notice.PreferenceEvent) bool { return slices.Contains(e.Corrected, "address") }

// Correction is what shall stand for a person's name and language (BCP 47); nil leaves
// what stands.
type Correction struct{ Name, Locale *string }

// Correct sets what a person, or the desk for them, says about them. It counts from
// then on: no import changes it (notice.Imported.Apply). It names what it corrected;
// saying the same again corrects nothing.
func (p Preferences) Correct(ctx context.Context, c Change, to Correction) (corrected []string, err error) {
	_, _, err = p.change(ctx, c, func(r *notice.Recipient) ([]string, error) {
		if corrected = nil; r.Status == notice.Erased {
			return nil, nil
		}
		for _, f := range []struct {
			name  string
			to    *string
			field *string
			at    *time.Time
		}{{"name", to.Name, &r.Name, &r.NameCorrectedAt}, {"language", to.Locale, &r.Locale, &r.LocaleCorrectedAt}} {
			if f.to != nil && (*f.to != *f.field || f.at.IsZero()) {
				*f.field, *f.at, corrected = *f.to, p.Now().UTC(), append(corrected, f.name)
			}
		}
		return corrected, nil
	})
	return corrected, err
}

// MaxName is the longest name, in characters.
const MaxName = 200

// ParseName reads a name as a person writes it, without the space around it: up to
// MaxName characters, none of them a control character.
func ParseName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > MaxName || strings.IndexFunc(name, unicode.IsControl) >= 0 {
		return "", notice.Invalid("the name is longer than %d characters or holds control characters", MaxName).Hint("write it as the person does, in one line")
	}
	return name, nil
}

// fromNotice reports whether a change was made on the page of a link in a notice, which
// may have been forwarded.
func fromNotice(way notice.Way, run notice.RunID) bool { return way == notice.ByPage && run != "" }

// undoable reports whether a line of history is of a kind that its undo takes back: what was
// declined on the page of a link in a notice, or by staff for a person, who may have meant
// another.
func undoable(e notice.PreferenceEvent) bool {
	return fromNotice(e.Way, e.Run) || byStaff(e)
}

// byStaff reports whether a line of history tells that staff declined something for a person.
func byStaff(e notice.PreferenceEvent) bool {
	was, is := e.Before.OptOut, e.After.OptOut
	return e.Way == notice.ByOperator && (is.Annual && !was.Annual || is.Change && !was.Change)
}

// endUndo ends the undo of a notice's link for a person who decided, on their own, what
// that link had declined for them already. The decision changes nothing, so a line of
// history is written for it alone: an undo takes back the last line only (see Undo). The
// error is ErrConflict if the person's standing has changed since and is no longer the
// one that they decided.
func (p Preferences) endUndo(ctx context.Context, c Change, decided notice.Standing) error {
	if decided.OptOut == (notice.OptOut{}) {
		return nil
	}
	r, err := p.Find(ctx, c.Recipient)
	if err != nil {
		return err
	}
	history, err := p.Store.PreferenceEvents(ctx, r.ID)
	if err != nil || len(history) == 0 {
		return err
	}
	// What staff recorded twice is no decision of the person.
	if last := history[len(history)-1]; !undoable(last) || last.Way == notice.ByOperator && c.Way == notice.ByOperator {
		return nil
	}
	if r.Standing() != decided {
		return notice.Conflict("recipient %s was changed meanwhile", r.ID)
	}
	return p.write(ctx, c, r, r, nil)
}

// Find reads a person; the id of an address they moved to or from leads to them.
func (p Preferences) Find(ctx context.Context, id notice.RecipientID) (notice.Recipient, error) {
	r, err := p.Store.Recipient(ctx, id)
	if err == nil && r.Status == notice.Moved {
		return p.Find(ctx, r.MovedTo)
	}
	return r, err
}

// Undo takes back what a link in a notice or staff declined for a person, if that was the
// last change, and nothing else: whoever holds the undo, offered at an instant, cannot
// subscribe a person who decided since, by whichever way (invariant 3, never after an
// opt-out). It returns the standing after it.
func (p Preferences) Undo(ctx context.Context, c Change, offered time.Time) (after notice.Standing, err error) {
	r, last, ok, err := p.undo(ctx, c.Recipient, offered)
	if err != nil || !ok {
		return r.Standing(), err
	}
	c.Recipient, c.Way, c.Run = r.ID, notice.ByUndo, last.Run
	_, after, err = p.change(ctx, c, func(r *notice.Recipient) ([]string, error) {
		// Read behind the person: a decision of theirs since raised their Rev, or is here.
		_, now, ok, err := p.undo(ctx, r.ID, offered)
		if err == nil && ok && now.ID == last.ID {
			r.OptOut = last.Before.OptOut
		}
		return nil, err
	})
	return after, err
}

// CanUndo reports whether an undo that was offered at an instant would take anything back.
func (p Preferences) CanUndo(ctx context.Context, id notice.RecipientID, offered time.Time) (bool, error) {
	_, _, ok, err := p.undo(ctx, id, offered)
	return ok, err
}

// undo reads a person and the last line of their history; ok tells whether an undo that was
// offered at an instant takes it back.
func (p Preferences) undo(ctx context.Context, id notice.RecipientID, offered time.Time) (r notice.Recipient, last notice.PreferenceEvent, ok bool, err error) {
	if r, err = p.Find(ctx, id); err != nil {
		return r, last, false, err
	}
	history, err := p.Store.PreferenceEvents(ctx, r.ID)
	if err != nil || len(history) == 0 {
		return r, last, false, err
	}
	last = history[len(history)-1]
	// A link tells whole seconds.
	return r, last, undoable(last) && !last.At.Truncate(time.Second).After(offered) && last.After.OptOut == r.OptOut, nil
}

// Resubscribe takes back what staff declined for a person by mistake, if that was the last
// change, or else ends what a complaint stopped for a person who asks staff to be written to
// again. What a person declined themselves stays, and is refused: only they can take it back,
// by a link mailed to them (invariant 3, never after an opt-out). It returns the standing
// after it, or, unless really, what that would be.
func (p Preferences) Resubscribe(ctx context.Context, c Change, really bool) (after notice.Standing, err error) {
	if !really {
		r, err := p.Find(ctx, c.Recipient)
		if err == nil {
			err = p.resubscribe(ctx, &r)
		}
		return r.Standing(), err
	}
	_, after, err = p.change(ctx, c, func(r *notice.Recipient) ([]string, error) { return nil, p.resubscribe(ctx, r) })
	return after, err
}

// resubscribe makes of a person what Resubscribe would.
func (p Preferences) resubscribe(ctx context.Context, r *notice.Recipient) error {
	history, err := p.Store.PreferenceEvents(ctx, r.ID)
	if err != nil {
		return err
	}
	// The last line only, as for an undo: what a person decides on their own ends it by a
	// line of its own, but leaves none where another line did so before (see endUndo).
	switch {
	case len(history) > 0 && byStaff(history[len(history)-1]):
		r.OptOut = history[len(history)-1].Before.OptOut
		return nil
	case r.Status == notice.Complained:
		r.Status = notice.Active
		return nil
	}
	return notice.Refused("the last change of this person is none that staff declined for them, and no complaint stops their notices; what they declined themselves is theirs to take back").
		Hint("they ask for a link on the page /link, and choose in the privacy center")
}

// Suppress stops all mail to a person whose mailbox is gone (Bounced) or who complained
// (Complained). A complaint outweighs a bounce, and neither is undone by an event. run
// names the run whose message bounced or was complained of, and sent is when it was sent.
// A bounce changes nothing if the person has since given another address, because it is
// about the mailbox they left, or has since proved that mail reaches them (invariant 4,
// twelve months).
func (p Preferences) Suppress(ctx context.Context, id notice.RecipientID, status notice.Status, way notice.Way, run notice.RunID, sent time.Time) error {
	_, _, err := p.change(ctx, Change{Recipient: id, Way: way, Run: run, By: "ses"}, func(r *notice.Recipient) ([]string, error) {
		if r.Status != notice.Active && r.Status != notice.Bounced {
			return nil, nil
		}
		if status == notice.Bounced {
			if reached, err := p.reachedSince(ctx, r.ID, sent); err != nil || reached {
				return nil, err
			}
		}
		r.Status = status
		return nil, nil
	})
	if errors.Is(err, notice.ErrNotFound) {
		return nil
	}
	return err
}

// reachedSince reports whether a person gave another address, or proved that mail reaches
// the one they have, after an instant.
func (p Preferences) reachedSince(ctx context.Context, id notice.RecipientID, at time.Time) (bool, error) {
	history, err := p.Store.PreferenceEvents(ctx, id)
	return slices.ContainsFunc(history, func(e notice.PreferenceEvent) bool {
		proved := e.Before.Status == notice.Bounced && e.After.Status == notice.Active
		return e.At.After(at) && (proved || movedBy(e))
	}), err
}

// change is the one loop through which a person changes: read, decide, write if
// nobody was faster. The id of a later address leads to the person. apply returns the
// names of the fields it corrected; if it fails, nothing is written.
func (p Preferences) change(ctx context.Context, c Change, apply func(*notice.Recipient) (corrected []string, err error)) (before, after notice.Standing, err error) {
	for {
		r, err := p.Find(ctx, c.Recipient)
		if err != nil {
			return before, after, err
		}
		next := r
		corrected, err := apply(&next)
		if err != nil {
			return before, after, err
		}
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
	after, line := p.line(c, before, after, corrected)
	return p.Store.ChangeRecipient(ctx, before, after, line)
}

// line returns a changed person with the day their next review is due, and the line of
// history of the change.
func (p Preferences) line(c Change, before, after notice.Recipient, corrected []string) (notice.Recipient, notice.PreferenceEvent) {
	now := p.Now().UTC()
	after.Due = after.NextDue(p.LeadDays, notice.DateOf(now))
	return after, notice.PreferenceEvent{
		ID: now.Format("20060102T150405.000000000Z") + "-" + rand.Text()[:8], Recipient: before.ID, At: now,
		Way: c.Way, By: c.By, Run: c.Run, Before: before.Standing(), After: after.Standing(), Corrected: corrected}
}
