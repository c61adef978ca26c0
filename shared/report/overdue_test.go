package report_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/report"
	"policymail/shared/store/storetest"
)

// Of whoever is late the report says what became of the last try to tell them (invariant 4,
// twelve months), and not that nothing was sent where something was.
func TestWhyPeopleAreOverdue(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	line := func(run notice.RunID, state notice.DeliveryState, reason string) notice.Delivery {
		return notice.Delivery{Run: run, State: state, Reason: reason, UpdatedAt: now}
	}
	store := storetest.Model()
	for _, run := range []notice.Run{
		{ID: "annual-2025-01-01", Kind: notice.Annual, Policy: "privacy", OpenedAt: now.AddDate(-1, -2, 0)},
		{ID: "annual-2026-01-01", Kind: notice.Annual, Policy: "privacy", OpenedAt: now.AddDate(0, -2, 0)},
		{ID: "change-privacy-2", Kind: notice.Change, Policy: "privacy", OpenedAt: now.AddDate(0, -1, 0)},
		{ID: "change-terms-2", Kind: notice.Change, Policy: "terms", OpenedAt: now.AddDate(0, 0, -1)},
	} {
		if err := store.AddRun(ctx, run); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		lines []notice.Delivery
		want  report.Late
	}{
		"never tried":     {nil, report.Late{Reason: "not_sent"}},
		"came back":       {[]notice.Delivery{line("annual-2026-01-01", notice.BouncedBack, "Transient/MailboxFull")}, report.Late{Reason: "came_back", Detail: "Transient/MailboxFull", Run: "annual-2026-01-01"}},
		"the latest try":  {[]notice.Delivery{line("annual-2026-01-01", notice.BouncedBack, "Transient/MailboxFull"), line("change-privacy-2", notice.Failed, "no such domain")}, report.Late{Reason: "failed", Detail: "no such domain", Run: "change-privacy-2"}},
		"in doubt":        {[]notice.Delivery{line("change-privacy-2", notice.Held, "no event")}, report.Late{Reason: "held", Detail: "no event", Run: "change-privacy-2"}},
		"under way":       {[]notice.Delivery{line("change-privacy-2", notice.Retry, "throttled")}, report.Late{Reason: "not_sent", Detail: "throttled", Run: "change-privacy-2"}},
		"skipped since":   {[]notice.Delivery{line("annual-2026-01-01", notice.BouncedBack, "Transient/General"), line("change-privacy-2", notice.Skipped, "opted_out")}, report.Late{Reason: "came_back", Detail: "Transient/General", Run: "annual-2026-01-01"}},
		"another policy":  {[]notice.Delivery{line("change-terms-2", notice.BouncedBack, "Transient/General")}, report.Late{Reason: "not_sent"}},
		"before the year": {[]notice.Delivery{line("annual-2025-01-01", notice.BouncedBack, "Transient/General")}, report.Late{Reason: "not_sent"}},
	} {
		id := notice.RecipientID(name)
		if _, err := store.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: "p@example.com", At: now.AddDate(-2, 0, 0)}}, 14); err != nil {
			t.Fatal(err)
		}
		for _, d := range c.lines {
			d.Recipient = id
			if _, err := store.RecordDelivery(ctx, d); err != nil {
				t.Fatal(err)
			}
		}
		late, _, err := report.Overdue(ctx, store, "privacy", notice.DateOf(now), "")
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(late, func(l report.Late) bool { return l.Recipient == id })
		if at < 0 {
			t.Fatalf("%s is not late", name)
		}
		if got := late[at]; got.Reason != c.want.Reason || got.Detail != c.want.Detail || got.Run != c.want.Run {
			t.Errorf("%s: %s (%s) in %q", name, got.Reason, got.Detail, got.Run)
		}
	}
}

// What was tried is found before any annual review went out, too, whatever other policies
// have told since.
func TestWhyPeopleAreOverdueBeforeTheFirstReview(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	store := storetest.Model()
	for i, run := range []notice.RunID{"change-privacy-2", "change-terms-2"} {
		if err := store.AddRun(ctx, notice.Run{ID: run, Kind: notice.Change, Policy: []string{"privacy", "terms"}[i], OpenedAt: now.AddDate(0, 0, i-2)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: now.AddDate(-2, 0, 0)}}, 14); err != nil {
		t.Fatal(err)
	}
	if _, err := store.RecordDelivery(ctx, notice.Delivery{Run: "change-privacy-2", Recipient: "ada", State: notice.BouncedBack, UpdatedAt: now}); err != nil {
		t.Fatal(err)
	}
	if late, _, err := report.Overdue(ctx, store, "privacy", notice.DateOf(now), ""); err != nil || len(late) != 1 || late[0].Reason != "came_back" {
		t.Errorf("late: %+v, %v", late, err)
	}
}
