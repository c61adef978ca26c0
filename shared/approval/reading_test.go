package approval_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/publish"
)

// Every approver is mailed once when the page could not be read for a day, and once when
// it can be again; of the next outage anew. Whoever became an approver in between is not
// told of the end of what they were not told of.
func TestAPageThatCannotBeReadIsToldOnce(t *testing.T) {
	d := setUp(t)
	d.Policy = "privacy"
	d.announceNow(t)
	read := func(why string) {
		t.Helper()
		if err := publish.NoteReading(ctx, d.Store, "privacy", d.now, "", why); err != nil {
			t.Fatal(err)
		}
		d.announceNow(t)
		d.announceNow(t)
	}
	want := func(when string, broken, mended int) {
		t.Helper()
		for _, to := range []string{ada, bob} {
			if d.mailed["broken page to "+to] != broken || d.mailed["mended page to "+to] != mended {
				t.Errorf("%s, %s was told %d times of the outage and %d times of its end; want %d and %d", when, to, d.mailed["broken page to "+to], d.mailed["mended page to "+to], broken, mended)
			}
		}
	}
	want("never read", 0, 0)
	read("")
	want("readable", 0, 0)
	read("the page answers 404 Not Found")
	since := d.now
	want("the first failure", 0, 0)
	d.now = d.now.Add(18 * time.Hour)
	read("the page answers 404 Not Found")
	want("18 hours", 0, 0)
	d.now = d.now.Add(6 * time.Hour)
	read("the page answers 502 Bad Gateway")
	want("a day", 1, 0)
	if !d.broken.Since.Equal(since) || d.broken.Why != "the page answers 502 Bad Gateway" || d.broken.Policy != "privacy" {
		t.Errorf("told %+v", d.broken)
	}
	d.now = d.now.Add(8 * 24 * time.Hour)
	read("the page answers 404 Not Found")
	want("nine days", 1, 0)
	d.Approvers = append(d.Approvers, "cy@example.com")
	read("")
	want("mended", 1, 1)
	if d.mailed["mended page to cy@example.com"] != 0 {
		t.Error("told of the end of what they had not been told of")
	}
	d.now = d.now.Add(6 * time.Hour)
	read("the page answers 404 Not Found")
	d.now = d.now.Add(6 * time.Hour)
	read("")
	want("a short outage", 1, 1)
	read("the page answers 404 Not Found")
	d.now = d.now.Add(24 * time.Hour)
	read("the page answers 404 Not Found")
	read("")
	want("a second long outage", 2, 2)
}

// An approval that a page refuses which is out of date is not told to publish the old text.
func TestAPageOutOfDateRefusesApproval(t *testing.T) {
	d := setUp(t)
	d.drafted(t, "two", "nine")
	draft, err := publish.LoadDraft(ctx, d.Store, "privacy")
	if err != nil {
		t.Fatal(err)
	}
	for shows, want := range map[string]string{"": "look at it by policymail draft", "zero": "bring the page up to date"} {
		draft.Shows = shows
		if err := publish.SaveDraft(ctx, d.Store, draft); err != nil {
			t.Fatal(err)
		}
		if err := d.Ready(ctx, d.run, ada); !errors.Is(err, notice.ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("the page shows %q: %v", shows, err)
		}
	}
}

// Whoever decides reads that the page cannot be read, that it is an old version, and that
// the same text was rejected before.
func TestReviewTellsTheCircumstances(t *testing.T) {
	d := setUp(t)
	d.Policy = "privacy"
	warnings := func() string {
		t.Helper()
		r, err := d.Review(ctx, d.run)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(r.Warnings, "\n")
	}
	if w := warnings(); strings.Contains(w, "page") || strings.Contains(w, "rejected") {
		t.Errorf("nothing is the matter: %s", w)
	}
	if err := publish.NoteReading(ctx, d.Store, "privacy", d.now, "", "the page answers 404 Not Found"); err != nil {
		t.Fatal(err)
	}
	if w := warnings(); !strings.Contains(w, "the public page cannot be read since 2026-11-24 11:00 UTC: the page answers 404 Not Found") {
		t.Errorf("of a broken page: %s", w)
	}
	d.drafted(t, "two", "nine")
	if w := warnings(); !strings.Contains(w, "the public page reads differently from version two since 2026-11-24") {
		t.Errorf("of another text on the page: %s", w)
	}
	if _, err := d.Reject(ctx, d.run, ada, "too early,\nand too long"); err != nil {
		t.Fatal(err)
	}
	_, v := d.read(t)
	v.Name, v.PublishedAt, v.Edits = "three", d.now, nil
	run := notice.Run{ID: notice.ChangeRunID(v.Policy, v.Name), Kind: notice.Change, Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(), State: notice.Waiting}
	if err := d.AddVersion(ctx, v); err != nil {
		t.Fatal(err)
	}
	if err := d.AddRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	d.run = run.ID
	const want = "this very text was rejected before, as version two, by ada@example.com on 2026-11-24: too early, and too long"
	if w := warnings(); !strings.Contains(w, want) {
		t.Errorf("of a text that was rejected: %s", w)
	}
	other := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
	other.Policy, other.Name, other.Previous = v.Policy, "four", v.Previous
	if rejected, err := notice.RejectedBefore(other, []notice.Version{v}, func(id notice.RunID) (notice.Run, error) { return d.Run(ctx, id) }); err != nil || len(rejected) != 0 {
		t.Errorf("another text was never rejected: %+v %v", rejected, err)
	}
}
