package publish_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	p.approved("2", "2027-06-30", thirtyYears, "We keep order data for thirty years.")
	if r := p.published("2", "2027-06-30", thirtyYears, "We keep order data for thirty years."); !r.Unchanged || len(r.Warnings) > 0 {
		t.Errorf("%+v", r)
	}
	if r := p.published("2.1", "2027-07-31", thirtyYears, "Longer."); !r.Unchanged || len(r.Warnings) != 2 {
		t.Errorf("%+v", r)
	}
}

// cancel ends the run of a version that told so many people.
func (p *publisher) cancel(run notice.RunID, told int) {
	p.Helper()
	r, err := p.db.Run(context.Background(), run)
	if err != nil {
		p.Fatal(err)
	}
	if err := r.Cancel(); err != nil {
		p.Fatal(err)
	}
	r.Freeze(notice.Counts{notice.Delivered: told})
	if _, err := p.db.SaveRun(context.Background(), r); err != nil {
		p.Fatal(err)
	}
}

// inForce is the version in force on a day.
func (p *publisher) inForce(on notice.Date) string {
	p.Helper()
	all, err := p.db.Versions(context.Background(), "privacy")
	if err != nil {
		p.Fatal(err)
	}
	v, _ := notice.InForce(all, on)
	return v.Name
}

func (p *publisher) runState(version string) notice.RunState {
	run, _ := p.db.Run(context.Background(), notice.ChangeRunID("privacy", version))
	return run.State
}

func wantWarnings(t *testing.T, r publish.Result, want ...string) {
	t.Helper()
	if len(r.Warnings) != len(want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
		return
	}
	for i := range want {
		if !strings.Contains(r.Warnings[i], want[i]) {
			t.Errorf("warning %q lacks %q", r.Warnings[i], want[i])
		}
	}
}

// A version that another keeps from ever taking effect is named when that is published.
func TestSidelinedVersionsAreNamed(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-11-20", thirtyYears, "")
	p.published("2", "2027-04-15", otherDesk, "")
	wantWarnings(t, p.published("3", "2027-03-01", tenYears, "We keep order data for ten years."), "once version 3 is approved, version 2, effective 2027-04-15, never takes effect")
	// An edit of the version in force goes past a change that waits, and stays.
	p = newPublisher(t)
	p.published("1", "2026-11-20", thirtyYears, "")
	p.published("2", "2027-04-15", tenYears, "We keep order data for ten years.")
	wantWarnings(t, p.published("3", "2027-03-01", otherDesk, ""), "version 2, effective 2027-04-15, never takes effect: version 3 was published after it")
}

// The text of the version before a cancelled change withdraws the change, on its day at the
// latest (the same text was no version, and the change took effect untold).
func TestACancelledChangeIsWithdrawn(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	p.cancel(p.approved("2", "2027-06-30", thirtyYears, "We keep order data longer.").ID, 15)
	late, err := p.Try(context.Background(), publish.Publication{Policy: "privacy", Version: "3", Effective: "2027-07-01", Source: []byte(tenYears), SourceName: "p.md"})
	if err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, late, "version 2 takes effect on 2027-06-30 all the same", "whoever was told of version 2 (policymail status change-privacy-2 says how many)")
	r := p.published("3", "2027-06-30", tenYears, "")
	if r.Unchanged || r.Run != "" || r.Change != policy.None {
		t.Errorf("%+v", r)
	}
	wantWarnings(t, r, "whoever was told of version 2 (policymail status change-privacy-2 says how many)", "version 2, effective 2027-06-30, never takes effect")
	for day, want := range map[notice.Date]string{"2027-06-29": "1", "2027-06-30": "3", "2028-01-01": "3"} {
		if got := p.inForce(day); got != want {
			t.Errorf("on %s version %s is in force, want %s", day, got, want)
		}
	}
	if again := p.published("4", "2027-06-30", tenYears, ""); !again.Unchanged || again.Version != "3" {
		t.Errorf("the same once more: %+v", again)
	}
}

