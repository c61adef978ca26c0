package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"policymail/shared/address"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
)

type requestCmd struct {
	List   requestList   `cmd:"" help:"List the requests that wait for an answer, or all of a year."`
	Show   requestShow   `cmd:"" help:"Show one request."`
	Open   requestOpen   `cmd:"" help:"Record a request that came by phone or letter. Without --yes, say what would happen."`
	Answer requestAnswer `cmd:"" help:"Close a request as fulfilled and mail the answer. Without --yes, say what would happen."`
	Extend requestExtend `cmd:"" help:"Take up to 90 days, once, and mail the reason. Without --yes, say what would happen."`
	Deny   requestDeny   `cmd:"" help:"Close a request as denied and mail the basis. Without --yes, say what would happen."`
	Report requestReport `cmd:"" help:"Figures of a year: received, complied with, denied, median days."`
}

type requestList struct {
	Year int `help:"All requests received in this year."`
}

func (c requestList) Run(a *app) error {
	cases := []operate.Case{}
	if err := a.call.do(a.ctx, "request-list", operate.YearArgs{Year: c.Year}, &cases); err != nil {
		return err
	}
	return a.show(cases, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "REQUEST\tRIGHT\tFOR\tSTATE\tRECEIVED\tDUE\tANSWER GOES TO\t")
		for _, r := range cases {
			late := ""
			if r.Overdue {
				late = "OVERDUE"
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Right, r.Party, r.State, notice.DateOf(r.Received), r.Due, r.Address, late)
		}
		t.Flush()
	})
}

type requestID struct {
	ID string `arg:"" name:"request" help:"Number of the request."`
}

func (c requestID) args() operate.RequestArgs { return operate.RequestArgs{ID: notice.RequestID(c.ID)} }

// do sends a command about one request and prints what became of it.
func (c requestID) do(a *app, command string, args any) error {
	var r operate.Case
	if err := a.call.do(a.ctx, command, args, &r); err != nil {
		return err
	}
	return showCase(a, r)
}

func showCase(a *app, r operate.Case) error {
	return a.show(r, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s, for %s, %s\n", cmp.Or(string(r.ID), "a new request"), r.Right, r.Party, r.State)
		fmt.Fprintf(w, "received %s%s, receipt to be confirmed by %s", stamp(r.Received), by(r.OpenedBy, ", recorded "+stamp(r.Verified)), r.ConfirmBy)
		if !r.Confirmed.IsZero() {
			fmt.Fprintf(w, ", confirmed %s", stamp(r.Confirmed))
		}
		fmt.Fprintf(w, "\ndue %s", r.Due)
		if r.Overdue {
			fmt.Fprint(w, ", OVERDUE")
		}
		fmt.Fprintln(w)
		if !r.Extended.IsZero() {
			fmt.Fprintf(w, "extended %s%s: %s\n", stamp(r.Extended), by(r.ExtendedBy, ""), r.Extension)
		}
		if !r.Closed.IsZero() {
			late := ""
			if notice.DateOf(r.Closed) > r.Due && r.State != notice.Lapsed {
				late = ", late"
			}
			fmt.Fprintf(w, "closed %s%s%s\n", stamp(r.Closed), by(r.ClosedBy, ""), late)
		}
		for _, f := range []struct{ name, text string }{{"answer goes to", r.Address}, {"details", r.Details}, {"basis", r.Basis}, {"answer", r.Answer}} {
			if f.text != "" {
				fmt.Fprintf(w, "%s: %s\n", f.name, f.text)
			}
		}
		if r.DryRun {
			fmt.Fprintln(w, "nothing was recorded or mailed; say --yes to do it")
		}
	})
}

type requestShow struct{ requestID }

func (c requestShow) Run(a *app) error { return c.do(a, "request-show", c.args()) }

