// Package imports reads recipients from CSV.
package imports

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/transform"

	textunicode "golang.org/x/text/encoding/unicode"

	"policymail/shared/address"
	"policymail/shared/notice"
)

// Store is what an import writes to. It never touches standing, clock or due date
// of somebody it knows.
type Store interface {
	ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error)
}

// Importer imports files.
type Importer struct {
	Store    Store // nil for a dry run: rows are checked, nothing is written
	ID       func(address string) notice.RecipientID
	LeadDays int
	Now      func() time.Time
}

// Report says what an import did. Added to Refused add up to Read; with a dry run
// good rows count as added.
type Report struct {
	Read           int       `json:"read"`
	Added          int       `json:"added"`
	Updated        int       `json:"updated"`
	Unchanged      int       `json:"unchanged"`
	Refused        int       `json:"refused"`
	IgnoredColumns []string  `json:"ignored_columns,omitempty"`
	Refusals       []Refusal `json:"refusals,omitempty"` // the first maxRefusals
	DryRun         bool      `json:"dry_run,omitempty"`
}

// Refusal is one row that did not go in. It holds no address.
type Refusal struct {
	Line   int    `json:"line"` // of the file, from 1
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

const (
	maxRefusals = 1000 // listed; all are counted
	batchSize   = 500  // rows a write
	maxField    = 512  // characters of a name or source
)

var columns = []string{"email", "locale", "name", "last_notified_on", "source", "consent_at"}

// Import reads a CSV with a header and writes its good rows. Every bad row is
// reported with its line, field and reason. Memory does not grow with the file.
// source is stored for rows that do not name their own. A repeated import finishes
// one that was cut short, and changes nothing else.
func (im Importer) Import(ctx context.Context, file io.Reader, source string) (Report, error) {
	report := Report{DryRun: im.Store == nil}
	reader := csv.NewReader(decode(file))
	reader.FieldsPerRecord, reader.ReuseRecord = -1, true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return report, notice.Invalid("the file is empty").Hint("begin it with a header line like email,locale,name")
	} else if err != nil {
		return report, notice.Invalid("the header cannot be read: %v", err)
	}
	at, ignored, err := layout(header)
	if err != nil {
		return report, err
	}
	report.IgnoredColumns = ignored
	width := len(header)
	batch := make([]notice.Imported, 0, batchSize)
	flush := func() error {
		err := im.write(ctx, batch, &report)
		batch = batch[:0]
		return err
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return report, flush()
		}
		line, _ := reader.FieldPos(0)
		var syntax *csv.ParseError
		switch {
		case errors.As(err, &syntax):
			report.Read++
			report.refuse(syntax.Line, "row", syntax.Err.Error())
			continue
		case err != nil:
			return report, fmt.Errorf("read line %d: %w", line, err)
		}
		report.Read++
		if len(record) != width {
			report.refuse(line, "row", fmt.Sprintf("has %d fields, the header has %d", len(record), width))
			continue
		}
		row, field, err := im.row(record, at, source)
		if err != nil {
			report.refuse(line, field, err.Error())
			continue
		}
		if batch = append(batch, row); len(batch) == batchSize {
			if err := flush(); err != nil {
				return report, err
			}
		}
	}
}

func (r *Report) refuse(line int, field, reason string) {
	r.Refused++
	if len(r.Refusals) < maxRefusals {
		r.Refusals = append(r.Refusals, Refusal{line, field, reason})
	}
}

func (im Importer) write(ctx context.Context, batch []notice.Imported, report *Report) error {
	if im.Store == nil {
		report.Added += len(batch)
		return ctx.Err()
	}
	if len(batch) == 0 {
		return nil
	}
	outcomes, err := im.Store.ImportRecipients(ctx, batch, im.LeadDays)
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		switch o {
		case notice.Added:
			report.Added++
		case notice.Updated:
			report.Updated++
		case notice.Unchanged:
			report.Unchanged++
		case notice.KeptErased:
			report.refuse(0, "email", "this person asked to be erased and is not brought back")
		}
	}
	return nil
}

// layout finds our columns in the header; those we do not know are named.
func layout(header []string) (at map[string]int, ignored []string, err error) {
	at = map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, name) {
			ignored = append(ignored, strings.TrimSpace(header[i]))
			continue
		}
		if _, twice := at[name]; twice {
			return nil, nil, notice.Invalid("the header names %s twice", name)
		}
		at[name] = i
	}
	if _, ok := at["email"]; !ok {
		return nil, nil, notice.Invalid("the header has no column email").Hint("name the column of addresses email; known columns are %s", strings.Join(columns, ", "))
	}
	return at, ignored, nil
}

// row checks one row; field names the one at fault.
func (im Importer) row(record []string, at map[string]int, source string) (row notice.Imported, field string, err error) {
	get := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	row = notice.Imported{Name: get("name"), Source: get("source"), At: im.Now()}
	if row.Source == "" {
		row.Source = source
	}
	if row.Address, err = address.Parse(get("email")); err != nil {
		return row, "email", err
	}
	row.ID = im.ID(row.Address)
	if tag := get("locale"); tag != "" {
		parsed, err := language.Parse(tag)
		if err != nil {
			return row, "locale", notice.Invalid("%q is not a language tag", tag).Hint("write it like en or pt-BR")
		}
		row.Locale = parsed.String()
	}
	for name, s := range map[string]string{"name": row.Name, "source": row.Source} {
		if len(s) > maxField {
			return row, name, notice.Invalid("is longer than %d bytes", maxField)
		}
		if strings.IndexFunc(s, unicode.IsControl) >= 0 {
			return row, name, notice.Invalid("holds a line break or control character")
		}
	}
	for name, to := range map[string]*time.Time{"last_notified_on": &row.LastNotified, "consent_at": &row.ConsentAt} {
		s := get(name)
		if s == "" {
			continue
		}
		if *to, err = instant(s); err != nil {
			return row, name, err
		}
		if to.After(im.Now()) {
			return row, name, notice.Invalid("%s lies in the future", s)
		}
	}
	return row, "", nil
}

// instant reads a date or an RFC 3339 time.
func instant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	d, err := notice.ParseDate(s)
	return d.Time(), err
}

// decode turns UTF-16 with a byte order mark, and UTF-8 with or without one, into
// UTF-8.
func decode(r io.Reader) io.Reader {
	return transform.NewReader(bufio.NewReaderSize(r, 64<<10), textunicode.BOMOverride(textunicode.UTF8.NewDecoder()))
}
