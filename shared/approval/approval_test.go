package approval_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/officers"
	"policymail/shared/publish"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
)

var ctx = context.Background()

const (
	ada = "ada@example.com"
	bob = "bob@example.com"
)

// toOne is the plan of a run that concerns one person.
var toOne = delivery.Plan{Audience: 1}

// desk is a store with one change that waits, and an announcer of it.
type desk struct {
	store.Store
	approval.Announcer
	run    notice.RunID
	now    time.Time
	mu     sync.Mutex
	mailed map[string]int
	page   officers.PageChange // told last
	broken officers.PageBroken // told last
	// rejected is what was told last.
	rejected officers.Rejected
	refuse   map[string]bool
	die      func() error // before a mark is kept
}

func (d *desk) Invite(_ context.Context, in officers.Invitation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse[in.To] {
		return errors.New("no such mailbox")
	}
	d.mailed[in.To]++
	return nil
}

func (d *desk) PageChanged(_ context.Context, in officers.PageChange) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mailed["page to "+in.To]++
	d.page = in
	return nil
}

func (d *desk) PageBroken(_ context.Context, in officers.PageBroken) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	what := "broken page to "
	if in.Again {
		what = "mended page to "
	}
	d.mailed[what+in.To]++
	d.broken = in
	return nil
}

func (d *desk) Rejected(_ context.Context, in officers.Rejected) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse[in.To] {
		return errors.New("no such mailbox")
	}
	d.mailed["rejection to "+in.To]++
	d.rejected = in
	return nil
}

func (d *desk) SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error) {
	if err := d.die(); err != nil {
		return 0, err
	}
	return d.Store.SaveDocument(ctx, kind, id, v, rev)
}

func setUp(t *testing.T) *desk {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	d := &desk{Store: db, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), mailed: map[string]int{}, die: func() error { return nil }}
	clock := func() time.Time { return d.now }
	keys, err := token.NewKeys(ctx, token.Secret("a secret"), "k1")
	if err != nil {
		t.Fatal(err)
	}
	d.Announcer = approval.Announcer{Gate: approval.Gate{Store: d, Approvers: []string{ada, bob}, ID: keys.RecipientID, Now: clock}, Post: d,
		Links: token.Links{Base: "https://p.example.com", Keys: keys, Now: clock},
		Plan: func(context.Context, notice.RunID) (delivery.Plan, error) {
			return delivery.Plan{Audience: 5000}, nil
		}}
	publisher := publish.Publisher{Store: db, Now: clock}
	for _, years := range []string{"one", "two"} {
		in := publish.Publication{Policy: "privacy", Version: years, Effective: "2027-01-31", Summary: map[string]string{"en": "We keep it for " + years + " years."},
			Source: []byte("# Privacy policy\n\nWe keep your name for " + years + " years.\n"), SourceName: "p.md"}
		r, err := publisher.Publish(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		d.run, d.now = r.Run, d.now.Add(time.Hour)
	}
	return d
}

// A change that waits is told anew every week, to whom it waits for: links end, and
// mails are forgotten.
func TestWaitingIsToldAgain(t *testing.T) {
	d := setUp(t)
	d.Two = true
	d.announceNow(t)
	d.now = d.now.Add(7*24*time.Hour - time.Minute)
	if out := d.announceNow(t); out.Mailed != 0 {
		t.Errorf("within the week: %+v", out)
	}
	d.now = d.now.Add(time.Minute)
	d.announceNow(t)
	d.announceNow(t)
	if d.mailed[ada] != 2 || d.mailed[bob] != 2 {
		t.Errorf("after a week, mailed %v", d.mailed)
	}
	_, v := d.read(t)
	if _, err := d.Approve(ctx, d.run, v.ContentHash(), ada, toOne); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(7 * 24 * time.Hour)
	d.announceNow(t)
	if d.mailed[ada] != 2 || d.mailed[bob] != 3 {
		t.Errorf("after one of two approved, mailed %v", d.mailed)
	}
}

// Whom a mail does not reach keeps nobody else from theirs, nor moves their week.
func TestOneMailboxThatFails(t *testing.T) {
	d := setUp(t)
	d.refuse = map[string]bool{ada: true}
	if out, err := d.Announce(ctx); err == nil || out.Mailed != 1 || d.mailed[bob] != 1 {
		t.Errorf("%+v %v, mailed %v", out, err, d.mailed)
	}
	d.refuse, d.now = nil, d.now.Add(6*24*time.Hour)
	d.announceNow(t)
	d.now = d.now.Add(24 * time.Hour)
	d.announceNow(t)
	if d.mailed[ada] != 1 || d.mailed[bob] != 2 {
		t.Errorf("mailed %v", d.mailed)
	}
}

