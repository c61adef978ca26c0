// Package imports reads recipients from CSV.
package imports

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"policymail/shared/address"
	"policymail/shared/notice"
)

// Store is what an import writes to. It never touches standing, clock or due date
// of somebody it knows, nor what they corrected.
type Store interface {
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error)
}

// Importer imports files.
type Importer struct {
	Store    Store
	DryRun   bool // rows are checked and compared, nothing is written
	ID       func(address string) notice.RecipientID
	LeadDays int
	Now      func() time.Time
}

// Report says what an import did, or would do. Added to Refused add up to Read.
type Report struct {
	Read           int      `json:"read"`
	Added          int      `json:"added"`
	Updated        int      `json:"updated"`
	Unchanged      int      `json:"unchanged"`
	Refused        int      `json:"refused"`
	Erased         int      `json:"erased"` // of the refused: people who asked to be erased, and are no fault of the file
	Kept           int      `json:"kept"`   // of the updated and unchanged: say otherwise than the person, whose word stays
	IgnoredColumns []string `json:"ignored_columns,omitempty"`
	Refusals       []Remark `json:"refusals,omitempty"`    // the first maxRemarks
	KeptFields     []Remark `json:"kept_fields,omitempty"` // the first maxRemarks
	DryRun         bool     `json:"dry_run,omitempty"`
}

// Remark says of one row, or of one field of it, why it did not go in. It holds no address.
type Remark struct {
	Line   int    `json:"line"` // of the file, from 1
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

const (
	maxRemarks = 1000 // of a kind are listed; all are counted
	batchSize  = 2000 // rows a write
	maxField   = 512  // bytes of a field
)

var columns = []string{"email", "locale", "name", "last_notified_on", "source", "consent_at"}

// Import reads a CSV with a header and writes its good rows. Every bad row is
// reported with its line, field and reason. Memory does not grow with the file.
// source is stored for rows that do not name their own. A repeated import finishes
// one that was cut short, and changes nothing else.
func (im Importer) Import(ctx context.Context, file io.Reader, source string) (Report, error) {
	in, err := openRows(file)
	if err != nil {
		return Report{}, err
	}
	columns, err := header(in)
	if err != nil {
		return Report{}, err
	}
	return im.rows(ctx, in, columns, source, math.MaxInt64)
}

// rows imports the rows that begin before the offset end.
func (im Importer) rows(ctx context.Context, in *rows, columns layout, source string, end int64) (Report, error) {
	report := Report{DryRun: im.DryRun, IgnoredColumns: columns.Ignored}
	batch := batch{rows: make([]notice.Imported, 0, batchSize), lines: make([]int, 0, batchSize)}
	fields := parser()
	for in.offset < end {
		raw, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return report, fmt.Errorf("read line %d: %w", in.line, err)
		}
		report.Read++
		if raw.endless {
			report.refuse(raw.line, "row", "has an opening quote without its end, or is longer than 64 KiB")
			continue
		}
		record, err := fields(raw.text)
		if err != nil {
			report.refuse(raw.line, "row", err.Error())
			continue
		}
		if len(record) != columns.Width {
			report.refuse(raw.line, "row", fmt.Sprintf("has %d fields, the header has %d", len(record), columns.Width))
			continue
		}
		person, field, err := im.row(record, columns.At, source)
		if err != nil {
			report.refuse(raw.line, field, err.Error())
			continue
		}
		if batch.add(person, raw.line) == batchSize {
			if err := im.write(ctx, &batch, &report); err != nil {
				return report, err
			}
		}
	}
	return report, im.write(ctx, &batch, &report)
}

// parser reads the fields of one row after the other.
func parser() func(text []byte) ([]string, error) {
	var text bytes.Reader
	buffer := bufio.NewReaderSize(&text, maxRow)
	return func(raw []byte) ([]string, error) {
		if !utf8.Valid(raw) {
			return nil, errors.New("is not UTF-8; save the file as UTF-8")
		}
		text.Reset(raw)
		buffer.Reset(&text)
		record, err := csv.NewReader(buffer).Read()
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			err = syntax.Err
		}
		return record, err
	}
}

// batch is what one write takes.
type batch struct {
	rows  []notice.Imported
	lines []int
}

func (b *batch) add(r notice.Imported, line int) int {
	b.rows, b.lines = append(b.rows, r), append(b.lines, line)
	return len(b.rows)
}

func (r *Report) refuse(line int, field, reason string) {
	r.Refused++
	r.Refusals = join(r.Refusals, []Remark{{line, field, reason}})
}

// keep reports the fields of a row that stay as the person corrected them.
func (r *Report) keep(line int, fields []string) {
	if len(fields) > 0 {
		r.Kept++
	}
	for _, field := range fields {
		r.KeptFields = join(r.KeptFields, []Remark{{line, field, "stays as the person corrected it; correct it where the file comes from"}})
	}
}

