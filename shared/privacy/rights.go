package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"policymail/shared/notice"
)

// RightsStore is what the rights read and write.
type RightsStore interface {
	RequestStore
	ErasureStore
	MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error
	DeliveriesOf(ctx context.Context, id notice.RecipientID, runs []notice.RunID) ([]notice.Delivery, error)
}

// Rights carries out the rights that need no person at the desk. Each use that changed
// something is a request in the log, closed as it is carried out. An error that is
// Unfinished tells that the change was made and the log not written yet.
type Rights struct {
	Desk        Desk
	Preferences Preferences
	store       RightsStore
	terms       Terms
}

// Terms are what Rights needs to know of the company and the world.
type Terms struct {
	ID        func(address string) notice.RecipientID // of a normalised address
	LeadDays  int                                     // days before its deadline that an annual review is due
	CopyLimit int                                     // copies in twelve months; 2 if 0
	// AnswerDays are those of Desk.
	AnswerDays int
	Now        func() time.Time
	Log        *slog.Logger
}

// NewRights returns the rights with their desk and their preferences, all three on one
// store.
func NewRights(store RightsStore, post Post, announce Announcer, t Terms) Rights {
	if t.CopyLimit <= 0 {
		t.CopyLimit = 2
	}
	return Rights{Desk: Desk{Store: store, Post: post, Announce: announce, AnswerDays: t.AnswerDays, Now: t.Now, Log: t.Log},
		Preferences: Preferences{Store: store, LeadDays: t.LeadDays, Now: t.Now}, store: store, terms: t}
}

// CopyLimit is how many copies of their data a person gets in twelve months.
func (s Rights) CopyLimit() int { return s.terms.CopyLimit }

// logUses puts every use of a right that a person's history tells of into the log of
// requests, once: the number of each is made of its line of history, so that a call that
// was cut short between the two is completed by the next, and two at once log one. What is
// 24 months old is in the log no more, and stays out. It is called when the change was
// written; its error is Unfinished.
func (s Rights) logUses(ctx context.Context, person notice.Recipient) error {
	history, err := s.store.PreferenceEvents(ctx, person.ID)
	if err != nil {
		return &Unfinished{err}
	}
	logged, err := s.store.RequestsOf(ctx, person.ID)
	if err != nil {
		return &Unfinished{err}
	}
	for _, e := range history {
		right, how := use(e)
		_, chance, _ := strings.Cut(e.ID, "-")
		id := requestID(e.At, chance)
		if right == "" || notice.DateOf(e.At).AddMonths(notice.RequestMonths) <= s.Desk.today() ||
			slices.ContainsFunc(logged, func(r notice.Request) bool { return r.ID == id }) {
			continue
		}
		r := s.Desk.NewOf(right, person, e.At)
		r.ID, r.Verified = id, e.At
		if err := r.Comply("", how, e.At); err != nil {
			return &Unfinished{err}
		}
		if err := s.log(ctx, r); err != nil && !errors.Is(err, notice.ErrConflict) {
			return &Unfinished{err}
		}
	}
	return nil
}

// log adds a request that is closed already to the log. An erasure that ran at the same time
// may have looked for requests before this one was there: then the bare log is left of it
// (invariant 7, erased means erased).
func (s Rights) log(ctx context.Context, r notice.Request) error {
	if err := s.store.AddRequest(ctx, r); err != nil {
		return err
	}
	person, err := s.store.Recipient(ctx, r.Recipient)
	if errors.Is(err, notice.ErrNotFound) || err == nil && person.Status != notice.Erased {
		return nil
	} else if err != nil {
		return err
	}
	if r, err = s.store.Request(ctx, r.ID); err != nil {
		return err
	}
	r.Forget()
	_, err = s.store.SaveRequest(ctx, r)
	return err
}

// use says of which right a line of history is a use, and how the log tells it; a line
// that is none has no right. A new address is none: the request that it was confirmed by
// is in the log already, and what they took over with the address is no use of theirs.
func use(e notice.PreferenceEvent) (right notice.Right, how string) {
	switch {
	case e.Way != notice.ByRequest || e.By != "" || movedBy(e):
		return "", ""
	case len(e.Corrected) > 0:
		return notice.Rectification, fmt.Sprintf("corrected: %v", e.Corrected)
	case e.After.Restricted && !e.Before.Restricted:
		return notice.Restriction, "restricted"
	case e.Before.Restricted && !e.After.Restricted:
		return notice.Restriction, "lifted"
	}
	return notice.Objection, "every optional notice stopped"
}