// By the command line and by the page one person stays one person.
func TestTwoApprovalsTakeTwoAddresses(t *testing.T) {
	d := setUp(t)
	d.Two = true
	_, v := d.read(t)
	approve := func(by string) error { return second(d.Approve(ctx, d.run, v.ContentHash(), by, toOne)) }
	if err := approve(ada); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"Ada Example", "ADA@example.com", "eve@example.com"} {
		if err := errors.Join(approve(by), d.Ready(ctx, d.run, by)); !errors.Is(err, notice.ErrRefused) {
			t.Errorf("%s: %v", by, err)
		}
	}
	if err := errors.Join(d.Ready(ctx, d.run, bob), approve(bob)); err != nil {
		t.Error(err)
	}
}

func (d *desk) announceNow(t *testing.T) approval.Announced {
	t.Helper()
	out, err := d.Announce(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (d *desk) read(t *testing.T) (notice.Run, notice.Version) {
	t.Helper()
	run, err := d.Run(ctx, d.run)
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.Version(ctx, run.Policy, run.Version)
	if err != nil {
		t.Fatal(err)
	}
	return run, v
}

func TestEveryApproverIsToldOnce(t *testing.T) {
	d := setUp(t)
	if out := d.announceNow(t); out.Waiting != 1 || out.Mailed != 2 {
		t.Errorf("first %+v", out)
	}
	for range 3 {
		d.now = d.now.Add(time.Hour)
		if out := d.announceNow(t); out.Mailed != 0 {
			t.Errorf("again %+v", out)
		}
	}
	d.Approvers = append(d.Approvers, "cy@example.com")
	d.announceNow(t)
	if d.mailed[ada] != 1 || d.mailed[bob] != 1 || d.mailed["cy@example.com"] != 1 {
		t.Errorf("mailed %v", d.mailed)
	}
	run, _ := d.read(t)
	if _, err := d.Reject(ctx, d.run, ada, "a wrong date"); err != nil {
		t.Fatal(err)
	}
	if out := d.announceNow(t); out.Waiting != 0 {
		t.Errorf("%+v of a run that was %s", out, run.State)
	}
}

// It dies before each mark in turn: whoever was mailed and not marked is mailed once
// more, everybody else once.
func TestDeathBetweenMailAndMark(t *testing.T) {
	for death := range 3 {
		d := setUp(t)
		saves := 0
		d.die = func() error {
			if saves++; saves == death+1 {
				return errors.New("dead")
			}
			return nil
		}
		if _, err := d.Announce(ctx); err == nil {
			t.Fatalf("%d: it lives", death)
		}
		d.now = d.now.Add(15 * time.Minute)
		d.announceNow(t)
		d.now = d.now.Add(15 * time.Minute)
		d.announceNow(t)
		want := []map[string]int{{ada: 1, bob: 1}, {ada: 2, bob: 1}, {ada: 1, bob: 2}}[death]
		if d.mailed[ada] != want[ada] || d.mailed[bob] != want[bob] {
			t.Errorf("%d: mailed %v, want %v", death, d.mailed, want)
		}
	}
}

func TestAnnouncersAtOnce(t *testing.T) {
	d := setUp(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := d.Announce(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if d.mailed[ada] != 1 || d.mailed[bob] != 1 {
		t.Errorf("mailed %v", d.mailed)
	}
}

// What is approved is what was edited, and what the sender compares.
func TestEditedSummaryIsWhatIsApproved(t *testing.T) {
	d := setUp(t)
	d.announceNow(t)
	_, before := d.read(t)
	for range 2 { // the second changes nothing
		_, v := d.read(t)
		if _, err := d.Edit(ctx, d.run, v.ContentHash(), ada, map[string]string{"en": "We keep it\r\nlonger.", "de": "Länger.", "fr": ""}); err != nil {
			t.Fatal(err)
		}
	}
	run, v := d.read(t)
	if v.Summary["en"] != "We keep it\nlonger." || v.Summary["de"] != "Länger." || len(v.Summary) != 2 || run.ContentHash != v.ContentHash() || run.ContentHash == before.ContentHash() {
		t.Fatalf("edited %+v %s", v.Summary, run.ContentHash)
	}
	if len(v.Edits) != 1 || v.Edits[0].By != ada || v.Edits[0].Before != before.ContentHash() {
		t.Errorf("history %+v", v.Edits)
	}
	if _, err := d.Approve(ctx, d.run, before.ContentHash(), bob, delivery.Plan{}); !errors.Is(err, notice.ErrConflict) {
		t.Errorf("a text that is not there any more was approved: %v", err)
	}
	announced, err := d.Announced(ctx, d.run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Approve(ctx, d.run, v.ContentHash(), bob, announced); err != nil {
		t.Fatal(err)
	}
	if run, v = d.read(t); run.State != notice.Running || !v.Approved() || v.Approval.By != bob || run.ContentHash != v.ContentHash() || run.Audience != 5000 || run.Canary != 500 {
		t.Errorf("approved %+v %+v", run, v.Approval)
	}
	for name, err := range map[string]error{
		"approve": second(d.Approve(ctx, d.run, v.ContentHash(), bob, delivery.Plan{})),
		"edit":    second(d.Edit(ctx, d.run, v.ContentHash(), ada, map[string]string{"en": "x"})),
		"reject":  second(d.Reject(ctx, d.run, ada, "late")),
	} {
		if !errors.Is(err, notice.ErrRefused) {
			t.Errorf("%s after it was approved: %v", name, err)
		}
	}
}

func second(_ notice.Run, err error) error { return err }

func TestTwoApproversAndEdits(t *testing.T) {
	d := setUp(t)
	d.Two, d.Way = true, notice.ByLink
	_, v := d.read(t)
	if run, err := d.Approve(ctx, d.run, v.ContentHash(), ada, toOne); err != nil || run.State != notice.Waiting {
		t.Fatalf("%+v %v", run, err)
	}
	if _, err := d.Edit(ctx, d.run, v.ContentHash(), bob, map[string]string{"en": "x"}); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("edited under an approval: %v", err)
	}
	if _, err := d.Approve(ctx, d.run, v.ContentHash(), ada, toOne); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("one person approved twice: %v", err)
	}
	if run, _ := d.read(t); run.First == nil || len(run.First.Given) != 1 || run.First.Given[0].Way != notice.ByLink {
		t.Errorf("the first approval: %+v", run.First)
	}
	first := d.now
	d.now = d.now.Add(time.Hour)
	d.Way = notice.ByCommand
	if _, err := d.Approve(ctx, d.run, v.ContentHash(), bob, toOne); err != nil {
		t.Error(err)
	}
	want := []notice.Given{{By: ada, At: first, Way: notice.ByLink}, {By: bob, At: d.now, Way: notice.ByCommand}}
	if _, v := d.read(t); !slices.Equal(v.Approval.Given, want) {
		t.Errorf("given %+v, want %+v", v.Approval.Given, want)
	}
	if run, v := d.read(t); run.State != notice.Running || v.Approval.By != ada+" and "+bob {
		t.Errorf("%+v", run)
	}
}

func TestWhatCannotBeDecided(t *testing.T) {
	d := setUp(t)
	_, v := d.read(t)
	for name, err := range map[string]error{
		"no summary left": second(d.Edit(ctx, d.run, v.ContentHash(), ada, map[string]string{"en": " "})),
		"no reason":       second(d.Reject(ctx, d.run, ada, " ")),
		"no name":         second(d.Approve(ctx, d.run, v.ContentHash(), "", toOne)),
	} {
		if !errors.Is(err, notice.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if run, after := d.read(t); run.State != notice.Waiting || after.ContentHash() != v.ContentHash() {
		t.Errorf("%+v", run)
	}
}

// Decisions race: one wins, and whatever wins, a version is approved if and only if its
// run goes out, by exactly one decision, and with the hash of what is there.
func TestDecisionsAtOnce(t *testing.T) {
	d := setUp(t)
	decisions := map[string]func(run notice.RunID, hash string) error{
		"ada approves": func(run notice.RunID, hash string) error { return second(d.Approve(ctx, run, hash, ada, toOne)) },
		"bob approves": func(run notice.RunID, hash string) error { return second(d.Approve(ctx, run, hash, bob, toOne)) },
		"ada edits": func(run notice.RunID, hash string) error {
			return second(d.Edit(ctx, run, hash, ada, map[string]string{"en": "Other words."}))
		},
		"bob rejects": func(run notice.RunID, hash string) error { return second(d.Reject(ctx, run, bob, "no")) },
	}
	for _, pair := range [][2]string{{"ada approves", "bob approves"}, {"ada approves", "ada edits"}, {"ada approves", "bob rejects"}, {"ada edits", "bob rejects"}} {
		for i := range 20 {
			v := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
			v.Policy, v.Name, v.Previous, v.Summary = "other", fmt.Sprintf("%d-%s", i, pair[0][4:6]+pair[1][4:6]), "none", map[string]string{"en": "Words."}
			d.now = d.now.Add(time.Minute)
			v.PublishedAt = d.now
			run := notice.Run{ID: notice.ChangeRunID(v.Policy, v.Name), Kind: notice.Change, Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(), State: notice.Waiting}
			if err := errors.Join(d.AddVersion(ctx, v), d.AddRun(ctx, run)); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			var won [2]bool
			for j, who := range pair {
				all.Go(func() { won[j] = decisions[who](run.ID, v.ContentHash()) == nil })
			}
			all.Wait()
			run, _ = d.Run(ctx, run.ID)
			v, _ = d.Version(ctx, v.Policy, v.Name)
			if v.Approved() != (run.State == notice.Running) || v.Approval != nil && !v.Approved() || run.ContentHash != v.ContentHash() {
				t.Errorf("%v: the run is %s, the version approved by %+v", pair, run.State, v.Approval)
			}
			if !won[0] && !won[1] || won[0] && won[1] && pair[0] != "ada edits" {
				t.Errorf("%v: won %v", pair, won)
			}
		}
	}
}
