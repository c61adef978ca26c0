package main

import (
	"fmt"
	"io"
	"time"

	"policymail/shared/address"
	"policymail/shared/operate"
)

type recipientCmd struct {
	Show        recipientShow        `cmd:"" help:"Show what is held about a person."`
	Export      recipientExport      `cmd:"" help:"The same as JSON, to hand over."`
	Correct     recipientCorrect     `cmd:"" help:"Correct a name or a language for a person who asked; no import changes it again. Their request is answered with request answer."`
	Unsubscribe recipientUnsubscribe `cmd:"" help:"Opt a person out of every optional notice."`
	Erase       recipientErase       `cmd:"" help:"Erase a person. Without --yes, say what would go."`
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

func (c who) do(a *app, verb string, args operate.Args) error {
	args.Address, args.By = c.Address, c.By
	var p operate.Person
	if err := a.call.do(a.ctx, "recipient-"+verb, args, &p); err != nil {
		return err
	}
	if verb == "export" {
		a.json = true
	}
	return a.show(p, func(w io.Writer) {
		r := p.Recipient
		fmt.Fprintf(w, "id %s\nstatus %s\nopted out of annual %v, change %v\nlast notice %s\n", r.ID, r.Status, r.OptOut.Annual, r.OptOut.Change, stamp(r.LastNotice))
		for _, f := range []struct {
			name string
			at   time.Time
		}{{"name", r.NameCorrectedAt}, {"language", r.LocaleCorrectedAt}} {
			if !f.at.IsZero() {
				fmt.Fprintf(w, "%s corrected %s; no import changes it\n", f.name, stamp(f.at))
			}
		}
		fmt.Fprintf(w, "%d lines of history, %d deliveries\n", len(p.History), len(p.Deliveries))
		if p.WouldErase {
			fmt.Fprintln(w, "all of this but the id and the opt-out would go; say --yes to erase")
		}
	})
}

type (
	recipientShow        struct{ who }
	recipientExport      struct{ who }
	recipientUnsubscribe struct{ who }
	recipientCorrect     struct {
		who
		Name     *string `help:"The name as the person writes it; an empty one takes it away."`
		Language string  `help:"The language notices shall be in, like de or pt-BR."`
	}
	recipientErase struct {
		who
		Yes bool `help:"Really erase."`
	}
)

func (c recipientShow) Run(a *app) error        { return c.do(a, "show", operate.Args{}) }
func (c recipientExport) Run(a *app) error      { return c.do(a, "export", operate.Args{}) }
func (c recipientUnsubscribe) Run(a *app) error { return c.do(a, "unsubscribe", operate.Args{}) }
func (c recipientErase) Run(a *app) error       { return c.do(a, "erase", operate.Args{Yes: c.Yes}) }

func (c recipientCorrect) Run(a *app) error {
	return c.do(a, "correct", operate.Args{Name: c.Name, Locale: c.Language})
}
