// Package storetest is the contract of store.Store as tests: every backend runs the
// same suite.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"policymail/shared/notice"
	"policymail/shared/store"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
)

const lead = 14

// Run holds a backend to the contract. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"import":            testImport,
		"correction":        testCorrection,
		"correction race":   testCorrectionAgainstImport,
		"change recipient":  testChangeRecipient,
		"erase":             testErase,
		"record notice":     testRecordNotice,
		"due":               testDue,
		"list recipients":   testListRecipients,
		"claim":             testClaim,
		"claim race":        testClaimRace,
		"claim and opt-out": testClaimAgainstOptOut,
		"deliveries":        testDeliveries,
		"unresolved":        testUnresolved,
		"cursors":           testCursors,
		"versions":          testVersions,
		"runs":              testRuns,
		"tally":             testTally,
		"documents":         testDocuments,
		"writers":           testWriters,
		"restrict and move": testRestrictAndMove,
		"new address":       testMoveRecipient,
		"forget events":     testForgetEvents,
		"deliveries of one": testDeliveriesOf,
		"requests":          testRequests,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v, want %v", got, want)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func add(t *testing.T, s store.Store, n int) (ids []notice.RecipientID) {
	t.Helper()
	var rows []notice.Imported
	for i := range n {
		id := notice.RecipientID(fmt.Sprintf("p%04d", i))
		ids = append(ids, id)
		rows = append(rows, notice.Imported{ID: id, Address: string(id) + "@example.com", At: now})
	}
	outcomes, err := s.ImportRecipients(ctx, rows, lead)
	must(t, err)
	for i, o := range outcomes {
		if o.What != notice.Added {
			t.Fatalf("row %d was %s", i, o.What)
		}
	}
	return ids
}

func read(t *testing.T, s store.Store, id notice.RecipientID) notice.Recipient {
	t.Helper()
	r, err := s.Recipient(ctx, id)
	must(t, err)
	return r
}

func event(r notice.Recipient, id string, after notice.Standing) notice.PreferenceEvent {
	return notice.PreferenceEvent{ID: id, Recipient: r.ID, At: now, Way: notice.ByPage, Before: r.Standing(), After: after}
}

func testImport(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	fresh := read(t, s, id)
	equal(t, "new person", fresh, notice.Recipient{ID: id, Address: "p0000@example.com", Status: notice.Active, ImportedAt: now, Due: "2027-11-10", Rev: 1})
	out := fresh
	out.OptOut, out.Due = notice.OptOutAll, ""
	must(t, s.ChangeRecipient(ctx, fresh, out, event(fresh, "e1", out.Standing())))
	row := notice.Imported{ID: id, Address: "p0000@example.com", Name: "New Name", LastNotified: now, At: now.Add(time.Hour)}
	for _, want := range []notice.Effect{notice.Updated, notice.Unchanged} {
		outcomes, err := s.ImportRecipients(ctx, []notice.Imported{row}, lead)
		must(t, err)
		if outcomes[0].What != want {
			t.Errorf("outcome %s, want %s", outcomes[0].What, want)
		}
	}
	out.Name, out.Rev = "New Name", 2
	equal(t, "after the second import", read(t, s, id), out)
	_, err := s.Recipient(ctx, "nobody")
	wantErr(t, err, notice.ErrNotFound)
}

// change reads a person and writes what is said of them.
func change(s store.Store, id notice.RecipientID, eventID string, say func(r *notice.Recipient)) error {
	before, err := s.Recipient(ctx, id)
	if err != nil {
		return err
	}
	after := before
	say(&after)
	return s.ChangeRecipient(ctx, before, after, event(before, eventID, after.Standing()))
}

