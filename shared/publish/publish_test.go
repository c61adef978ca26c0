package publish_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
)

// The first text is the baseline; the same text is no version, another one opens a run
// once; all faults are told at once.
func TestPublish(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	p := publish.Publisher{Store: db, Now: func() time.Time { now = now.Add(time.Second); return now }}
	in := publish.Publication{Policy: "privacy", Version: "1.0", Effective: "2026-12-01", Source: []byte(policyText), SourceName: "p.md", By: "Ada"}
	first, err := p.Publish(ctx, in)
	if err != nil || !first.Baseline || first.Run != "" {
		t.Fatalf("baseline: %+v %v", first, err)
	}
	if v, _ := db.Version(ctx, "privacy", "1.0"); !v.Approved() || v.Approval.By != "Ada" {
		t.Errorf("the baseline is not approved: %+v", v.Approval)
	}
	in.Version = "1.1"
	if again, err := p.Publish(ctx, in); err != nil || !again.Unchanged || again.Version != "1.0" {
		t.Errorf("same text: %+v %v", again, err)
	}
	in.Source = []byte(policyText + "\nWe now keep order data for six years.\n")
	if _, err := p.Publish(ctx, in); !errors.Is(err, notice.ErrInvalid) || !strings.Contains(err.Error(), "summary") {
		t.Errorf("without a summary: %v", err)
	}
	in.Summary = map[string]string{"en": "Order data are kept."}
	for range 2 {
		second, err := p.Publish(ctx, in)
		if err != nil {
			t.Fatalf("change: %+v %v", second, err)
		}
	}
	run, err := db.Run(ctx, "change-privacy-1_1")
	if err != nil || run.State != notice.Waiting {
		t.Errorf("run %+v %v", run, err)
	}
	_, err = p.Publish(ctx, publish.Publication{Policy: "Privacy!", Version: "", Effective: "tomorrow", Class: "mandatory", Summary: map[string]string{"xx-yy-zz-q": "s"}})
	for _, want := range []string{"policy name", "version", "effective date", "legal basis", "language tag", "no policy"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all faults at once: %q is missing in %v", want, err)
		}
	}
}

// policyText is a policy short enough to read and long enough to be one.
const policyText = `# Privacy policy

Example Company runs example.com. This policy says what we do with personal data.

## What we collect

When you open an account we collect your name, your email address and your postal address.

## How long we keep it

We keep orders for 6 years and delete everything else after 30 days.

## Your rights

You can ask for access and deletion of your data at any time.

## Contact

Write to privacy@example.com.
`

