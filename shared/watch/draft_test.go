package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policymail/shared/approval"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
	"policymail/shared/watch"
)

var ctx = context.Background()

// desk is a store with published versions, a page, and a watcher of it.
type desk struct {
	*testing.T
	db   *bolt.Store
	page *site
	now  time.Time
	log  bytes.Buffer
	watch.Watcher
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{T: t, db: db, page: newSite(t), now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
	d.Watcher = watch.Watcher{Store: db, Pages: watch.Fetcher{Private: true}, Now: func() time.Time { return d.now }, Log: slog.New(slog.NewJSONHandler(&d.log, nil)),
		Settings: watch.Settings{Policy: "privacy", URL: d.page.URL, Apart: 5 * time.Hour, Selectors: watch.Selectors{Take: "main"}, Language: "en"}}
	d.publish("1.0", "2026-11-01", text)
	return d
}

func (d *desk) publish(version, effective, text string) {
	d.Helper()
	d.now = d.now.Add(time.Minute)
	in := publish.Publication{Policy: "privacy", Version: version, Effective: effective, Source: []byte(text), SourceName: "p.html", Summary: map[string]string{"en": "We keep data longer."}}
	if _, err := (publish.Publisher{Store: d.db, Now: d.Now}).Publish(ctx, in); err != nil {
		d.Fatal(err)
	}
}

// look takes a reading of a page that shows a text, six hours after the one before.
func (d *desk) look(shown string) watch.Outcome {
	d.Helper()
	d.now, d.page.body = d.now.Add(6*time.Hour), shown
	out, err := d.Look(ctx)
	if err != nil {
		d.Fatal(err)
	}
	return out
}

func (d *desk) gate() approval.Gate { return approval.Gate{Store: d.db, Now: d.Now} }

// drafted is the version the draft differs from; empty without a draft.
func (d *desk) drafted() string {
	d.Helper()
	draft, err := publish.LoadDraft(ctx, d.db, "privacy")
	if err != nil {
		d.Fatal(err)
	}
	return draft.Since
}

// keeping is the text of the policy with another time that data is kept.
func keeping(days string) string { return strings.Replace(text, "30 days", days+" days", 1) }

// An approval that was refused for what the page said is taken as soon as the page says
// again what we published, whichever of our versions that is.
func TestDraftIsWithdrawnWhenThePageIsRight(t *testing.T) {
	for name, page := range map[string]struct{ effective, wrong, right string }{
		"the version that waits": {"2027-01-31", keeping("120"), keeping("90")},
		"the one in force":       {"2027-01-31", keeping("120"), text},
		"its day has come":       {"2026-11-24", text, keeping("90")},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.publish("2.0", page.effective, keeping("90"))
			run := notice.ChangeRunID("privacy", "2.0")
			for range 2 { // the second time the same change is a new draft
				d.look(page.wrong)
				d.look(page.wrong)
				if err := d.gate().Ready(ctx, run, "Ada"); d.drafted() != "2.0" || !errors.Is(err, notice.ErrRefused) {
					t.Errorf("a draft since %q, approval: %v", d.drafted(), err)
				}
				for range 2 { // the second changes nothing
					if out := d.look(page.right); out.Event != policy.NoChange || d.drafted() != "" {
						t.Errorf("%+v leaves a draft since %q", out, d.drafted())
					}
					if err := d.gate().Ready(ctx, run, "Ada"); err != nil {
						t.Errorf("approval: %v", err)
					}
				}
			}
		})
	}
}

// A page that says it did not change shows the latest version: nothing else is asked for
// by its validators.
func TestDraftIsWithdrawnWhenThePageDidNotChange(t *testing.T) {
	d := newDesk(t)
	d.page.etag = `"1"`
	d.look(text)
	packed, err := publish.Pack(keeping("120"))
	if err != nil {
		t.Fatal(err)
	}
	if err := publish.SaveDraft(ctx, d.db, publish.Draft{Policy: "privacy", Since: "1.0", Class: policy.Substantive, HTML: packed, SeenAt: d.now}); err != nil {
		t.Fatal(err)
	}
	if out := d.look(text); out.Event != policy.NoChange || out.Shown != "1.0" || d.drafted() != "" {
		t.Errorf("%+v leaves a draft since %q", out, d.drafted())
	}
}

