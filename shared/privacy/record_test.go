package privacy_test

import (
	"context"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// What is held about a person is what is kept under the id of every address they had,
// and an erasure leaves of it what it says: open cases, until they are answered.
func TestARecordIsWhatAnErasureRemoves(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	rights, _ := o.neighbours(t)
	if err := o.db.AddRun(ctx, notice.Run{ID: "r", Policy: "privacy", State: notice.Done, OpenedAt: o.now}); err != nil {
		t.Fatal(err)
	}
	cases := map[notice.RecipientID]notice.RequestID{}
	for _, id := range []notice.RecipientID{"ada", "bob"} {
		if _, _, err := rights.Preferences.Set(ctx, privacy.Change{Recipient: id, Way: notice.ByPage}, func(notice.OptOut) notice.OptOut { return notice.OptOut{Annual: true} }); err != nil {
			t.Fatal(err)
		}
		if _, err := o.db.RecordDelivery(ctx, notice.Delivery{Run: "r", Recipient: id, State: notice.Sent, UpdatedAt: o.now}); err != nil {
			t.Fatal(err)
		}
		asked := o.New(notice.Access, notice.Recipient{ID: id, Address: string(id) + "@example.com"})
		asked.Details = "in words of their own"
		opened, err := o.Open(ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		cases[id] = opened.ID
	}
	if _, err := rights.Confirm(ctx, o.move(t, rights, "ada", "bob@example.com")); err != nil {
		t.Fatal(err)
	}
	held := func(id notice.RecipientID) privacy.Record {
		t.Helper()
		r, err := o.db.Recipient(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		h, err := privacy.RecordOf(ctx, o.db, r)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	// Two opt-outs and the move; two cases, and the move.
	before := held("ada")
	if len(before.History) != 3 || len(before.Deliveries) != 2 || len(before.Requests) != 3 {
		t.Errorf("held %+v", before)
	}
	if c, err := rights.Copy(ctx, before.Recipient); err != nil || len(c.History) != 3 || len(c.Notices) != 2 || len(c.Requests) != 3 {
		t.Errorf("their copy %+v %v", c, err)
	}
	stays := strings.Join(privacy.Stays(before.Requests), "\n")
	if !strings.Contains(stays, privacy.KeptOnErasure) || !strings.Contains(stays, privacy.KeptAsNobodys) || strings.Count(stays, privacy.KeptUntilAnswered) != 2 {
		t.Errorf("said to stay:\n%s", stays)
	}
	if err := privacy.Erase(ctx, o.db, rights.Preferences, privacy.Change{Recipient: "ada"}); err != nil {
		t.Fatal(err)
	}
	for id, asked := range cases {
		after := held(id)
		if len(after.History) != 1 || len(after.Deliveries) != 0 {
			t.Errorf("left of %s: %+v", id, after)
		}
		for _, r := range after.Requests {
			if open := r.ID == asked; open != (r.Details != "") || open != (r.Basis == privacy.KeptUntilAnswered) || open != strings.Contains(stays, string(r.ID)) {
				t.Errorf("left of %s: %+v", id, r)
			}
		}
		if r, err := o.Comply(ctx, asked, "Ada", "here"); err != nil || r.Details != "" || r.Basis != privacy.KeptOnErasure {
			t.Errorf("answered: %+v %v", r, err)
		}
	}
}
