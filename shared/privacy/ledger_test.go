package privacy_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// An erasure, killed after any write and repeated, takes the person out of the ledger and out
// of no count: each line becomes nobody's, once (invariants 2, counts add up, and 7, erased
// means erased).
func TestErasureKeepsTheCounts(t *testing.T) {
	ctx := context.Background()
	states := []notice.DeliveryState{notice.Delivered, notice.BouncedBack, notice.Skipped, notice.Held}
	for step := range 10 {
		o := openOffice(t)
		if _, err := o.db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}}, 14); err != nil {
			t.Fatal(err)
		}
		for i, state := range states {
			run := notice.RunID(fmt.Sprint("r", i))
			if err := o.db.AddRun(ctx, notice.Run{ID: run, State: notice.Done, OpenedAt: o.now}); err != nil {
				t.Fatal(err)
			}
			for _, id := range []notice.RecipientID{"ada", "bob"} {
				line := notice.Delivery{Run: run, Recipient: id, State: state, UpdatedAt: o.now}
				if state.Accepted() {
					line.MessageID = fmt.Sprint(id, i)
				}
				if _, err := o.db.RecordDelivery(ctx, line); err != nil {
					t.Fatal(err)
				}
			}
		}
		dying := &mortal{Store: o.db, left: step}
		p := privacy.Preferences{Store: dying, LeadDays: 14, Now: o.Now}
		err := privacy.Erase(ctx, dying, p, privacy.Change{Recipient: "ada"})
		dying.left = 1 << 20
		if again := privacy.Erase(ctx, dying, p, privacy.Change{Recipient: "ada"}); again != nil {
			t.Fatalf("killed at step %d (%v), then %v", step, err, again)
		}
		for i, state := range states {
			run := notice.RunID(fmt.Sprint("r", i))
			if counts, err := o.db.CountDeliveries(ctx, run); err != nil || !maps.Equal(counts, notice.Counts{state: 2}) {
				t.Errorf("killed at step %d: %v are counted, %v", step, counts, err)
			}
			lines, _, err := o.db.ListDeliveries(ctx, run, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				if line.Recipient != "bob" && (!line.Recipient.Nobody() || line.MessageID != "" || line.Waits()) {
					t.Errorf("killed at step %d: left %+v", step, line)
				}
			}
		}
	}
}
