package operate

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"policymail/shared/address"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// Case is a request as the desk sees it.
type Case struct {
	notice.Request
	ConfirmBy notice.Date `json:"confirm_by"`
	Overdue   bool        `json:"overdue"`
	DryRun    bool        `json:"dry_run,omitempty"` // nothing was recorded or mailed
}

func (o Operations) asCase(r notice.Request) Case {
	return Case{Request: r, ConfirmBy: r.ConfirmBy(), Overdue: r.Overdue(notice.DateOf(o.Now()))}
}

// YearArgs name the year requests were received in.
type YearArgs struct {
	Year int `json:"year,omitempty"`
}

// listRequests lists the requests received in a year, or those that wait for an answer
// if the year is 0.
func (o Operations) listRequests(ctx context.Context, a YearArgs) (cases []Case, err error) {
	var all []notice.Request
	if a.Year == 0 {
		all, err = o.Store.OpenRequests(ctx)
	} else {
		all, err = o.Store.ListRequests(ctx, a.Year)
	}
	cases = []Case{}
	for _, r := range all {
		cases = append(cases, o.asCase(r))
	}
	return cases, err
}

func (o Operations) requestsOfYear(ctx context.Context, a YearArgs) ([]privacy.Metrics, error) {
	return o.Desk.Year(ctx, a.Year)
}

func (o Operations) tendRequests(ctx context.Context, _ None) (privacy.Tended, error) {
	return o.Desk.Tend(ctx)
}

// RequestArgs name a request.
type RequestArgs struct {
	ID notice.RequestID `json:"id"`
}

func (o Operations) showRequest(ctx context.Context, a RequestArgs) (Case, error) {
	r, err := o.Store.Request(ctx, a.ID)
	return o.asCase(r), err
}

// ExtendArgs say why a request takes longer.
type ExtendArgs struct {
	RequestArgs
	By     string `json:"by,omitempty"`
	Reason string `json:"reason"`
	Yes    bool   `json:"yes,omitempty"` // without it, say what would happen
}

func (o Operations) extendRequest(ctx context.Context, a ExtendArgs) (Case, error) {
	return o.decide(ctx, a.ID, a.Yes, func(r *notice.Request) error { return r.Extend(a.By, a.Reason, o.Now()) },
		func() (notice.Request, error) { return o.Desk.Extend(ctx, a.ID, a.By, a.Reason) })
}

// AnswerArgs answer a request that is complied with.
type AnswerArgs struct {
	RequestArgs
	By     string `json:"by"`
	Answer string `json:"answer"`
	Yes    bool   `json:"yes,omitempty"` // without it, say what would happen
}

func (o Operations) answerRequest(ctx context.Context, a AnswerArgs) (Case, error) {
	if strings.TrimSpace(a.Answer) == "" {
		return Case{}, notice.Invalid("an answer needs its text").Hint("give it with --text or --file; the person gets it by mail")
	}
	return o.decide(ctx, a.ID, a.Yes, func(r *notice.Request) error { return r.Comply(a.By, a.Answer, o.Now()) },
		func() (notice.Request, error) { return o.Desk.Comply(ctx, a.ID, a.By, a.Answer) })
}

// DenyArgs deny a request.
type DenyArgs struct {
	RequestArgs
	By     string `json:"by"`
	Basis  string `json:"basis"`            // the exception that applies
	Answer string `json:"answer,omitempty"` // more to tell
	Yes    bool   `json:"yes,omitempty"`    // without it, say what would happen
}

func (o Operations) denyRequest(ctx context.Context, a DenyArgs) (Case, error) {
	return o.decide(ctx, a.ID, a.Yes, func(r *notice.Request) error { return r.Deny(a.By, a.Basis, a.Answer, o.Now()) },
		func() (notice.Request, error) { return o.Desk.Deny(ctx, a.ID, a.By, a.Basis, a.Answer) })
}

// decide makes a decision about a request, which mails the person; without yes it shows
// what the decision would make of it.
func (o Operations) decide(ctx context.Context, id notice.RequestID, yes bool, would func(*notice.Request) error, do func() (notice.Request, error)) (Case, error) {
	r, err := o.Store.Request(ctx, id)
	if err != nil {
		return Case{}, err
	}
	if err := would(&r); err != nil {
		return Case{}, err
	}
	if !yes {
		c := o.asCase(r)
		c.DryRun = true
		return c, nil
	}
	if r, err = do(); err != nil {
		return Case{}, notTaken("the letter that tells it, so nothing was recorded", err)
	}
	return o.asCase(r), nil
}

// OpenArgs are a request that came another way.
type OpenArgs struct {
	Address string `json:"address"`
	Right   string `json:"right"`
	Party   string `json:"party,omitempty"`
	Details string `json:"details,omitempty"`
	Locale  string `json:"locale,omitempty"` // of the letters; empty is the person's
	// Received is the day it was; empty is today. The clock runs from then.
	Received string `json:"received,omitempty"`
	By       string `json:"by,omitempty"`
	Yes      bool   `json:"yes,omitempty"` // without it, say what would happen
}

// openRequest records a request that came another way: by phone, by letter. That of
// somebody known is theirs, and its letters are in their language unless another is said.
func (o Operations) openRequest(ctx context.Context, a OpenArgs) (Case, error) {
	normal, err := address.Parse(a.Address)
	if err != nil {
		return Case{}, err
	}
	right, err := notice.ParseRight(a.Right)
	if err != nil {
		return Case{}, err
	}
	received, err := o.received(a.Received)
	if err != nil {
		return Case{}, err
	}
	person, err := o.Preferences.Find(ctx, o.ID(normal))
	if errors.Is(err, notice.ErrNotFound) {
		person.ID = o.ID(normal)
	} else if err != nil {
		return Case{}, err
	}
	r := o.Desk.NewOf(right, notice.Recipient{ID: person.ID, Address: normal, Locale: cmp.Or(a.Locale, person.Locale)}, received)
	if r.Party, err = notice.ParseParty(a.Party); err != nil {
		return Case{}, err
	}
	r.Details, r.OpenedBy, r.Verified = a.Details, a.By, o.Now()
	if !a.Yes {
		r.ID = "" // it gets its number when it is recorded
		c := o.asCase(r)
		c.DryRun = true
		return c, nil
	}
	r, err = o.Desk.Open(ctx, r)
	return o.asCase(r), err
}

// received is the instant that a request of a day counts from: now for today, else the
// beginning of that day (UTC). A day to come, or one whose request would be out of the log
// by now, is a slip.
func (o Operations) received(day string) (time.Time, error) {
	today := notice.DateOf(o.Now())
	if day == "" || day == string(today) {
		return o.Now(), nil
	}
	date, err := notice.ParseDate(day)
	switch {
	case err != nil:
		return time.Time{}, err
	case date > today:
		return time.Time{}, notice.Invalid("%s is yet to come", date).Hint("give the day the request came in with --received")
	case date.AddMonths(notice.RequestMonths) <= today:
		return time.Time{}, notice.Invalid("%s is more than %d months ago", date, notice.RequestMonths).Hint("give the day the request came in with --received")
	}
	return date.Time(), nil
}

// Scheduled is the event of the schedule that looks after the requests every day.
var Scheduled, _ = Encode("request-tend", None{})
