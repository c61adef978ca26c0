package policy_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/store/bolt"
)

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
	p := policy.Publisher{Store: db, Now: func() time.Time { now = now.Add(time.Minute); return now }}
	text := string(source)
	edit := func(old, new string) {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("the policy does not hold %q", old)
		}
		text = strings.Replace(text, old, new, 1)
	}
	publish := func(version string, summary map[string]string) policy.Result {
		t.Helper()
		in := policy.Publication{Policy: "privacy", Version: version, Effective: "2027-01-31", Source: []byte(text), SourceName: "p.txt", Summary: summary, By: "Ada"}
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
	if r := publish("1.0", nil); !r.Baseline {
		t.Errorf("baseline: %+v", r)
	}
	if v, err := db.Version(ctx, "privacy", "1.0"); err != nil || v.Language != "en" {
		t.Errorf("the text is in %q, %v", v.Language, err)
	}
	edit("2/8/2020", "1/12/2026")
	if r := publish("1.1", nil); r.Run != "" || r.Change != policy.Editorial {
		t.Errorf("date line: %+v", r)
	}
	edit(regexp.MustCompile(`[\w.-]+@[\w.-]+\w`).FindString(text), "privacy@example.com")
	if r := publish("1.2", nil); r.Run != "" || r.Change != policy.Editorial {
		t.Errorf("contact address: %+v", r)
	}
	edit("Physical location or movements.\nNo", "Physical location or movements.\nYes")
	edit("H. Sensory data.", "Gait recordings.\nThe way you walk, recorded by the accelerometer of your device.\nYes\nH. Sensory data.")
	in := policy.Publication{Policy: "privacy", Version: "2.0", Effective: "2027-01-31", Source: []byte(text), SourceName: "p.txt"}
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
	if r := publish("2.0", map[string]string{"en": summary}); r.Run != "change-privacy-2_0" || r.Change != policy.Substantive {
		t.Errorf("new category: %+v", r)
	}
	runs, _ := db.ListRuns(ctx)
	if len(runs) != 1 || runs[0].State != notice.Waiting {
		t.Errorf("runs %+v", runs)
	}
}

var english = policy.SummaryLabels(locale.Match("en", "").Words.Draft)

func TestSummaryHoldsSentencesOfTheTextsOnly(t *testing.T) {
	changed := strings.Replace(strings.Replace(base, "30 days", "60 days", 1), "## Contact", "## Children\n\nWe do not knowingly collect data of children under 13.\n\n## Contact", 1)
	changed = strings.Replace(changed, " We do not sell personal data.", "", 1)
	v := policy.Classify(read(t, base, "a.md"), read(t, changed, "b.md"))
	want := `What we collect
- No longer: We do not sell personal data.

How long we keep it
- Now: We keep order data for 6 years and delete everything else after 60 days. (before: We keep order data for 6 years and delete everything else after 30 days.)

Children
- New: We do not knowingly collect data of children under 13.
`
	if got := v.Summarise(english); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A category in a line of its own is named, not only described.
func TestSummaryNamesANewCategory(t *testing.T) {
	const before = "# What we collect\n\n- A. Identifiers.\n- Your name and your address.\n- Yes\n- B. Orders.\n- What you buy from us, and when.\n- Yes\n\n# Who gets it\n\nNobody gets it.\n"
	after := strings.Replace(before, "\n\n# Who", "\n- C. Precise geolocation.\n- Your location within a radius of 500 meters, taken from your device.\n- Yes\n\n# Who", 1)
	v := policy.Classify(read(t, before, "a.md"), read(t, after, "b.md"))
	got := v.Summarise(english)
	if v.Class != policy.Substantive || !strings.Contains(got, "- New: C. Precise geolocation.\n- New: Your location within") {
		t.Errorf("%s:\n%s", v.Class, got)
	}
}

func TestLint(t *testing.T) {
	v := policy.Classify(read(t, base, "a.md"), read(t, strings.Replace(base, "30 days", "60 days", 1), "b.md"))
	for _, c := range []struct {
		summary   map[string]string
		effective notice.Date
		want      []string
	}{
		{map[string]string{"en": "We keep data for 60 days now. Before it was 30."}, "2027-01-31", []string{"readers in de"}},
		{map[string]string{"en": "Great news! We keep data for 60 days.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-12-01", []string{"takes effect in 7 days", "does not advertise"}},
		{map[string]string{"en": "Several contractual particularities concerning organisational responsibilities were comprehensively reformulated throughout multiple interdependent subsections accordingly", "de": "Kurz."},
			"2027-01-31", []string{"hard to read", "How long we keep it"}},
		{nil, "2027-01-31", []string{"no summary"}},
		{map[string]string{"en": "We keep data for 60 days now.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-11-24", []string{"takes effect in 0 days"}},
		{map[string]string{"en": "We keep data for 60 days now.", "de": "Wir speichern Daten jetzt 60 Tage."}, "2026-11-23", []string{"2026-11-23, lies in the past"}},
	} {
		got := policy.Lint(v, policy.UsualLeads, c.summary, []string{"en", "de"}, c.effective, "2026-11-24")
		if len(got) != len(c.want) {
			t.Errorf("%v: %q", c.summary, got)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%q lacks %q", got[i], want)
			}
		}
	}
}

// publisher publishes made-up versions of one policy.
type publisher struct {
	*testing.T
	db  *bolt.Store
	now time.Time
	policy.Publisher
}

func newPublisher(t *testing.T) *publisher {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &publisher{T: t, db: db, now: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	p.Publisher = policy.Publisher{Store: db, Now: func() time.Time { p.now = p.now.Add(time.Minute); return p.now }}
	return p
}

func (p *publisher) publish(name, effective, text, summary string) (policy.Result, error) {
	in := policy.Publication{Policy: "privacy", Version: name, Effective: effective, Source: []byte(text), SourceName: "p.md", By: "clerk"}
	if summary != "" {
		in.Summary = map[string]string{"en": summary}
	}
	return p.Publish(context.Background(), in)
}

// published is publish where it must succeed.
func (p *publisher) published(name, effective, text, summary string) policy.Result {
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
	if err := run.Approve(v, "officer", p.now); err != nil {
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
