package operate_test

import (
	"context"
	"fmt"
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

// office is a stack whose clock the test sets, with three people.
type office struct {
	*testing.T
	operate.Operations
	db  *bolt.Store
	now time.Time
}

func newOffice(t *testing.T) *office {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{T: t, db: db, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { o.now = o.now.Add(time.Second); return o.now }
	o.Operations = operate.Operations{Store: db, Operator: delivery.Operator{Store: db, Account: account{}, Now: clock, Settings: delivery.Settings{Policy: "privacy", Share: 0.8}},
		Publisher: publish.Publisher{Store: db, Now: clock}, Gate: approval.Gate{Store: db, Now: clock, Way: notice.ByCommand}, Now: clock, Log: slog.New(slog.DiscardHandler)}
	var rows []notice.Imported
	for i := range 3 {
		rows = append(rows, notice.Imported{ID: notice.RecipientID(fmt.Sprint("p", i)), Address: fmt.Sprintf("p%d@example.com", i), Locale: []string{"de-AT", "de", ""}[i], At: o.now})
	}
	if _, err := db.ImportRecipients(context.Background(), rows, 14); err != nil {
		t.Fatal(err)
	}
	return o
}

// result sends a command, whose answer must be a result.
func result[R any](o *office, command string, args any) R {
	o.Helper()
	r, err := ask[R](o.T, o.Operations, command, args)
	if err != nil {
		o.Fatalf("%s: %v", command, err)
	}
	return r
}

func (o *office) publication(name, effective, days, summary string) publish.Publication {
	p := publish.Publication{Policy: "privacy", Version: name, Effective: effective, Source: []byte("# Privacy policy\n\nWe keep your name for " + days + " days and then delete it. We share it with nobody.\n"), SourceName: "p.md", By: "Mia"}
	if summary != "" {
		p.Summary = map[string]string{"en": summary}
	}
	return p
}

// approved publishes a change and approves it; so many people are told.
func (o *office) approved(p publish.Publication, told int) notice.RunID {
	o.Helper()
	run := result[publish.Result](o, "publish", p).Run
	result[operate.Approved](o, "approve", operate.ApproveArgs{Run: run, By: "Mia", Yes: true})
	for i := range told {
		d := notice.Delivery{Run: run, Recipient: notice.RecipientID(fmt.Sprint("p", i)), State: notice.Delivered, UpdatedAt: o.now}
		if _, err := o.db.RecordDelivery(context.Background(), d); err != nil {
			o.Fatal(err)
		}
	}
	return run
}

// bad are the checks of doctor about runs and the policy that are not well.
func (o *office) bad() (details []string) {
	o.Helper()
	for _, c := range result[[]operate.Check](o, "doctor", operate.None{}) {
		if !c.OK && (c.Name == "policy" || strings.HasPrefix(c.Name, "run ")) {
			details = append(details, c.Detail+"; "+c.Advice)
		}
	}
	return details
}

// Ending the run of a change that was approved says that the version takes effect all the
// same, and how to tell the others or withdraw it; doctor says so until one of them is done.
func TestCancelSaysWhatStands(t *testing.T) {
	o := newOffice(t)
	result[publish.Result](o, "publish", o.publication("1", "2026-01-01", "30", ""))
	run := o.approved(o.publication("2", "2027-03-01", "90", "We keep your name longer."), 1)
	c := result[operate.Cancelled](o, "cancel", operate.RunArgs{Run: run})
	if c.State != notice.Cancelled || c.Told != 1 || c.NotTold != 2 || len(c.Stands) != 4 || !strings.Contains(c.Stands[0], "told of version 2 by now: 1; not told: 2") ||
		!strings.Contains(c.Stands[1], "stays approved and takes effect on 2027-03-01") || !strings.Contains(c.Stands[3], "the text of version 1 again under another name, effective 2027-03-01 or earlier") {
		t.Errorf("%+v", c)
	}
	if bad := o.bad(); len(bad) != 1 || !strings.Contains(bad[0], "not told of version 2, which takes effect on 2027-03-01: 2; to tell the others") {
		t.Errorf("%q", bad)
	}
	at := o.now
	o.now = at.AddDate(0, 6, 0)
	if bad := o.bad(); len(bad) != 1 || !strings.Contains(bad[0], "which is in force since 2027-03-01") {
		t.Errorf("once it is in force: %q", bad)
	}
	o.now = at
	result[publish.Result](o, "publish", o.publication("3", "2027-03-01", "30", ""))
	if bad := o.bad(); len(bad) != 0 {
		t.Errorf("after it was withdrawn: %q", bad)
	}
}

// The same text once more is told to those whom the cancelled run left out, and then doctor
// has nothing to say.
func TestACancelledChangeIsToldToTheOthers(t *testing.T) {
	o := newOffice(t)
	result[publish.Result](o, "publish", o.publication("1", "2026-01-01", "30", ""))
	run := o.approved(o.publication("2", "2027-03-01", "90", "We keep your name longer."), 1)
	result[operate.Cancelled](o, "cancel", operate.RunArgs{Run: run})
	again := result[publish.Result](o, "publish", o.publication("2b", "2027-03-01", "90", "We keep your name longer."))
	plan := result[operate.Approved](o, "approve", operate.ApproveArgs{Run: again.Run, By: "Mia"})
	if plan.Audience != 2 || plan.Without != "1 had this notice from the run that was cancelled" {
		t.Errorf("%+v", plan)
	}
	result[operate.Approved](o, "approve", operate.ApproveArgs{Run: again.Run, By: "Mia", Yes: true})
	if bad := o.bad(); len(bad) != 0 {
		t.Errorf("%q", bad)
	}
}

// A run that nobody approved leaves nothing standing.
func TestCancelBeforeApproval(t *testing.T) {
	o := newOffice(t)
	result[publish.Result](o, "publish", o.publication("1", "2026-01-01", "30", ""))
	run := result[publish.Result](o, "publish", o.publication("2", "2027-03-01", "90", "We keep your name longer.")).Run
	if c := result[operate.Cancelled](o, "cancel", operate.RunArgs{Run: run}); len(c.Stands) != 1 || !strings.Contains(c.Stands[0], "it is not approved and does not take effect") {
		t.Errorf("%+v", c)
	}
	if bad := o.bad(); len(bad) != 0 {
		t.Errorf("%q", bad)
	}
}

// Publisher and approver are told of the languages that people read, and of no others; a
// trial says the same and keeps nothing.
func TestOnlyLanguagesOfReadersAreMissed(t *testing.T) {
	const want = "readers get the summary in another language, and are told so: 2 in de"
	o := newOffice(t)
	result[publish.Result](o, "publish", o.publication("1", "2026-01-01", "30", ""))
	p := o.publication("2", "2027-03-01", "90", "We keep your name for 90 days.")
	for _, command := range []string{"publish-try", "publish"} {
		if r := result[publish.Result](o, command, p); len(r.Warnings) != 1 || r.Warnings[0] != want || r.DryRun != (command == "publish-try") {
			t.Errorf("%s: %+v", command, r)
		}
	}
	if a := result[operate.Approved](o, "approve", operate.ApproveArgs{Run: "change-privacy-2", By: "Mia"}); len(a.Warnings) != 1 || a.Warnings[0] != want {
		t.Errorf("approve: %+v", a)
	}
}

// Whoever approves is told which versions never take effect for it.
func TestApproversAreToldWhatNeverTakesEffect(t *testing.T) {
	o := newOffice(t)
	result[publish.Result](o, "publish", o.publication("1", "2026-01-01", "30", ""))
	edit := o.publication("2", "2027-04-15", "30", "")
	edit.Source = append(edit.Source, "\nWrite to privacy@example.com.\n"...)
	o.approved(func() publish.Publication {
		edit.Summary = map[string]string{"en": "You can write to privacy@example.com."}
		return edit
	}(), 0)
	run := result[publish.Result](o, "publish", o.publication("3", "2027-03-01", "90", "We keep your name for 90 days.")).Run
	a := result[operate.Approved](o, "approve", operate.ApproveArgs{Run: run, By: "Mia"})
	if !strings.Contains(strings.Join(a.Warnings, "\n"), "version 2, effective 2027-04-15, never takes effect") {
		t.Errorf("%q", a.Warnings)
	}
}
