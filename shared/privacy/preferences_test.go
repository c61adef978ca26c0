package privacy_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
)

func setUp(t *testing.T) (*bolt.Store, privacy.Preferences) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", Name: "Ada Example", At: now}}
	if _, err := db.ImportRecipients(context.Background(), rows, 14); err != nil {
		t.Fatal(err)
	}
	return db, privacy.Preferences{Store: db, LeadDays: 14, Now: func() time.Time { return now }}
}

func optOutAll(notice.OptOut) notice.OptOut { return notice.OptOutAll }

func TestOptOutTwiceAndAtOnceIsOneEvent(t *testing.T) {
	ctx := context.Background()
	db, p := setUp(t)
	var racers sync.WaitGroup
	for range 8 {
		racers.Go(func() {
			if _, _, err := p.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByOneClick}, optOutAll); err != nil {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	r, _ := db.Recipient(ctx, "ada")
	history, _ := db.PreferenceEvents(ctx, "ada")
	if r.OptOut != notice.OptOutAll || r.Due != "" || len(history) != 1 || history[0].After.OptOut != notice.OptOutAll {
		t.Errorf("%+v with history %+v", r, history)
	}
	undo := func(notice.OptOut) notice.OptOut { return notice.OptOut{} }
	if _, _, err := p.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByPage}, undo); err != nil {
		t.Fatal(err)
	}
	if r, _ = db.Recipient(ctx, "ada"); r.Due != "2027-11-10" {
		t.Errorf("after the undo the review is due on %q", r.Due)
	}
}

