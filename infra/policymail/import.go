package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"policymail/shared/handlers"
	"policymail/shared/notice"
)

type importCmd struct {
	File   string `arg:"" help:"CSV with a header; email is required." type:"existingfile"`
	Source string `help:"Where these people come from; kept with everyone who is new."`
	DryRun bool   `help:"Check every row and write nothing."`
}

func (c importCmd) Run(a *app) error {
	var upload handlers.Upload
	if err := a.call.do(a.ctx, "import-start", handlers.Args{Source: c.Source, DryRun: c.DryRun}, &upload); err != nil {
		return err
	}
	if err := c.upload(a, upload.URL); err != nil {
		return err
	}
	for {
		var status handlers.ImportStatus
		if err := a.call.do(a.ctx, "import-status", handlers.Args{ID: upload.ID}, &status); err != nil {
			return err
		}
		switch status.State {
		case "failed":
			return notice.Invalid("%s", status.Error)
		case "done":
			r := status.Report
			return a.show(r, func(w io.Writer) {
				fmt.Fprintf(w, "%d rows read: %d added, %d updated, %d unchanged, %d refused\n", r.Read, r.Added, r.Updated, r.Unchanged, r.Refused)
				for _, column := range r.IgnoredColumns {
					fmt.Fprintf(w, "column %q is not used\n", column)
				}
				for _, refusal := range r.Refusals {
					fmt.Fprintf(w, "line %d, %s: %s\n", refusal.Line, refusal.Field, refusal.Reason)
				}
			})
		}
		select {
		case <-a.ctx.Done():
			return a.ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// upload PUTs the file, with a progress bar where somebody watches.
func (c importCmd) upload(a *app, url string) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	var body io.Reader = file
	if terminal, ok := a.err.(*os.File); ok && !a.json {
		if stat, err := terminal.Stat(); err == nil && stat.Mode()&os.ModeCharDevice != 0 {
			bar := progressbar.DefaultBytes(info.Size(), "upload")
			defer bar.Close()
			body = io.TeeReader(file, bar)
		}
	}
	request, err := http.NewRequestWithContext(a.ctx, http.MethodPut, url, body)
	if err != nil {
		return err
	}
	request.ContentLength = info.Size()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return &unreachableError{err}
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("upload of %s failed: %s", c.File, response.Status)
	}
	return nil
}
