package privacy

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"policymail/shared/notice"
)

// Copy is everything held about a person, as they download it. The names of its
// fields are a contract; what they mean is said in every language (locale.Page.Fields).
type Copy struct {
	Made       time.Time     `json:"made"`
	Recipient  CopyRecipient `json:"recipient"`
	Notices    []CopyNotice  `json:"notices"`
	History    []CopyChange  `json:"history"`
	Requests   []CopyRequest `json:"requests"`
	Categories []string      `json:"categories"`
	Purposes   []string      `json:"purposes"`
	SharedWith []string      `json:"shared_with"`
	Retention  []string      `json:"retention"` // GDPR art. 15(1)(d)
	Rights     []string      `json:"rights"`    // art. 15(1)(e)
	Complaint  string        `json:"complaint"` // art. 15(1)(f)
}

// CopyRecipient is the person.
type CopyRecipient struct {
	ID         string    `json:"id"`
	Address    string    `json:"address"`
	Name       string    `json:"name"`
	Language   string    `json:"language"`
	Status     string    `json:"status"`
	Annual     bool      `json:"annual"`
	Change     bool      `json:"change"`
	Restricted bool      `json:"restricted"`
	Source     string    `json:"source"`
	ConsentAt  time.Time `json:"consent_at,omitzero"`
	AddedAt    time.Time `json:"added_at,omitzero"`
	LastNotice time.Time `json:"last_notice,omitzero"`
	NextReview string    `json:"next_review,omitempty"`

	NameCorrectedAt     time.Time `json:"name_corrected_at,omitzero"`
	LanguageCorrectedAt time.Time `json:"language_corrected_at,omitzero"`
}

// CopyNotice is one notice.
type CopyNotice struct {
	Notice   string    `json:"notice"`
	Version  string    `json:"version"`
	State    string    `json:"state"`
	Reason   string    `json:"reason,omitempty"`
	Language string    `json:"language"`
	SentAt   time.Time `json:"sent_at,omitzero"`
}

// CopyChange is one line of the history.
type CopyChange struct {
	At         time.Time `json:"at"`
	Way        string    `json:"way"`
	Notice     string    `json:"notice,omitempty"`
	Annual     bool      `json:"annual"`
	Change     bool      `json:"change"`
	Restricted bool      `json:"restricted"`
	Status     string    `json:"status"`
	Corrected  string    `json:"corrected,omitempty"`
}

// CopyRequest is one use of a right.
type CopyRequest struct {
	Number   string    `json:"number"`
	Right    string    `json:"right"`
	State    string    `json:"state"`
	Received time.Time `json:"received"`
	Due      string    `json:"due"`
	Closed   time.Time `json:"closed,omitzero"`
	Details  string    `json:"details,omitempty"`
	Answer   string    `json:"answer,omitempty"`
	Basis    string    `json:"basis,omitempty"`
	Address  string    `json:"address,omitempty"`
}

// Copy returns everything held about a person, as they download it.
func (s Rights) Copy(ctx context.Context, person notice.Recipient) (Copy, error) {
	held, err := RecordOf(ctx, s.store, person)
	return held.Copy(s.terms.Now()), err
}

