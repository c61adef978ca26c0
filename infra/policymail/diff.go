package main

import (
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
	Old    string `arg:"" help:"A file, or a version."`
	New    string `arg:"" help:"A file, or a version."`
	HTML   bool   `help:"Print the comparison as HTML."`
}

// difference is what diff prints as JSON.
type difference struct {
	policy.Verdict
	Sections []policy.Section `json:"sections"`
}

func (c diffCmd) Run(a *app) error {
	before, err := c.text(a, c.Old)
	if err != nil {
		return err
	}
	after, err := c.text(a, c.New)
	if err != nil {
		return err
	}
	v := policy.Classify(before, after)
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
	if a.call.stack == "" && a.call.endpoint == "" {
		return nil, notice.NotFound("there is no file %s", name).Hint("to compare versions, say with --stack or --endpoint whose")
	}
	var versions []notice.Version
	if err := a.call.do(a.ctx, "versions", operate.Args{Policy: c.Policy}, &versions); err != nil {
		return nil, err
	}
	for _, v := range versions {
		if v.Name == name {
			return policy.DocumentOf(v)
		}
	}
	return nil, notice.NotFound("%s is neither a file nor a version of %s", name, c.Policy)
}
