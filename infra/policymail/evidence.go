package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/report"
)

type evidenceCmd struct {
	Version string `arg:"" help:"The version to prove."`
	Policy  string `help:"Whose version it is." default:"privacy"`
}

func (c evidenceCmd) Run(a *app) error {
	var e report.Evidence
	if err := a.call.do(a.ctx, "evidence", operate.VersionArgs{Policy: c.Policy, Version: c.Version}, &e); err != nil {
		return err
	}
	return a.show(e, func(w io.Writer) {
		fmt.Fprintf(w, "version %s of %s, effective %s\nsha256 %s (normaliser %d)\n", e.Version, e.Policy, e.Effective, e.SHA256, e.Normaliser)
		if !e.Intact {
			fmt.Fprintln(w, "the text or the page is not the one these hashes are of: somebody changed the table")
		}
		fmt.Fprintf(w, "published by %s on %s\n", e.PublishedBy, notice.DateOf(e.PublishedAt))
		if e.Previous != "" && e.Change != "" {
			fmt.Fprintf(w, "differs from version %s: %s\n", e.Previous, e.Change)
		}
		switch {
		case e.Approval == nil:
			fmt.Fprintln(w, "not approved")
		case !e.Approved:
			fmt.Fprintln(w, "approved, but what was approved is not what is here")
		default:
			fmt.Fprintf(w, "approved by %s on %s\n", e.Approval.By, notice.DateOf(e.Approval.At))
		}
		if len(e.Told) == 0 {
			fmt.Fprintln(w, "told to nobody")
		}
		for _, t := range e.Told {
			fmt.Fprintf(w, "run %s, %s, opened %s:", t.Run, t.State, notice.DateOf(t.OpenedAt))
			for _, state := range slices.Sorted(maps.Keys(t.Counts)) {
				fmt.Fprintf(w, " %s %d", state, t.Counts[state])
			}
			fmt.Fprintln(w)
		}
	})
}
