package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/policy"
)

type diffCmd struct {
	Policy string `help:"Whose versions to compare." default:"privacy"`
	Old    string `arg:"" optional:"" help:"A file, or a version. One version alone is compared with the one before it, none at all means the latest."`
	New    string `arg:"" optional:"" help:"A file, or a version."`
	HTML   bool   `help:"Print the comparison as HTML."`
}

// difference is what diff prints as JSON.
type difference struct {
	policy.Verdict
	Sections []policy.Section `json:"sections"`
}

func (c diffCmd) Run(a *app) error {
	if c.New == "" {
		latest, err := c.version(a, c.Old)
		if err != nil {
			return err
		}
		if latest.Baseline() {
			return notice.Refused("%s is the first version of %s", latest.Name, c.Policy).Hint("name two versions or two files")
		}
		c.Old, c.New = latest.Previous, latest.Name
	}
	v, err := c.classify(a)
	if err != nil {
		return err
	}
	return a.show(difference{v, v.Comparison.Changes()}, func(w io.Writer) {
		if c.HTML {
			fmt.Fprint(w, v.Comparison.HTML(policy.Labels{Added: "Added", Removed: "Removed", Moved: "moved", Unchanged: "Unchanged text", Contents: "What changed"}))
			return
		}
		fmt.Fprintf(w, "%s (confidence %.2f)\n", v.Class, v.Confidence)
		for _, reason := range v.Reasons {
			fmt.Fprintf(w, "  %s\n", reason)
		}
		if text := v.Comparison.Text(); text != "" {
			fmt.Fprintf(w, "\n%s", text)
		}
	})
}

// classify compares the two. What cannot be a policy, a PDF for one, in the place of one
// that is has broken it; two such are no texts to compare.
func (c diffCmd) classify(a *app) (v policy.Verdict, err error) {
	before, errOld := c.text(a, c.Old)
	after, errNew := c.text(a, c.New)
	switch {
	case errOld == nil && errNew == nil:
		return policy.Classify(before, after), nil
	case errOld == nil && errors.Is(errNew, notice.ErrInvalid):
		return policy.Unreadable(errNew), nil
	case errNew == nil && errors.Is(errOld, notice.ErrInvalid):
		return policy.Unreadable(errOld), nil
	}
	return v, cmp.Or(errOld, errNew)
}

// text is a file or, if there is no such file, a version. Files need no stack.
func (c diffCmd) text(a *app, name string) (policy.Document, error) {
	source, err := os.ReadFile(name)
	if err == nil {
		text, err := policy.Read(source, name)
		return text.Document, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	v, err := c.version(a, name)
	if err != nil {
		return nil, err
	}
	return policy.DocumentOf(v)
}

// version asks the stack for a version, the latest without a name.
func (c diffCmd) version(a *app, name string) (v notice.Version, err error) {
	if name != "" && a.call.stack == "" && a.call.endpoint == "" {
		return v, notice.NotFound("there is no file %s", name).Hint("to compare versions, say with --stack or --endpoint whose")
	}
	return v, a.call.do(a.ctx, "version", operate.VersionArgs{Policy: c.Policy, Version: name}, &v)
}