// A run that comes after a cancelled one with the same words knows it; other words are told
// to everybody.
func TestARunFollowsTheCancelledOneOfTheSameWords(t *testing.T) {
	const words = "We keep order data longer."
	for name, c := range map[string]struct {
		effective, words string
		want             notice.RunID
	}{
		"the same words": {"2027-06-30", words, "change-privacy-2"},
		"other words":    {"2027-06-30", "We keep order data for thirty years.", ""},
		"another date":   {"2027-07-31", words, ""},
	} {
		p := newPublisher(t)
		p.published("1", "2026-01-01", tenYears, "")
		p.cancel(p.approved("2", "2027-06-30", thirtyYears, words).ID, 15)
		run, err := p.db.Run(context.Background(), p.published("2b", c.effective, thirtyYears, c.words).Run)
		if err != nil || run.Follows != c.want {
			t.Errorf("%s: it follows %q, want %q, %v", name, run.Follows, c.want, err)
		}
	}
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	p.cancel(p.published("2", "2027-06-30", thirtyYears, words).Run, 0)
	if run, _ := p.db.Run(context.Background(), p.published("2b", "2027-06-30", thirtyYears, words).Run); run.Follows != "" {
		t.Errorf("it follows %s, which nobody approved", run.Follows)
	}
}

// Whoever was told that a change is withdrawn is told when it comes after all, in the same
// words: the run of these follows none from before the withdrawal.
func TestARunFollowsNoneFromBeforeAWithdrawal(t *testing.T) {
	const words = "We keep order data longer."
	for name, c := range map[string]struct {
		told bool // of the withdrawal
		want notice.RunID
	}{"told": {told: true}, "not told": {want: "change-privacy-2"}} {
		p := newPublisher(t)
		p.published("1", "2026-01-01", tenYears, "")
		p.cancel(p.approved("2", "2027-06-30", thirtyYears, words).ID, 15)
		if c.told {
			run := p.approved("3", "2027-06-30", tenYears, "The change to thirty years is withdrawn.")
			run.Released, run.Pass, run.State = 15, 1, notice.Done
			if _, err := p.db.SaveRun(context.Background(), run); err != nil {
				t.Fatal(err)
			}
		} else {
			p.published("3", "2027-06-30", tenYears, "")
		}
		run, err := p.db.Run(context.Background(), p.published("2b", "2027-06-30", thirtyYears, words).Run)
		if err != nil || run.Follows != c.want {
			t.Errorf("%s: it follows %q, want %q, %v", name, run.Follows, c.want, err)
		}
	}
}

// A date may be corrected twice, to whichever day after the version that was edited.
func TestADateIsCorrectedTwice(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", thirtyYears, "")
	p.published("2", "2027-06-30", otherDesk, "")
	p.published("2b", "2027-05-31", otherDesk, "")
	if r, err := p.publish("2c", "2027-04-30", otherDesk, ""); err != nil || r.Unchanged {
		t.Fatalf("%+v %v", r, err)
	}
	if v, err := p.db.Version(context.Background(), "privacy", "2c"); err != nil || v.Previous != "1" || v.Corrects != "2b" {
		t.Errorf("compared with %q, corrects %q, %v", v.Previous, v.Corrects, err)
	}
	for day, want := range map[notice.Date]string{"2027-04-29": "1", "2027-04-30": "2c", "2027-06-30": "2c"} {
		if got := p.inForce(day); got != want {
			t.Errorf("on %s version %s is in force, want %s", day, got, want)
		}
	}
	p = newPublisher(t)
	p.published("1", "2036-12-01", tenYears, "")
	p.published("1b", "2027-12-01", tenYears, "")
	if r, err := p.publish("1c", "2026-12-01", tenYears, ""); err != nil || r.Unchanged || p.inForce("2026-12-01") != "1c" {
		t.Errorf("a baseline: %+v %v", r, err)
	}
}

