package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

const (
	// verifyLink is how long somebody has to confirm a request they typed.
	verifyLink = 7 * 24 * time.Hour
	// mailedWithin is how long the letter of a request may take, a cold start included.
	mailedWithin = 8 * time.Second
	// maxDetails is the longest text a person may write to the desk, in characters.
	maxDetails = 5000
)

// asking is the form for a request to the desk: the template "asking".
type asking struct {
	Rights, Parties []choice
}

// asking is the form with what was typed into it already.
func (r *request) asking(typed map[string]string) asking {
	return asking{r.rights(typed["right"]), r.parties(typed["party"])}
}

// requestPage is request.html.
type requestPage struct {
	frame
	asking
	again
	Message string
	Note    string
}

// askIntro says what one can ask the desk for, and when a person answers.
func (r *request) askIntro() string {
	return locale.Fill(r.lang.Words.Page.Center.AskIntro, "company", r.site.Company, "days", strconv.Itoa(r.site.Rights.Desk.Within()))
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

// askRequest shows the form for a request that anybody can make.
func (s *Site) askRequest(r *request) error { return s.showAsk(r, http.StatusOK, nil, nil) }

// showAsk shows the form for a request, again with what was typed if it had a fault.
func (s *Site) showAsk(r *request, status int, wrong *fault, typed map[string]string) error {
	words := r.lang.Words.Page.Center
	return r.render(status, "request", requestPage{r.frame(words.Ask), r.asking(typed), again{wrong, typed},
		r.askIntro(), words.Free})
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

// takeRequest reads a request and mails its asker, or returns the fault of the form.
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
	}, messagePage{frame: r.frame(words.Ask), Message: words.Mailed})
}

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
