package publish_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
)

// An edit of a text that waits for approval does not carry the change past the
// approver (invariant 5, nothing unapproved); an edit of an approved one takes the
// place of no run that tells of it (invariant 2, never lost).
func TestEditsCarryNoChangePastTheApprover(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := publish.Publisher{Store: db, Now: func() time.Time { now = now.Add(time.Minute); return now }}
	publish := func(version, text string, summary map[string]string) (publish.Result, error) {
		return p.Publish(ctx, publish.Publication{Policy: "privacy", Version: version, Effective: "2026-01-31", Source: []byte(text), SourceName: "p.md", Summary: summary, By: "Ada"})
	}
	inForce := func() string {
		all, err := db.Versions(ctx, "privacy")
		if err != nil {
			t.Fatal(err)
		}
		v, _ := notice.InForce(all, "2026-12-01")
		return v.Name
	}
	changed := strings.Replace(policyText, "30 days", "60 days", 1)
	edited := strings.Replace(changed, "## Contact", "## Contacts", 1)
	if _, err := publish("1.0", policyText, nil); err != nil {
		t.Fatal(err)
	}
	change, err := publish("2.0", changed, map[string]string{"en": "We keep data for 60 days."})
	if err != nil || change.Run == "" {
		t.Fatalf("%+v %v", change, err)
	}
	if r, err := publish("2.1", edited, nil); err == nil || inForce() != "1.0" {
		t.Fatalf("annual reviews speak of %s, which nobody approved: %+v %v", inForce(), r, err)
	}
	run, err := db.Run(ctx, change.Run)
	if err != nil {
		t.Fatal(err)
	}
	v, err := db.Version(ctx, "privacy", "2.0")
	if err != nil {
		t.Fatal(err)
	}
	v.Approval = &notice.Approval{By: "Bob", At: now, Hash: run.ContentHash}
	if run, err = db.Decide(ctx, run, v); err != nil {
		t.Fatal(err)
	}
	if r, err := publish("2.1", edited, nil); err != nil || r.Run != "" || r.Change != policy.Editorial || inForce() != "2.1" {
		t.Fatalf("%+v %v, in force %s", r, err, inForce())
	}
	all, _ := db.Versions(ctx, "privacy")
	if by, replaced := notice.Replaced(run, all, "2026-12-01"); replaced {
		t.Errorf("the run of the change is replaced by %s, of which nobody is told", by)
	}
}

// Of two first versions published at once one is the baseline, approved by its
// publisher; the other is told to come again, and needs an approver (invariant 5).
func TestTwoBaselinesAtOnce(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	late := lateVersions{Store: db}
	late.read.Add(2)
	p := publish.Publisher{Store: &late, Now: func() time.Time { return now }}
	var both sync.WaitGroup
	for i := range 2 {
		both.Go(func() {
			p.Publish(ctx, publish.Publication{Policy: "privacy", Version: fmt.Sprint(i), Effective: "2026-01-31", SourceName: "p.md",
				Source: []byte(strings.Replace(policyText, "30 days", fmt.Sprint(30*(i+1), " days"), 1))})
		})
	}
	both.Wait()
	all, err := db.Versions(ctx, "privacy")
	if err != nil || len(all) != 1 || !all[0].Approved() {
		t.Errorf("%d versions, approved without an approver: %v", len(all), err)
	}
}

// lateVersions is a store whose readers wait for each other.
type lateVersions struct {
	publish.Store
	read sync.WaitGroup
}

func (l *lateVersions) Versions(ctx context.Context, name string) ([]notice.Version, error) {
	all, err := l.Store.Versions(ctx, name)
	l.read.Done()
	l.read.Wait()
	return all, err
}
