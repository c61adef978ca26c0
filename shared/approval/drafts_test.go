package approval_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
)

// drafted leaves a draft as the watcher does.
func (d *desk) drafted(t *testing.T, since, years string) {
	t.Helper()
	packed, err := publish.Pack("<h1>Privacy policy</h1><p>We keep your name for " + years + " years.</p>")
	if err != nil {
		t.Fatal(err)
	}
	draft := publish.Draft{Policy: "privacy", Since: since, Class: policy.Substantive, Confidence: 0.9, Reasons: []string{"a period changed"}, HTML: packed, SeenAt: d.now}
	if err := publish.SaveDraft(ctx, d.Store, draft); err != nil {
		t.Fatal(err)
	}
}

// told counts the mails about the page to every approver.
func (d *desk) told(t *testing.T, drafts int) [2]int {
	t.Helper()
	if out := d.announceNow(t); out.Drafts != drafts || out.Waiting != 1 {
		t.Errorf("announced %+v, want %d drafts", out, drafts)
	}
	return [2]int{d.mailed["page to "+ada], d.mailed["page to "+bob]}
}

// Every approver is told once of a change of the page and again each week that it stands;
// of another change, and of the same one after it was put right, anew.
func TestDraftIsToldOnceAndEveryWeek(t *testing.T) {
	d := setUp(t)
	d.Policy = "privacy"
	want := func(what string, drafts, mails int) {
		t.Helper()
		if got := d.told(t, drafts); got != [2]int{mails, mails} {
			t.Errorf("%s: told %v, want %d each", what, got, mails)
		}
		d.now = d.now.Add(time.Hour)
	}
	want("no draft", 0, 0)
	d.drafted(t, "two", "nine")
	want("a draft", 1, 1)
	in := d.page
	if in.Version.Name != "two" || in.Class != "substantive" || in.Confidence != 0.9 || !slices.Equal(in.Reasons, []string{"a period changed"}) ||
		!slices.Equal(in.Sections, []string{"Privacy policy"}) || in.Seen != "2026-11-24" {
		t.Errorf("told %+v", in)
	}
	want("the same", 1, 1)
	d.drafted(t, "two", "nine")
	want("the same in another reading", 1, 1)
	d.now = d.now.Add(7 * 24 * time.Hour)
	want("a week later", 1, 2)
	want("and no more", 1, 2)
	d.drafted(t, "two", "ten")
	want("another change", 1, 3)
	if err := publish.WithdrawDraft(ctx, d.Store, "privacy"); err != nil {
		t.Fatal(err)
	}
	want("the page was put right", 0, 3)
	d.drafted(t, "two", "ten")
	want("and wrong again", 1, 4)
	d.drafted(t, "one", "ten")
	want("what was published since is the answer", 0, 4)
	if _, err := d.Reject(ctx, d.run, ada, "a wrong date"); err != nil {
		t.Fatal(err)
	}
	if out := d.announceNow(t); out.Drafts != 1 || out.Mailed != 3 { // and the rejection to bob
		t.Errorf("after that was rejected: %+v", out)
	}
}

// As of a run: whoever was mailed and not marked is mailed once more, everybody else once.
func TestDeathBetweenDraftAndMark(t *testing.T) {
	for death := range 3 {
		d := setUp(t)
		d.announceNow(t) // of the run
		d.Policy = "privacy"
		d.drafted(t, "two", "nine")
		saves := 0
		d.die = func() error {
			if saves++; saves == death+1 {
				return errors.New("dead")
			}
			return nil
		}
		if _, err := d.Announce(ctx); err == nil || errors.Is(err, notice.ErrRefused) {
			t.Fatalf("%d: it lives: %v", death, err)
		}
		d.now = d.now.Add(15 * time.Minute)
		d.announceNow(t)
		want := [][2]int{{1, 1}, {2, 1}, {1, 2}}[death]
		if got := d.told(t, 1); got != want {
			t.Errorf("%d: told %v, want %v", death, got, want)
		}
	}
}
