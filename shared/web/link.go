package web

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

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

// way is how mail to an address is asked for. Each is counted on its own: a stranger who
// types somebody's address into one form closes no other to them.
type way string

const (
	byAddress way = "address" // a link, by typing the address
	byNotice  way = "notice"  // a link, by that of a notice
	byAsking  way = "ask"     // a request, by typing the address
	inCenter  way = "center"  // whatever the privacy center confirms or tells by mail
)

// allowed counts one more mail to an address, written with capitals or without, and leaves
// word in the log of one too many.
func (s *Site) allowed(ctx context.Context, by way, address string) (bool, error) {
	ok, err := s.Limiter.Allow(ctx, string(by), strings.ToLower(address), perAddress)
	if err == nil && !ok {
		s.Log.WarnContext(ctx, "mail asked for too often", "way", string(by))
	}
	return ok, err
}

// limit refuses what would be one mail too many to an address in an hour.
func (s *Site) limit(r *request, by way, address string) error {
	ok, err := s.allowed(r.Context(), by, address)
	if err == nil && !ok {
		return r.tooOften()
	}
	return err
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
	}, view{Title: words.LinkTitle, Message: words.LinkSent})
}

// evenly does work of which the answer must tell nothing, and answers no sooner than
// answerAfter.
func (s *Site) evenly(r *request, work func() error, v view) error {
	if ok, err := s.Limiter.Allow(r.Context(), "source", network(r.RemoteAddr), perSource); err != nil {
		return err
	} else if !ok {
		return r.tooOften()
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
	if ok, err := s.allowed(ctx, byAddress, normal); err != nil || !ok {
		return err
	}
	person, err := s.Rights.Preferences.Find(ctx, s.Keys.RecipientID(normal))
	if errors.Is(err, notice.ErrNotFound) || err == nil && person.Address == "" {
		return nil
	} else if err != nil {
		return err
	}
	return s.Rights.Desk.Post.Send(ctx, privacy.Letter{Kind: privacy.LetterLink, To: person, Link: s.freshLink(person)})
}

func (s *Site) freshLink(person notice.Recipient) string {
	return s.Links.Link(token.Claims{Purpose: token.Preferences, Recipient: person.ID, Expires: s.Now().Add(freshLink)})
}

// choice is one option of a list.
type choice struct {
	Value, Label string
	Chosen       bool
}

// rights are those one can ask for, one of them chosen already.
func (r *request) rights(chosen string) []choice {
	w := r.lang.Words.Page.Center.Rights
	return choose(chosen, []choice{{string(notice.Access), w.Access, false}, {string(notice.Portability), w.Portability, false}, {string(notice.Deletion), w.Deletion, false},
		{string(notice.Rectification), w.Rectification, false}, {string(notice.Restriction), w.Restriction, false}, {string(notice.Objection), w.Objection, false}})
}

// parties are those one can ask for, one of them chosen already.
func (r *request) parties(chosen string) []choice {
	w := r.lang.Words.Page.Center
	return choose(chosen, []choice{{string(notice.ForSelf), w.ForSelf, false}, {string(notice.ForMinor), w.ForMinor, false}, {string(notice.ForAgent), w.ForAgent, false}})
}

// choose marks the choice of a value.
func choose(value string, all []choice) []choice {
	for i := range all {
		all[i].Chosen = all[i].Value == value
	}
	return all
}

func (s *Site) askRequest(r *request) error { return s.showAsk(r, http.StatusOK, nil, nil) }

// showAsk shows the form for a request, again with what was typed if it had a fault.
func (s *Site) showAsk(r *request, status int, wrong *fault, typed map[string]string) error {
	words := r.lang.Words.Page.Center
	return r.render(status, "request", view{Title: words.Ask, Message: locale.Fill(words.AskIntro, "company", s.Company),
		Note: words.Free, Rights: r.rights(typed["right"]), Parties: r.parties(typed["party"]), Fault: wrong, Typed: typed})
}

// sendRequest takes a request of anybody, known or not. It waits, its clock running,
// for the asker to confirm by mail that the address is theirs. All are mailed alike, so
// the answer may take as long as the mailer does and tell that it failed, that the
// address is none, or that it was asked for too often: a request whose letter never left
// must not look taken.
func (s *Site) sendRequest(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	var wrong *fault
	if err = s.takeRequest(r, form); errors.As(err, &wrong) {
		return s.showAsk(r, wrong.status, wrong, form)
	}
	return err
}

func (s *Site) takeRequest(r *request, form map[string]string) error {
	asked, err := r.readRequest(form)
	if err != nil {
		return err
	}
	normal, err := address.Parse(form["address"])
	if err != nil {
		return r.badAddress()
	}
	asked.Recipient, asked.Address, asked.Locale = s.Keys.RecipientID(normal), normal, r.lang.Tag
	words := r.lang.Words.Page.Center
	return s.evenly(r, func() error {
		ctx, cancel := context.WithTimeout(r.Context(), mailedWithin)
		defer cancel()
		if err := s.limit(r, byAsking, normal); err != nil {
			return err
		}
		return s.Rights.Ask(ctx, asked, privacy.LetterVerify, s.confirmLink(verifyLink))
	}, view{Title: words.Ask, Message: words.Mailed})
}

// maxDetails is the longest text a person may write to the desk, in characters.
const maxDetails = 5000

// readRequest reads what a person asks the desk for.
func (r *request) readRequest(form map[string]string) (asked notice.Request, err error) {
	right, err := notice.ParseRight(form["right"])
	if err != nil {
		return asked, errPage(http.StatusBadRequest) // the form offers no such thing
	}
	asked = r.site.Rights.Desk.New(right, notice.Recipient{})
	if asked.Party, err = notice.ParseParty(form["party"]); err != nil {
		return asked, errPage(http.StatusBadRequest)
	}
	asked.Details = notice.Typed(form["details"])
	if n := utf8.RuneCountInString(asked.Details); n == 0 || n > maxDetails {
		return asked, r.badDetails()
	}
	return asked, nil
}

// confirmLink returns what makes the link that confirms a request.
func (s *Site) confirmLink(life time.Duration) func(notice.Request) string {
	return func(r notice.Request) string {
		return s.Links.Link(token.Claims{Purpose: token.Confirm, Recipient: r.Recipient, Request: r.ID, Expires: s.Now().Add(life)})
	}
}
