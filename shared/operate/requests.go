package operate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"policymail/shared/address"
	"policymail/shared/notice"
)

// RequestArgs are the arguments of the request commands.
type RequestArgs struct {
	ID      notice.RequestID `json:"id,omitempty"`
	By      string           `json:"by,omitempty"`
	Address string           `json:"address,omitempty"`
	Locale  string           `json:"locale,omitempty"`
	Right   string           `json:"right,omitempty"`
	Party   string           `json:"party,omitempty"`
	Details string           `json:"details,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	Basis   string           `json:"basis,omitempty"`
	Answer  string           `json:"answer,omitempty"`
	Year    int              `json:"year,omitempty"`
	Yes     bool             `json:"yes,omitempty"` // without it, say what would happen
}

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

// request serves the commands of the desk. What mails a person is a dry run without
// Yes.
func (o Operations) request(ctx context.Context, c Command) (any, error) {
	var a RequestArgs
	if err := decodeArgs(c, &a); err != nil {
		return nil, err
	}
	switch strings.TrimPrefix(c.Name, "request-") {
	case "list":
		return o.listRequests(ctx, a.Year)
	case "show":
		return o.decide(ctx, a, nil, nil)
	case "open":
		return o.openRequest(ctx, a)
	case "extend":
		return o.decide(ctx, a, func(r *notice.Request) error { return r.Extend(a.Reason, o.Now()) },
			func() (notice.Request, error) { return o.Desk.Extend(ctx, a.ID, a.Reason) })
	case "answer":
		if strings.TrimSpace(a.Answer) == "" {
			return nil, notice.Invalid("an answer needs its text").Hint("give it with --text or --file; the person gets it by mail")
		}
		return o.decide(ctx, a, func(r *notice.Request) error { return r.Comply(a.By, a.Answer, o.Now()) },
			func() (notice.Request, error) { return o.Desk.Comply(ctx, a.ID, a.By, a.Answer) })
	case "deny":
		return o.decide(ctx, a, func(r *notice.Request) error { return r.Deny(a.By, a.Basis, a.Answer, o.Now()) },
			func() (notice.Request, error) { return o.Desk.Deny(ctx, a.ID, a.By, a.Basis, a.Answer) })
	case "report":
		return o.Desk.Year(ctx, a.Year)
	case "tend":
		return o.Desk.Tend(ctx)
	}
	return nil, notice.Invalid("there is no command %q", c.Name)
}

// listRequests lists the requests received in a year, or those that wait for an answer
// if the year is 0.
func (o Operations) listRequests(ctx context.Context, year int) (cases []Case, err error) {
	var all []notice.Request
	if year == 0 {
		all, err = o.Store.OpenRequests(ctx)
	} else {
		all, err = o.Store.ListRequests(ctx, year)
	}
	cases = []Case{}
	for _, r := range all {
		cases = append(cases, o.asCase(r))
	}
	return cases, err
}

// decide shows what a decision would make of a request, or makes it.
func (o Operations) decide(ctx context.Context, a RequestArgs, would func(*notice.Request) error, do func() (notice.Request, error)) (Case, error) {
	r, err := o.Store.Request(ctx, a.ID)
	if err != nil || would == nil {
		return o.asCase(r), err
	}
	if err := would(&r); err != nil {
		return Case{}, err
	}
	if !a.Yes {
		c := o.asCase(r)
		c.DryRun = true
		return c, nil
	}
	if r, err = do(); err != nil {
		return Case{}, notTaken("the letter that tells it, so nothing was recorded", err)
	}
	return o.asCase(r), nil
}

// openRequest records a request that came another way: by phone, by letter. That of
// somebody known is theirs, and its letters are in their language unless another is said.
func (o Operations) openRequest(ctx context.Context, a RequestArgs) (Case, error) {
	normal, err := address.Parse(a.Address)
	if err != nil {
		return Case{}, err
	}
	right, err := notice.ParseRight(a.Right)
	if err != nil {
		return Case{}, err
	}
	person, err := o.Preferences.Find(ctx, o.ID(normal))
	if errors.Is(err, notice.ErrNotFound) {
		person.ID = o.ID(normal)
	} else if err != nil {
		return Case{}, err
	}
	r := o.Desk.New(right, notice.Recipient{ID: person.ID, Address: normal, Locale: cmp.Or(a.Locale, person.Locale)})
	if r.Party, err = notice.ParseParty(a.Party); err != nil {
		return Case{}, err
	}
	r.Details, r.OpenedBy, r.Verified = a.Details, a.By, o.Now()
	if !a.Yes {
		c := o.asCase(r)
		c.DryRun = true
		return c, nil
	}
	r, err = o.Desk.Open(ctx, r)
	return o.asCase(r), err
}

// Scheduled is the event of the schedule that looks after the requests every day.
var Scheduled, _ = json.Marshal(Command{Name: "request-tend"})