// What a person corrected stays over every later import, field by field, and goes when
// they are erased.
func testCorrection(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	row := notice.Imported{ID: id, Address: "p0000@example.com", Name: "Ada Wrong", Locale: "en", Source: "crm", At: now}
	load := func(want notice.Outcome) {
		t.Helper()
		outcomes, err := s.ImportRecipients(ctx, []notice.Imported{row}, lead)
		must(t, err)
		equal(t, "outcome", outcomes, []notice.Outcome{want})
	}
	load(notice.Outcome{What: notice.Updated})
	at := now.Add(time.Hour)
	must(t, change(s, id, "e1", func(r *notice.Recipient) { r.Name, r.NameCorrectedAt = "Ada Right", at }))
	for range 2 {
		load(notice.Outcome{What: notice.Unchanged, Kept: []string{"name"}})
	}
	row.Locale, row.Source, row.At = "fr", "shop", now.Add(24*time.Hour)
	load(notice.Outcome{What: notice.Updated, Kept: []string{"name"}})
	want := notice.Recipient{ID: id, Address: "p0000@example.com", Name: "Ada Right", Locale: "fr", Status: notice.Active, Source: "shop",
		ImportedAt: now, Due: "2027-11-10", NameCorrectedAt: at, Rev: 2}
	equal(t, "the name was corrected", read(t, s, id), want)
	must(t, change(s, id, "e2", func(r *notice.Recipient) { r.Name, r.Locale, r.LocaleCorrectedAt = "", "de", at }))
	load(notice.Outcome{What: notice.Unchanged, Kept: []string{"name", "locale"}})
	want.Name, want.Locale, want.LocaleCorrectedAt, want.Rev = "", "de", at, 3
	equal(t, "the name was taken away, the language corrected", read(t, s, id), want)
	row.Name, row.Locale = "", "de"
	load(notice.Outcome{What: notice.Unchanged}) // says nothing else
	must(t, change(s, id, "e3", func(r *notice.Recipient) { r.Status, r.OptOut = notice.Erased, notice.OptOutAll }))
	equal(t, "what is left", read(t, s, id), notice.Recipient{ID: id, Status: notice.Erased, OptOut: notice.OptOutAll, Rev: 4})
}

// Whichever comes first: after both an import and a correction, the correction stands.
func testCorrectionAgainstImport(t *testing.T, s store.Store) {
	ids := add(t, s, 40)
	for n, id := range ids {
		rows := []notice.Imported{{ID: id, Address: string(id) + "@example.com", Name: "Ada Wrong", Locale: "en", At: now}, {ID: id, Address: string(id) + "@example.com", Source: "crm", At: now}}
		var racers sync.WaitGroup
		racers.Go(func() {
			if _, err := s.ImportRecipients(ctx, rows, lead); err != nil {
				t.Error(err)
			}
		})
		racers.Go(func() {
			time.Sleep(time.Duration(n%10) * 300 * time.Microsecond)
			if err := change(s, id, "e", func(r *notice.Recipient) { r.Name, r.NameCorrectedAt = "Ada Right", now }); err != nil {
				t.Error(err)
			}
		})
		racers.Wait()
		if r := read(t, s, id); r.Name != "Ada Right" || !r.NameCorrectedAt.Equal(now) {
			t.Errorf("an import overtook a correction: %+v", r)
		}
	}
}

func testChangeRecipient(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	before := read(t, s, id)
	must(t, s.RecordNotice(ctx, id, "run", now, "2027-11-10"))
	after := before
	after.OptOut.Annual, after.Due = true, ""
	must(t, s.ChangeRecipient(ctx, before, after, event(before, "e1", after.Standing())))
	wantErr(t, s.ChangeRecipient(ctx, before, after, event(before, "e2", after.Standing())), notice.ErrConflict)
	got := read(t, s, id)
	if got.Rev != 2 || !got.OptOut.Annual || got.Due != "" || !got.LastNotice.Equal(now) || got.LastRun != "run" {
		t.Errorf("after the change: %+v", got)
	}
	again := got
	again.OptOut = notice.OptOutAll
	wantErr(t, s.ChangeRecipient(ctx, got, again, event(got, "e1", again.Standing())), notice.ErrConflict) // an event is never overwritten
	equal(t, "nothing half done", read(t, s, id), got)
	events, err := s.PreferenceEvents(ctx, id)
	must(t, err)
	equal(t, "history", events, []notice.PreferenceEvent{event(before, "e1", after.Standing())})
}

func testErase(t *testing.T, s store.Store) {
	id := add(t, s, 2)[0]
	r := read(t, s, id)
	must(t, s.RecordNotice(ctx, id, "run", now, "2027-11-10"))
	after := r
	after.Status, after.OptOut = notice.Erased, notice.OptOutAll
	must(t, s.ChangeRecipient(ctx, r, after, event(r, "e1", after.Standing())))
	must(t, s.RecordNotice(ctx, id, "run", now, "2027-11-10"))
	must(t, s.MoveDue(ctx, id, "2027-11-10"))
	equal(t, "what is left", read(t, s, id), notice.Recipient{ID: id, Status: notice.Erased, OptOut: notice.OptOutAll, Rev: 2})
	outcomes, err := s.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: "p0000@example.com", At: now}}, lead)
	must(t, err)
	if outcomes[0].What != notice.KeptErased {
		t.Errorf("an import of an erased person was %s", outcomes[0].What)
	}
	if all := list(t, s, 10); len(all) != 1 {
		t.Errorf("%d people are listed, want 1", len(all))
	}
	if due := dueOn(t, s, "2026-01-01", "2028-01-01", 10); !slices.Equal(due, []notice.RecipientID{"p0001"}) {
		t.Errorf("due %v", due)
	}
}

