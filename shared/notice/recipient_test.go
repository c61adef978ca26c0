package notice

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// day is noon of a day of January 2026.
func day(d int) time.Time { return time.Date(2026, 1, d, 12, 0, 0, 0, time.UTC) }

// The twelve months are counted from the last notice, else the consent, else the import.
func TestClockStart(t *testing.T) {
	for want, r := range map[Date]Recipient{
		"2027-01-01": {ImportedAt: day(1)}, "2027-01-02": {ImportedAt: day(1), ConsentAt: day(2)},
		"2027-01-03": {ImportedAt: day(1), ConsentAt: day(2), LastNotice: day(3)},
	} {
		if got := r.Deadline(); got != want {
			t.Errorf("deadline %s, want %s", got, want)
		}
	}
}

// Invariant 3, never after an opt-out: who declined, or cannot be reached, gets no mail of
// the run. A mandatory notice reaches those who declined, and nobody else.
func TestDecline(t *testing.T) {
	today := Date("2026-11-24")
	due := Recipient{Status: Active, LastNotice: today.AddMonths(-12).Time()}
	annual, change, must := Run{Kind: Annual, Class: Optional}, Run{Kind: Change, Class: Optional}, Run{Kind: Change, Class: Mandatory}
	with := func(f func(*Recipient)) Recipient { r := due; f(&r); return r }
	for name, c := range map[string]struct {
		r    Recipient
		run  Run
		want SkipReason
	}{
		"due":                     {due, annual, ""},
		"told lately":             {with(func(r *Recipient) { r.LastNotice = today.Time() }), annual, SkipNotDue},
		"opted out of the other":  {with(func(r *Recipient) { r.OptOut.Annual = true }), change, ""},
		"opted out":               {with(func(r *Recipient) { r.OptOut = OptOutAll }), change, SkipOptedOut},
		"opted out but mandatory": {with(func(r *Recipient) { r.OptOut = OptOutAll }), must, ""},
		"bounced and mandatory":   {with(func(r *Recipient) { r.Status = Bounced }), must, SkipBounced},
		"complained":              {with(func(r *Recipient) { r.Status = Complained }), must, SkipComplained},
		"erased":                  {with(func(r *Recipient) { r.Status = Erased }), must, SkipErased},
		"moved":                   {with(func(r *Recipient) { r.Status = Moved }), must, SkipMoved},
		"restricted":              {with(func(r *Recipient) { r.Restricted = true }), annual, SkipRestricted},
		"restricted, mandatory":   {with(func(r *Recipient) { r.Restricted = true }), must, ""},
		"told lately, a change":   {with(func(r *Recipient) { r.LastNotice = today.Time() }), change, ""},
		"due tomorrow":            {with(func(r *Recipient) { r.LastNotice = today.AddMonths(-12).AddDays(15).Time() }), annual, SkipNotDue},
		"due today":               {with(func(r *Recipient) { r.LastNotice = today.AddMonths(-12).AddDays(14).Time() }), annual, ""},
	} {
		if got := c.r.Decline(c.run, 14, today); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Invariant 4, twelve months: whoever may be reminded is due the lead before their twelve
// months end, and never on a day that today's run may have passed; nobody else is due.
func TestNextDue(t *testing.T) {
	const today Date = "2026-11-24"
	at := func(d Date, change func(*Recipient)) Recipient {
		r := Recipient{Status: Active, LastNotice: d.Time()}
		change(&r)
		return r
	}
	as := func(s Status) func(*Recipient) { return func(r *Recipient) { r.Status = s } }
	for name, c := range map[string]struct {
		r    Recipient
		want Date
	}{
		"in time":                 {at("2026-06-30", as(Active)), "2027-06-16"},
		"today":                   {at("2025-12-08", as(Active)), "2026-11-25"},
		"long ago":                {at("2020-01-01", as(Active)), "2026-11-25"},
		"declined":                {at("2026-06-30", func(r *Recipient) { r.OptOut.Annual = true }), ""},
		"declined only the other": {at("2026-06-30", func(r *Recipient) { r.OptOut.Change = true }), "2027-06-16"},
		"restricted":              {at("2026-06-30", func(r *Recipient) { r.Restricted = true }), ""},
		"bounced":                 {at("2026-06-30", as(Bounced)), ""},
		"complained":              {at("2026-06-30", as(Complained)), ""},
		"erased":                  {at("2026-06-30", as(Erased)), ""},
		"moved":                   {at("2026-06-30", as(Moved)), ""},
	} {
		if got := c.r.NextDue(14, today); got != c.want {
			t.Errorf("%s: due %q, want %q", name, got, c.want)
		}
	}
}

// full is a recipient of whom everything is known: no field is zero.
func full(t *testing.T, status Status) Recipient {
	t.Helper()
	r := Recipient{ID: "id", Address: "ada@example.com", Name: "Ada", Locale: "en", Status: status, OptOut: OptOutAll, Restricted: true, Source: "shop",
		ConsentAt: day(1), ImportedAt: day(2), LastNotice: day(3), LastRun: "run", Due: "2026-12-20", MovedTo: "other", Alias: "third",
		NameCorrectedAt: day(4), LocaleCorrectedAt: day(5), Rev: 6}
	for i, v := 0, reflect.ValueOf(r); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Fatalf("say what %s is, so that it is tested", v.Type().Field(i).Name)
		}
	}
	return r
}