// GrantCopy counts one copy for a person, or says from which day on the next one is
// free. The id of the request is made of those before it, so of two at once one is
// asked to count again.
func (s Rights) GrantCopy(ctx context.Context, person notice.Recipient) (next notice.Date, granted bool, err error) {
	for {
		all, err := s.store.RequestsOf(ctx, person.ID)
		if err != nil {
			return "", false, err
		}
		if next := notice.NextCopy(all, s.CopyLimit(), s.Desk.today()); next > s.Desk.today() {
			return next, false, nil
		}
		r := s.Desk.New(notice.Access, person)
		before := "copy/" + string(person.ID)
		for _, earlier := range all {
			before += "/" + string(earlier.ID)
		}
		r.ID = requestID(s.terms.Now(), string(s.terms.ID(before)[:8]))
		r.Verified = s.terms.Now()
		if err := r.Comply("", "downloaded from the privacy center", s.terms.Now()); err != nil {
			return "", false, err
		}
		if err = s.log(ctx, r); err == nil || !errors.Is(err, notice.ErrConflict) {
			return "", err == nil, err
		}
	}
}

// Restrict keeps a person's data and uses it for no optional notice, or lifts that.
func (s Rights) Restrict(ctx context.Context, person notice.Recipient, on bool) error {
	_, _, err := s.Preferences.change(ctx, Change{Recipient: person.ID, Way: notice.ByRequest}, func(r *notice.Recipient) ([]string, error) {
		if r.Status != notice.Erased {
			r.Restricted = on
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	return s.logUses(ctx, person)
}

// Object stops every optional notice at once.
func (s Rights) Object(ctx context.Context, person notice.Recipient) error {
	_, _, err := s.Preferences.Set(ctx, Change{Recipient: person.ID, Way: notice.ByRequest}, func(notice.OptOut) notice.OptOut { return notice.OptOutAll })
	var unfinished *Unfinished
	if err != nil && !errors.As(err, &unfinished) {
		return err
	}
	return errors.Join(err, s.logUses(ctx, person))
}

// Correct sets name and language where they differ from those of person: a caller that
// knows that one of them was left as it was shown hands in person's. What they say counts
// from then on: no import changes it (notice.Imported.Apply). Saying the same again changes nothing.
func (s Rights) Correct(ctx context.Context, person notice.Recipient, name, locale string) error {
	var to Correction
	if name != person.Name {
		to.Name = &name
	}
	if locale != person.Locale {
		to.Locale = &locale
	}
	if _, err := s.Preferences.Correct(ctx, Change{Recipient: person.ID, Way: notice.ByRequest}, to); err != nil {
		return err
	}
	return s.logUses(ctx, person)
}

// Ask stores a request that its asker must confirm by mail before anything happens:
// a deletion, a new address, or one that strangers may type. link makes the link of
// the letter.
func (s Rights) Ask(ctx context.Context, r notice.Request, kind LetterKind, link func(notice.Request) string) error {
	r.State = notice.Unverified
	if err := s.store.AddRequest(ctx, r); err != nil {
		return err
	}
	l := letter(kind, r)
	l.Link = link(r)
	return s.Desk.Post.Send(ctx, l)
}

// Asked reads a request that a letter asks to confirm. It is notice.ErrNotFound for a
// deletion that is not confirmed yet and whose letter went to a mailbox which the person
// has left since: whoever reads there now is not to delete them.
func (s Rights) Asked(ctx context.Context, id notice.RequestID) (notice.Request, error) {
	r, err := s.store.Request(ctx, id)
	if err != nil || r.State != notice.Unverified || Confirms(r) != LetterErase {
		return r, err
	}
	person, err := s.Preferences.Find(ctx, r.Recipient)
	if errors.Is(err, notice.ErrNotFound) {
		return r, nil
	}
	if err == nil && person.Status != notice.Erased && person.Address != r.Address {
		err = notice.NotFound("the request was confirmed from an address that was left")
	}
	return r, err
}

// Confirm carries out what a person confirmed by mail: a deletion, a new address, or
// that a request is theirs. It may be repeated; what is done already stays as it is.
func (s Rights) Confirm(ctx context.Context, id notice.RequestID) (notice.Request, error) {
	r, err := s.Asked(ctx, id)
	if err != nil || r.State != notice.Unverified {
		return r, err
	}
	switch Confirms(r) {
	case LetterErase:
		return s.confirmErasure(ctx, r)
	case LetterNewAddress:
		return s.confirmAddress(ctx, r)
	}
	return s.Desk.Verify(ctx, id)
}

// Confirms says which letter asked to confirm a request. What came with words of the
// asker's own is for the desk.
func Confirms(r notice.Request) LetterKind {
	switch {
	case r.Details == "" && r.Right == notice.Deletion:
		return LetterErase
	case r.Details == "" && r.Right == notice.Rectification:
		return LetterNewAddress
	}
	return LetterVerify
}

func (s Rights) confirmErasure(ctx context.Context, r notice.Request) (notice.Request, error) {
	err := Erase(ctx, s.store, s.Preferences, Change{Recipient: r.Recipient})
	if err != nil && !errors.Is(err, notice.ErrNotFound) {
		return r, err
	}
	// Erasing took the words out of every request, this one too.
	if r, err = s.store.Request(ctx, r.ID); err != nil || r.State != notice.Unverified {
		return r, err
	}
	r.Verified, r.Basis = s.terms.Now(), KeptOnErasure
	r.Forget()
	if err := r.Comply("", "", s.terms.Now()); err != nil {
		return r, err
	}
	return s.store.SaveRequest(ctx, r)
}