func testRecordNotice(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	must(t, s.RecordNotice(ctx, id, "r2", now.Add(time.Hour), "2027-12-01"))
	must(t, s.RecordNotice(ctx, id, "r1", now, "2027-01-01"))
	got := read(t, s, id)
	if got.LastRun != "r2" || got.Due != "2027-12-01" || got.Rev != 1 {
		t.Errorf("the clock moved back or Rev rose: %+v", got)
	}
	must(t, s.MoveDue(ctx, id, "2027-02-02"))
	if got = read(t, s, id); got.Due != "2027-02-02" {
		t.Errorf("due %s", got.Due)
	}
	must(t, s.RecordNotice(ctx, "nobody", "r1", now, "2027-01-01"))
	// Only the last notice is taken back, and only once.
	must(t, s.TakeBackNotice(ctx, id, "r1", now, "2027-03-03"))
	equal(t, "after another run's was taken back", read(t, s, id), got)
	must(t, s.TakeBackNotice(ctx, id, "r2", now, "2027-03-03"))
	must(t, s.TakeBackNotice(ctx, id, "r2", time.Time{}, "2027-04-04"))
	if got = read(t, s, id); !got.LastNotice.Equal(now) || got.LastRun != "" || got.Due != "2027-03-03" || got.Rev != 1 {
		t.Errorf("after it was taken back: %+v", got)
	}
	must(t, s.RecordNotice(ctx, id, "r2", now, "2027-12-01"))
	must(t, s.TakeBackNotice(ctx, id, "r2", time.Time{}, "2027-05-05"))
	if got = read(t, s, id); !got.LastNotice.IsZero() || got.Due != "2027-05-05" {
		t.Errorf("after the first was taken back: %+v", got)
	}
	must(t, s.TakeBackNotice(ctx, "nobody", "r1", now, "2027-01-01"))
	out := got
	out.OptOut, out.Due = notice.OptOutAll, ""
	must(t, s.ChangeRecipient(ctx, got, out, event(got, "e", out.Standing())))
	must(t, s.RecordNotice(ctx, id, "r3", now.Add(2*time.Hour), "2028-01-01"))
	if got = read(t, s, id); got.Due != "" || got.LastRun != "r3" {
		t.Errorf("who opted out is due again: %+v", got)
	}
	must(t, s.TakeBackNotice(ctx, id, "r3", now, "2028-01-01"))
	if got = read(t, s, id); got.Due != "" || !got.LastNotice.Equal(now) {
		t.Errorf("who opted out is due again, or told: %+v", got)
	}
}

func dueOn(t *testing.T, s store.Store, first, last notice.Date, limit int) (all []notice.RecipientID) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := s.DueRecipients(ctx, first, last, cursor, limit)
		must(t, err)
		if len(page) > limit {
			t.Fatalf("a page of %d, limit %d", len(page), limit)
		}
		if all = append(all, page...); next == "" {
			slices.Sort(all)
			return all
		}
		cursor = next
	}
}

func testDue(t *testing.T, s store.Store) {
	ids := add(t, s, 25)
	for i, id := range ids {
		must(t, s.MoveDue(ctx, id, notice.Date("2026-12-01").AddDays(i)))
	}
	for _, limit := range []int{1, 7, 100} {
		if got := dueOn(t, s, "2026-12-03", "2026-12-12", limit); !slices.Equal(got, ids[2:12]) {
			t.Errorf("limit %d: %v, want %v", limit, got, ids[2:12])
		}
	}
	if got := dueOn(t, s, "2025-01-01", "2026-11-30", 10); len(got) != 0 {
		t.Errorf("due before anybody is: %v", got)
	}
}

func list(t *testing.T, s store.Store, limit int) (all []notice.RecipientID) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := s.ListRecipients(ctx, cursor, limit)
		must(t, err)
		for _, r := range page {
			all = append(all, r.ID)
		}
		if next == "" {
			slices.Sort(all)
			return all
		}
		cursor = next
	}
}

