package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"time"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/report"
)

type reportCmd struct {
	Run_   string `arg:"" name:"run" help:"The run."`
	Format string `help:"csv, json or html." enum:"csv,json,html" default:"csv"`
	Only   string `help:"not-sent: only people whose message was not accepted." enum:",not-sent" default:""`
}

var reportPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{.Run}}</title></head>
<body><h1>{{.Run}}</h1><p>{{len .Rows}} people</p><table><thead><tr><th>Recipient</th><th>Address</th><th>State</th><th>Reason</th><th>Version</th><th>Language</th><th>Sent</th></tr></thead>
<tbody>{{range .Rows}}<tr><td>{{.Recipient}}</td><td>{{.Address}}</td><td>{{.State}}</td><td>{{.Reason}}</td><td>{{.Version}}</td><td>{{.Locale}}</td><td>{{.SentAt}}</td></tr>
{{end}}</tbody></table></body></html>
`))

func (c reportCmd) Run(a *app) error {
	rows := []report.Row{}
	if err := a.call.do(a.ctx, "report", operate.Args{Run: notice.RunID(c.Run_), NotSent: c.Only == "not-sent"}, &rows); err != nil {
		return err
	}
	switch {
	case a.json || c.Format == "json":
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	case c.Format == "html":
		return reportPage.Execute(a.out, map[string]any{"Run": c.Run_, "Rows": rows})
	}
	w := csv.NewWriter(a.out)
	w.Write([]string{"recipient", "address", "state", "reason", "version", "locale", "sent_at", "message_id"})
	for _, r := range rows {
		w.Write([]string{string(r.Recipient), r.Address, string(r.State), r.Reason, r.Version, r.Locale, stamp(r.SentAt), r.MessageID})
	}
	w.Flush()
	return w.Error()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type overdueCmd struct{}

func (overdueCmd) Run(a *app) error {
	late := []report.Late{}
	if err := a.call.do(a.ctx, "overdue", operate.Args{}, &late); err != nil {
		return err
	}
	return a.show(late, func(w io.Writer) {
		for _, l := range late {
			fmt.Fprintf(w, "%s  due by %s  %s\n", l.Address, l.Deadline, l.Reason)
		}
		fmt.Fprintf(w, "%d people without a notice for twelve months\n", len(late))
	})
}

type previewCmd struct {
	Kind   string `arg:"" help:"annual or change." enum:"annual,change"`
	Locale string `help:"Language of the reader." default:"en"`
	Run_   string `name:"run" help:"The run to preview; the latest version without it."`
	Policy string `help:"Whose latest version." default:"privacy"`
	Out    string `help:"Folder to write the message to." default:"." type:"existingdir"`
}

func (c previewCmd) Run(a *app) error {
	var p operate.Preview
	args := operate.Args{Kind: c.Kind, Locale: c.Locale, Run: notice.RunID(c.Run_), Policy: c.Policy}
	if err := a.call.do(a.ctx, "preview", args, &p); err != nil {
		return err
	}
	file := filepath.Join(c.Out, c.Kind+"-"+p.Language+".eml")
	if err := os.WriteFile(file, p.Raw, 0o644); err != nil {
		return err
	}
	return a.show(map[string]string{"file": file, "language": p.Language}, func(w io.Writer) { fmt.Fprintln(w, file) })
}

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
