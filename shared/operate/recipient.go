package operate

import (
	"context"
	"errors"
	"slices"
	"strings"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// Person is everything held about a recipient, and what an erasure makes of it.
type Person struct {
	privacy.Record
	WouldErase bool     `json:"would_erase,omitempty"` // a dry run: nothing was removed
	Erased     bool     `json:"erased,omitempty"`
	Stays      []string `json:"stays,omitempty"` // what outlives the erasure, and on which basis

	Told             bool `json:"told,omitempty"`              // they were mailed what was declined for them, with an undo
	WouldResubscribe bool `json:"would_resubscribe,omitempty"` // a dry run: this is how they would stand
}

// PersonArgs name a person, and who asks.
type PersonArgs struct {
	Address string `json:"address"`
	By      string `json:"by,omitempty"`
}

// change is what an operator changes about the person with an address.
func (o Operations) change(a PersonArgs) (privacy.Change, error) {
	normal, err := address.Parse(a.Address)
	if err != nil {
		return privacy.Change{}, err
	}
	return privacy.Change{Recipient: o.ID(normal), Way: notice.ByOperator, By: a.By}, nil
}

// showRecipient shows what is held about a person.
func (o Operations) showRecipient(ctx context.Context, a PersonArgs) (Person, error) {
	c, err := o.change(a)
	if err != nil {
		return Person{}, err
	}
	return o.person(ctx, c.Recipient)
}

// exportRecipient is the copy a person can take themselves.
func (o Operations) exportRecipient(ctx context.Context, a PersonArgs) (privacy.Copy, error) {
	p, err := o.showRecipient(ctx, a)
	if err != nil {
		return privacy.Copy{}, err
	}
	return p.Copy(o.Now()), nil
}

// unsubscribeRecipient writes that a person gets nothing optional any more. It does so at
// once: an opt-out that waits for a second thought is mail sent after it (invariant 3, never
// after an opt-out). Who is mailed otherwise is told, with an undo, because the address may
// be another person's than the one who asked.
func (o Operations) unsubscribeRecipient(ctx context.Context, a PersonArgs) (Person, error) {
	c, err := o.change(a)
	if err != nil {
		return Person{}, err
	}
	if _, err := o.known(ctx, c.Recipient); err != nil {
		return Person{}, err
	}
	before, after, err := o.Preferences.Set(ctx, c, func(notice.OptOut) notice.OptOut { return notice.OptOutAll })
	if err != nil {
		return Person{}, err
	}
	p, err := o.person(ctx, c.Recipient)
	if err == nil && before != after && after.Status == notice.Active {
		p.Told = o.tellDeclined(ctx, p.Recipient)
	}
	return p, err
}

// tellDeclined mails a person what was declined for them, with an undo. What was declined
// stays so, told or not.
func (o Operations) tellDeclined(ctx context.Context, r notice.Recipient) bool {
	undo := token.Claims{Purpose: token.Undo, Recipient: r.ID, Expires: o.Now().Add(privacy.UndoLife)}
	err := o.Desk.Post.Send(ctx, privacy.Declined(r, r.Standing(), o.Links.Link(undo)))
	if err != nil {
		o.Log.Error("letter not sent", "kind", string(privacy.LetterUnsubscribed), "error", err.Error())
	}
	return err == nil
}

// ResubscribeArgs name a person who shall get notices again.
type ResubscribeArgs struct {
	PersonArgs
	Yes bool `json:"yes,omitempty"` // without it, say how they would stand
}

// resubscribeRecipient takes back what staff declined for a person, or ends what a complaint
// stopped; without Yes it says how they would stand.
func (o Operations) resubscribeRecipient(ctx context.Context, a ResubscribeArgs) (Person, error) {
	c, err := o.change(a.PersonArgs)
	if err != nil {
		return Person{}, err
	}
	if _, err := o.known(ctx, c.Recipient); err != nil {
		return Person{}, err
	}
	after, err := o.Preferences.Resubscribe(ctx, c, a.Yes)
	if err != nil {
		return Person{}, err
	}
	p, err := o.person(ctx, c.Recipient)
	if p.WouldResubscribe = !a.Yes; p.WouldResubscribe {
		p.Recipient.Status, p.Recipient.OptOut = after.Status, after.OptOut
		p.Recipient.Due = p.Recipient.NextDue(o.Preferences.LeadDays, notice.DateOf(o.Now()))
	}
	return p, err
}

// CorrectArgs say what was wrong about a person.
type CorrectArgs struct {
	PersonArgs
	Name   *string `json:"name,omitempty"` // an empty one takes it away
	Locale string  `json:"locale,omitempty"`
}

// correctRecipient writes what was wrong about a person.
func (o Operations) correctRecipient(ctx context.Context, a CorrectArgs) (Person, error) {
	c, err := o.change(a.PersonArgs)
	if err != nil {
		return Person{}, err
	}
	r, err := o.known(ctx, c.Recipient)
	if err != nil {
		return Person{}, err
	}
	if r.Status == notice.Erased {
		return Person{}, notice.Refused("this person was erased; there is nothing left to correct")
	}
	to, err := correction(a)
	if err != nil {
		return Person{}, err
	}
	if _, err := o.Preferences.Correct(ctx, c, to); err != nil {
		return Person{}, err
	}
	return o.person(ctx, c.Recipient)
}

// correction is what the desk corrects for a person who asked by phone or by letter.
func correction(a CorrectArgs) (to privacy.Correction, err error) {
	if a.Name == nil && a.Locale == "" {
		return to, notice.Invalid("there is nothing to correct").Hint("give --name, --language or both")
	}
	if a.Name != nil {
		name, err := privacy.ParseName(*a.Name)
		if err != nil {
			return to, err
		}
		to.Name = &name
	}
	if a.Locale != "" {
		if !slices.Contains(locale.Tags(), a.Locale) {
			return to, notice.Invalid("%q is not a language of the notices", a.Locale).Hint("one of %s", strings.Join(locale.Tags(), ", "))
		}
		to.Locale = &a.Locale
	}
	return to, nil
}

// EraseArgs name a person to erase.
type EraseArgs struct {
	PersonArgs
	Yes bool `json:"yes,omitempty"` // without it, say what would stay
}

// eraseRecipient removes a person; without Yes it says what would stay.
func (o Operations) eraseRecipient(ctx context.Context, a EraseArgs) (Person, error) {
	c, err := o.change(a.PersonArgs)
	if err != nil {
		return Person{}, err
	}
	p, err := o.person(ctx, c.Recipient)
	if err != nil {
		return Person{}, err
	}
	// As long as they are not erased, their cases are found by every address they had.
	stays := privacy.Stays(p.Requests)
	if !a.Yes {
		p.WouldErase, p.Stays = true, stays
		return p, nil
	}
	if err := privacy.Erase(ctx, o.Store, o.Preferences, c); err != nil {
		return Person{}, err
	}
	p, err = o.person(ctx, c.Recipient)
	p.Erased, p.Stays = true, stays
	return p, err
}

// known reads the person an id leads to.
func (o Operations) known(ctx context.Context, id notice.RecipientID) (notice.Recipient, error) {
	r, err := o.Preferences.Find(ctx, id)
	if errors.Is(err, notice.ErrNotFound) {
		return r, o.unknown(ctx, id)
	}
	return r, err
}

// person reads what is held about them.
func (o Operations) person(ctx context.Context, id notice.RecipientID) (p Person, err error) {
	r, err := o.known(ctx, id)
	if err != nil {
		return p, err
	}
	p.Record, err = privacy.RecordOf(ctx, o.Store, r)
	return p, err
}

// unknown says that an id is no recipient's; it names the requests that came from it.
func (o Operations) unknown(ctx context.Context, id notice.RecipientID) error {
	requests, err := o.Store.RequestsOf(ctx, id)
	if err != nil {
		return err
	}
	nobody := notice.NotFound("nobody with this address is known")
	if len(requests) == 0 {
		return nobody
	}
	commands := make([]string, len(requests))
	for i, r := range requests {
		commands[i] = "policymail request show " + string(r.ID)
	}
	return nobody.Hint("requests came from it: %s", strings.Join(commands, ", "))
}