func testListRecipients(t *testing.T, s store.Store) {
	ids := add(t, s, 25)
	for _, limit := range []int{1, 10, 25, 100} {
		if got := list(t, s, limit); !slices.Equal(got, ids) {
			t.Errorf("limit %d: %d people, want %d", limit, len(got), len(ids))
		}
	}
	some, err := s.Recipients(ctx, []notice.RecipientID{"p0003", "nobody", "p0001"})
	must(t, err)
	if len(some) != 2 || some["p0003"].Address != "p0003@example.com" {
		t.Errorf("batch read: %v", some)
	}
}

func claim(id notice.RecipientID) notice.Delivery {
	return notice.Delivery{Run: "run", Recipient: id, State: notice.Claimed, ClaimedAt: now, LeaseUntil: now.Add(time.Minute), UpdatedAt: now}
}

func testClaim(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	_, _, err := s.Claim(ctx, claim(id), 7)
	wantErr(t, err, notice.ErrConflict)
	_, _, err = s.Claim(ctx, claim("nobody"), 0)
	wantErr(t, err, notice.ErrConflict)
	line, claimed, err := s.Claim(ctx, claim(id), 1)
	must(t, err)
	if !claimed || line.Attempt != 1 {
		t.Fatalf("claimed %v, %+v", claimed, line)
	}
	again, claimed, err := s.Claim(ctx, claim(id), 1)
	must(t, err)
	if claimed {
		t.Error("claimed twice")
	}
	equal(t, "the line in the way", again, line)
	retry := line
	retry.State, retry.SettleAfter, retry.UpdatedAt = notice.Retry, now, now.Add(time.Second)
	must(t, s.MoveDelivery(ctx, line, retry))
	if line, claimed, err = s.Claim(ctx, claim(id), 1); err != nil || !claimed || line.Attempt != 2 {
		t.Errorf("a retry is claimed again: %v %+v %v", claimed, line, err)
	}
}

