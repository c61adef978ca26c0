package privacy_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
)

// throttled is a store one call of which fails; that method is named, and which of its calls
// it is, from 1.
type throttled struct {
	*bolt.Store
	method string
	left   int
}

var errThrottled = errors.New("throttled")

func (s *throttled) call(method string) error {
	if s.method == method {
		if s.left--; s.left == 0 {
			return errThrottled
		}
	}
	return nil
}

func (s *throttled) Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error) {
	if err := s.call("Recipient"); err != nil {
		return notice.Recipient{}, err
	}
	return s.Store.Recipient(ctx, id)
}

func (s *throttled) PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error) {
	if err := s.call("PreferenceEvents"); err != nil {
		return nil, err
	}
	return s.Store.PreferenceEvents(ctx, id)
}

func (s *throttled) AddRequest(ctx context.Context, r notice.Request) error {
	if err := s.call("AddRequest"); err != nil {
		return err
	}
	return s.Store.AddRequest(ctx, r)
}

// Somebody who moves on and back again while one read fails, whichever it is, is found by
// every address they had: their erasure leaves nothing under any of them.
func TestAMoveBackKeepsEveryAddress(t *testing.T) {
	ctx := context.Background()
	failed := true
	for read := 1; failed; read++ {
		o := openOffice(t)
		db := &throttled{Store: o.db}
		rights := o.rights(db)
		if _, err := o.db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}}, 14); err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{"home", "work"} {
			if _, err := rights.Confirm(ctx, o.move(t, rights, "ada", to+"@example.com")); err != nil {
				t.Fatal(err)
			}
		}
		back := o.move(t, rights, "ada", "home@example.com")
		db.method, db.left = "Recipient", read
		_, err := rights.Confirm(ctx, back)
		if failed = db.left <= 0; failed && !errors.Is(err, errThrottled) {
			t.Errorf("read %d fails, and the move answers %v", read, err)
		}
		db.method = ""
		if _, err := rights.Confirm(ctx, back); err != nil {
			t.Fatal(err)
		}
		if err := privacy.Erase(ctx, o.db, rights.Preferences, privacy.Change{Recipient: "ada"}); err != nil {
			t.Fatal(err)
		}
		for _, id := range []notice.RecipientID{"ada", "home", "work"} {
			r, err := o.db.Recipient(ctx, id)
			if err != nil || r.Status != notice.Erased || r.OptOut != notice.OptOutAll {
				t.Errorf("read %d failed: of %s is left %+v %v", read, id, r, err)
			}
			if history, err := o.db.PreferenceEvents(ctx, id); err != nil || len(history) != 1 {
				t.Errorf("read %d failed: of %s is left %+v %v", read, id, history, err)
			}
		}
	}
}

// A use of a right is in the log once, however often it is repeated, and if the log could
// not be written at first. That it could not is told apart from a right that was not
// carried out.
func TestEveryUseOfARightIsLoggedOnce(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		use  func(privacy.Rights, notice.Recipient) error
		want string
	}{
		"restrict": {func(s privacy.Rights, p notice.Recipient) error { return s.Restrict(ctx, p, true) }, "restriction restricted"},
		"object":   {func(s privacy.Rights, p notice.Recipient) error { return s.Object(ctx, p) }, "objection every optional notice stopped"},
		"correct":  {func(s privacy.Rights, p notice.Recipient) error { return s.Correct(ctx, p, "Ada", "de") }, "rectification corrected: [name language]"},
	} {
		for _, method := range []string{"", "AddRequest", "PreferenceEvents"} {
			t.Run(name+" "+method, func(t *testing.T) {
				o := openOffice(t)
				rights, _ := o.neighbours(t)
				ada, err := o.db.Recipient(ctx, "ada")
				if err != nil {
					t.Fatal(err)
				}
				used := o.now
				var unfinished *privacy.Unfinished
				err = c.use(o.rights(&throttled{Store: o.db, method: method, left: 1}), ada)
				if errors.As(err, &unfinished) != (method != "") || errors.Is(err, errThrottled) != (method != "") {
					t.Errorf("a failure of %q is told as %v", method, err)
				}
				for range 2 {
					o.now = o.now.Add(30 * time.Hour)
					if err := c.use(rights, ada); err != nil {
						t.Fatal(err)
					}
				}
				log, err := o.db.RequestsOf(ctx, "ada")
				if err != nil || len(log) != 1 {
					t.Fatalf("the log: %+v %v", log, err)
				}
				if r := log[0]; fmt.Sprintf("%s %s", r.Right, r.Answer) != c.want || r.State != notice.Complied || !r.Received.Equal(used) || string(r.ID[:9]) != "20261124-" || len(r.ID) != 17 {
					t.Errorf("logged %+v, want %s", r, c.want)
				}
			})
		}
	}
}

// A use that could not be logged is by the next one, of whichever right; what a person
// took over from an address is no use of theirs, and what was logged 24 months ago stays
// away.
func TestTheNextUseLogsTheOneBefore(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	rights, _ := o.neighbours(t)
	ada, err := o.db.Recipient(ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := o.db.Recipient(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	if err := rights.Object(ctx, bob); err != nil {
		t.Fatal(err)
	}
	if _, err := rights.Confirm(ctx, o.move(t, rights, "ada", "bob@example.com")); err != nil {
		t.Fatal(err)
	}
	if err := o.rights(&throttled{Store: o.db, method: "AddRequest", left: 1}).Restrict(ctx, ada, true); !errors.Is(err, errThrottled) {
		t.Fatal(err)
	}
	if err := rights.Restrict(ctx, ada, false); err != nil {
		t.Fatal(err)
	}
	logged := func() (all []string) {
		t.Helper()
		requests, err := o.db.RequestsOf(ctx, "ada")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			all = append(all, r.Answer)
		}
		return all
	}
	if got := logged(); len(got) != 3 { // the move, and two restrictions
		t.Errorf("logged %q", got)
	}
	o.now = o.now.AddDate(2, 0, 1)
	o.tend(t)
	if err := rights.Restrict(ctx, ada, false); err != nil {
		t.Fatal(err)
	}
	if got := logged(); len(got) != 0 {
		t.Errorf("logged after 24 months: %q", got)
	}
}
