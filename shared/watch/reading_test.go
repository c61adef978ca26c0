package watch_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/watch"
)

// A page that cannot be read is remembered with the first of the readings that failed and
// the reason of the last, and no longer than until one succeeds.
func TestAPageThatCannotBeReadIsRemembered(t *testing.T) {
	d := newDesk(t)
	reading := func() publish.Reading {
		t.Helper()
		r, err := publish.LoadReading(ctx, d.db, "privacy")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := reading(); !r.At.IsZero() || r.Trouble() != "" {
		t.Errorf("before the first reading: %+v", r)
	}
	d.look(text)
	if r := reading(); r.Shown != "1.0" || !r.At.Equal(d.now) || r.Trouble() != "" {
		t.Errorf("of a page that is right: %+v", r)
	}
	var since time.Time
	for i, status := range []int{http.StatusNotFound, http.StatusBadGateway} {
		d.now, d.page.status = d.now.Add(6*time.Hour), status
		if since.IsZero() {
			since = d.now
		}
		if _, err := d.Look(ctx); !errors.Is(err, watch.ErrBroken) {
			t.Fatal(err)
		}
		r := reading()
		if !r.FailedSince.Equal(since) || !r.At.Equal(d.now) || !strings.Contains(r.Trouble(), "since 2026-11-24 12:01 UTC: the page answers "+[]string{"404", "502"}[i]) {
			t.Errorf("broken %d times: %+v, %q", i+1, r, r.Trouble())
		}
	}
	// What the page shows instead of the policy is as much a failure.
	d.now, d.page.status, d.page.body = d.now.Add(6*time.Hour), 0, "<p>Page not found</p>"
	if _, err := d.Look(ctx); !errors.Is(err, watch.ErrBroken) {
		t.Fatal(err)
	}
	if r := reading(); !r.FailedSince.Equal(since) || r.Why == "" {
		t.Errorf("another page: %+v", r)
	}
	d.look(text)
	if r := reading(); r.Trouble() != "" || r.Shown != "1.0" {
		t.Errorf("mended: %+v", r)
	}
}

// A page that nobody brought up to date when a version took effect is not a new text: the
// draft names the version it shows. A text that is none of ours has no name.
func TestADraftNamesTheOldVersionThatThePageShows(t *testing.T) {
	d := newDesk(t)
	d.publish("2.0", "2026-12-01", keeping("90"))
	v, err := d.db.Version(ctx, "privacy", "2.0")
	if err != nil {
		t.Fatal(err)
	}
	gate := approval.Gate{Store: d.db, Now: d.Now}
	if _, err := gate.Approve(ctx, notice.ChangeRunID("privacy", "2.0"), v.ContentHash(), "Ada", delivery.Plan{Audience: 1}); err != nil {
		t.Fatal(err)
	}
	found := func() publish.Difference {
		t.Helper()
		difference, _, err := publish.FindDifference(ctx, d.db, "privacy", notice.DateOf(d.now))
		if err != nil {
			t.Fatal(err)
		}
		return difference
	}
	d.look(text)
	if found().Shows != "" {
		t.Error("1.0 is in force, and called old")
	}
	d.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	d.look(text)
	if out := d.look(text); out.Event != policy.DraftMade {
		t.Fatalf("%+v", out)
	}
	if f := found(); !f.Behind() || f.Shows != "1.0" || f.Sentence() != "version 2.0 is in force since 2026-12-01, and the public page still shows version 1.0" {
		t.Errorf("the page shows 1.0: %+v", f)
	}
	d.look(keeping("120"))
	if out := d.look(keeping("120")); out.Event != policy.DraftMade {
		t.Fatalf("%+v", out)
	}
	if f := found(); f.Behind() || f.Shows != "" || !strings.Contains(f.Sentence(), "reads differently from version 2.0") {
		t.Errorf("the page shows another text: %+v", f)
	}
}
