package main

import (
	"fmt"
	"io"
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

func (c diffCmd) Run(a *app) error {
	before, err := c.text(a, c.Old)
	if err != nil {
		return err
	}
	after, err := c.text(a, c.New)
	if err != nil {
		return err
	}
	comparison := policy.Compare(before, after)
	return a.show(comparison, func(w io.Writer) {
		if c.HTML {
			fmt.Fprint(w, comparison.HTML(policy.Labels{Added: "Added", Removed: "Removed", Unchanged: "Unchanged text"}))
			return
		}
		fmt.Fprint(w, comparison.Text())
	})
}

// text is the normalised text of a file or, if there is no such file, of a version.
func (c diffCmd) text(a *app, name string) (string, error) {
	if source, err := os.ReadFile(name); err == nil {
		text, err := policy.Normalise(source, name)
		return text.Plain, err
	}
	var versions []notice.Version
	if err := a.call.do(a.ctx, "versions", operate.Args{Policy: c.Policy}, &versions); err != nil {
		return "", err
	}
	for _, v := range versions {
		if v.Name == name {
			return v.Text, nil
		}
	}
	return "", notice.NotFound("%s is neither a file nor a version of %s", name, c.Policy)
}
