package privacy_test

import (
	"context"
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
