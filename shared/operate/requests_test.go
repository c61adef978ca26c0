package operate_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// letterbox is a Post that keeps its letters, unless SES has an objection.
type letterbox struct {
	letters []privacy.Letter
	fault   error
}

func (b *letterbox) Send(_ context.Context, l privacy.Letter) error {
	if b.fault != nil {
		return b.fault
	}
	b.letters = append(b.letters, l)
	return nil
}

func (*letterbox) Announce(context.Context, privacy.Announcement, notice.Request) error { return nil }

// setUpDesk is a stack whose letters go to a box; the id of an address is its local part.
func setUpDesk(t *testing.T) (operate.Operations, *letterbox) {
	o, _ := setUp(t, false)
	box := &letterbox{}
	o.ID = func(address string) notice.RecipientID { return notice.RecipientID(strings.Split(address, "@")[0]) }
	o.Desk = privacy.Desk{Store: database(o), Post: box, Announce: box, Now: o.Now, Log: slog.New(slog.DiscardHandler)}
	o.Preferences = privacy.Preferences{Store: o.Store, LeadDays: 14, Now: o.Now}
	keys, err := token.NewKeys(context.Background(), token.Secret("0123456789abcdef0123456789abcdef"), "k1")
	if err != nil {
		t.Fatal(err)
	}
	o.Links = token.Links{Base: "https://p.example.com", Keys: keys, Now: o.Now}
	return o, box
}

// desk runs a command and returns its answer, which is a T, or its error for people.
func desk[T any](t *testing.T, o operate.Operations, command string, args any) (result T, err error) {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := o.Run(context.Background(), operate.Command{Name: command, Args: raw})
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if answer.Error != nil {
		return result, answer.Error
	}
	return answer.Result.(T), nil
}

// A decision that SES does not take to the person is refused with what to do, and is
// not recorded.
func TestDecisionsWhileSESTakesNoMail(t *testing.T) {
	for fault, hint := range map[delivery.SendFault]string{delivery.SendThrottled: "in a minute", delivery.SendQuota: "24 hours", delivery.SendStopped: "policymail doctor",
		delivery.SendMisconfigured: "policymail doctor", delivery.SendRefused: "another way", delivery.SendUnknown: "twice"} {
		o, box := setUpDesk(t)
		opened, err := desk[operate.Case](t, o, "request-open", operate.OpenArgs{Address: "ada@example.com", Right: "access", Yes: true})
		if err != nil {
			t.Fatal(err)
		}
		box.fault = &delivery.SendError{Fault: fault, Err: errors.New("an answer of SES")}
		of := operate.RequestArgs{ID: opened.ID}
		answer := operate.AnswerArgs{RequestArgs: of, By: "Ada", Answer: "here", Yes: true}
		for command, decision := range map[string]any{"request-answer": answer, "request-extend": operate.ExtendArgs{RequestArgs: of, Reason: "much to do", Yes: true},
			"request-deny": operate.DenyArgs{RequestArgs: of, By: "Ada", Basis: "a contract", Yes: true}} {
			if _, err := desk[operate.Case](t, o, command, decision); !errors.Is(err, notice.ErrRefused) || !strings.Contains(err.Error(), "an answer of SES") || !strings.Contains(err.Error(), hint) {
				t.Errorf("%s, fault %d: %v", command, fault, err)
			}
		}
		if r, err := o.Store.Request(context.Background(), opened.ID); err != nil || r.State != notice.Pending || !r.Extended.IsZero() {
			t.Errorf("fault %d: recorded %+v %v", fault, r, err)
		}
		box.fault = nil
		if c, err := desk[operate.Case](t, o, "request-answer", answer); err != nil || c.State != notice.Complied {
			t.Errorf("afterwards %+v %v", c, err)
		}
	}
}