type requestOpen struct {
	Address  string `arg:"" help:"Where the answer goes."`
	Right    string `help:"access, portability, deletion, rectification, restriction or objection." required:""`
	For      string `help:"self, minor or agent." default:"self"`
	Details  string `help:"What is asked for."`
	Locale   string `help:"Language of the letters; without it the person's, if they are known."`
	Received string `help:"The day it came in, like 2027-03-01, which the clock runs from; without it today." placeholder:"DATE"`
	By       string `help:"Who records it; it is recorded, too." env:"USER"`
	Yes      bool   `help:"Really record it; the person is told of its receipt."`
}

// Validate refuses what no desk knows, before a stack is asked.
func (c requestOpen) Validate() error {
	_, nowhere := address.Parse(c.Address)
	_, right := notice.ParseRight(c.Right)
	_, party := notice.ParseParty(c.For)
	var day error
	if c.Received != "" {
		_, day = notice.ParseDate(c.Received)
	}
	return errors.Join(nowhere, right, party, day, said(c.By))
}

func (c requestOpen) Run(a *app) error {
	var r operate.Case
	args := operate.OpenArgs{Address: c.Address, Right: c.Right, Party: c.For, Details: c.Details, Locale: c.Locale, Received: c.Received, By: c.By, Yes: c.Yes}
	if err := a.call.do(a.ctx, "request-open", args, &r); err != nil {
		return err
	}
	return showCase(a, r)
}

type requestAnswer struct {
	requestID
	Text string `help:"The answer." required:"" xor:"answer"`
	File string `help:"File that holds the answer." type:"existingfile" required:"" xor:"answer"`
	By   string `help:"Who answers; it is recorded." env:"USER"`
	Yes  bool   `help:"Really answer."`
}

// Validate refuses an answer of nobody.
func (c requestAnswer) Validate() error { return said(c.By) }

func (c requestAnswer) Run(a *app) error {
	text := c.Text
	if c.File != "" {
		raw, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	return c.do(a, "request-answer", operate.AnswerArgs{RequestArgs: c.args(), Answer: text, By: c.By, Yes: c.Yes})
}

type requestExtend struct {
	requestID
	Reason string `help:"Why more time is needed; the person is told." required:""`
	By     string `help:"Who extends it; it is recorded." env:"USER"`
	Yes    bool   `help:"Really extend it."`
}

// Validate refuses an extension by nobody.
func (c requestExtend) Validate() error { return said(c.By) }

func (c requestExtend) Run(a *app) error {
	return c.do(a, "request-extend", operate.ExtendArgs{RequestArgs: c.args(), By: c.By, Reason: c.Reason, Yes: c.Yes})
}

type requestDeny struct {
	requestID
	Basis string `help:"The exception that applies; the person is told." required:""`
	Text  string `help:"More to tell."`
	By    string `help:"Who denies; it is recorded." env:"USER"`
	Yes   bool   `help:"Really deny it."`
}

// Validate refuses a denial by nobody.
func (c requestDeny) Validate() error { return said(c.By) }

func (c requestDeny) Run(a *app) error {
	return c.do(a, "request-deny", operate.DenyArgs{RequestArgs: c.args(), Basis: c.Basis, Answer: c.Text, By: c.By, Yes: c.Yes})
}

type requestReport struct {
	Year int `arg:"" help:"The year the requests were received in."`
}

func (c requestReport) Run(a *app) error {
	lines := []privacy.Metrics{}
	if err := a.call.do(a.ctx, "request-report", operate.YearArgs{Year: c.Year}, &lines); err != nil {
		return err
	}
	return a.show(lines, func(w io.Writer) {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "RIGHT\tRECEIVED\tCOMPLIED\tDENIED\tLAPSED\tOPEN\tEXTENDED\tLATE\tMEDIAN DAYS")
		for _, m := range lines {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f\n", m.Right, m.Received, m.Complied, m.Denied, m.Lapsed, m.Open, m.Extended, m.Late, m.MedianDays)
		}
		t.Flush()
	})
}