func TestErasedMeansErased(t *testing.T) {
	ctx := context.Background()
	db, p := setUp(t)
	if _, err := db.RecordDelivery(ctx, notice.Delivery{Run: "r1", Recipient: "ada", State: notice.Sent}); err != nil {
		t.Fatal(err)
	}
	if err := db.AddRun(ctx, notice.Run{ID: "r1"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := privacy.Erase(ctx, db, p, privacy.Change{Recipient: "ada", By: "operator"}); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := db.Recipient(ctx, "ada")
	if want := (notice.Recipient{ID: "ada", Status: notice.Erased, OptOut: notice.OptOutAll, Rev: 2}); r != want {
		t.Errorf("what is left: %+v", r)
	}
	if lines, _ := db.Deliveries(ctx, "r1", []notice.RecipientID{"ada"}); len(lines) != 0 {
		t.Errorf("the ledger still holds %+v", lines)
	}
	outcome, err := db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com"}}, 14)
	if err != nil || outcome[0].What != notice.KeptErased {
		t.Errorf("an import brought the person back: %v %v", outcome, err)
	}
	if r, _ = db.Recipient(ctx, "ada"); strings.Contains(r.Address, "@") {
		t.Error("the address is back")
	}
}

// A person whose mail bounced and who decides by a link that reached them since is written
// to again. What does not prove it changes nothing: a link mailed before the bounce or to an
// address they left, a decision on another way, a complaint; and a bounce of before, told
// late or again, does not take it back.
func TestABounceEndsWithAProof(t *testing.T) {
	ctx := context.Background()
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		status notice.Status
		mailed time.Time // zero for no link
		moved  time.Time // zero for never
		want   notice.Status
	}{
		"a link since":               {notice.Bounced, noon.Add(time.Hour), time.Time{}, notice.Active},
		"a link of the same second":  {notice.Bounced, noon, time.Time{}, notice.Active},
		"a link of before":           {notice.Bounced, noon.Add(-time.Second), time.Time{}, notice.Bounced},
		"a link to another address":  {notice.Bounced, noon.Add(time.Hour), noon.Add(2 * time.Hour), notice.Bounced},
		"a link to this address":     {notice.Bounced, noon.Add(2 * time.Hour), noon.Add(time.Hour), notice.Active},
		"a way that proves nothing":  {notice.Bounced, time.Time{}, time.Time{}, notice.Bounced},
		"a complaint and a new link": {notice.Complained, noon.Add(time.Hour), time.Time{}, notice.Complained},
	} {
		t.Run(name, func(t *testing.T) {
			db, p := setUp(t)
			clock := noon.Add(time.Millisecond)
			p.Now = func() time.Time { return clock }
			sent := noon.Add(-time.Minute)
			suppress := func() {
				t.Helper()
				if err := p.Suppress(ctx, "ada", c.status, notice.ByBounce, "r1", sent); err != nil {
					t.Fatal(err)
				}
			}
			suppress()
			if !c.moved.IsZero() {
				r, _ := db.Recipient(ctx, "ada")
				e := notice.PreferenceEvent{ID: c.moved.Format("20060102T150405.000000000Z"), Recipient: r.ID, At: c.moved, Before: r.Standing(), After: r.Standing(), Corrected: []string{"address"}}
				if err := db.ChangeRecipient(ctx, r, r, e); err != nil {
					t.Fatal(err)
				}
			}
			clock = noon.Add(3 * time.Hour)
			for range 2 {
				change := privacy.Change{Recipient: "ada", Way: notice.ByPage, Mailed: c.mailed}
				if _, _, err := p.Set(ctx, change, func(notice.OptOut) notice.OptOut { return notice.OptOut{Annual: true} }); err != nil {
					t.Fatal(err)
				}
				r, _ := db.Recipient(ctx, "ada")
				if r.Status != c.want || r.OptOut != (notice.OptOut{Annual: true}) {
					t.Errorf("%+v, want %s", r, c.want)
				}
				suppress() // the same event again
			}
			history, _ := db.PreferenceEvents(ctx, "ada")
			if last := history[len(history)-1]; last.Before.Status != c.status || last.After.Status != c.want || last.Way != notice.ByPage {
				t.Errorf("the history says %+v", last)
			}
			if c.want != notice.Active {
				return
			}
			sent = clock.Add(time.Hour)
			suppress()
			if r, _ := db.Recipient(ctx, "ada"); r.Status != notice.Bounced {
				t.Errorf("a bounce after the proof leaves %s", r.Status)
			}
		})
	}
}

// A choice is written although nobody can tell whether the mailbox lives, or whether an
// undo has to end: the error says that it stands, and the same choice again does the rest.
func TestAChoiceStandsThoughTheHistoryCannotBeRead(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		before func(privacy.Preferences) error
		change privacy.Change
		want   notice.Status
	}{
		"a mailbox that may live": {
			func(p privacy.Preferences) error {
				return p.Suppress(ctx, "ada", notice.Bounced, notice.ByBounce, "r1", p.Now())
			},
			privacy.Change{Recipient: "ada", Way: notice.ByPage, Mailed: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}, notice.Active},
		"an undo that has to end": {
			func(p privacy.Preferences) error {
				_, _, err := p.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByPage, Run: "r1"}, optOutAll)
				return err
			},
			privacy.Change{Recipient: "ada", Way: notice.ByOneClick}, notice.Active},
	} {
		t.Run(name, func(t *testing.T) {
			db, p := setUp(t)
			clock := p.Now()
			p.Now = func() time.Time { clock = clock.Add(time.Millisecond); return clock }
			if err := c.before(p); err != nil {
				t.Fatal(err)
			}
			p.Store = &throttled{Store: db, method: "PreferenceEvents", left: 1}
			var unfinished *privacy.Unfinished
			_, after, err := p.Set(ctx, c.change, optOutAll)
			if !errors.As(err, &unfinished) || !errors.Is(err, errThrottled) {
				t.Errorf("the failure is told as %v", err)
			}
			if r, _ := db.Recipient(ctx, "ada"); r.OptOut != notice.OptOutAll || after != r.Standing() {
				t.Errorf("stored %+v, told %+v", r, after)
			}
			if _, _, err := p.Set(ctx, c.change, optOutAll); err != nil {
				t.Fatal(err)
			}
			history, _ := db.PreferenceEvents(ctx, "ada")
			if r, _ := db.Recipient(ctx, "ada"); r.Standing() != (notice.Standing{Status: c.want, OptOut: notice.OptOutAll}) || history[len(history)-1].Way != c.change.Way {
				t.Errorf("in the end %+v, history %+v", r, history)
			}
		})
	}
}

// A write that fails is no choice that stands.
func TestAChoiceThatIsNotWrittenSaysSo(t *testing.T) {
	ctx := context.Background()
	db, p := setUp(t)
	p.Store = &mortal{Store: db}
	var unfinished *privacy.Unfinished
	_, _, err := p.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByPage, Mailed: p.Now()}, optOutAll)
	if r, _ := db.Recipient(ctx, "ada"); err == nil || errors.As(err, &unfinished) || r.OptOut != (notice.OptOut{}) {
		t.Errorf("%v, stored %+v", err, r)
	}
}
