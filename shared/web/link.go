package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

func (s *Site) start(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "start", view{Title: words.StartTitle,
		Message: locale.Fill(words.StartIntro, "company", s.Company), Policy: s.Policy})
}

func (s *Site) askLink(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "link", view{Title: words.LinkTitle, Message: words.LinkIntro})
}

const (
	// freshLink is how long a link that a person asked for works.
	freshLink = 24 * time.Hour
	// verifyLink is how long somebody has to confirm a request they typed.
	verifyLink = 7 * 24 * time.Hour
	// answerAfter is how long the answer to an address takes at least, so that its time
	// does not tell whether the address is known.
	answerAfter = time.Second
	// mailedWithin is how long the letter of a request may take, a cold start included.
	mailedWithin = 8 * time.Second
	// perAddress and perSource are how many mails an hour may be asked for.
	perAddress = 5
	perSource  = 300
)

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
	}, view{Title: words.LinkTitle, Message: words.LinkSent})
}

// evenly does work of which the answer must tell nothing, and answers no sooner than
// answerAfter.
func (s *Site) evenly(r *request, work func() error, v view) error {
	if ok, err := s.Limiter.Allow(r.Context(), "source", network(r.RemoteAddr), perSource); err != nil {
		return err
	} else if !ok {
		return errPage(http.StatusTooManyRequests)
	}
	patience := time.NewTimer(answerAfter)
	defer patience.Stop()
	if err := work(); err != nil {
		return err
	}
	select {
	case <-patience.C:
	case <-r.Context().Done():
	}
	return r.render(http.StatusOK, "message", v)
}

// network is what one household or host may take its addresses from: an IPv4 address,
// or the 64 bits of an IPv6 one that are the same for all of a subnet (RFC 4291 § 2.5.4).
func network(source string) string {
	addr, err := netip.ParseAddr(source)
	if err != nil || addr.Unmap().Is4() {
		return source
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}

// mailLink mails a fresh link to an address if we know it, at most so often an hour.
func (s *Site) mailLink(ctx context.Context, typed string) error {
	normal, err := address.Parse(typed)
	if err != nil {
		return nil
	}
	if ok, err := s.Limiter.Allow(ctx, "address", strings.ToLower(normal), perAddress); err != nil || !ok {
		return err
	}
	person, err := s.Preferences.Find(ctx, s.Keys.RecipientID(normal))
	if errors.Is(err, notice.ErrNotFound) || err == nil && person.Address == "" {
		return nil
	} else if err != nil {
		return err
	}
	return s.Rights.Post.Send(ctx, privacy.Letter{Kind: privacy.LetterLink, To: person, Link: s.freshLink(person)})
}

func (s *Site) freshLink(person notice.Recipient) string {
	return s.Links.Link(token.Claims{Purpose: token.Preferences, Recipient: person.ID, Expires: s.Now().Add(freshLink)})
}

// choice is one option of a list.
type choice struct {
	Value, Label string
	Chosen       bool
}

func (r *request) rights() []choice {
	w := r.lang.Words.Page.Center.Rights
	return []choice{{string(notice.Access), w.Access, false}, {string(notice.Portability), w.Portability, false}, {string(notice.Deletion), w.Deletion, false},
		{string(notice.Rectification), w.Rectification, false}, {string(notice.Restriction), w.Restriction, false}, {string(notice.Objection), w.Objection, false}}
}

func (r *request) parties() []choice {
	w := r.lang.Words.Page.Center
	return []choice{{string(notice.ForSelf), w.ForSelf, false}, {string(notice.ForMinor), w.ForMinor, false}, {string(notice.ForAgent), w.ForAgent, false}}
}

func (s *Site) askRequest(r *request) error {
	words := r.lang.Words.Page.Center
	return r.render(http.StatusOK, "request", view{Title: words.Ask, Message: locale.Fill(words.AskIntro, "company", s.Company),
		Note: words.Free, Rights: r.rights(), Parties: r.parties()})
}

// sendRequest takes a request of anybody, known or not. It waits, its clock running,
// for the asker to confirm by mail that the address is theirs. All are mailed alike, so
// the answer may take as long as the mailer does and tell that it failed: a request whose
// letter never left must not look taken.
func (s *Site) sendRequest(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	asked, err := s.readRequest(form)
	if err != nil {
		return errPage(http.StatusBadRequest)
	}
	words := r.lang.Words.Page.Center
	return s.evenly(r, func() error {
		ctx, cancel := context.WithTimeout(r.Context(), mailedWithin)
		defer cancel()
		normal, err := address.Parse(form["address"])
		if err != nil {
			return nil
		}
		if ok, err := s.Limiter.Allow(ctx, "address", strings.ToLower(normal), perAddress); err != nil || !ok {
			return err
		}
		asked.Recipient, asked.Address, asked.Locale = s.Keys.RecipientID(normal), normal, r.lang.Tag
		return s.Rights.Ask(ctx, asked, privacy.LetterVerify, s.confirmLink(verifyLink))
	}, view{Title: words.Ask, Message: words.Mailed})
}

// maxDetails is the longest text a person may write to the desk.
const maxDetails = 5000

// readRequest reads what a person asks the desk for.
func (s *Site) readRequest(form map[string]string) (r notice.Request, err error) {
	right, err := notice.ParseRight(form["right"])
	if err != nil {
		return r, err
	}
	r = s.Rights.New(right, notice.Recipient{})
	if r.Party, err = notice.ParseParty(form["party"]); err != nil {
		return r, err
	}
	r.Details = notice.Typed(form["details"])
	if r.Details == "" || len(r.Details) > maxDetails {
		return r, notice.Invalid("say what you ask for, in at most %d characters", maxDetails)
	}
	return r, nil
}

// confirmLink returns what makes the link that confirms a request.
func (s *Site) confirmLink(life time.Duration) func(notice.Request) string {
	return func(r notice.Request) string {
		return s.Links.Link(token.Claims{Purpose: token.Confirm, Recipient: r.Recipient, Request: r.ID, Expires: s.Now().Add(life)})
	}
}