// A real policy through three edits: a date, a contact address, a new category of
// data. Only the last is told, and its summary names the category.
func TestThreeEditsMakeOneNotice(t *testing.T) {
	file := filepath.Join("..", "..", "..", "shared", "privacy-policy-2020.txt")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Skip("the policy the edits are made to is absent: nothing was tried (it is looked for in ../shared/privacy-policy-2020.txt beside the project)")
	}
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	p := publish.Publisher{Store: db, Now: func() time.Time { now = now.Add(time.Minute); return now }}
	text := string(source)
	edit := func(old, new string) {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("the policy does not hold %q", old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	put := func(version string, summary map[string]string) publish.Result {
		t.Helper()
		in := publish.Publication{Policy: "privacy", Version: version, Effective: "2027-01-31", Source: []byte(text), SourceName: "p.txt", Summary: summary, By: "Ada"}
		result, err := p.Publish(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Publish(ctx, in)
		if err != nil || !again.Unchanged {
			t.Errorf("published twice: %+v %v", again, err)
		}
		return result
	}
	if r := put("1.0", nil); !r.Baseline {
		t.Errorf("baseline: %+v", r)
	}
	if v, err := db.Version(ctx, "privacy", "1.0"); err != nil || v.Language != "en" {
		t.Errorf("the text is in %q, %v", v.Language, err)
	}
	edit("2/8/2020", "1/12/2026")
	if r := put("1.1", nil); r.Run != "" || r.Change != policy.Editorial {
		t.Errorf("date line: %+v", r)
	}
	edit(regexp.MustCompile(`[\w.-]+@[\w.-]+\w`).FindString(text), "privacy@example.com")
	if r := put("1.2", nil); r.Run != "" || r.Change != policy.Editorial {
		t.Errorf("contact address: %+v", r)
	}
	edit("Physical location or movements.\nNo", "Physical location or movements.\nYes")
	edit("H. Sensory data.", "Gait recordings.\nThe way you walk, recorded by the accelerometer of your device.\nYes\nH. Sensory data.")
	in := publish.Publication{Policy: "privacy", Version: "2.0", Effective: "2027-01-31", Source: []byte(text), SourceName: "p.txt"}
	if _, err := p.Publish(ctx, in); err == nil || !strings.Contains(err.Error(), "summary") {
		t.Errorf("a change of substance without a summary: %v", err)
	}
	latest, err := db.Version(ctx, "privacy", "1.2")
	if err != nil || !latest.Approved() || latest.Change != string(policy.Editorial) {
		t.Fatalf("%+v %v", latest, err)
	}
	now2, err := policy.Normalise([]byte(text), "p.txt")
	if err != nil {
		t.Fatal(err)
	}
	v, err := policy.Change(latest, notice.Version{HTML: now2.HTML})
	if err != nil {
		t.Fatal(err)
	}
	summary := v.Summarise(english)
	if !strings.Contains(summary, "The way you walk, recorded by the accelerometer of your device.") {
		t.Errorf("the drafted summary does not name the new data:\n%s", summary)
	}
	if r := put("2.0", map[string]string{"en": summary}); r.Run != "change-privacy-2_0" || r.Change != policy.Substantive {
		t.Errorf("new category: %+v", r)
	}
	runs, _ := db.ListRuns(ctx)
	if len(runs) != 1 || runs[0].State != notice.Waiting {
		t.Errorf("runs %+v", runs)
	}
}

var english = policy.SummaryLabels(locale.Match("en", "").Words.Draft)

// publisher publishes made-up versions of one policy.
type publisher struct {
	*testing.T
	db  *bolt.Store
	now time.Time
	publish.Publisher
}

func newPublisher(t *testing.T) *publisher {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &publisher{T: t, db: db, now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	p.Publisher = publish.Publisher{Store: db, Now: func() time.Time { p.now = p.now.Add(time.Minute); return p.now }}
	return p
}

func (p *publisher) publish(name, effective, text, summary string) (publish.Result, error) {
	in := publish.Publication{Policy: "privacy", Version: name, Effective: effective, Source: []byte(text), SourceName: "p.md", By: "clerk"}
	if summary != "" {
		in.Summary = map[string]string{"en": summary}
	}
	return p.Publish(context.Background(), in)
}

// published is publish where it must succeed.
func (p *publisher) published(name, effective, text, summary string) publish.Result {
	p.Helper()
	r, err := p.publish(name, effective, text, summary)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

// approved is published with its run approved.
func (p *publisher) approved(name, effective, text, summary string) notice.Run {
	p.Helper()
	r := p.published(name, effective, text, summary)
	run, err := p.db.Run(context.Background(), r.Run)
	if err != nil {
		p.Fatal(err)
	}
	v, err := p.db.Version(context.Background(), "privacy", name)
	if err != nil {
		p.Fatal(err)
	}
	if err := run.Approve(v, "officer", notice.ByLink, p.now); err != nil {
		p.Fatal(err)
	}
	v.Approval = run.Approval
	if run, err = p.db.Decide(context.Background(), run, v); err != nil {
		p.Fatal(err)
	}
	return run
}

const (
	tenYears    = "# Privacy policy\n\nWe keep order data for ten years. We tell you when it changes.\n\n# Contact\n\nWrite to privacy-help@example.com.\n"
	thirtyYears = "# Privacy policy\n\nWe keep order data for thirty years. We tell you when it changes.\n\n# Contact\n\nWrite to privacy-help@example.com.\n"
	otherDesk   = "# Privacy policy\n\nWe keep order data for thirty years. We tell you when it changes.\n\n# Contact\n\nWrite to privacy-desk@example.com.\n"
)

// An edit that nobody is told of must not carry the change it edits into force early.
func TestAnEditAdvancesNoChange(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	p.approved("2", "2027-06-30", thirtyYears, "We keep order data for thirty years.")
	if r, err := p.publish("2.1", "2026-11-26", otherDesk, ""); err == nil || !strings.Contains(err.Error(), "before its day") {
		t.Errorf("%+v %v", r, err)
	}
	if r := p.published("2.1", "2027-06-30", otherDesk, ""); r.Change != policy.Editorial || r.Run != "" {
		t.Errorf("%+v", r)
	}
}

// What a cancelled run left untold is still to be told: the same text with a better
// summary opens another run, and an edit of it is no mere edit.
func TestACancelledChangeIsStillToBeTold(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	run := p.approved("2", "2027-06-30", thirtyYears, "We keep order data longer.")
	if err := run.Cancel(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.db.SaveRun(context.Background(), run); err != nil {
		t.Fatal(err)
	}
	if r, err := p.publish("2.1", "2027-06-30", otherDesk, ""); err == nil {
		t.Errorf("an edit of what nobody was told: %+v", r)
	}
	if r := p.published("2b", "2027-06-30", thirtyYears, "We keep order data for thirty years."); r.Run == "" || r.Unchanged {
		t.Errorf("told again: %+v", r)
	}
}

// The same text again starts nothing, and says what of it came to nothing.
func TestIgnoredPartsOfAPublicationAreNamed(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	p.published("2", "2027-06-30", thirtyYears, "We keep order data for thirty years.")
	if r := p.published("2", "2027-06-30", thirtyYears, "We keep order data for thirty years."); !r.Unchanged || len(r.Warnings) > 0 {
		t.Errorf("%+v", r)
	}
	if r := p.published("2.1", "2027-07-31", thirtyYears, "Longer."); !r.Unchanged || len(r.Warnings) != 2 {
		t.Errorf("%+v", r)
	}
}
