package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"policymail/shared/notice"
	"policymail/shared/operate"
)

type draftCmd struct {
	File      string `arg:"" optional:"" help:"The new text. Without it, the change the watcher has seen on the public page." type:"existingfile"`
	Policy    string `help:"Which policy it is." default:"privacy"`
	Effective string `help:"Day it is to take effect, like 2026-12-31."`
	Out       string `help:"Folder to write policy.html and summary.txt to, for policymail publish." type:"path" placeholder:"DIR"`
}

// Validate refuses what is no day, before a stack is asked.
func (c draftCmd) Validate() error {
	if c.Effective == "" {
		return nil
	}
	_, err := notice.ParseDate(c.Effective)
	return err
}

func (c draftCmd) Run(a *app) error {
	args := operate.DraftArgs{Policy: c.Policy, Effective: c.Effective}
	if c.File != "" {
		source, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		args.Source, args.SourceName = source, filepath.Base(c.File)
	}
	var d operate.Draft
	if err := a.call.do(a.ctx, "draft", args, &d); err != nil {
		return err
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return err
		}
		for name, content := range map[string]string{"policy.html": d.HTML, "summary.txt": d.Summary + "\n"} {
			if err := os.WriteFile(filepath.Join(c.Out, name), []byte(content), 0o644); err != nil {
				return err
			}
		}
	}
	return a.show(d, func(w io.Writer) {
		fmt.Fprintf(w, "compared with version %s: %s (confidence %.2f)\n", d.Since, d.Class, d.Confidence)
		for _, reason := range d.Reasons {
			fmt.Fprintf(w, "  %s\n", reason)
		}
		if d.Summary != "" {
			fmt.Fprintf(w, "\nsummary in %s, to edit:\n\n%s\n\n", d.Locale, d.Summary)
		}
		for _, warning := range d.Warnings {
			fmt.Fprintf(w, "look at: %s\n", warning)
		}
	})
}
