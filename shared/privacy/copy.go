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

// Copy is everything held about a person, as they download it. The doc tag of each
// field is what the schema page says of it.
type Copy struct {
	Made       time.Time     `json:"made" doc:"When this copy was made (RFC 3339, UTC)."`
	Recipient  CopyRecipient `json:"recipient" doc:"What is held about you."`
	Notices    []CopyNotice  `json:"notices" doc:"The privacy notices prepared for you in the last 24 months."`
	History    []CopyChange  `json:"history" doc:"Every change of your preferences."`
	Requests   []CopyRequest `json:"requests" doc:"How you used your rights in the last 24 months."`
	Categories []string      `json:"categories" doc:"Categories of the data: identifiers and preferences, nothing else."`
	Purposes   []string      `json:"purposes" doc:"What the data is used for."`
	SharedWith []string      `json:"shared_with" doc:"Categories of those who process it for us. It is not sold."`
}

// CopyRecipient is the person.
type CopyRecipient struct {
	ID         string    `json:"id" doc:"Our name for you: a keyed hash of your address."`
	Address    string    `json:"address" doc:"Your email address."`
	Name       string    `json:"name" doc:"Your name, if it was given to us."`
	Language   string    `json:"language" doc:"Language of your mails and pages (BCP 47)."`
	Status     string    `json:"status" doc:"active, bounced (mail could not be delivered) or complained (reported as spam)."`
	Annual     bool      `json:"annual" doc:"Whether you get the yearly reminder."`
	Change     bool      `json:"change" doc:"Whether you get notices of changes."`
	Restricted bool      `json:"restricted" doc:"Whether you restricted the use of your data."`
	Source     string    `json:"source" doc:"Where your address came from."`
	ConsentAt  time.Time `json:"consent_at,omitzero" doc:"When you gave it, if it was told to us."`
	AddedAt    time.Time `json:"added_at" doc:"When it was added here."`
	LastNotice time.Time `json:"last_notice,omitzero" doc:"When the last notice was sent to you."`
	NextReview string    `json:"next_review,omitempty" doc:"Day from which the next yearly reminder may be sent."`
}

// CopyNotice is one notice.
type CopyNotice struct {
	Notice   string    `json:"notice" doc:"Name of the sending, beginning with annual or change."`
	Version  string    `json:"version" doc:"Version of the policy it told of."`
	State    string    `json:"state" doc:"What became of it: sent, delivered, bounced, skipped and others."`
	Reason   string    `json:"reason,omitempty" doc:"Why it was not sent, if it was not."`
	Language string    `json:"language" doc:"Language it was written in."`
	SentAt   time.Time `json:"sent_at,omitzero" doc:"When it was sent."`
}

// CopyChange is one line of the history.
type CopyChange struct {
	At         time.Time `json:"at" doc:"When."`
	Way        string    `json:"way" doc:"How: one-click, page, undo, request, bounce, complaint, import, operator."`
	Notice     string    `json:"notice,omitempty" doc:"The notice whose link was used."`
	Annual     bool      `json:"annual" doc:"Whether you got the yearly reminder from then on."`
	Change     bool      `json:"change" doc:"Whether you got notices of changes from then on."`
	Restricted bool      `json:"restricted" doc:"Whether the use of your data was restricted from then on."`
	Status     string    `json:"status" doc:"Your status from then on."`
	Corrected  string    `json:"corrected,omitempty" doc:"Fields that were corrected."`
}

// CopyRequest is one use of a right.
type CopyRequest struct {
	Number   string    `json:"number" doc:"Number of the request."`
	Right    string    `json:"right" doc:"access, portability, deletion, rectification, restriction or objection."`
	State    string    `json:"state" doc:"unverified, open, complied, denied or lapsed."`
	Received time.Time `json:"received" doc:"When it was received."`
	Due      string    `json:"due" doc:"Day by which it is answered."`
	Closed   time.Time `json:"closed,omitzero" doc:"When it was answered."`
	Details  string    `json:"details,omitempty" doc:"What you wrote."`
	Answer   string    `json:"answer,omitempty" doc:"What was answered."`
	Basis    string    `json:"basis,omitempty" doc:"The reason of a denial."`
}

// Held collects what is held about a person, history and notices oldest first.
func (s Rights) Held(ctx context.Context, r notice.Recipient) (c Copy, err error) {
	c = Copy{Made: s.Now().UTC(), Recipient: CopyRecipient{ID: string(r.ID), Address: r.Address, Name: r.Name, Language: r.Locale, Status: string(r.Status),
		Annual: !r.OptOut.Annual, Change: !r.OptOut.Change, Restricted: r.Restricted, Source: r.Source, ConsentAt: r.ConsentAt, AddedAt: r.ImportedAt,
		LastNotice: r.LastNotice, NextReview: string(r.Due)},
		Notices: []CopyNotice{}, History: []CopyChange{}, Requests: []CopyRequest{},
		Categories: []string{"identifiers (email address, name)", "language and notice preferences", "record of notices and requests"},
		Purposes:   []string{"to send you privacy notices", "to honour your choices", "to prove both"},
		SharedWith: []string{"provider of the mail and database service, as our processor"}}
	runs, err := runIDs(ctx, s.Store)
	if err != nil {
		return c, err
	}
	lines, err := s.Store.DeliveriesOf(ctx, r.ID, runs)
	if err != nil {
		return c, err
	}
	for _, d := range lines {
		c.Notices = append(c.Notices, CopyNotice{string(d.Run), d.Version, string(d.State), d.Reason, d.Locale, d.SentAt})
	}
	history, err := s.Store.PreferenceEvents(ctx, r.ID)
	if err != nil {
		return c, err
	}
	for _, e := range history {
		c.History = append(c.History, CopyChange{e.At, string(e.Way), string(e.Run), !e.After.OptOut.Annual, !e.After.OptOut.Change,
			e.After.Restricted, string(e.After.Status), strings.Join(e.Corrected, " ")})
	}
	requests, err := s.Store.RequestsOf(ctx, r.ID)
	for _, q := range requests {
		c.Requests = append(c.Requests, CopyRequest{string(q.ID), string(q.Right), string(q.State), q.Received, string(q.Due), q.Closed, q.Details, q.Answer, q.Basis})
	}
	return c, err
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

// CSV writes one table of a copy, with a header line (RFC 4180). What a spreadsheet
// would take for a formula is quoted.
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
			if v.Value != "" && strings.ContainsAny(v.Value[:1], "=+-@\t\r") {
				v.Value = "'" + v.Value
			}
			line = append(line, v.Value)
		}
		if err := out.Write(line); err != nil {
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

// Field describes one field of a copy.
type Field struct{ Name, Type, Doc string }

// Fields lists the fields of a part of a copy.
func Fields(t reflect.Type) (all []Field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.String: "text", reflect.Slice: "list", reflect.Struct: "object"}[f.Type.Kind()]
		if f.Type == reflect.TypeFor[time.Time]() {
			kind = "time"
		}
		all = append(all, Field{name, kind, f.Tag.Get("doc")})
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