// join lists more remarks, as long as there is room.
func join(all, more []Remark) []Remark {
	return append(all, more[:min(len(more), maxRemarks-len(all))]...)
}

func (im Importer) write(ctx context.Context, b *batch, report *Report) error {
	defer func() { b.rows, b.lines = b.rows[:0], b.lines[:0] }()
	if len(b.rows) == 0 {
		return nil
	}
	write := im.Store.ImportRecipients
	if im.DryRun {
		write = im.compare
	}
	outcomes, err := write(ctx, b.rows, im.LeadDays)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		report.keep(b.lines[i], o.Kept)
		switch o.What {
		case notice.Added:
			report.Added++
		case notice.Updated:
			report.Updated++
		case notice.Unchanged:
			report.Unchanged++
		case notice.KeptErased:
			report.Erased++
			report.refuse(b.lines[i], "email", "this person asked to be erased and is not brought back")
		}
	}
	return nil
}

// compare says what a write of the rows would do. A new person who comes twice in one
// file counts as added once a batch.
func (im Importer) compare(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error) {
	known := map[notice.RecipientID]notice.Recipient{}
	for chunk := range slices.Chunk(rows, 100) {
		ids := make([]notice.RecipientID, len(chunk))
		for i, row := range chunk {
			ids[i] = row.ID
		}
		people, err := im.Store.Recipients(ctx, ids)
		if err != nil {
			return nil, err
		}
		maps.Copy(known, people)
	}
	outcomes := make([]notice.Outcome, len(rows))
	for i, row := range rows {
		r, ok := known[row.ID]
		if ok {
			r, outcomes[i] = row.Apply(r)
		} else {
			r, outcomes[i] = row.Recipient(lead), notice.Outcome{What: notice.Added}
		}
		known[row.ID] = r
	}
	return outcomes, nil
}

// layout is where our columns are.
type layout struct {
	At      map[string]int `json:"at"`
	Width   int            `json:"width"`
	Ignored []string       `json:"ignored,omitempty"`
}

// header reads the first row; columns we do not know are named.
func header(in *rows) (layout, error) {
	l := layout{At: map[string]int{}}
	first, err := in.next()
	if errors.Is(err, io.EOF) {
		return l, notice.Invalid("the file is empty").Hint(beginning)
	} else if err != nil {
		return l, err
	}
	if err := noRow(first); err != nil {
		return l, err
	}
	names, err := parser()(first.text)
	if err != nil {
		return l, notice.Invalid("the header cannot be read: %v", err)
	}
	l.Width = len(names)
	for i, name := range names {
		name = strings.TrimSpace(name)
		known := strings.ToLower(name)
		if !slices.Contains(columns, known) {
			l.Ignored = append(l.Ignored, name)
			continue
		}
		if _, twice := l.At[known]; twice {
			return l, notice.Invalid("the header names %s twice", known)
		}
		l.At[known] = i
	}
	if _, ok := l.At["email"]; !ok {
		hint := "name the column of addresses email; known columns are " + strings.Join(columns, ", ")
		if len(names) == 1 && strings.Contains(names[0], ";") {
			hint = "separate the columns with commas, not semicolons"
		}
		return l, notice.Invalid("the header has no column email").Hint("%s", hint)
	}
	return l, nil
}

// noRow refuses a first line that is, or goes on as, a row of people: names of columns
// that are not used are kept with the report, where the erasure of a person does not
// look for an address (invariant 7).
func noRow(first row) error {
	switch {
	case first.endless:
		return notice.Invalid("the header does not end").Hint("%s", lineEnds)
	case bytes.ContainsRune(first.text, '\r'):
		return notice.Invalid("the header holds a carriage return").Hint("%s", lineEnds)
	case bytes.ContainsRune(first.text, '@'):
		return notice.Invalid("the header holds an @, as if it were a row").Hint("%s, without an @ in a column's name", beginning)
	}
	return nil
}

const (
	beginning = "begin the file with a header line like email,locale,name"
	lineEnds  = beginning + ", and end its lines with LF or CR LF"
)

// row checks one row; field names the one at fault. No error repeats what the field
// holds: where columns are swapped it is an address.
func (im Importer) row(record []string, at map[string]int, source string) (row notice.Imported, field string, err error) {
	get := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	for name := range at {
		if len(get(name)) > maxField {
			return row, name, notice.Invalid("is longer than %d bytes", maxField)
		}
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
			return row, "locale", notice.Invalid("is not a language tag").Hint("write it like en or pt-BR")
		}
		row.Locale = parsed.String()
	}
	for name, s := range map[string]string{"name": row.Name, "source": row.Source} {
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
			return row, name, notice.Invalid("lies in the future")
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
	if err != nil {
		return time.Time{}, notice.Invalid("is not a date").Hint("write year-month-day, like 2026-11-24")
	}
	return d.Time(), nil
}