func testClaimRace(t *testing.T, s store.Store) {
	id := add(t, s, 1)[0]
	var won atomic.Int32
	var racers sync.WaitGroup
	for range 16 {
		racers.Go(func() {
			_, claimed, err := s.Claim(ctx, claim(id), 1)
			if err != nil {
				t.Error(err)
			}
			if claimed {
				won.Add(1)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d claims won", won.Load())
	}
}

// Whichever comes first: a claim after an opt-out that returned is never granted.
func testClaimAgainstOptOut(t *testing.T, s store.Store) {
	for _, id := range add(t, s, 20) {
		before := read(t, s, id)
		after := before
		after.OptOut, after.Due = notice.OptOutAll, ""
		var racers sync.WaitGroup
		var acknowledged atomic.Bool
		racers.Go(func() {
			if err := s.ChangeRecipient(ctx, before, after, event(before, "e", after.Standing())); err != nil {
				t.Error(err)
			}
			acknowledged.Store(true)
		})
		racers.Go(func() {
			late := acknowledged.Load()
			_, claimed, err := s.Claim(ctx, claim(id), before.Rev)
			if err != nil && !errors.Is(err, notice.ErrConflict) {
				t.Error(err)
			}
			if claimed && late {
				t.Error("claimed after the opt-out was acknowledged")
			}
		})
		racers.Wait()
	}
}

func testDeliveries(t *testing.T, s store.Store) {
	ids := add(t, s, 30)
	for i, id := range ids {
		d := notice.Delivery{Run: "run", Recipient: id, State: notice.Skipped, Reason: "opted_out", UpdatedAt: now}
		if i < 10 {
			d.State = notice.Sent
		}
		wrote, err := s.RecordDelivery(ctx, d)
		must(t, err)
		if !wrote {
			t.Fatalf("line %d was not written", i)
		}
		if wrote, err = s.RecordDelivery(ctx, d); err != nil || wrote {
			t.Errorf("line %d was written twice: %v", i, err)
		}
	}
	counts, err := s.CountDeliveries(ctx, "run")
	must(t, err)
	equal(t, "counts", counts, notice.Counts{notice.Sent: 10, notice.Skipped: 20})
	for _, limit := range []int{7, 100} {
		seen := 0
		for cursor := ""; ; {
			page, next, err := s.ListDeliveries(ctx, "run", cursor, limit)
			must(t, err)
			if seen += len(page); next == "" {
				break
			}
			cursor = next
		}
		if seen != 30 {
			t.Errorf("limit %d: %d lines", limit, seen)
		}
	}
	lines, err := s.Deliveries(ctx, "run", []notice.RecipientID{ids[0], "nobody"})
	must(t, err)
	sent := lines[ids[0]]
	delivered := sent
	delivered.State, delivered.UpdatedAt = notice.Delivered, now.Add(time.Second)
	must(t, s.MoveDelivery(ctx, sent, delivered))
	wantErr(t, s.MoveDelivery(ctx, sent, delivered), notice.ErrConflict)
	// Under another id the line stays counted, and leaves no trace of the first.
	waits := notice.Delivery{Run: "moving", Recipient: ids[0], State: notice.Held, UpdatedAt: now}
	taken := notice.Delivery{Run: "moving", Recipient: ids[1], State: notice.Sent, UpdatedAt: now}
	for _, d := range []notice.Delivery{waits, taken} {
		_, err := s.RecordDelivery(ctx, d)
		must(t, err)
	}
	stale, nobodys := waits, waits
	stale.Attempt, nobodys.Recipient, nobodys.Left = 7, "erased-1", true
	wantErr(t, s.MoveDelivery(ctx, stale, nobodys), notice.ErrConflict)
	onto := nobodys
	onto.Recipient = ids[1]
	wantErr(t, s.MoveDelivery(ctx, waits, onto), notice.ErrConflict)
	must(t, s.MoveDelivery(ctx, waits, nobodys))
	wantErr(t, s.MoveDelivery(ctx, waits, nobodys), notice.ErrConflict)
	moved, err := s.Deliveries(ctx, "moving", []notice.RecipientID{ids[0], ids[1], "erased-1"})
	must(t, err)
	equal(t, "moved", moved, map[notice.RecipientID]notice.Delivery{"erased-1": nobodys, ids[1]: taken})
	if waiting, err := s.CountUnresolved(ctx); err != nil || waiting["moving"].Total() != 0 {
		t.Errorf("the index still holds %v, %v", waiting, err)
	}
	if counts, err = s.CountDeliveries(ctx, "moving"); err != nil || counts.Total() != 2 {
		t.Errorf("moved, and counted %v %v", counts, err)
	}

	must(t, s.ForgetDeliveries(ctx, ids[0], []notice.RunID{"run", "another"}))
	if lines, err = s.Deliveries(ctx, "run", ids[:1]); err != nil || len(lines) != 0 {
		t.Errorf("a forgotten line is still there: %v %v", lines, err)
	}
	if counts, err = s.CountDeliveries(ctx, "ru"); err != nil || counts.Total() != 0 {
		t.Errorf("another run counts %v %v", counts, err)
	}
}

func testUnresolved(t *testing.T, s store.Store) {
	ids := add(t, s, 3)
	var lines []notice.Delivery
	for i, id := range ids {
		d := notice.Delivery{Run: "run", Recipient: id, State: notice.Unknown, SettleAfter: now.Add(time.Duration(i) * time.Hour), UpdatedAt: now}
		_, err := s.RecordDelivery(ctx, d)
		must(t, err)
		lines = append(lines, d)
	}
	// Of another state, and of a run whose name holds what separates names.
	_, err := s.RecordDelivery(ctx, notice.Delivery{Run: "run#2", Recipient: ids[2], State: notice.Retry, SettleAfter: now, UpdatedAt: now})
	must(t, err)
	// Held until a person decides, and decided.
	for i, left := range []bool{false, true} {
		_, err := s.RecordDelivery(ctx, notice.Delivery{Run: "run#2", Recipient: ids[i], State: notice.Held, Left: left, UpdatedAt: now})
		must(t, err)
	}
	until := func(at time.Time) (found []notice.RecipientID) {
		for cursor := ""; ; {
			page, next, err := s.UnresolvedDeliveries(ctx, notice.Unknown, at, cursor, 1)
			must(t, err)
			for _, d := range page {
				found = append(found, d.Recipient)
			}
			if next == "" {
				slices.Sort(found)
				return found
			}
			cursor = next
		}
	}
	if got := until(now.Add(time.Hour)); !slices.Equal(got, ids[:2]) {
		t.Errorf("unresolved within the hour: %v", got)
	}
	settled := lines[0]
	settled.State, settled.SettleAfter, settled.UpdatedAt = notice.Sent, time.Time{}, now.Add(time.Second)
	must(t, s.MoveDelivery(ctx, lines[0], settled))
	if got := until(now.AddDate(1, 0, 0)); !slices.Equal(got, ids[1:]) {
		t.Errorf("after one settled: %v", got)
	}
	if due, _, err := s.UnresolvedDeliveries(ctx, notice.Retry, now, "", 10); err != nil || len(due) != 1 || due[0].Run != "run#2" {
		t.Errorf("retries that are due: %v %v", due, err)
	}
	counts, err := s.CountUnresolved(ctx)
	must(t, err)
	equal(t, "what waits", counts, map[notice.RunID]notice.Counts{"run": {notice.Unknown: 2}, "run#2": {notice.Retry: 1, notice.Held: 1}})
}

// A page is asked for with the cursor that the page of the same list before came with. One
// that was made up, or came with another list, is a mistake of whoever sends it, said in
// one way: it is no reason to panic, to fail, or to begin again.
func testCursors(t *testing.T, s store.Store) {
	for i, id := range add(t, s, 3) {
		must(t, s.MoveDue(ctx, id, "2026-12-01"))
		for _, run := range []notice.RunID{"run", "other"} {
			for _, state := range []notice.DeliveryState{notice.Unknown, notice.Retry} {
				run := run + "-" + notice.RunID(state)
				_, err := s.RecordDelivery(ctx, notice.Delivery{Run: run, Recipient: id, State: state, SettleAfter: now, UpdatedAt: now.Add(time.Duration(i))})
				must(t, err)
			}
		}
	}
	due := func(first, last notice.Date) func(cursor string) (int, string, error) {
		return func(cursor string) (int, string, error) {
			page, next, err := s.DueRecipients(ctx, first, last, cursor, 1)
			return len(page), next, err
		}
	}
	ledger := func(run notice.RunID) func(cursor string) (int, string, error) {
		return func(cursor string) (int, string, error) {
			page, next, err := s.ListDeliveries(ctx, run, cursor, 1)
			return len(page), next, err
		}
	}
	unresolved := func(state notice.DeliveryState) func(cursor string) (int, string, error) {
		return func(cursor string) (int, string, error) {
			page, next, err := s.UnresolvedDeliveries(ctx, state, now, cursor, 1)
			return len(page), next, err
		}
	}
	lists := map[string]func(cursor string) (int, string, error){
		"recipients": func(cursor string) (int, string, error) {
			page, next, err := s.ListRecipients(ctx, cursor, 1)
			return len(page), next, err
		},
		"due": due("2026-12-01", "2026-12-01"), "due on other days": due("2026-11-30", "2026-12-01"),
		"ledger": ledger("run-unknown"), "another ledger": ledger("other-unknown"),
		"unknown": unresolved(notice.Unknown), "retry": unresolved(notice.Retry),
	}
	cursors := map[string]string{}
	for name, list := range lists {
		n, next, err := list("")
		must(t, err)
		if n != 1 || next == "" {
			t.Fatalf("%s: a first page of %d, and the cursor %q", name, n, next)
		}
		if n, _, err = list(next); err != nil || n != 1 {
			t.Errorf("%s: a second page of %d, %v", name, n, err)
		}
		cursors[name] = next
	}
	for name, list := range lists {
		strays := map[string]string{"a letter": "x", "a person": "p0000", "a bar": "|", "a part": "3|p0000", "a day": "2026-12-01#03|p0000", "bytes": "\x00\xff", "JSON": "{}", "encoded JSON": "e30"}
		for other, cursor := range cursors {
			if other != name {
				strays["that of "+other] = cursor
			}
		}
		for what, cursor := range strays {
			_, _, err := list(cursor)
			wantErr(t, err, notice.ErrInvalid)
			if want := fmt.Sprintf("cursor %q is not of this list; ask with the one that came with the page before, or with none", cursor); err == nil || err.Error() != want {
				t.Errorf("%s, with %s as the cursor: %v, want %s", name, what, err, want)
			}
		}
	}
}

func testVersions(t *testing.T, s store.Store) {
	v := notice.Version{Policy: "privacy", Name: "1.0", Effective: "2026-12-01", Class: notice.Optional, Text: "Text.\n", HTML: "<p>Text.</p>",
		Summary: map[string]string{"en": "New."}, SHA256: "abc", PublishedAt: now.Add(time.Hour)}
	older := notice.Version{Policy: "privacy", Name: "9.0", Previous: "8.0", PublishedAt: now}
	must(t, s.AddVersion(ctx, v))
	must(t, s.AddVersion(ctx, older))
	wantErr(t, s.AddVersion(ctx, v), notice.ErrConflict)
	wantErr(t, s.AddVersion(ctx, notice.Version{Policy: "privacy", Name: "1.1"}), notice.ErrConflict) // another baseline
	must(t, s.AddVersion(ctx, notice.Version{Policy: "cookies", Name: "1.0"}))
	_, err := s.SaveDocument(ctx, "baseline", "cookies", 1, 0) // what marks a baseline is no document
	must(t, err)
	// A summary is edited and a version approved together with the run, or not at all.
	run := notice.Run{ID: "change-privacy-1_0", Kind: notice.Change, State: notice.Waiting, OpenedAt: now}
	must(t, s.AddRun(ctx, run))
	run.Rev = 1
	stale := run
	v.Summary, v.Edits, run.ContentHash = map[string]string{"en": "Newer."}, []notice.Edit{{By: "Ada", At: now, Before: "before", Was: map[string]string{"en": "New."}}}, "edited"
	run, err = s.Decide(ctx, run, v)
	must(t, err)
	v.Approval = &notice.Approval{By: "Bob", At: now, Hash: v.ContentHash()}
	_, err = s.Decide(ctx, stale, v)
	wantErr(t, err, notice.ErrConflict)
	missing := v
	missing.Name = "none"
	_, err = s.Decide(ctx, run, missing)
	wantErr(t, err, notice.ErrConflict)
	if stored, err := s.Version(ctx, "privacy", "1.0"); err != nil || stored.Approval != nil || stored.Summary["en"] != "Newer." {
		t.Errorf("edited and not approved: %+v %v", stored, err)
	}
	run.State = notice.Running
	run, err = s.Decide(ctx, run, v)
	must(t, err)
	if stored, err := s.Run(ctx, run.ID); err != nil || stored.State != notice.Running || stored.ContentHash != "edited" || stored.Rev != 3 {
		t.Errorf("decided run: %+v %v", stored, err)
	}
	_, err = s.Decide(ctx, run, v)
	wantErr(t, err, notice.ErrConflict)
	got, err := s.Version(ctx, "privacy", "1.0")
	must(t, err)
	equal(t, "version", got, v)
	all, err := s.Versions(ctx, "privacy")
	must(t, err)
	equal(t, "all, oldest first", all, []notice.Version{older, v})
	_, err = s.Version(ctx, "privacy", "none")
	wantErr(t, err, notice.ErrNotFound)
	if none, err := s.Versions(ctx, "priv"); err != nil || len(none) != 0 {
		t.Errorf("versions of another policy: %v %v", none, err)
	}
}

func testRuns(t *testing.T, s store.Store) {
	run := notice.Run{ID: "r1", Kind: notice.Change, State: notice.Running, OpenedAt: now, Cursor: "c"}
	must(t, s.AddRun(ctx, run))
	must(t, s.AddRun(ctx, notice.Run{ID: "r0", State: notice.Waiting, OpenedAt: now.Add(-time.Hour)}))
	wantErr(t, s.AddRun(ctx, run), notice.ErrConflict)
	stored, err := s.Run(ctx, "r1")
	must(t, err)
	run.Rev = 1
	equal(t, "run", stored, run)
	stored.State = notice.Done
	saved, err := s.SaveRun(ctx, stored)
	must(t, err)
	if saved.Rev != 2 {
		t.Errorf("rev %d", saved.Rev)
	}
	_, err = s.SaveRun(ctx, stored)
	wantErr(t, err, notice.ErrConflict)
	_, err = s.SaveRun(ctx, notice.Run{ID: "none"})
	wantErr(t, err, notice.ErrConflict)
	wantErr(t, s.AddRun(ctx, run), notice.ErrConflict) // an ended run keeps its id
	stale := saved
	if saved, err = s.SaveRun(ctx, saved); err != nil || saved.Rev != 3 { // an ended run is saved as it ended
		t.Errorf("ended run saved: %+v %v", saved, err)
	}
	stale.State = notice.Running
	_, err = s.SaveRun(ctx, stale)
	wantErr(t, err, notice.ErrConflict)
	saved.State = notice.Running // and reopened
	if saved, err = s.SaveRun(ctx, saved); err != nil || saved.Rev != 4 {
		t.Errorf("reopened: %+v %v", saved, err)
	}
	if open, err := s.OpenRuns(ctx); err != nil || len(open) != 2 {
		t.Errorf("open after a run was reopened: %v %v", open, err)
	}
	saved.State = notice.Done
	_, err = s.SaveRun(ctx, saved)
	must(t, err)
	open, err := s.OpenRuns(ctx)
	must(t, err)
	all, err := s.ListRuns(ctx)
	must(t, err)
	if len(open) != 1 || open[0].ID != "r0" || len(all) != 2 || all[0].ID != "r0" || all[1].State != notice.Done {
		t.Errorf("open %v, all %v", open, all)
	}
	_, err = s.Run(ctx, "none")
	wantErr(t, err, notice.ErrNotFound)
}

func testTally(t *testing.T, s store.Store) {
	none, err := s.Tally(ctx, "r1")
	must(t, err)
	equal(t, "nothing counted", none, notice.Tally{})
	var adders sync.WaitGroup
	for range 8 {
		adders.Go(func() {
			if err := s.AddTally(ctx, "r1", notice.Tally{Accepted: 5, Refused: 1, Bounced: 2, Complained: 3}); err != nil {
				t.Error(err)
			}
		})
	}
	adders.Wait()
	got, err := s.Tally(ctx, "r1")
	must(t, err)
	equal(t, "tally", got, notice.Tally{Accepted: 40, Refused: 8, Bounced: 16, Complained: 24})
	early, late := time.Date(2026, 5, 1, 6, 0, 0, 5e6, time.UTC), time.Date(2026, 5, 2, 7, 0, 0, 0, time.UTC)
	for _, sent := range []time.Time{early, late} {
		must(t, s.AddTally(ctx, "r1", notice.Tally{FirstSent: sent, LastSent: sent}))
		must(t, s.AddTally(ctx, "r1", notice.Tally{Bounced: 1}))
	}
	got, err = s.Tally(ctx, "r1")
	must(t, err)
	equal(t, "tally with times", got, notice.Tally{Accepted: 40, Refused: 8, Bounced: 18, Complained: 24, FirstSent: early, LastSent: late})
	if other, err := s.Tally(ctx, "r"); err != nil || other != (notice.Tally{}) {
		t.Errorf("another run has %+v %v", other, err)
	}
}

func testDocuments(t *testing.T, s store.Store) {
	type doc struct{ A int }
	var d doc
	_, err := s.Document(ctx, "kind", "id", &d)
	wantErr(t, err, notice.ErrNotFound)
	rev, err := s.SaveDocument(ctx, "kind", "id", doc{1}, 0)
	must(t, err)
	_, err = s.SaveDocument(ctx, "kind", "id", doc{2}, 0)
	wantErr(t, err, notice.ErrConflict)
	next, err := s.SaveDocument(ctx, "kind", "id", doc{3}, rev)
	must(t, err)
	got, err := s.Document(ctx, "kind", "id", &d)
	must(t, err)
	if got != next || d.A != 3 {
		t.Errorf("document %+v with rev %d, want 3 with rev %d", d, got, next)
	}
}

// Writers at the same time: those who fail take nobody along, and who is told that the
// write is done finds it.
func testWriters(t *testing.T, s store.Store) {
	var won atomic.Int32
	var racers sync.WaitGroup
	for i := range 24 {
		racers.Go(func() {
			id := notice.RecipientID(fmt.Sprintf("w%02d", i))
			if outcomes, err := s.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: string(id) + "@example.com", At: now}}, lead); err != nil || outcomes[0].What != notice.Added {
				t.Error(outcomes, err)
			}
			if r, err := s.Recipient(ctx, id); err != nil || r.Rev != 1 {
				t.Error(r, err)
			}
			switch _, err := s.SaveDocument(ctx, "kind", "shared", i, 0); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, notice.ErrConflict):
				t.Error(err)
			}
			if line, claimed, err := s.Claim(ctx, claim(id), 1); err != nil || !claimed || line.Recipient != id {
				t.Error(line, claimed, err)
			}
			if _, _, err := s.Claim(ctx, claim(id), 2); !errors.Is(err, notice.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if counts, err := s.CountDeliveries(ctx, "run"); err != nil || counts[notice.Claimed] != 24 || won.Load() != 1 {
		t.Errorf("%v claimed, %d documents, %v", counts, won.Load(), err)
	}
}
