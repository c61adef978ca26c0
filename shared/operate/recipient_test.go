package operate_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
)

// standing is how somebody stands.
func standing(t *testing.T, o operate.Operations, id notice.RecipientID) notice.Standing {
	t.Helper()
	r, err := o.Store.Recipient(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Standing()
}

// Who is unsubscribed by staff is told once, with an undo, and staff can take it back: it
// may have been another person's address. Doing either twice does nothing more.
func TestAnUnsubscribeByStaffCanBeTakenBack(t *testing.T) {
	ctx := context.Background()
	o, box := setUpDesk(t)
	if _, err := database(o).ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.Now()}}, 14); err != nil {
		t.Fatal(err)
	}
	change := privacy.Change{Recipient: "ada", Way: notice.ByPage}
	if _, _, err := o.Preferences.Set(ctx, change, func(notice.OptOut) notice.OptOut { return notice.OptOut{Annual: true} }); err != nil {
		t.Fatal(err)
	}
	before := standing(t, o, "ada")
	mia := operate.PersonArgs{Address: "ada@example.com", By: "Mia"}
	for i := range 2 {
		p, err := desk[operate.Person](t, o, "recipient-unsubscribe", mia)
		if err != nil || p.Recipient.OptOut != notice.OptOutAll || p.Told != (i == 0) {
			t.Errorf("time %d: %+v %v", i+1, p, err)
		}
	}
	if len(box.letters) != 1 || box.letters[0].Kind != privacy.LetterUnsubscribed || box.letters[0].To.Address != "ada@example.com" || !strings.Contains(box.letters[0].Link, "/b/") {
		t.Fatalf("told %+v", box.letters)
	}
	if can, err := o.Preferences.CanUndo(ctx, "ada", o.Now()); err != nil || !can {
		t.Errorf("their undo: %v %v", can, err)
	}
	for _, yes := range []bool{false, true} {
		p, err := desk[operate.Person](t, o, "recipient-resubscribe", operate.ResubscribeArgs{PersonArgs: mia, Yes: yes})
		if err != nil || p.Recipient.Standing() != before || p.WouldResubscribe == yes {
			t.Errorf("yes %v: %+v %v", yes, p, err)
		}
		if got := standing(t, o, "ada"); (got == before) != yes {
			t.Errorf("yes %v: stands at %+v", yes, got)
		}
	}
	history, _ := o.Store.PreferenceEvents(ctx, "ada")
	if last := history[len(history)-1]; last.Way != notice.ByOperator || last.By != "Mia" {
		t.Errorf("the history says %+v", last)
	}
	if _, err := desk[operate.Person](t, o, "recipient-resubscribe", operate.ResubscribeArgs{PersonArgs: mia, Yes: true}); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("once more: %v", err)
	}
}

// What a person declined themselves is not for staff to take back, also after staff had
// declined for them; what a complaint stopped is, and leaves what they declined.
func TestStaffTakeBackNoChoiceOfAPerson(t *testing.T) {
	ctx := context.Background()
	none := notice.OptOut{}
	for name, c := range map[string]struct {
		declined []notice.Way // everything, one after the other; before one by page they subscribe again
		complain bool
		want     notice.Standing
		refused  bool
	}{
		"nothing declined":              {nil, false, notice.Standing{Status: notice.Active}, true},
		"by the person":                 {[]notice.Way{notice.ByOneClick}, false, notice.Standing{Status: notice.Active, OptOut: notice.OptOutAll}, true},
		"by staff":                      {[]notice.Way{notice.ByOperator}, false, notice.Standing{Status: notice.Active}, false},
		"by staff, then by the person":  {[]notice.Way{notice.ByOperator, notice.ByPage}, false, notice.Standing{Status: notice.Active, OptOut: notice.OptOutAll}, true},
		"by staff, and the person":      {[]notice.Way{notice.ByOperator, notice.ByOneClick}, false, notice.Standing{Status: notice.Active, OptOut: notice.OptOutAll}, true},
		"the same, after a correction":  {[]notice.Way{notice.ByOperator, "correction", notice.ByOneClick}, false, notice.Standing{Status: notice.Active, OptOut: notice.OptOutAll}, true},
		"complained":                    {nil, true, notice.Standing{Status: notice.Active}, false},
		"by the person, and complained": {[]notice.Way{notice.ByOneClick}, true, notice.Standing{Status: notice.Active, OptOut: notice.OptOutAll}, false},
	} {
		o, _ := setUpDesk(t)
		if _, err := database(o).ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.Now()}}, 14); err != nil {
			t.Fatal(err)
		}
		set := func(way notice.Way, out notice.OptOut) {
			if _, _, err := o.Preferences.Set(ctx, privacy.Change{Recipient: "ada", Way: way}, func(notice.OptOut) notice.OptOut { return out }); err != nil {
				t.Fatal(err)
			}
		}
		for i, way := range c.declined {
			switch {
			case way == "correction":
				name := "Ada"
				if _, err := o.Preferences.Correct(ctx, privacy.Change{Recipient: "ada", Way: notice.ByOperator, By: "Mia"}, privacy.Correction{Name: &name}); err != nil {
					t.Fatal(err)
				}
				continue
			case way == notice.ByPage && i > 0:
				set(notice.ByPage, none)
			}
			set(way, notice.OptOutAll)
		}
		if c.complain {
			if err := o.Preferences.Suppress(ctx, "ada", notice.Complained, notice.ByComplaint, "run", o.Now()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := desk[operate.Person](t, o, "recipient-resubscribe", operate.ResubscribeArgs{PersonArgs: operate.PersonArgs{Address: "ada@example.com", By: "Mia"}, Yes: true})
		if errors.Is(err, notice.ErrRefused) != c.refused || standing(t, o, "ada") != c.want {
			t.Errorf("%s: %+v %v", name, standing(t, o, "ada"), err)
		}
	}
}