// A text that was rejected is none of ours: a page that shows it has changed, and one that
// goes on showing what is in force has not, not even on the day the rejected one had.
func TestRejectedVersionIsNotKnown(t *testing.T) {
	d := newDesk(t)
	d.publish("2.0", "2026-12-01", keeping("90"))
	d.page.etag = `"1"`
	if out := d.look(keeping("90")); out.Shown != "2.0" {
		t.Errorf("before it is rejected: %+v", out)
	}
	if _, err := d.gate().Reject(ctx, notice.ChangeRunID("privacy", "2.0"), "Ada", "we keep 30 days"); err != nil {
		t.Fatal(err)
	}
	for i, event := range []policy.Event{policy.Pending, policy.DraftMade} {
		if out := d.look(keeping("90")); out.Event != event || out.Shown != "" {
			t.Errorf("reading %d of the rejected text: %+v, want %s", i, out, event)
		}
	}
	if d.drafted() != "1.0" {
		t.Errorf("the draft differs from %q, want 1.0, which is in force", d.drafted())
	}
	d.page.etag = `"2"`
	d.now = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	for range 3 {
		if out := d.look(text); out.Event != policy.NoChange || out.Shown != "1.0" || d.drafted() != "" {
			t.Errorf("what is in force: %+v, a draft since %q", out, d.drafted())
		}
	}
}

// Every reading says by the metric of an alarm whether somebody must look at a draft, also
// one that is broken or not made because the page did not change.
func TestReadingsTellOfADraft(t *testing.T) {
	d := newDesk(t)
	d.page.etag = `"1"`
	d.look(text)
	for i, step := range []struct {
		shown   string
		waiting float64
	}{
		{text, 0}, // not modified
		{keeping("90"), 0},
		{keeping("90"), 1},
		{keeping("90"), 1},
		{"", 1}, // broken
		{text, 0},
	} {
		if d.page.etag = `"1"`; step.shown != text {
			d.page.etag = ""
		}
		d.log.Reset()
		d.now, d.page.body = d.now.Add(6*time.Hour), step.shown
		if _, err := d.Look(ctx); (err != nil) != (step.shown == "") {
			t.Errorf("step %d: %v", i, err)
		}
		if got := d.metric("DraftWaiting"); got != step.waiting {
			t.Errorf("step %d: DraftWaiting %v, want %v\n%s", i, got, step.waiting, d.log.String())
		}
	}
}

// metric is the value of the one event in the log that carries a metric.
func (d *desk) metric(name string) float64 {
	d.Helper()
	var values []float64
	for line := range strings.Lines(d.log.String()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			d.Fatal(err)
		}
		if v, ok := event[name].(float64); ok && event["_aws"] != nil {
			values = append(values, v)
		}
	}
	if len(values) != 1 {
		d.Fatalf("%s was written %d times:\n%s", name, len(values), d.log.String())
	}
	return values[0]
}

// A draft is the same one while the page goes on saying it, in whatever markup; it is
// another one when the page says something else.
func TestDraftStaysTheSame(t *testing.T) {
	d := newDesk(t)
	seen := func() time.Time {
		draft, err := publish.LoadDraft(ctx, d.db, "privacy")
		if err != nil {
			t.Fatal(err)
		}
		return draft.SeenAt
	}
	d.look(keeping("90"))
	d.look(keeping("90"))
	first := seen()
	for _, same := range []string{keeping("<b>90</b>"), strings.Replace(keeping("90"), "with nobody at all", "with nobody", 1)} {
		for range 2 {
			d.look(same)
		}
		if at := seen(); !at.Equal(first) {
			t.Errorf("%s is a draft of its own", same)
		}
	}
	for range 2 {
		d.look(keeping("120"))
	}
	if at := seen(); !at.After(first) {
		t.Error("another text is no new draft")
	}
}
