package privacy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
)

// overtaken is a store in which something else happens right before the first call of one
// method.
type overtaken struct {
	*bolt.Store
	method string
	by     func()
}

func (s *overtaken) call(method string) {
	if by := s.by; by != nil && s.method == method {
		s.by = nil
		by()
	}
}

func (s *overtaken) ChangeRecipient(ctx context.Context, before, after notice.Recipient, e notice.PreferenceEvent) error {
	s.call("ChangeRecipient")
	return s.Store.ChangeRecipient(ctx, before, after, e)
}

func (s *overtaken) AddRequest(ctx context.Context, r notice.Request) error {
	s.call("AddRequest")
	return s.Store.AddRequest(ctx, r)
}

// A person who confirms a new address while they are erased is erased there, too, with
// what was kept of whoever was known by it (invariant 7, erased means erased).
func TestAMoveOvertakesAnErasure(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}, {ID: "home", Address: "home@example.com", At: o.now}}
	if _, err := o.db.ImportRecipients(ctx, rows, 14); err != nil {
		t.Fatal(err)
	}
	home, err := o.db.Recipient(ctx, "home")
	if err != nil {
		t.Fatal(err)
	}
	rights := o.rights(o.db)
	if _, granted, err := rights.GrantCopy(ctx, home); err != nil || !granted {
		t.Fatal(granted, err)
	}
	if err := rights.Restrict(ctx, home, true); err != nil {
		t.Fatal(err)
	}
	asked := o.move(t, rights, "ada", "home@example.com")
	store := &overtaken{Store: o.db, method: "ChangeRecipient", by: func() {
		if _, err := rights.Confirm(ctx, asked); err != nil {
			t.Error(err)
		}
	}}
	if err := privacy.Erase(ctx, store, o.rights(store).Preferences, privacy.Change{Recipient: "ada"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []notice.RecipientID{"ada", "home"} {
		if r, err := o.db.Recipient(ctx, id); err != nil || r.Status != notice.Erased {
			t.Errorf("of %s is left %+v %v", id, r, err)
		}
		requests, err := o.db.RequestsOf(ctx, id)
		if err != nil || len(requests) == 0 {
			t.Errorf("requests of %s: %v %v", id, requests, err)
		}
		for _, r := range requests {
			if r.Address != "" {
				t.Errorf("under %s a request keeps the address: %+v", id, r)
			}
		}
		events, err := o.db.PreferenceEvents(ctx, id)
		if err != nil || slices.ContainsFunc(events, func(e notice.PreferenceEvent) bool { return e.Way != notice.ByErasure }) {
			t.Errorf("history of %s: %v %v", id, events, err)
		}
	}
}

// The log of a right that is used while its person is erased keeps no address of theirs
// (invariant 7, erased means erased).
func TestAUseOfARightDuringAnErasure(t *testing.T) {
	ctx := context.Background()
	for name, use := range map[string]func(privacy.Rights, notice.Recipient) error{
		"restrict": func(s privacy.Rights, p notice.Recipient) error { return s.Restrict(ctx, p, true) },
		"object":   func(s privacy.Rights, p notice.Recipient) error { return s.Object(ctx, p) },
		"copy": func(s privacy.Rights, p notice.Recipient) error {
			_, _, err := s.GrantCopy(ctx, p)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			rights, _ := o.neighbours(t)
			ada, err := o.db.Recipient(ctx, "ada")
			if err != nil {
				t.Fatal(err)
			}
			store := &overtaken{Store: o.db, method: "AddRequest", by: func() {
				if err := privacy.Erase(ctx, o.db, rights.Preferences, privacy.Change{Recipient: "ada"}); err != nil {
					t.Error(err)
				}
			}}
			if err := use(o.rights(store), ada); err != nil {
				t.Fatal(err)
			}
			requests, err := o.db.RequestsOf(ctx, "ada")
			if err != nil || len(requests) != 1 {
				t.Fatalf("%+v %v", requests, err)
			}
			if r := requests[0]; r.Address != "" || r.State != notice.Complied || r.Closed.IsZero() {
				t.Errorf("left %+v", r)
			}
		})
	}
}

// Whoever declines on their own, while somebody else takes back what a forwarded link
// declined, stays unsubscribed (invariant 3, never after an opt-out).
func TestADecisionOvertakesAnUndo(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	rights, _ := o.neighbours(t)
	declined := privacy.Change{Recipient: "ada", Way: notice.ByPage, Run: "change-privacy-2"}
	if _, _, err := rights.Preferences.Set(ctx, declined, optOutAll); err != nil {
		t.Fatal(err)
	}
	offered := o.now
	store := &overtaken{Store: o.db, method: "ChangeRecipient", by: func() {
		o.now = o.now.Add(time.Millisecond)
		_, _, err := rights.Preferences.Set(ctx, privacy.Change{Recipient: "ada", Way: notice.ByOneClick, Run: "change-privacy-2"}, optOutAll)
		if err != nil {
			t.Error(err)
		}
	}}
	after, err := o.rights(store).Preferences.Undo(ctx, privacy.Change{Recipient: "ada"}, offered)
	if err != nil || after.OptOut != notice.OptOutAll {
		t.Errorf("the undo left %+v %v", after, err)
	}
	if r, err := o.db.Recipient(ctx, "ada"); err != nil || r.OptOut != notice.OptOutAll {
		t.Errorf("stands %+v %v", r.OptOut, err)
	}
}
