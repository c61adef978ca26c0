package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"time"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
	"policymail/shared/report"
)

type reportCmd struct {
	Run_   string `arg:"" name:"run" help:"The run."`
	Format string `help:"csv, json or html." enum:"csv,json,html" default:"csv"`
	Only   string `help:"not-told: only people the notice did not reach, because nothing was sent to them or it came back. not-sent: only people whose message SES did not accept." enum:",not-told,not-sent" default:""`
}

var reportPage = template.Must(template.New("").Funcs(template.FuncMap{"stamp": stamp, "minute": notice.Minute}).Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{.Run.Run}}, {{.Whom}}</title></head>
<body><h1>Run {{.Run.Run}}: {{.Whom}}</h1><p>People listed: {{len .Rows}} of {{.Run.Audience}} whom the run concerns.
Notice: {{.Run.Kind}}, {{.Run.Class}}, of version {{.Run.Version}} of {{.Run.Policy}}.
The run is {{.Run.State}}{{with .Run.StopReason}}: {{.}}{{end}}{{with .Run.Rejection}}, rejected by {{.By}}: {{.Reason}}{{end}}.
As of {{minute .Run.AsOf}}.</p>{{range .Notes}}<p>{{.}}</p>{{end}}<table><thead><tr><th>Recipient</th><th>Address</th><th>State</th><th>Reason</th><th>Version</th><th>Language</th><th>Sent</th></tr></thead>
<tbody>{{range .Rows}}<tr><td>{{.Recipient}}</td><td>{{.Address}}</td><td>{{.State}}</td><td>{{.Reason}}</td><td>{{.Version}}</td><td>{{.Locale}}</td><td>{{stamp .SentAt}}</td></tr>
{{end}}</tbody></table></body></html>
`))

func (c reportCmd) Run(a *app) error {
	rows, err := pages[report.Row](a, "report", func(cursor string) any {
		return operate.ReportArgs{Run: notice.RunID(c.Run_), Only: report.Only(c.Only), Cursor: cursor}
	})
	if err != nil {
		return err
	}
	var status []report.RunStatus
	if err := a.call.do(a.ctx, "status", operate.RunArgs{Run: notice.RunID(c.Run_)}, &status); err != nil {
		return err
	}
	run := status[0]
	notes := c.notes(run, rows)
	if c.Format != "html" && !a.json {
		for _, note := range notes {
			fmt.Fprintln(a.err, note)
		}
	}
	switch {
	case a.json || c.Format == "json":
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(rows)
	case c.Format == "html":
		return c.page(a, rows, run, notes)
	}
	w := csv.NewWriter(a.out)
	w.Write([]string{"recipient", "address", "state", "reason", "version", "locale", "sent_at", "message_id"})
	for _, r := range rows {
		w.Write(privacy.Cells(string(r.Recipient), r.Address, string(r.State), r.Reason, r.Version, r.Locale, stamp(r.SentAt), r.MessageID))
	}
	w.Flush()
	return w.Error()
}

// notes say what the rows cannot: who of them was erased, and that some have no row.
func (c reportCmd) notes(run report.RunStatus, rows []report.Row) (notes []string) {
	erased := 0
	for _, r := range rows {
		if r.Recipient.Nobody() {
			erased++
		}
	}
	if erased > 0 {
		notes = append(notes, fmt.Sprintf("%d of them were erased since: what became of their notice is listed, and not who they were", erased))
	}
	if run.Expired > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d people of the run have no line any more: the ledger keeps them for %d months. policymail status %s counts them", run.Expired, run.Audience, notice.RetentionMonths, c.Run_))
	}
	return notes
}

// page writes rows with what they are of: a page that is kept must say so itself.
func (c reportCmd) page(a *app, rows []report.Row, run report.RunStatus, notes []string) error {
	whom := map[report.Only]string{report.Everybody: "everybody", report.NotTold: "who was not told", report.NotSent: "to whom nothing was sent"}
	return reportPage.Execute(a.out, map[string]any{"Run": run, "Whom": whom[report.Only(c.Only)], "Rows": rows, "Notes": notes})
}

// pages reads all pages of an answer; args are of the page at a cursor.
func pages[T any](a *app, command string, args func(cursor string) any) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		var page operate.Page[T]
		if err := a.call.do(a.ctx, command, args(cursor), &page); err != nil {
			return nil, err
		}
		all = append(all, page.Rows...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}

// stamp is an instant as machines read it (RFC 3339), empty for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type overdueCmd struct{}

func (overdueCmd) Run(a *app) error {
	late, err := pages[report.Late](a, "overdue", func(cursor string) any { return operate.OverdueArgs{Cursor: cursor} })
	if err != nil {
		return err
	}
	return a.show(late, func(w io.Writer) {
		for _, l := range late {
			fmt.Fprintf(w, "%s  due by %s  %s", l.Address, l.Deadline, l.Reason)
			switch {
			case l.Detail != "":
				fmt.Fprintf(w, " (%s: %s)", l.Run, l.Detail)
			case l.Run != "":
				fmt.Fprintf(w, " (%s)", l.Run)
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%d people without a notice for twelve months\n", len(late))
	})
}