// A wrong date of what nobody was told of is corrected under another name.
func TestAWrongDateIsCorrected(t *testing.T) {
	const words = "We keep order data for thirty years."
	for name, c := range map[string]struct {
		begin   func(*publisher)
		date    string
		words   string
		text    string
		run     bool
		refused string
		days    map[notice.Date]string
	}{
		"an edit, too late": {begin: func(p *publisher) { p.published("2", "2037-01-15", otherDesk, "") }, text: otherDesk, date: "2027-01-15",
			days: map[notice.Date]string{"2027-01-14": "1", "2027-01-15": "3", "2037-01-15": "3"}},
		"an edit, too early": {begin: func(p *publisher) { p.published("2", "2027-01-15", otherDesk, "") }, text: otherDesk, date: "2027-06-15",
			days: map[notice.Date]string{"2027-01-15": "1", "2027-06-15": "3"}},
		"a run that waits":        {begin: func(p *publisher) { p.published("2", "2037-01-15", tenYears, words) }, text: tenYears, words: words, date: "2027-01-15", run: true},
		"an edit in force":        {begin: func(p *publisher) { p.published("2", "2026-11-20", otherDesk, "") }, text: otherDesk, date: "2027-01-15", refused: "it has taken effect"},
		"a run that was approved": {begin: func(p *publisher) { p.approved("2", "2037-01-15", tenYears, words) }, text: tenYears, words: words, date: "2027-01-15", refused: "its run was approved"},
		"one of two approvals": {begin: func(p *publisher) {
			run, _ := p.db.Run(context.Background(), p.published("2", "2037-01-15", tenYears, words).Run)
			run.First = &notice.Approval{By: "Ada"}
			if _, err := p.db.SaveRun(context.Background(), run); err != nil {
				p.Fatal(err)
			}
		}, text: tenYears, words: words, date: "2027-01-15", refused: "Ada has approved it"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPublisher(t)
			p.published("1", "2026-01-01", thirtyYears, "")
			c.begin(p)
			before := p.runState("2")
			r := p.published("3", c.date, c.text, c.words)
			if c.refused != "" {
				if !r.Unchanged || len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0], c.refused) || p.runState("2") != before {
					t.Errorf("%+v, the run is %s", r, p.runState("2"))
				}
				return
			}
			v, err := p.db.Version(context.Background(), "privacy", "3")
			if err != nil || r.Unchanged || v.Corrects != "2" || v.Previous != "1" || (r.Run != "") != c.run {
				t.Fatalf("%+v %+v %v", r, v.Corrects, err)
			}
			if c.run && (p.runState("2") != notice.Cancelled || p.runState("3") != notice.Waiting) {
				t.Errorf("the run of 2 is %s, that of 3 %s", p.runState("2"), p.runState("3"))
			}
			for day, want := range c.days {
				if got := p.inForce(day); got != want {
					t.Errorf("on %s version %s is in force, want %s", day, got, want)
				}
			}
		})
	}
	p := newPublisher(t)
	p.published("1", "2036-12-01", tenYears, "")
	if r := p.published("1b", "2026-12-01", tenYears, ""); r.Unchanged || r.Baseline || r.Run != "" || p.inForce("2026-12-01") != "1b" {
		t.Errorf("a baseline: %+v", r)
	}
}

// A trial says what would be recorded and records nothing.
func TestTry(t *testing.T) {
	p := newPublisher(t)
	p.published("1", "2026-01-01", tenYears, "")
	in := publish.Publication{Policy: "privacy", Version: "2", Effective: "2037-01-15", Source: []byte(thirtyYears), SourceName: "p.md", Summary: map[string]string{"en": "Longer."}}
	try, err := p.Try(context.Background(), in)
	if err != nil || !try.DryRun {
		t.Fatalf("%+v %v", try, err)
	}
	all, _ := p.db.Versions(context.Background(), "privacy")
	if runs, _ := p.db.ListRuns(context.Background()); len(all) != 1 || len(runs) != 0 {
		t.Errorf("%d versions and %d runs", len(all), len(runs))
	}
	done, err := p.Publish(context.Background(), in)
	try.DryRun = false
	if err != nil || !reflect.DeepEqual(try, done) {
		t.Errorf("tried %+v\ndone  %+v %v", try, done, err)
	}
}
