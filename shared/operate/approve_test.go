package operate_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
)

type account struct{}

func (account) Account(context.Context) (delivery.Account, error) { return delivery.Account{}, nil }

// setUp is a stack with one change of substance that waits for approval.
func setUp(t *testing.T, two bool) (operate.Operations, notice.RunID) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Second); return now }
	publisher := publish.Publisher{Store: db, Now: clock}
	var result publish.Result
	for _, v := range []string{"30 days", "90 days"} {
		p := publish.Publication{Policy: "privacy", Version: v[:2], Effective: "2027-01-31", Summary: map[string]string{"en": "We keep it for " + v},
			Source: []byte("# Privacy policy\n\nWe keep your name for " + v + " and then delete it. We share it with nobody.\n"), SourceName: "p.md"}
		if result, err = publisher.Publish(context.Background(), p); err != nil {
			t.Fatal(err)
		}
	}
	return operate.Operations{Store: db, Publisher: publisher, Operator: delivery.Operator{Store: db, Account: account{}, Now: clock, Settings: delivery.Settings{Policy: "privacy", Share: 0.8}},
		Gate: approval.Gate{Store: db, Two: two, Now: clock}, Now: clock, Log: slog.New(slog.DiscardHandler)}, result.Run
}

// database is the store under a stack.
func database(o operate.Operations) *bolt.Store { return o.Store.(*bolt.Store) }

func approve(t *testing.T, o operate.Operations, run notice.RunID, by string, yes bool) (operate.Approved, error) {
	t.Helper()
	return approveSeen(t, o, run, by, "", yes)
}

// approveSeen is approve with the hash of the content that was seen.
func approveSeen(t *testing.T, o operate.Operations, run notice.RunID, by, hash string, yes bool) (operate.Approved, error) {
	t.Helper()
	raw, _ := json.Marshal(operate.ApproveArgs{Run: run, By: by, Hash: hash, Yes: yes})
	answer, err := o.Run(context.Background(), operate.Command{Name: "approve", Args: raw})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Error != nil {
		return operate.Approved{}, answer.Error
	}
	return answer.Result.(operate.Approved), nil
}

func state(t *testing.T, o operate.Operations, run notice.RunID) notice.RunState {
	t.Helper()
	r, err := o.Store.Run(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	return r.State
}

func TestTwoApprovers(t *testing.T) {
	o, run := setUp(t, true)
	for _, by := range []string{"Ada Example", "ada  example"} {
		a, err := approve(t, o, run, by, true)
		if by == "Ada Example" && (err != nil || a.Waits == "") || by != "Ada Example" && !errors.Is(err, notice.ErrRefused) {
			t.Errorf("%s: %+v %v", by, a, err)
		}
		if s := state(t, o, run); s != notice.Waiting {
			t.Fatalf("one person started the run: %s", s)
		}
	}
	if a, err := approve(t, o, run, "Bob Example", true); err != nil || a.DryRun || a.Waits != "" {
		t.Errorf("%+v %v", a, err)
	}
	if s := state(t, o, run); s != notice.Running {
		t.Errorf("two people did not start the run: %s", s)
	}
	if v, _ := o.Store.Version(context.Background(), "privacy", "90"); v.Approval == nil || v.Approval.By != "Ada Example and Bob Example" || !v.Approved() {
		t.Errorf("approval %+v", v.Approval)
	}
}

// What would be mailed must not contradict the public page.
func TestApprovalRefusesWhatThePageContradicts(t *testing.T) {
	ctx := context.Background()
	o, run := setUp(t, false)
	packed, err := publish.Pack("<p>We keep your name for 60 days.</p>")
	if err != nil {
		t.Fatal(err)
	}
	draft := publish.Draft{Policy: "privacy", Since: "90", HTML: packed, SeenAt: o.Now()}
	if err := publish.SaveDraft(ctx, o.Store, draft); err != nil {
		t.Fatal(err)
	}
	for _, yes := range []bool{false, true} {
		if _, err := approve(t, o, run, "Ada", yes); !errors.Is(err, notice.ErrRefused) || !strings.Contains(err.Error(), "reads differently") {
			t.Errorf("yes %t: %v", yes, err)
		}
	}
	if s := state(t, o, run); s != notice.Waiting {
		t.Errorf("the run is %s", s)
	}
	draft.Since, draft.HTML = "30", append(draft.HTML, 0) // of the version before: what was published is the answer to it
	if err := publish.SaveDraft(ctx, o.Store, draft); err != nil {
		t.Fatal(err)
	}
	if _, err := approve(t, o, run, "Ada", true); err != nil {
		t.Error(err)
	}
}

// A draft differs from the version in force once the one published after it is rejected.
func TestDraftAfterARejection(t *testing.T) {
	ctx := context.Background()
	o, run := setUp(t, false)
	o.Publisher = publish.Publisher{Store: database(o), Now: o.Now}
	packed, err := publish.Pack("<h1>Privacy policy</h1><p>We keep your name for 60 days and then delete it. We share it with nobody.</p>")
	if err != nil {
		t.Fatal(err)
	}
	if err := publish.SaveDraft(ctx, o.Store, publish.Draft{Policy: "privacy", Since: "30", HTML: packed, SeenAt: o.Now()}); err != nil {
		t.Fatal(err)
	}
	ask := func() *notice.Error {
		answer, err := o.Run(ctx, operate.Command{Name: "draft", Args: json.RawMessage(`{"policy":"privacy"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Error
	}
	if err := ask(); !errors.Is(err, notice.ErrNotFound) {
		t.Errorf("while the version after it waits: %v", err)
	}
	if _, err := o.Gate.Reject(ctx, run, "Ada", "we keep 30 days"); err != nil {
		t.Fatal(err)
	}
	if err := ask(); err != nil {
		t.Errorf("after it was rejected: %v", err)
	}
}

// An approval names somebody: spaces are no name, neither of one approver nor of the
// first or second of two.
func TestAnApprovalNeedsAName(t *testing.T) {
	for _, two := range []bool{false, true} {
		o, run := setUp(t, two)
		for _, by := range []string{"", " ", "\t"} {
			for _, yes := range []bool{false, true} {
				if _, err := approve(t, o, run, by, yes); err == nil || !strings.Contains(err.Error(), "needs a name") {
					t.Errorf("approved by %q, yes %t: %v", by, yes, err)
				}
			}
		}
	}
}

// Who approves by name alone approves what was published. What an editor made of it since
// must have been seen.
func TestAnEditedSummaryMustBeSeen(t *testing.T) {
	ctx := context.Background()
	o, run := setUp(t, false)
	plan, err := approve(t, o, run, "Ada", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Gate.Edit(ctx, run, plan.Hash, "Bob", map[string]string{"en": "We sell your data to everybody."}); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", plan.Hash} {
		if _, err := approveSeen(t, o, run, "Ada", hash, true); err == nil {
			t.Errorf("approved with hash %q what Bob wrote since", hash)
		}
	}
	if plan, err = approve(t, o, run, "Ada", false); err != nil {
		t.Fatal(err)
	}
	if _, err := approveSeen(t, o, run, "Ada", plan.Hash, true); err != nil {
		t.Error(err)
	}
	if s := state(t, o, run); s != notice.Running {
		t.Errorf("the run is %s", s)
	}
}
