package privacy_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// A move that died between any two writes, and another one confirmed instead of it: the
// erasure of the person finds every address that leads to them, also one where somebody was
// known before.
func TestAMoveCutShortAndAnotherInstead(t *testing.T) {
	ctx := context.Background()
	died := true
	for step := 0; died; step++ {
		o := openOffice(t)
		rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}, {ID: "home2", Address: "home2@example.com", At: o.now}}
		if _, err := o.db.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
		dying := &mortal{Store: o.db, left: 1 << 20}
		rights := o.rights(dying)
		died = false
		for _, to := range []string{"home", "home2", "work"} {
			asked := o.move(t, rights, "ada", to+"@example.com")
			if to != "work" {
				dying.left = step
			}
			_, err := rights.Confirm(ctx, asked)
			died = died || err != nil
			if to == "work" && err != nil {
				t.Fatal(err)
			}
			dying.left = 1 << 20
		}
		if err := privacy.Erase(ctx, o.db, rights.Preferences, privacy.Change{Recipient: "ada"}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []notice.RecipientID{"ada", "home", "home2", "work"} {
			r, err := o.db.Recipient(ctx, id)
			switch {
			case errors.Is(err, notice.ErrNotFound) && id == "home": // died before it was theirs
			case err == nil && r.Status == notice.Active && id == "home2": // the same: somebody else's
			case err != nil || r.Status != notice.Erased || r.OptOut != notice.OptOutAll:
				t.Errorf("killed at step %d: of %s is left %+v %v", step, id, r, err)
			}
		}
		if step > 20 {
			t.Fatal("it dies for ever")
		}
	}
}

// Two moves confirmed at once leave one person, whose erasure finds both addresses.
func TestTwoMovesAtOnce(t *testing.T) {
	ctx := context.Background()
	for range 20 {
		o := openOffice(t)
		if _, err := o.db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}}, 14); err != nil {
			t.Fatal(err)
		}
		rights := o.rights(o.db)
		var racers sync.WaitGroup
		for _, to := range []string{"home", "work"} {
			asked := o.move(t, rights, "ada", to+"@example.com")
			racers.Go(func() {
				if _, err := rights.Confirm(ctx, asked); err != nil {
					t.Error(err)
				}
			})
		}
		racers.Wait()
		if err := privacy.Erase(ctx, o.db, rights.Preferences, privacy.Change{Recipient: "ada"}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []notice.RecipientID{"ada", "home", "work"} {
			if r, err := o.db.Recipient(ctx, id); err != nil || r.Status != notice.Erased {
				t.Errorf("of %s is left %+v %v", id, r, err)
			}
		}
	}
}
