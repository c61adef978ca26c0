package operate_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/policy"
	"policymail/shared/publish"
)

// ask runs a command whose answer is a T.
func ask[T any](t *testing.T, o operate.Operations, command string, args any) (T, error) {
	t.Helper()
	var result T
	event, err := operate.Encode(command, args)
	if err != nil {
		t.Fatal(err)
	}
	c := operate.Command{Name: command}
	if err := json.Unmarshal(event, &c); err != nil {
		t.Fatal(err)
	}
	answer, err := o.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Error != nil {
		return result, answer.Error
	}
	return answer.Result.(T), nil
}

// checked is a check of doctor by its name.
func checked(t *testing.T, o operate.Operations, name string) (operate.Check, bool) {
	t.Helper()
	checks, err := ask[[]operate.Check](t, o, "doctor", operate.None{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if c.Name == name {
			return c, true
		}
	}
	return operate.Check{}, false
}

// outdated is a stack with a version in force, and a page that shows the one before.
func outdated(t *testing.T) operate.Operations {
	t.Helper()
	o, run := setUp(t, false)
	if _, err := approve(t, o, run, "Ada Example", true); err != nil {
		t.Fatal(err)
	}
	o.Now = func() time.Time { return time.Date(2027, 2, 5, 9, 0, 0, 0, time.UTC) }
	o.Gate.Now = o.Now
	page, err := publish.Pack("<h1>Privacy policy</h1><p>We keep your name for 30 days and then delete it. We share it with nobody.</p>")
	if err != nil {
		t.Fatal(err)
	}
	d := publish.Draft{Policy: "privacy", Since: "90", Class: policy.Substantive, HTML: page, SeenAt: o.Now(), Shows: "30"}
	if err := errors.Join(publish.SaveDraft(context.Background(), o.Store, d), publish.NoteReading(context.Background(), o.Store, "privacy", o.Now(), "", "")); err != nil {
		t.Fatal(err)
	}
	return o
}

// doctor says what is the matter with the public page: nothing while it was never read.
func TestDoctorLooksAtThePage(t *testing.T) {
	o, _ := setUp(t, false)
	if c, found := checked(t, o, "public page"); found {
		t.Errorf("never read: %+v", c)
	}
	read := func(shown, why string) operate.Check {
		t.Helper()
		if err := publish.NoteReading(context.Background(), o.Store, "privacy", time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC), shown, why); err != nil {
			t.Fatal(err)
		}
		c, found := checked(t, o, "public page")
		if !found {
			t.Fatal("not looked at")
		}
		return c
	}
	if c := read("30", ""); !c.OK || !strings.Contains(c.Detail, "shows version 30") {
		t.Errorf("right: %+v", c)
	}
	if c := read("", "the page answers 404 Not Found"); c.OK || c.Detail != "the public page cannot be read since 2026-11-24 06:00 UTC: the page answers 404 Not Found" || c.Advice == "" {
		t.Errorf("broken: %+v", c)
	}
	if _, err := ask[operate.Draft](t, o, "draft", operate.DraftArgs{Policy: "privacy"}); err == nil || !strings.Contains(err.Error(), "there is no draft of privacy: the public page cannot be read since 2026-11-24 06:00 UTC") {
		t.Errorf("a draft of a broken page: %v", err)
	}
	if c := read("30", ""); !c.OK {
		t.Errorf("mended: %+v", c)
	}
	behind := outdated(t)
	if c, _ := checked(t, behind, "public page"); c.OK || c.Detail != "version 90 is in force since 2027-01-31, and the public page still shows version 30" || !strings.Contains(c.Advice, "bring the page up to date") {
		t.Errorf("out of date: %+v", c)
	}
}

// What a page that is out of date says is offered to nobody as a change.
func TestNoDraftOfAPageThatIsOutOfDate(t *testing.T) {
	o := outdated(t)
	d, err := ask[operate.Draft](t, o, "draft", operate.DraftArgs{Policy: "privacy"})
	if !errors.Is(err, notice.ErrRefused) || !strings.Contains(err.Error(), "version 90 is in force since 2027-01-31, and the public page still shows version 30; bring the page up to date") || d.HTML != "" {
		t.Errorf("%+v %v", d, err)
	}
	// A text that somebody hands in is theirs to draft.
	if _, err := ask[operate.Draft](t, o, "draft", operate.DraftArgs{Policy: "privacy", Source: []byte("# Privacy policy\n\nWe keep your name for 9 days and then delete it. We share it with nobody.\n"), SourceName: "p.md"}); err != nil {
		t.Error(err)
	}
}

// A request whose answer is late is no secret of the desk's.
func TestDoctorNamesLateRequests(t *testing.T) {
	o, _ := setUp(t, false)
	if c, _ := checked(t, o, "requests"); !c.OK || c.Detail != "0 open, none of them late" {
		t.Errorf("%+v", c)
	}
	for id, day := range map[notice.RequestID]int{"20261001-late": -60, "20261120-open": -4} {
		r := notice.NewRequest(id, notice.Access, o.Now().AddDate(0, 0, day))
		r.State = notice.Pending
		if err := database(o).AddRequest(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
	if c, _ := checked(t, o, "requests"); c.OK || c.Detail != "2 open, 1 late: 20261001-late was due by 2026-11-09" || c.Advice == "" {
		t.Errorf("%+v", c)
	}
}
