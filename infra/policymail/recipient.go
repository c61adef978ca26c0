package main

import (
	"fmt"
	"io"
	"time"

	"policymail/shared/operate"
)

type recipientCmd struct {
	Show        recipientShow        `cmd:"" help:"Show what is held about a person."`
	Export      recipientExport      `cmd:"" help:"The same as JSON, to hand over."`
	Unsubscribe recipientUnsubscribe `cmd:"" help:"Opt a person out of every optional notice."`
	Erase       recipientErase       `cmd:"" help:"Erase a person. Without --yes, say what would go."`
}

type who struct {
	Address string `arg:"" help:"The person's address."`
	By      string `help:"Who asks for it; it is recorded." env:"USER"`
}

func (c who) do(a *app, verb string, yes bool) error {
	var p operate.Person
	if err := a.call.do(a.ctx, "recipient-"+verb, operate.Args{Address: c.Address, By: c.By, Yes: yes}, &p); err != nil {
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
				fmt.Fprintf(w, "%s corrected by the person %s; no import changes it\n", f.name, stamp(f.at))
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
	recipientErase       struct {
		who
		Yes bool `help:"Really erase."`
	}
)

func (c recipientShow) Run(a *app) error        { return c.do(a, "show", false) }
func (c recipientExport) Run(a *app) error      { return c.do(a, "export", false) }
func (c recipientUnsubscribe) Run(a *app) error { return c.do(a, "unsubscribe", false) }
func (c recipientErase) Run(a *app) error       { return c.do(a, "erase", c.Yes) }