// Copy is what is held as the person downloads it.
func (h Record) Copy(made time.Time) Copy {
	r := h.Recipient
	c := Copy{Made: made.UTC(), Recipient: CopyRecipient{ID: string(r.ID), Address: r.Address, Name: r.Name, Language: r.Locale, Status: string(r.Status),
		Annual: !r.OptOut.Annual, Change: !r.OptOut.Change, Restricted: r.Restricted, Source: r.Source, ConsentAt: r.ConsentAt, AddedAt: r.ImportedAt,
		LastNotice: r.LastNotice, NextReview: string(r.Due), NameCorrectedAt: r.NameCorrectedAt, LanguageCorrectedAt: r.LocaleCorrectedAt},
		Notices: []CopyNotice{}, History: []CopyChange{}, Requests: []CopyRequest{},
		Categories: []string{"identifiers (email address, name)", "language and notice preferences", "record of notices and requests"},
		Purposes:   []string{"to send you privacy notices", "to honour your choices", "to prove both"},
		SharedWith: []string{"provider of the mail and database service, as our processor"},
		Retention: []string{"address, name, language, choices and their history: until you have them deleted", fmt.Sprintf("record of notices: %d months", notice.RetentionMonths),
			fmt.Sprintf("requests: %d months after the answer", notice.RequestMonths),
			"after a deletion: keyed hash of the address with the opt-out; number, right and dates of requests"},
		Complaint: "to a supervisory authority for data protection (GDPR art. 77), and to a court (art. 79)"}
	for _, right := range notice.Rights {
		c.Rights = append(c.Rights, string(right))
	}
	for _, d := range h.Deliveries {
		c.Notices = append(c.Notices, CopyNotice{string(d.Run), d.Version, string(d.State), d.Reason, d.Locale, d.SentAt})
	}
	for _, e := range h.History {
		c.History = append(c.History, CopyChange{e.At, string(e.Way), string(e.Run), !e.After.OptOut.Annual, !e.After.OptOut.Change,
			e.After.Restricted, string(e.After.Status), strings.Join(e.Corrected, " ")})
	}
	for _, q := range h.Requests {
		c.Requests = append(c.Requests, CopyRequest{string(q.ID), string(q.Right), string(q.State), q.Received, string(q.Due), q.Closed, q.Details, q.Answer, q.Basis, q.Address})
	}
	return c
}

// Tables of a copy, each a CSV file of its own.
var Tables = []string{"recipient", "notices", "history", "requests"}

// Value is one field of a record, as text.
type Value struct{ Name, Value string }

// Records lists the records of one table as text, field by field.
func (c Copy) Records(table string) (all [][]Value) {
	rows := reflect.ValueOf(c).FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, table) })
	if rows.Kind() == reflect.Struct {
		rows = reflect.Append(reflect.MakeSlice(reflect.SliceOf(rows.Type()), 0, 1), rows)
	}
	fields := Fields(rows.Type().Elem())
	for i := range rows.Len() {
		var record []Value
		for n, f := range fields {
			record = append(record, Value{f.Name, text(rows.Index(i).Field(n).Interface())})
		}
		all = append(all, record)
	}
	return all
}

// Cells is a line of a CSV file. A value that a spreadsheet would take for a formula,
// and that anybody may have typed, is quoted: it is shown and not worked out.
func Cells(values ...string) []string {
	for i, v := range values {
		if v != "" && strings.ContainsAny(v[:1], "=+-@\t\r") {
			values[i] = "'" + v
		}
	}
	return values
}

// CSV writes one table of a copy, with a header line (RFC 4180).
func (c Copy) CSV(w io.Writer, table string) error {
	out := csv.NewWriter(w)
	var header []string
	for _, part := range Schema() {
		if part.Name == table {
			for _, f := range part.Fields {
				header = append(header, f.Name)
			}
		}
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for _, record := range c.Records(table) {
		var line []string
		for _, v := range record {
			line = append(line, v.Value)
		}
		if err := out.Write(Cells(line...)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func text(v any) string {
	if t, ok := v.(time.Time); ok {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return fmt.Sprint(v)
}

// Field is one field of a copy: its name in the files and its kind, which is text,
// time, list, object or boolean.
type Field struct{ Name, Kind string }

// Fields lists the fields of a part of a copy.
func Fields(t reflect.Type) (all []Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := map[reflect.Kind]string{reflect.Bool: "boolean", reflect.String: "text", reflect.Slice: "list", reflect.Struct: "object"}[f.Type.Kind()]
		if f.Type == reflect.TypeFor[time.Time]() {
			kind = "time"
		}
		all = append(all, Field{name, kind})
	}
	return all
}

// Schema is the fields of every part of a copy.
func Schema() (parts []Part) {
	t := reflect.TypeFor[Copy]()
	parts = []Part{{"", Fields(t)}}
	for _, table := range Tables {
		f, _ := t.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, table) })
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		parts = append(parts, Part{table, Fields(inner)})
	}
	return parts
}

// Part is one object of a copy; the whole has no name.
type Part struct {
	Name   string
	Fields []Field
}

// Key names a field among those of all parts: "made", "recipient.address".
func (p Part) Key(field string) string { return strings.TrimPrefix(p.Name+"."+field, ".") }
