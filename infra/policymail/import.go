package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/schollz/progressbar/v3"

	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/operate"
)

type importCmd struct {
	File     string        `arg:"" help:"CSV with a header; email is required." type:"existingfile"`
	Source   string        `help:"Where these people come from; kept with everyone who is new."`
	DryRun   bool          `help:"Check every row and write nothing."`
	Patience time.Duration `help:"End with exit code 1 after so long without any progress. The import goes on where it can." default:"10m"`
}

func (c importCmd) Run(a *app) error {
	var upload operate.Upload
	if err := a.call.do(a.ctx, "import-start", operate.ImportArgs{Source: c.Source, DryRun: c.DryRun}, &upload); err != nil {
		return err
	}
	if err := c.upload(a, upload.URL); err != nil {
		return err
	}
	status, err := c.follow(a, upload.ID)
	if err != nil {
		return err
	}
	if status.State == imports.Failed {
		return notice.Invalid("%s", status.Error)
	}
	return c.report(a, status.Report)
}

// follow returns an import once it is done or failed. One that makes no progress for
// c.Patience is an error: from here nobody can tell whether it waits behind others or
// stands still for good.
func (c importCmd) follow(a *app, id string) (status imports.Status, err error) {
	var bar *progressbar.ProgressBar
	var last imports.Status
	var moved time.Time
	for {
		status = imports.Status{}
		if err := a.call.do(a.ctx, "import-status", operate.ImportStatusArgs{ID: id}, &status); err != nil {
			return status, err
		}
		if status.State == imports.Importing && bar == nil && a.watched() {
			bar = progressbar.Default(int64(status.Parts), "import")
			defer bar.Close()
		}
		if bar != nil {
			bar.Set(status.Parts - status.Left)
		}
		if status.State == imports.Done || status.State == imports.Failed {
			return status, nil
		}
		if status.State != last.State || status.Left != last.Left {
			last, moved = status, time.Now()
		} else if time.Since(moved) >= c.Patience {
			return status, c.standing(a, status)
		}
		select {
		case <-a.ctx.Done():
			return status, a.ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// standing says of an import without progress how far it is, and where to look.
func (c importCmd) standing(a *app, status imports.Status) error {
	far := "nothing has read the file"
	if status.State == imports.Importing {
		far = fmt.Sprintf("%d of %d parts are not done", status.Left, status.Parts)
	}
	look := "look at /_local/queues of the stack and at what it prints"
	if a.call.endpoint == "" {
		look = fmt.Sprintf("look at `aws logs tail /aws/lambda/%s-imports --since 1h` and, in the runbook, at ImportDeadLettersAlarm", a.call.stack)
	}
	return notice.Refused("the import has made no progress for %s: %s", c.Patience, far).
		Hint("%s; what waits behind other imports goes on by itself, and to import the file again is safe", look)
}

// report prints what became of the rows. An import of which no row could be taken is
// refused.
func (c importCmd) report(a *app, r *imports.Report) error {
	err := a.show(r, func(w io.Writer) {
		would := ""
		if r.DryRun {
			would = "would be "
		}
		fmt.Fprintf(w, "%d rows read: %d %sadded, %d updated, %d unchanged, %d refused\n", r.Read, r.Added, would, r.Updated, r.Unchanged, r.Refused)
		for _, column := range r.IgnoredColumns {
			fmt.Fprintf(w, "column %q is not used\n", column)
		}
		if r.Kept > 0 {
			fmt.Fprintf(w, "%d rows say otherwise than the person, whose correction stays\n", r.Kept)
		}
		for _, remark := range slices.Concat(r.Refusals, r.KeptFields) {
			fmt.Fprintf(w, "line %d, %s: %s\n", remark.Line, remark.Field, remark.Reason)
		}
		if r.DryRun {
			fmt.Fprintln(w, "nothing was written: this was a dry run")
		}
	})
	if err == nil && r.Refused > r.Erased && r.Refused == r.Read {
		return notice.Refused("every row of %s is refused", filepath.Base(c.File)).Hint("the report says of each row why; import the file again when that is mended")
	}
	return err
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
	if a.watched() {
		bar := progressbar.DefaultBytes(info.Size(), "upload")
		defer bar.Close()
		body = io.TeeReader(file, bar)
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

// watched is true where a person sees the progress: on a terminal, without --json.
func (a *app) watched() bool {
	terminal, ok := a.err.(*os.File)
	if !ok || a.json {
		return false
	}
	stat, err := terminal.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0
}
