package notice

import (
	"testing"
	"time"
)

func TestTwelveMonthsOfEveryDay(t *testing.T) {
	for in, want := range map[Date]Date{"2024-02-29": "2025-02-28", "2023-02-28": "2024-02-28", "2026-12-31": "2027-12-31", "2026-11-24": "2027-11-24"} {
		if got := in.AddMonths(12); got != want {
			t.Errorf("%s plus twelve months is %s, want %s", in, got, want)
		}
	}
	if got := Date("2026-01-31").AddMonths(1); got != "2026-02-28" {
		t.Errorf("a month after 31 January is %s", got)
	}
	for d := Date("2023-01-01"); d < "2029-01-01"; d = d.AddDays(1) {
		year := d.Time().Year() + 1
		if got := d.AddMonths(12); got.Time().Year() != year || got.Time().Month() != d.Time().Month() {
			t.Fatalf("%s plus twelve months is %s", d, got)
		}
	}
}

func TestClockStart(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 12, 0, 0, 0, time.UTC) }
	for want, r := range map[Date]Recipient{
		"2027-01-01": {ImportedAt: day(1)}, "2027-01-02": {ImportedAt: day(1), ConsentAt: day(2)},
		"2027-01-03": {ImportedAt: day(1), ConsentAt: day(2), LastNotice: day(3)},
	} {
		if got := r.Deadline(); got != want {
			t.Errorf("deadline %s, want %s", got, want)
		}
	}
}

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
	} {
		if got := c.r.Decline(c.run, 14, today); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestContentHashCoversWhatIsTold(t *testing.T) {
	v := Version{Policy: "privacy", Name: "1", Effective: "2026-01-01", Class: Optional, SHA256: HashOf(""), PageSHA256: HashOf(""), Summary: map[string]string{"en": "x"}}
	v.Approval = &Approval{Hash: v.ContentHash()}
	if !v.Approved() {
		t.Fatal("not approved")
	}
	for name, change := range map[string]func(*Version){
		"text": func(v *Version) { v.SHA256 = "b" }, "date": func(v *Version) { v.Effective = "2026-01-02" },
		"summary": func(v *Version) { v.Summary = map[string]string{"en": "y"} }, "basis": func(v *Version) { v.Basis = "law" },
		"class": func(v *Version) { v.Class = Mandatory }, "moved text": func(v *Version) { v.Summary = map[string]string{"e": "nx"} },
	} {
		changed := v
		if change(&changed); changed.Approved() {
			t.Errorf("another %s is still approved", name)
		}
	}
}
