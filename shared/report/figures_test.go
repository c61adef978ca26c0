package report_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/report"
	"policymail/shared/store"
	"policymail/shared/store/storetest"
)

// ledger is a store with one run of version 2 and a line for each of so many people.
func ledger(t *testing.T, run notice.Run, lines notice.Counts) (store.Store, delivery.Operator) {
	t.Helper()
	ctx, now := context.Background(), time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	db := storetest.Model()
	run.ID, run.Kind, run.Policy, run.Version, run.OpenedAt, run.StartedAt = "r", notice.Change, "privacy", "2", now, now
	if err := db.AddVersion(ctx, notice.Version{Policy: "privacy", Name: "2"}); err != nil {
		t.Fatal(err)
	}
	if err := db.AddRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	for state, n := range lines {
		for i := range n {
			if _, err := db.RecordDelivery(ctx, notice.Delivery{Run: "r", Recipient: notice.RecipientID(fmt.Sprint(state, i)), State: state, UpdatedAt: now}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return db, delivery.Operator{Store: db, Now: func() time.Time { return now }}
}

// wantFigures reads status and evidence, which must say the same.
func wantFigures(t *testing.T, when string, db store.Store, audience, told, notTold int) {
	t.Helper()
	ctx := context.Background()
	all, err := report.Status(ctx, db, "r", report.Pace{Takes: func(int) time.Duration { return time.Minute }}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	proof, err := report.EvidenceOf(ctx, db, "privacy", "2")
	if err != nil {
		t.Fatal(err)
	}
	if s := all[0]; s.Audience != audience || s.Audience-s.NotTold != told || s.NotTold != notTold || proof.Told[0].Counts.Told() != told {
		t.Errorf("%s: %+v, evidence %v; want %d told of %d", when, s, proof.Told[0].Counts, told, audience)
	}
}

// What was sent as a cursor and is none is said so, in every part of a report: the report
// does not begin again as if it had been read to its end.
func TestReportWithAStrayCursor(t *testing.T) {
	db, op := ledger(t, notice.Run{State: notice.Running}, notice.Counts{notice.Sent: 2})
	for _, cursor := range []string{"x", "x:", "ledger:x", "audience:x"} {
		if rows, _, err := report.Rows(context.Background(), db, op.Audience, "r", report.Everybody, cursor); !errors.Is(err, notice.ErrInvalid) {
			t.Errorf("cursor %q: %v, %v", cursor, rows, err)
		}
	}
}

// erase makes the lines of people nobody's, as an erasure does.
func erase(t *testing.T, db store.Store, people ...notice.RecipientID) {
	t.Helper()
	for _, id := range people {
		lines, err := db.DeliveriesOf(context.Background(), id, []notice.RunID{"r"})
		if err != nil || len(lines) != 1 {
			t.Fatalf("%s has lines %+v, %v", id, lines, err)
		}
		if err := db.MoveDelivery(context.Background(), lines[0], lines[0].Nobodys(string(id))); err != nil {
			t.Fatal(err)
		}
	}
}

// become records what an event says of somebody, after the run has ended.
func become(t *testing.T, db store.Store, id notice.RecipientID, state notice.DeliveryState) {
	t.Helper()
	lines, err := db.DeliveriesOf(context.Background(), id, []notice.RunID{"r"})
	if err != nil || len(lines) != 1 {
		t.Fatalf("%s has lines %+v, %v", id, lines, err)
	}
	after := lines[0]
	after.State = state
	if err := db.MoveDelivery(context.Background(), lines[0], after); err != nil {
		t.Fatal(err)
	}
}

// expire closes the run and lets every line leave the ledger, as 24 months do.
func expire(t *testing.T, db store.Store) {
	t.Helper()
	ctx := context.Background()
	run, err := db.Run(ctx, "r")
	if err != nil {
		t.Fatal(err)
	}
	counts, err := db.CountDeliveries(ctx, "r")
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Close(counts, run.OpenedAt.AddDate(0, 23, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SaveRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	lines, _, err := db.ListDeliveries(ctx, "r", "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		if err := db.ForgetDeliveries(ctx, line.Recipient, []notice.RunID{"r"}); err != nil {
			t.Fatal(err)
		}
	}
}

// An erasure makes nobody told who was not, and no two people fewer: not after bounces that
// came when the run was done, and not when the ledger is gone (invariant 2, counts add up).
func TestFiguresAfterLateBouncesAndErasures(t *testing.T) {
	ctx := context.Background()
	db, op := ledger(t, notice.Run{State: notice.Running}, notice.Counts{notice.Sent: 4})
	end(t, db)
	wantFigures(t, "done", db, 4, 4, 0)
	become(t, db, "sent0", notice.BouncedBack)
	become(t, db, "sent1", notice.BouncedBack)
	wantFigures(t, "two bounced", db, 4, 2, 2)
	erase(t, db, "sent0", "sent2")
	wantFigures(t, "one of each erased", db, 4, 2, 2)
	rows, _, err := report.Rows(ctx, db, op.Audience, "r", report.NotTold, "")
	if err != nil || len(rows) != 2 {
		t.Errorf("not told are %+v, %v", rows, err)
	}
	nobodys := 0
	for _, r := range rows {
		if r.Recipient.Nobody() {
			nobodys++
		}
	}
	if nobodys != 1 {
		t.Errorf("%d of %+v were erased", nobodys, rows)
	}
	expire(t, db)
	wantFigures(t, "24 months later", db, 4, 2, 2)
	all, err := report.Status(ctx, db, "r", report.Pace{}, time.Now())
	if s := all[0]; err != nil || s.Expired != 4 || !s.Complete || s.Bounced != 2 {
		t.Errorf("24 months later: %+v, %v", s, err)
	}
}

// Whom a run had told when it was cancelled it has told for ever.
func TestFiguresOfACancelledRunOutliveTheLedger(t *testing.T) {
	ctx := context.Background()
	db, operator := ledger(t, notice.Run{State: notice.Running, Audience: 10}, notice.Counts{notice.Delivered: 4, notice.BouncedBack: 1, notice.Retry: 1, notice.Skipped: 1})
	for range 2 {
		if _, err := operator.Cancel(ctx, "r"); err != nil {
			t.Fatal(err)
		}
	}
	wantFigures(t, "cancelled", db, 10, 4, 6)
	become(t, db, "retry0", notice.Failed)
	erase(t, db, "delivered0", "delivered1")
	wantFigures(t, "two of the told erased", db, 10, 4, 6)
	if _, err := operator.Cancel(ctx, "r"); err != nil {
		t.Fatal(err)
	}
	expire(t, db)
	wantFigures(t, "24 months later", db, 10, 4, 6)
	all, err := report.Status(ctx, db, "r", report.Pace{}, time.Now())
	if s := all[0]; err != nil || s.Bounced != 1 || s.Failed != 1 || s.Skipped != 1 || s.Held != 0 || s.Pending != 3 || s.Expired != 7 {
		t.Errorf("24 months later %+v %v", s, err)
	}
}

// Sending again to those held forgets nobody who was erased: not while the run goes on, and
// not when it is done once more.
func TestFiguresOutliveAResend(t *testing.T) {
	ctx := context.Background()
	db, operator := ledger(t, notice.Run{State: notice.Running}, notice.Counts{notice.Delivered: 9, notice.Held: 2})
	end(t, db)
	erase(t, db, "delivered0", "delivered1")
	wantFigures(t, "done", db, 11, 9, 2)
	if _, err := operator.Resend(ctx, "r", "Ada"); err != nil {
		t.Fatal(err)
	}
	wantFigures(t, "sent again", db, 11, 9, 2)
	become(t, db, "held0", notice.Sent)
	become(t, db, "held1", notice.Held)
	wantFigures(t, "one of them accepted", db, 11, 10, 1)
	end(t, db)
	wantFigures(t, "done once more", db, 11, 10, 1)
	erase(t, db, "held0", "held1", "delivered2")
	wantFigures(t, "three more erased", db, 11, 10, 1)
	expire(t, db)
	if _, err := operator.Resend(ctx, "r", "Ada"); err != nil {
		t.Error(err)
	}
	wantFigures(t, "24 months later", db, 11, 10, 1)
}

// end ends a run as an audit pass that finds no gap does.
func end(t *testing.T, db store.Store) {
	t.Helper()
	ctx := context.Background()
	run, err := db.Run(ctx, "r")
	if err != nil {
		t.Fatal(err)
	}
	counts, err := db.CountDeliveries(ctx, "r")
	if err != nil {
		t.Fatal(err)
	}
	run.State = notice.Done
	run.Freeze(counts)
	run.Audience = run.Counts.Total()
	if _, err := db.SaveRun(ctx, run); err != nil {
		t.Fatal(err)
	}
}

// A run that ended before anybody approved it concerns nobody: status counts no one as not
// told, and the report lists no one.
func TestRunThatNeverBegan(t *testing.T) {
	ctx := context.Background()
	db, op := ledger(t, notice.Run{State: notice.Waiting}, nil)
	if _, err := db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: op.Now()}}, 14); err != nil {
		t.Fatal(err)
	}
	rows := func() (all []report.Row) {
		for cursor := ""; ; {
			page, next, err := report.Rows(ctx, db, op.Audience, "r", report.NotTold, cursor)
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, page...); next == "" {
				return all
			}
			cursor = next
		}
	}
	run, err := db.Run(ctx, "r")
	if err != nil {
		t.Fatal(err)
	}
	if run.StartedAt = (time.Time{}); run.Reject("Ada", "too early", op.Now()) != nil {
		t.Fatal("not rejected")
	}
	if _, err := db.SaveRun(ctx, run); err != nil {
		t.Fatal(err)
	}
	all, err := report.Status(ctx, db, "r", report.Pace{}, op.Now())
	if s := all[0]; err != nil || s.Audience != 0 || s.NotTold != 0 || s.Advice == "" {
		t.Errorf("rejected: %+v, %v", s, err)
	}
	if got := rows(); len(got) != 0 {
		t.Errorf("rejected: listed %+v", got)
	}

	db, op = ledger(t, notice.Run{State: notice.Running, Audience: 1}, nil)
	if _, err := db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: op.Now()}}, 14); err != nil {
		t.Fatal(err)
	}
	if _, err := op.Cancel(ctx, "r"); err != nil {
		t.Fatal(err)
	}
	all, err = report.Status(ctx, db, "r", report.Pace{}, op.Now())
	if s := all[0]; err != nil || s.NotTold != 1 {
		t.Errorf("cancelled after it began: %+v, %v", s, err)
	}
	if got := rows(); len(got) != 1 {
		t.Errorf("cancelled after it began: listed %+v", got)
	}
}
