package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/report"
)

type evidenceCmd struct {
	Version string `arg:"" help:"The version to prove."`
	Policy  string `help:"Whose version it is." default:"privacy"`
	Text    string `help:"Also write the text that the hash is of to a file." type:"path" placeholder:"FILE"`
}

func (c evidenceCmd) Run(a *app) error {
	var e report.Evidence
	if err := a.call.do(a.ctx, "evidence", operate.VersionArgs{Policy: c.Policy, Version: c.Version}, &e); err != nil {
		return err
	}
	if c.Text != "" {
		if err := os.WriteFile(c.Text, []byte(e.Text), 0o644); err != nil {
			return err
		}
	}
	return a.show(e, func(w io.Writer) {
		writeText(w, e, c.Text)
		writeSummary(w, e)
		writeApproval(w, e)
		if len(e.Told) == 0 {
			fmt.Fprintln(w, "told to nobody: no run speaks of it")
		}
		for _, t := range e.Told {
			writeTold(w, t)
		}
	})
}

// writeText says which text it is, where it can be read, and who published it.
func writeText(w io.Writer, e report.Evidence, file string) {
	fmt.Fprintf(w, "version %s of %s, effective %s\ntext: sha256 %s (normaliser %d)\n", e.Version, e.Policy, e.Effective, e.SHA256, e.Normaliser)
	if file != "" {
		fmt.Fprintf(w, "  written to %s\n", file)
	} else {
		fmt.Fprintln(w, "  --text FILE writes it to a file; its sha256 is the one above")
	}
	if e.URL != "" {
		fmt.Fprintf(w, "  on the site: %s\n", e.URL)
	}
	if !e.Intact {
		fmt.Fprintln(w, "the text or the page is not the one these hashes are of: somebody changed the table")
	}
	fmt.Fprintf(w, "published by %s on %s\n", e.PublishedBy, notice.Minute(e.PublishedAt))
	if e.Previous != "" && e.Change != "" {
		fmt.Fprintf(w, "differs from version %s: %s\n", e.Previous, e.Change)
	}
	for _, r := range e.Rejected {
		fmt.Fprintln(w, r.Warning())
	}
}

// writeSummary says what its readers are told, and how that came to read so.
func writeSummary(w io.Writer, e report.Evidence) {
	fmt.Fprintf(w, "notice: %s", e.Class)
	if e.Basis != "" {
		fmt.Fprintf(w, ", legal basis: %s", e.Basis)
	}
	fmt.Fprintln(w)
	for _, locale := range slices.Sorted(maps.Keys(e.Summary)) {
		fmt.Fprintf(w, "summary in %s:\n%s", locale, indented(e.Summary[locale]))
	}
	for _, edit := range e.Edits {
		fmt.Fprintf(w, "summary edited by %s on %s\n", edit.By, notice.Minute(edit.At))
		if len(edit.Was) == 0 {
			fmt.Fprintln(w, "  the words before were not kept")
		}
		for _, locale := range slices.Sorted(maps.Keys(edit.Was)) {
			fmt.Fprintf(w, "  %s, before:\n%s  %s, after:\n%s", locale, indented(edit.Was[locale]), locale, indented(edit.Became[locale]))
		}
	}
}

func writeApproval(w io.Writer, e report.Evidence) {
	switch {
	case e.Approval == nil:
		fmt.Fprintln(w, "not approved")
	case !e.Approved:
		fmt.Fprintln(w, "approved, but what was approved is not what is here")
	default:
		fmt.Fprintf(w, "approved by %s on %s, as content sha256 %s\n", e.Approval.By, notice.Minute(e.Approval.At), e.Approval.Hash)
		for _, g := range e.Approval.Given {
			fmt.Fprintf(w, "  %s\n", given(g))
		}
	}
}

// writeTold says in sentences what a run did.
func writeTold(w io.Writer, t report.Told) {
	fmt.Fprintf(w, "run %s: %s notice, %s; opened on %s", t.Run, t.Class, t.State, notice.Minute(t.OpenedAt))
	if !t.StartedAt.IsZero() {
		fmt.Fprintf(w, ", started on %s", notice.Minute(t.StartedAt))
	}
	if !t.DoneAt.IsZero() {
		fmt.Fprintf(w, ", done on %s", notice.Minute(t.DoneAt))
	}
	fmt.Fprintln(w)
	if t.First != nil && t.StartedAt.IsZero() {
		first := notice.Given{By: t.First.By, At: t.First.At}
		if len(t.First.Given) > 0 {
			first = t.First.Given[0]
		}
		fmt.Fprintf(w, "  first of two approvals: %s\n", given(first))
	}
	if t.StopReason != "" {
		fmt.Fprintf(w, "  stopped: %s\n", t.StopReason)
	}
	if r := t.Rejection; r != nil {
		fmt.Fprintf(w, "  %s\n", rejected(*r))
	}
	told := t.Counts.Told()
	if told == 0 {
		fmt.Fprintln(w, "  nobody was told")
	} else {
		fmt.Fprintf(w, "  %d people were told of %d it concerns\n", told, t.Audience)
	}
	if states := figures(t.Counts, t.Audience-t.Counts.Total()); told > 0 || t.Counts.Total() > 0 {
		fmt.Fprintf(w, "  %s\n", states)
	}
	if !t.FirstSent.IsZero() {
		fmt.Fprintf(w, "  SES took the first message on %s, the last on %s\n", notice.Minute(t.FirstSent), notice.Minute(t.LastSent))
	}
}

// figures words what became of people, and of how many nothing did.
func figures(counts notice.Counts, nothing int) string {
	var words []string
	for _, state := range notice.DeliveryStates {
		if n := counts[state]; n > 0 {
			words = append(words, fmt.Sprintf("%s %d", state, n))
		}
	}
	if nothing > 0 {
		words = append(words, fmt.Sprintf("without a message %d", nothing))
	}
	return strings.Join(words, ", ")
}

// indented are the lines of a text, each set in; an empty text is said to be none.
func indented(text string) (lines string) {
	for line := range strings.Lines(cmp.Or(text, "(none)")) {
		lines += "    " + strings.TrimRight(line, "\n") + "\n"
	}
	return lines
}