// fields names the fields of a recipient that are not zero.
func fields(r Recipient) (names []string) {
	for i, v := 0, reflect.ValueOf(r); i < v.NumField(); i++ {
		if !v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

// Invariant 7, erased means erased: of an erased person only the keyed hash and the opt-out
// are kept, and of an address that its person left only to whom it belongs.
func TestKept(t *testing.T) {
	everything := fields(full(t, Active))
	for status, want := range map[Status][]string{
		Active: everything, Bounced: everything, Complained: everything,
		Erased: {"ID", "Status", "OptOut", "Rev"},
		Moved:  {"ID", "Status", "OptOut", "MovedTo", "Alias", "Rev"},
	} {
		kept := full(t, status).Kept()
		if got := fields(kept); !slices.Equal(got, want) {
			t.Errorf("%s: %v are kept, want %v", status, got, want)
		}
		if kept.Status != status || kept.OptOut != OptOutAll || kept.ID != "id" {
			t.Errorf("%s: kept as %+v", status, kept)
		}
	}
}

// An import brings nobody back (invariant 7, erased means erased), changes no preference
// and no clock, and nothing that the person corrected.
func TestApply(t *testing.T) {
	row := Imported{ID: "id", Address: "ada@example.com", Name: "Ada L.", Locale: "de", Source: "till", ConsentAt: day(20), LastNotified: day(21), At: day(22)}
	plain := func() Recipient {
		r := full(t, Active)
		r.NameCorrectedAt, r.LocaleCorrectedAt = time.Time{}, time.Time{}
		return r
	}
	for name, c := range map[string]struct {
		r    Recipient
		row  Imported
		want Outcome
		then func(*Recipient) // what has changed
	}{
		"erased":                        {full(t, Erased), row, Outcome{What: KeptErased}, nil},
		"moved":                         {full(t, Moved), row, Outcome{What: Unchanged}, nil},
		"updated":                       {plain(), row, Outcome{What: Updated}, func(r *Recipient) { r.Name, r.Locale, r.Source = "Ada L.", "de", "till" }},
		"empty row":                     {plain(), Imported{ID: "id"}, Outcome{What: Unchanged}, nil},
		"same row":                      {plain(), Imported{ID: "id", Name: "Ada", Locale: "en", Source: "shop"}, Outcome{What: Unchanged}, nil},
		"corrected":                     {full(t, Active), row, Outcome{Updated, []string{"name", "locale"}}, func(r *Recipient) { r.Source = "till" }},
		"corrected, and the row agrees": {full(t, Active), Imported{ID: "id", Name: "Ada", Locale: "en"}, Outcome{What: Unchanged}, nil},
		"bounced":                       {full(t, Bounced), Imported{ID: "id", Source: "till"}, Outcome{What: Updated}, func(r *Recipient) { r.Source = "till" }},
	} {
		want := c.r
		if c.then != nil {
			c.then(&want)
		}
		got, outcome := c.row.Apply(c.r)
		if got != want || outcome.What != c.want.What || !slices.Equal(outcome.Kept, c.want.Kept) {
			t.Errorf("%s: %+v\n%+v\nwant %+v\n%+v", name, outcome, got, c.want, want)
		}
	}
}

// A new person starts active and willing, and due in time; an address that a known person
// moved to is at no moment a person of its own.
func TestWhatANewPersonStartsAs(t *testing.T) {
	row := Imported{ID: "id", Address: "ada@example.com", Name: "Ada", Locale: "de", Source: "shop", ConsentAt: day(2), At: day(10)}
	want := Recipient{ID: "id", Address: "ada@example.com", Name: "Ada", Locale: "de", Source: "shop", Status: Active, ConsentAt: day(2), ImportedAt: day(10), Due: "2026-12-19", Rev: 1}
	if got := row.Recipient(14); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	row.LastNotified = day(5)
	if got := row.Recipient(14); got.Due != "2026-12-22" || got.LastNotice != day(5) {
		t.Errorf("told on %s, due %s", got.LastNotice, got.Due)
	}
}
