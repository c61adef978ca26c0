package privacy

import (
	"context"
	"errors"
	"slices"
	"strings"

	"policymail/shared/notice"
)

// confirmAddress moves a person to the address of a request. One write does it: from the
// moment that they have the address its id leads to them, and the chain of their addresses
// names it. So no death and no other move leaves an address that an erasure would miss
// (invariant 7, erased means erased). An address that leads to somebody else, who moved
// there or away from it, is for the desk: their links must not open another person's data,
// and one mailbox must not be two people.
func (s Rights) confirmAddress(ctx context.Context, r notice.Request) (notice.Request, error) {
	told := ""
	for {
		person, err := s.Preferences.Find(ctx, r.Recipient)
		if err == nil && person.Status == notice.Erased {
			err = notice.ErrNotFound
		}
		if err != nil {
			return r, err
		}
		there, err := s.standsFor(ctx, r.Address, person)
		if errors.Is(err, errTaken) {
			r.Details = "new address, confirmed: " + err.Error()
			return s.Desk.pend(ctx, r)
		} else if err != nil {
			return r, err
		}
		// The old mailbox is told first: afterwards nobody knows it any more.
		if person.Address != "" && person.Address != r.Address && person.Address != told {
			told = person.Address
			if err := s.Desk.Post.Send(ctx, Letter{Kind: LetterOldAddress, To: person, Request: r}); err != nil {
				s.terms.Log.Error("old address not told", "request", r.ID, "error", err.Error())
			}
		}
		err = s.move(ctx, person, r.Address, there)
		if err == nil {
			break
		} else if !errors.Is(err, notice.ErrConflict) {
			return r, err
		}
	}
	r.Verified = s.terms.Now()
	if err := r.Comply("", "address", s.terms.Now()); err != nil {
		return r, err
	}
	return s.store.SaveRequest(ctx, r)
}

// errTaken says that an address is, or was before they moved, somebody else's.
var errTaken = errors.New("the address stands for somebody who moved")

// standsFor reads what is known under the id of an address that a person moves to; it is the
// id alone if nothing is. It is errTaken for the address of somebody who moved, or who has
// other addresses, too: the ids of those lead to that owner, and the owner's would now lead
// on to the person, whose erasure follows the ids of their own addresses only and would
// miss the others (invariant 7, erased means erased).
func (s Rights) standsFor(ctx context.Context, address string, person notice.Recipient) (notice.Recipient, error) {
	at := s.terms.ID(address)
	there, err := s.store.Recipient(ctx, at)
	switch {
	case errors.Is(err, notice.ErrNotFound):
		return notice.Recipient{ID: at}, nil
	case err != nil, at == person.ID, there.MovedTo == person.ID:
		return there, err
	case there.Status == notice.Moved, there.Alias != "", there.Status != notice.Erased && !strings.EqualFold(there.Address, address):
		return there, errTaken
	}
	return there, nil
}

// move gives a person an address and makes its id, under which there was read, lead to
// them. Whatever was declined there stays declined (invariant 3, never after an opt-out): a
// complaint counts, and so does what was restricted. It is ErrConflict if either changed
// meanwhile. Moving again changes nothing.
func (s Rights) move(ctx context.Context, person notice.Recipient, address string, there notice.Recipient) error {
	chain, err := laterAddresses(ctx, s.store, person.Alias)
	if err != nil {
		return err
	}
	next := person
	next.Address = address
	if next.Status == notice.Bounced {
		next.Status = notice.Active // that mailbox is gone; this one is not
	}
	c := Change{Recipient: person.ID, Way: notice.ByRequest}
	// An address they had before leads to them already. As the latest it would cut off
	// those that came after it, which no erasure would find any more.
	if there.ID == person.ID || slices.ContainsFunc(chain, func(r notice.Recipient) bool { return r.ID == there.ID }) {
		if next == person {
			return nil
		}
		return s.Preferences.write(ctx, c, person, next, []string{"address"})
	}
	next.Alias = there.ID
	if there.MovedTo != person.ID {
		next.OptOut = notice.OptOut{Annual: next.OptOut.Annual || there.OptOut.Annual, Change: next.OptOut.Change || there.OptOut.Change}
		next.Restricted = next.Restricted || there.Restricted
		if there.Status == notice.Complained {
			next.Status = notice.Complained
		}
	}
	moved := there
	moved.Status, moved.MovedTo, moved.Alias = notice.Moved, person.ID, person.Alias
	next, line := s.Preferences.line(c, person, next, []string{"address"})
	return s.store.MoveRecipient(ctx, person, next, line, there, moved)
}
