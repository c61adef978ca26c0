package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"policymail/shared/policy"
)

type watchCmd struct {
	Replay string `help:"Folder of texts to play through the watcher, in the order of their names. Needs no stack." required:"" type:"existingdir" placeholder:"DIR"`
}

// Run prints one line for each text; with --json, one JSON object a line.
func (c watchCmd) Run(a *app) error {
	lines := json.NewEncoder(a.out)
	lines.SetEscapeHTML(false)
	return policy.Replay(os.DirFS(c.Replay), func(p policy.Played) error {
		if a.json {
			return lines.Encode(p)
		}
		_, err := fmt.Fprintf(a.out, "%-40s  %-8s  %-12s  %s\n", p.File, p.Event, p.Class, strings.Join(p.Reasons[:min(1, len(p.Reasons))], ""))
		return err
	})
}
