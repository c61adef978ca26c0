package main

import (
	"fmt"
	"io"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/operate"
)

type heldCmd struct {
	Run_   string `arg:"" name:"run" help:"The run."`
	Resend bool   `help:"Send the held messages again. Those that had left after all leave twice." xor:"decision"`
	Leave  bool   `help:"Never send them again: they stay held, and wait for nobody any more." xor:"decision"`
	By     string `help:"Who decides that; it is recorded." env:"USER"`
}

func (c heldCmd) Run(a *app) error {
	run := notice.RunID(c.Run_)
	var command string
	var args any
	switch {
	case c.Resend:
		command, args = "held-resend", operate.HeldArgs{Run: run, By: c.By}
	case c.Leave:
		command, args = "held-leave", operate.HeldArgs{Run: run, By: c.By}
	default:
		command, args = "held", operate.RunArgs{Run: run}
	}
	var r delivery.HeldReport
	if err := a.call.do(a.ctx, command, args, &r); err != nil {
		return err
	}
	return a.show(r, func(w io.Writer) {
		for _, d := range r.Held {
			fmt.Fprintf(w, "%s  claimed %s  %s\n", d.Recipient, stamp(d.ClaimedAt), d.Reason)
		}
		fmt.Fprintf(w, "%d held\n", len(r.Held))
		switch {
		case c.Leave:
			fmt.Fprintf(w, "%d are left as they are\n", r.Left)
		case !r.DryRun:
			fmt.Fprintf(w, "%d are sent again\n", r.Resent)
		case len(r.Held) > 0:
			fmt.Fprintln(w, "look for them in the SES console or in your mail log; say --resend to send them again, or --leave")
		}
	})
}
