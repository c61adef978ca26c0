package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// freshLife is how long a link that a person asked for works.
const freshLife = 24 * time.Hour

// linkPage is link.html.
type linkPage struct {
	frame
	Message string
}

// claims reads the link of a request, without any I/O. A link made for another purpose
// is a forged one, expired or not.
func (r *request) claims(purpose token.Purpose) (token.Claims, error) {
	c, err := r.site.Keys.Read(r.PathValue("token"), r.site.Now())
	if (err == nil || errors.Is(err, token.ErrExpired)) && c.Purpose != purpose {
		return c, token.ErrForged
	}
	return c, err
}

// open reads the link of a request and the person it was made for. found is false for
// a good link whose person we no longer hold. The link of a person who moved opens theirs,
// if it came in a notice; one that was mailed fresh, and shows or changes what is held, has
// expired: it was made for the mailbox (see mailbox) that they left.
func (r *request) open(purpose token.Purpose) (c token.Claims, person notice.Recipient, found bool, err error) {
	if c, err = r.claims(purpose); err != nil {
		return c, person, false, err
	}
	person, err = r.site.Rights.Preferences.Find(r.Context(), c.Recipient)
	if errors.Is(err, notice.ErrNotFound) {
		return c, person, false, nil
	}
	if err != nil {
		return c, person, false, err
	}
	r.lang = locale.Match(person.Locale, r.Header.Get("Accept-Language"))
	found = person.Status != notice.Erased
	fresh := purpose == token.Download || purpose == token.Preferences && c.Run == ""
	if found && fresh && c.Recipient != r.site.mailbox(person) {
		return c, person, found, token.ErrExpired
	}
	return c, person, found, nil
}

// mailbox is the id of a person's address, which leads to them and is their own only as
// long as they had no other before.
func (s *Site) mailbox(person notice.Recipient) notice.RecipientID {
	return s.Keys.RecipientID(person.Address)
}

// askLink shows the form that has a link mailed.
func (s *Site) askLink(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "link", linkPage{r.frame(words.LinkTitle), words.LinkIntro})
}

// sendLink answers the same, in words and in time, for an address we know and for
// one we do not.
func (s *Site) sendLink(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	return s.evenly(r, func() error {
		// A mailer that takes longer would tell that there is something to mail.
		ctx, cancel := context.WithTimeout(r.Context(), answerAfter)
		defer cancel()
		if err := s.mailLink(ctx, form["address"]); err != nil {
			s.Log.Error("mail not sent", "error", err.Error())
		}
		return nil
	}, messagePage{frame: r.frame(words.LinkTitle), Message: words.LinkSent})
}

// mailLink mails a fresh link to an address if we know it, at most so often an hour.
func (s *Site) mailLink(ctx context.Context, typed string) error {
	normal, err := address.Parse(typed)
	if err != nil {
		return nil
	}
	if ok, err := s.allowed(ctx, byAddress, normal); err != nil || !ok {
		return err
	}
	person, err := s.Rights.Preferences.Find(ctx, s.Keys.RecipientID(normal))
	if errors.Is(err, notice.ErrNotFound) || err == nil && person.Address == "" {
		return nil
	} else if err != nil {
		return err
	}
	return s.mailFresh(ctx, person)
}

// mailFresh mails a person the link that opens their privacy center. It names their mailbox,
// so that it ends when they move to another.
func (s *Site) mailFresh(ctx context.Context, person notice.Recipient) error {
	link := s.Links.Link(token.Claims{Purpose: token.Preferences, Recipient: s.mailbox(person), Expires: s.Now().Add(freshLife)})
	return s.Rights.Desk.Post.Send(ctx, privacy.Letter{Kind: privacy.LetterLink, To: person, Link: link})
}

// confirmLink returns what makes the link that confirms a request.
func (s *Site) confirmLink(life time.Duration) func(notice.Request) string {
	return func(r notice.Request) string {
		return s.Links.Link(token.Claims{Purpose: token.Confirm, Recipient: r.Recipient, Request: r.ID, Expires: s.Now().Add(life)})
	}
}