// A letter to somebody who is known is in their language, unless the desk says another,
// and their request is theirs whatever address they had.
func TestARequestIsThePersons(t *testing.T) {
	ctx := context.Background()
	o, box := setUpDesk(t)
	at := o.Now()
	rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", Locale: "fr", At: at}, {ID: "later", Address: "later@example.com", At: at}}
	if _, err := database(o).ImportRecipients(ctx, rows, 14); err != nil {
		t.Fatal(err)
	}
	there, err := o.Store.Recipient(ctx, "later")
	if err != nil {
		t.Fatal(err)
	}
	moved := there
	moved.Status, moved.MovedTo = notice.Moved, "ada"
	if err := o.Store.ChangeRecipient(ctx, there, moved, notice.PreferenceEvent{ID: "1", Recipient: "later", At: at}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address, locale, want string
		person                notice.RecipientID
	}{{"ada@example.com", "", "fr", "ada"}, {"ada@example.com", "de", "de", "ada"}, {"later@example.com", "", "fr", "ada"}, {"new@example.com", "", "", "new"}} {
		opened, err := desk[operate.Case](t, o, "request-open", operate.OpenArgs{Address: c.address, Locale: c.locale, Right: "access", Yes: true})
		if err != nil {
			t.Fatal(err)
		}
		to := box.letters[len(box.letters)-1].To
		if to.Locale != c.want || to.Address != c.address || opened.Recipient != c.person {
			t.Errorf("%+v: %+v, of %s", c, to, opened.Recipient)
		}
	}
}

// A request that came by letter is answered counted from the day it came in, by the days
// the deployment promises; a day that cannot be is refused, and a dry run names no number.
func TestARequestCountsFromTheDayItCameIn(t *testing.T) {
	o, _ := setUpDesk(t)
	o.Desk.AnswerDays = 30
	today := notice.DateOf(o.Now())
	args := operate.OpenArgs{Address: "ada@example.com", Right: "access", By: "Mia"}
	for days, ok := range map[int]bool{-1: true, -7: true, -700: true, 0: true, 1: false, -740: false} {
		args.Received = string(today.AddDays(days))
		for _, yes := range []bool{false, true} {
			args.Yes = yes
			c, err := desk[operate.Case](t, o, "request-open", args)
			if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "--received") {
				t.Errorf("%d days: %v", days, err)
			}
			if !ok {
				continue
			}
			if notice.DateOf(c.Received) != today.AddDays(days) || c.Due != today.AddDays(days+30) || c.Overdue != (days < -30) || c.OpenedBy != "Mia" || notice.DateOf(c.Verified) != today {
				t.Errorf("%d days: %+v", days, c)
			}
			if number := strings.ReplaceAll(args.Received, "-", "") + "-"; yes != strings.HasPrefix(string(c.ID), number) || !yes && c.ID != "" {
				t.Errorf("%d days, recorded %v: number %q", days, yes, c.ID)
			}
		}
	}
	if _, err := desk[operate.Case](t, o, "request-open", operate.OpenArgs{Address: "ada@example.com", Right: "access", Received: "1 March"}); !errors.Is(err, notice.ErrInvalid) {
		t.Errorf("received on 1 March: %v", err)
	}
}

// Who extended a request is recorded with it.
func TestWhoExtendedARequestIsRecorded(t *testing.T) {
	o, _ := setUpDesk(t)
	opened, err := desk[operate.Case](t, o, "request-open", operate.OpenArgs{Address: "ada@example.com", Right: "access", Yes: true})
	if err != nil {
		t.Fatal(err)
	}
	args := operate.ExtendArgs{RequestArgs: operate.RequestArgs{ID: opened.ID}, By: "Mia", Reason: "an archive", Yes: true}
	if c, err := desk[operate.Case](t, o, "request-extend", args); err != nil || c.ExtendedBy != "Mia" {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := desk[operate.Case](t, o, "request-show", args.RequestArgs); err != nil || c.ExtendedBy != "Mia" || c.Due != notice.DateOf(opened.Received).AddDays(90) {
		t.Errorf("%+v %v", c, err)
	}
}
