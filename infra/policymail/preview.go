package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"policymail/shared/address"
	"policymail/shared/notice"
	"policymail/shared/operate"
)

type previewCmd struct {
	Kind   string `arg:"" help:"annual or change." enum:"annual,change"`
	Locale string `help:"Language of the reader." default:"en"`
	Run_   string `name:"run" help:"The run to preview, of this kind. Without it annual speaks of the version in force, change of the latest."`
	Policy string `help:"Whose version." default:"privacy"`
	Out    string `help:"Folder to write the message to; this one without it." type:"path" xor:"where"`
	To     string `help:"Address to send it to, instead of writing it. Its links open nobody's data." xor:"where"`
}

// Validate refuses what is no address, before a stack is asked.
func (c previewCmd) Validate() error {
	if c.To == "" {
		return nil
	}
	_, err := address.Parse(c.To)
	return err
}

func (c previewCmd) Run(a *app) error {
	var p operate.Preview
	args := operate.PreviewArgs{Kind: c.Kind, Locale: c.Locale, Run: notice.RunID(c.Run_), Policy: c.Policy, To: c.To}
	if err := a.call.do(a.ctx, "preview", args, &p); err != nil {
		return err
	}
	if c.To != "" {
		sent := map[string]string{"to": c.To, "language": p.Language, "message_id": p.MessageID}
		return a.show(sent, func(w io.Writer) { fmt.Fprintf(w, "sent to %s as message %s\n", c.To, p.MessageID) })
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return err
		}
	}
	file := filepath.Join(c.Out, c.Kind+"-"+p.Language+".eml")
	if err := os.WriteFile(file, p.Raw, 0o644); err != nil {
		return err
	}
	return a.show(map[string]string{"file": file, "language": p.Language}, func(w io.Writer) { fmt.Fprintln(w, file) })
}
