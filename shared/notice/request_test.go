package notice

import (
	"errors"
	"testing"
	"time"
)

// A request walked through time: 24 November 2026 is a Tuesday.
func TestLifetimeOfARequest(t *testing.T) {
	received := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	r := NewRequest("20261124-abc", Deletion, received)
	if r.ConfirmBy() != "2026-12-08" || r.Due != "2027-01-08" {
		t.Fatalf("confirmed by %s, due on %s", r.ConfirmBy(), r.Due)
	}
	for _, step := range []struct {
		day                   Date
		remind, soon, overdue bool
	}{{"2026-11-24", false, false, false}, {"2026-12-24", false, false, false}, {"2026-12-25", true, true, false}, {"2026-12-26", false, true, false},
		{"2027-01-07", false, true, false}, {"2027-01-08", true, true, false}, {"2027-01-09", true, false, true}, {"2027-01-10", true, false, true}} {
		if got := r.NeedsReminder(step.day); got != step.remind {
			t.Errorf("%s: reminder %v", step.day, got)
		} else if got {
			r.Reminded = step.day
		}
		if r.NeedsReminder(step.day) {
			t.Errorf("%s: reminded twice", step.day)
		}
		if r.Overdue(step.day) != step.overdue {
			t.Errorf("%s: overdue %v", step.day, !step.overdue)
		}
		if r.DueSoon(step.day) != step.soon {
			t.Errorf("%s: due soon %v", step.day, !step.soon)
		}
	}
	if err := r.Extend("Mia", "", received); !errors.Is(err, ErrInvalid) {
		t.Errorf("extended without a reason: %v", err)
	}
	late := r
	if err := late.Extend("Mia", "many requests", r.Due.AddDays(1).Time()); !errors.Is(err, ErrRefused) {
		t.Errorf("extended too late: %v", err)
	}
	if err := r.Extend("Mia", "many requests", received.AddDate(0, 0, 30)); err != nil || r.Due != "2027-02-22" || r.ExtendedBy != "Mia" {
		t.Errorf("extended to %s: %v", r.Due, err)
	}
	if r.NeedsReminder("2027-02-07") || !r.NeedsReminder("2027-02-08") {
		t.Error("the desk is not reminded fourteen days before the new day")
	}
	if err := r.Extend("Mia", "again", received.AddDate(0, 0, 31)); !errors.Is(err, ErrRefused) {
		t.Errorf("extended twice: %v", err)
	}
	if err := r.Deny("Ada", " ", "", received); !errors.Is(err, ErrInvalid) || r.State != Pending {
		t.Errorf("denied without a basis: %v", err)
	}
	if err := r.Deny("Ada", "a contract", "we need it", received); err != nil || r.State != Denied || r.Basis != "a contract" {
		t.Errorf("%+v: %v", r, err)
	}
	if r.DueSoon(r.Due) {
		t.Error("a request that was answered is due soon")
	}
	if err := r.Comply("Ada", "", received); !errors.Is(err, ErrRefused) {
		t.Errorf("closed twice: %v", err)
	}
}

func TestNextCopy(t *testing.T) {
	copyOn := func(right Right, state RequestState, day Date) Request {
		return Request{Right: right, State: state, Received: day.Time()}
	}
	for name, c := range map[string]struct {
		requests []Request
		want     Date
	}{
		"none":                                   {nil, "2026-11-24"},
		"one":                                    {[]Request{copyOn(Access, Complied, "2026-11-01")}, "2026-11-24"},
		"two":                                    {[]Request{copyOn(Access, Complied, "2026-03-01"), copyOn(Portability, Complied, "2026-11-01")}, "2027-03-01"},
		"two, one of them a year ago to the day": {[]Request{copyOn(Access, Complied, "2025-11-24"), copyOn(Access, Complied, "2026-11-01")}, "2026-11-24"},
		"denied and open do not count":           {[]Request{copyOn(Access, Denied, "2026-11-01"), copyOn(Access, Pending, "2026-11-02"), copyOn(Access, Complied, "2026-11-03")}, "2026-11-24"},
		"other rights do not count":              {[]Request{copyOn(Deletion, Complied, "2026-11-01"), copyOn(Objection, Complied, "2026-11-01")}, "2026-11-24"},
		"three, as an operator gave one more":    {[]Request{copyOn(Access, Complied, "2026-01-01"), copyOn(Access, Complied, "2026-02-01"), copyOn(Access, Complied, "2026-03-01")}, "2027-02-01"},
	} {
		if got := NextCopy(c.requests, 2, "2026-11-24"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Invariant 7, erased means erased: a request whose asker never showed who they are ends
// without a word of theirs; what was asked and when stays.
func TestALapsedRequestForgetsItsAsker(t *testing.T) {
	r := NewRequest("20261124-abc", Deletion, day(1))
	r.Recipient, r.Address, r.Details, r.Locale, r.Answer = "id", "ada@example.com", "please", "de", "Dear Ada"
	if err := r.Lapse(day(2)); !errors.Is(err, ErrRefused) || r.Address == "" {
		t.Errorf("a request of somebody verified lapsed: %v, %+v", err, r)
	}
	r.State = Unverified
	want := Request{ID: r.ID, Recipient: "id", Right: Deletion, Party: ForSelf, State: Lapsed, Received: day(1), Due: r.Due, Closed: day(2)}
	if err := r.Lapse(day(2)); err != nil || r != want {
		t.Errorf("%v\n%+v\nwant %+v", err, r, want)
	}
}
