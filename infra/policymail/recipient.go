package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"policymail/shared/address"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
)

type recipientCmd struct {
	Show        recipientShow        `cmd:"" help:"Show what is held about a person."`
	Export      recipientExport      `cmd:"" help:"Everything held about a person as JSON, to hand over: the copy they can take themselves."`
	Correct     recipientCorrect     `cmd:"" help:"Correct a name or a language for a person who asked; no import changes it again. Their request is answered with request answer."`
	Unsubscribe recipientUnsubscribe `cmd:"" help:"Opt a person out of every optional notice, at once. They are told by mail, with an undo."`
	Resubscribe recipientResubscribe `cmd:"" help:"Take back an unsubscribe by staff that was a mistake, or end a complaint for a person who asks for notices again. Without --yes, say how they would stand."`
	Erase       recipientErase       `cmd:"" help:"Erase a person. Without --yes, say what would go, what would stay, and why."`
}

type who struct {
	Address string `arg:"" help:"The person's address."`
	By      string `help:"Who asks for it; it is recorded." env:"USER"`
}

// Validate refuses what is no address, before a stack is asked.
func (c who) Validate() error {
	_, err := address.Parse(c.Address)
	return err
}

// clerk is who of the staff changes something about a person, which is recorded.
type clerk struct{ who }

// Validate refuses what is no address, and what nobody says, before a stack is asked.
func (c clerk) Validate() error { return errors.Join(c.who.Validate(), said(c.By)) }

func (c who) args() operate.PersonArgs { return operate.PersonArgs{Address: c.Address, By: c.By} }

// do sends a command about one person and prints how they stand then.
func (c who) do(a *app, verb string, args any) error {
	var p operate.Person
	if err := a.call.do(a.ctx, "recipient-"+verb, args, &p); err != nil {
		return err
	}
	return a.show(p, func(w io.Writer) { showPerson(w, p) })
}

// showPerson words where a person stands, how much is held of them, and what an erasure
// leaves.
func showPerson(w io.Writer, p operate.Person) {
	r := p.Recipient
	fmt.Fprintf(w, "id %s\n", r.ID)
	for _, f := range []struct{ name, value string }{{"address", r.Address}, {"name", r.Name}, {"language", r.Locale}} {
		if f.value != "" {
			fmt.Fprintf(w, "%s %s\n", f.name, f.value)
		}
	}
	standing := string(r.Status)
	if r.Restricted {
		standing += ", but restricted: the data is kept, and no optional notice goes out"
	}
	fmt.Fprintf(w, "status %s\nopted out of annual %v, change %v\n", standing, r.OptOut.Annual, r.OptOut.Change)
	fmt.Fprintf(w, "last notice %s\nnext annual review %s\n", cmp.Or(stamp(r.LastNotice), "none"), nextReview(r))
	for _, f := range []struct {
		name string
		at   time.Time
	}{{"name", r.NameCorrectedAt}, {"language", r.LocaleCorrectedAt}} {
		if !f.at.IsZero() {
			fmt.Fprintf(w, "%s corrected %s; no import changes it\n", f.name, stamp(f.at))
		}
	}
	fmt.Fprintf(w, "%d lines of history, %d deliveries, %d requests\n", len(p.History), len(p.Deliveries), len(p.Requests))
	for _, q := range p.Requests {
		if q.State.Open() {
			fmt.Fprintf(w, "request %s: %s, %s, due %s\n", q.ID, q.Right, q.State, q.Due)
		}
	}
	if p.Told {
		fmt.Fprintln(w, "they were told by mail, with a link that undoes it")
	}
	if p.WouldResubscribe {
		fmt.Fprintln(w, "so they would stand; nothing was changed; say --yes to send them notices again")
	}
	showErasure(w, p)
}

func nextReview(r notice.Recipient) string {
	if r.Due == "" {
		return "never"
	}
	return "from " + string(r.Due)
}

// showErasure words what an erasure leaves or would leave, and why.
func showErasure(w io.Writer, p operate.Person) {
	switch {
	case p.WouldErase:
		fmt.Fprintln(w, "would erase all of this, but for what stays:")
	case p.Erased:
		fmt.Fprintln(w, "erased; what stays:")
	}
	for _, what := range p.Stays {
		fmt.Fprintf(w, "  %s\n", what)
	}
	if p.WouldErase {
		fmt.Fprintln(w, "nothing was erased; say --yes to erase")
	}
}

type (
	recipientShow        struct{ who }
	recipientExport      struct{ who }
	recipientUnsubscribe struct{ clerk }
	recipientCorrect     struct {
		clerk
		Name     *string `help:"The name as the person writes it; an empty one takes it away."`
		Language string  `help:"The language notices shall be in, like de or pt-BR."`
	}
	recipientResubscribe struct {
		clerk
		Yes bool `help:"Really send notices again."`
	}
	recipientErase struct {
		clerk
		Yes bool `help:"Really erase."`
	}
)

func (c recipientShow) Run(a *app) error        { return c.do(a, "show", c.args()) }
func (c recipientUnsubscribe) Run(a *app) error { return c.do(a, "unsubscribe", c.args()) }
func (c recipientResubscribe) Run(a *app) error {
	return c.do(a, "resubscribe", operate.ResubscribeArgs{PersonArgs: c.args(), Yes: c.Yes})
}
func (c recipientErase) Run(a *app) error {
	return c.do(a, "erase", operate.EraseArgs{PersonArgs: c.args(), Yes: c.Yes})
}

// Validate refuses what says nothing, before a stack is asked.
func (c recipientCorrect) Validate() error {
	var nothing error
	if c.Name == nil && c.Language == "" {
		nothing = notice.Invalid("there is nothing to correct").Hint("give --name, --language or both")
	}
	return errors.Join(c.clerk.Validate(), nothing)
}

func (c recipientCorrect) Run(a *app) error {
	return c.do(a, "correct", operate.CorrectArgs{PersonArgs: c.args(), Name: c.Name, Locale: c.Language})
}

func (c recipientExport) Run(a *app) error {
	var held privacy.Copy
	if err := a.call.do(a.ctx, "recipient-export", c.args(), &held); err != nil {
		return err
	}
	a.json = true
	return a.show(held, nil)
}
