package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"policymail/shared/notice"
	"policymail/shared/publish"
)

type publishCmd struct {
	File      string   `arg:"" help:"The text: Markdown, HTML or plain text." type:"existingfile"`
	Policy    string   `help:"Which policy it is." default:"privacy"`
	Version   string   `help:"Name of the version, like 2026-11." required:""`
	Effective string   `help:"Day it takes effect, like 2026-12-31." required:""`
	Summary   []string `help:"What changed, in plain words: FILE in the language of the text, LOCALE=FILE for each other language." placeholder:"[LOCALE=]FILE"`
	Class     string   `help:"optional, or mandatory with --basis." default:"optional"`
	Basis     string   `help:"Legal basis of a mandatory notice."`
	By        string   `help:"Who publishes." env:"USER"`
	DryRun    bool     `help:"Say what would be recorded, its class and what to look at, and record nothing."`
}

// Validate refuses what no stack would take, before one is asked.
func (c publishCmd) Validate() error {
	_, day := notice.ParseDate(c.Effective)
	class, unknown := notice.ParseClass(c.Class)
	var groundless error
	if class == notice.Mandatory && c.Basis == "" {
		groundless = notice.Invalid("a mandatory notice needs its legal basis").Hint("add --basis")
	}
	return errors.Join(notice.CheckPolicyName(c.Policy), notice.CheckVersionName(c.Version), day, unknown, groundless)
}

func (c publishCmd) Run(a *app) error {
	source, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	summary := map[string]string{}
	for _, s := range c.Summary {
		tag, file, named := strings.Cut(s, "=")
		if !named {
			tag, file = "", s // in the language of the text
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		summary[tag] = string(text)
	}
	var result publish.Result
	command, recorded, waits := "publish", "recorded", "waits"
	if c.DryRun {
		command, recorded, waits = "publish-try", "would be recorded", "would wait"
	}
	err = a.call.do(a.ctx, command, publish.Publication{Policy: c.Policy, Version: c.Version, Effective: c.Effective, Class: c.Class,
		Basis: c.Basis, Summary: summary, Source: source, SourceName: filepath.Base(c.File), By: c.By}, &result)
	if err != nil {
		return err
	}
	return a.show(result, func(w io.Writer) {
		switch {
		case result.Unchanged:
			fmt.Fprintf(w, "the text is that of version %s already; nothing was started\n", result.Version)
		case result.Baseline:
			fmt.Fprintf(w, "version %s %s as the baseline of %s, effective %s (sha256 %s)\n", result.Version, recorded, result.Policy, result.Effective, result.SHA256)
		case result.Run == "":
			fmt.Fprintf(w, "version %s %s, effective %s (sha256 %s); the change is %s, nobody is told\n", result.Version, recorded, result.Effective, result.SHA256, result.Change)
		default:
			fmt.Fprintf(w, "version %s %s, effective %s (sha256 %s); the change is %s, run %s %s for approval\n", result.Version, recorded, result.Effective, result.SHA256, result.Change, result.Run, waits)
		}
		for _, warning := range result.Warnings {
			fmt.Fprintf(w, "look at: %s\n", warning)
		}
		if result.DryRun {
			fmt.Fprintln(w, "nothing was recorded")
		}
	})
}
