package storetest

import (
	"fmt"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/store"
)

func testRestrictAndMove(t *testing.T, s store.Store) {
	ids := add(t, s, 3)
	before := read(t, s, ids[0])
	after := before
	after.Restricted, after.Due, after.Address, after.Alias = true, "", "new@example.com", ids[1]
	must(t, s.ChangeRecipient(ctx, before, after, event(before, "e1", after.Standing())))
	after.Rev = 2
	equal(t, "restricted", read(t, s, ids[0]), after)
	must(t, s.RecordNotice(ctx, ids[0], "run", now, "2027-11-10"))
	must(t, s.MoveDue(ctx, ids[0], "2027-11-11"))
	if r := read(t, s, ids[0]); r.Due != "" || !r.LastNotice.Equal(now) {
		t.Errorf("a restricted person is due: %+v", r)
	}
	lifted := read(t, s, ids[0])
	lifted.Restricted, lifted.Due = false, "2027-11-10"
	must(t, s.ChangeRecipient(ctx, read(t, s, ids[0]), lifted, event(before, "e2", lifted.Standing())))
	if r := read(t, s, ids[0]); r.Restricted || r.Due != "2027-11-10" {
		t.Errorf("lifted: %+v", r)
	}

	old := read(t, s, ids[1])
	moved := old
	moved.Status, moved.MovedTo, moved.Alias, moved.Due = notice.Moved, ids[0], ids[2], ""
	must(t, s.ChangeRecipient(ctx, old, moved, event(old, "e1", moved.Standing())))
	equal(t, "moved", read(t, s, ids[1]), notice.Recipient{ID: ids[1], Status: notice.Moved, MovedTo: ids[0], Alias: ids[2], Rev: 2})
	must(t, s.RecordNotice(ctx, ids[1], "run", now, "2027-11-10"))
	outcomes, err := s.ImportRecipients(ctx, []notice.Imported{{ID: ids[1], Address: "p0001@example.com", Name: "Back", At: now}}, lead)
	must(t, err)
	if outcomes[0].What != notice.Unchanged {
		t.Errorf("an import of an address that moved: %s", outcomes[0].What)
	}
	equal(t, "moved, after an import and a notice", read(t, s, ids[1]), notice.Recipient{ID: ids[1], Status: notice.Moved, MovedTo: ids[0], Alias: ids[2], Rev: 2})
	people, _, err := s.ListRecipients(ctx, "", 10)
	must(t, err)
	if len(people) != 2 {
		t.Errorf("%d people are listed, one of them moved", len(people))
	}
}

// A person and the id of their new address change together or not at all, whether somebody
// was known under that id or nobody.
func testMoveRecipient(t *testing.T, s store.Store) {
	ids := add(t, s, 2)
	before, neighbour := read(t, s, ids[0]), read(t, s, ids[1])
	must(t, s.RecordNotice(ctx, ids[0], "run", now, "2027-11-10"))
	for n, there := range []notice.Recipient{{ID: "new-address"}, neighbour} {
		after := before
		after.Address, after.Alias = string(there.ID)+"@example.com", there.ID
		next := notice.Recipient{Status: notice.Moved, MovedTo: before.ID, Alias: before.Alias}
		e := event(before, fmt.Sprintf("e%d", n), after.Standing())
		must(t, s.MoveRecipient(ctx, before, after, e, there, next))
		equal(t, "the new address", read(t, s, there.ID), notice.Recipient{ID: there.ID, Status: notice.Moved, MovedTo: before.ID, Alias: before.Alias, Rev: there.Rev + 1})
		moved := read(t, s, before.ID)
		if moved.Address != after.Address || moved.Alias != there.ID || moved.Rev != before.Rev+1 || !moved.LastNotice.Equal(now) {
			t.Errorf("moved: %+v", moved)
		}
		// Either of them changed meanwhile, or a line of that name is there.
		e.ID = "later"
		wantErr(t, s.MoveRecipient(ctx, before, after, e, notice.Recipient{ID: "other"}, next), notice.ErrConflict)
		wantErr(t, s.MoveRecipient(ctx, moved, after, e, there, next), notice.ErrConflict)
		e.ID = fmt.Sprintf("e%d", n)
		wantErr(t, s.MoveRecipient(ctx, moved, after, e, notice.Recipient{ID: "other"}, next), notice.ErrConflict)
		equal(t, "nothing half done", read(t, s, before.ID), moved)
		_, err := s.Recipient(ctx, "other")
		wantErr(t, err, notice.ErrNotFound)
		history, err := s.PreferenceEvents(ctx, before.ID)
		must(t, err)
		if len(history) != n+1 {
			t.Errorf("history: %+v", history)
		}
		before = moved
	}
	wantErr(t, s.MoveRecipient(ctx, notice.Recipient{ID: "nobody"}, notice.Recipient{}, notice.PreferenceEvent{ID: "e"}, notice.Recipient{ID: "other"}, notice.Recipient{}), notice.ErrConflict)
}

func testForgetEvents(t *testing.T, s store.Store) {
	ids := add(t, s, 2)
	for _, id := range ids {
		before := read(t, s, id)
		after := before
		after.OptOut, after.Due = notice.OptOutAll, ""
		must(t, s.ChangeRecipient(ctx, before, after, event(before, "e1", after.Standing())))
		erased := after
		erased.Status = notice.Erased
		last := event(after, "e2", erased.Standing())
		last.Way = notice.ByErasure
		must(t, s.ChangeRecipient(ctx, read(t, s, id), erased, last))
	}
	for range 2 {
		must(t, s.ForgetEvents(ctx, ids[0], notice.ByErasure))
	}
	for i, want := range []int{1, 2} {
		events, err := s.PreferenceEvents(ctx, ids[i])
		must(t, err)
		if len(events) != want || events[want-1].ID != "e2" {
			t.Errorf("%s has the history %+v", ids[i], events)
		}
	}
}

func testDeliveriesOf(t *testing.T, s store.Store) {
	var runs []notice.RunID
	for i := range 130 {
		run := notice.RunID(fmt.Sprintf("run%03d", i))
		runs = append(runs, run)
		if i%2 == 0 {
			_, err := s.RecordDelivery(ctx, notice.Delivery{Run: run, Recipient: "ada", State: notice.Sent, UpdatedAt: now})
			must(t, err)
		}
	}
	lines, err := s.DeliveriesOf(ctx, "ada", runs)
	must(t, err)
	if len(lines) != 65 || lines[0].Run != "run000" || lines[64].Run != "run128" {
		t.Errorf("%d lines, %+v", len(lines), lines)
	}
	if lines, err := s.DeliveriesOf(ctx, "nobody", runs); err != nil || len(lines) != 0 {
		t.Errorf("nobody has %v, %v", lines, err)
	}
}

func testRequests(t *testing.T, s store.Store) {
	request := func(id notice.RequestID, of notice.RecipientID, days int) notice.Request {
		r := notice.NewRequest(id, notice.Deletion, now.AddDate(0, 0, days))
		r.Recipient, r.Address = of, "ada@example.com"
		return r
	}
	first, second, later := request("20261124-a", "ada", 0), request("20261125-b", "ada", 1), request("20270124-c", "bea", 61)
	for _, r := range []notice.Request{later, second, first} {
		must(t, s.AddRequest(ctx, r))
		wantErr(t, s.AddRequest(ctx, r), notice.ErrConflict)
	}
	ids := func(all []notice.Request, err error) (ids []notice.RequestID) {
		must(t, err)
		for _, r := range all {
			ids = append(ids, r.ID)
		}
		return ids
	}
	equal(t, "open", ids(s.OpenRequests(ctx)), []notice.RequestID{first.ID, second.ID, later.ID})
	r, err := s.Request(ctx, first.ID)
	must(t, err)
	first.Rev = 1
	equal(t, "request", r, first)
	must(t, r.Extend("Mia", "much to do", now))
	extended, err := s.SaveRequest(ctx, r)
	must(t, err)
	stale, err := s.SaveRequest(ctx, r)
	equal(t, "what a conflict gives back", stale, r)
	wantErr(t, err, notice.ErrConflict)
	must(t, extended.Comply("Ada", "done", now))
	closed, err := s.SaveRequest(ctx, extended)
	must(t, err)
	_, err = s.SaveRequest(ctx, extended)
	wantErr(t, err, notice.ErrConflict)
	closed.Forget()
	if closed, err = s.SaveRequest(ctx, closed); err != nil || closed.Rev != 4 {
		t.Errorf("a closed request is saved as %+v: %v", closed, err)
	}
	r, err = s.Request(ctx, first.ID)
	must(t, err)
	equal(t, "closed", r, closed)
	equal(t, "open", ids(s.OpenRequests(ctx)), []notice.RequestID{second.ID, later.ID})
	equal(t, "of 2026", ids(s.ListRequests(ctx, 2026)), []notice.RequestID{first.ID, second.ID})
	equal(t, "of 2027", ids(s.ListRequests(ctx, 2027)), []notice.RequestID{later.ID})
	equal(t, "of Ada", ids(s.RequestsOf(ctx, "ada")), []notice.RequestID{first.ID, second.ID})
	for range 2 {
		must(t, s.DeleteRequest(ctx, r))
	}
	equal(t, "of Ada, one deleted", ids(s.RequestsOf(ctx, "ada")), []notice.RequestID{second.ID})
	_, err = s.Request(ctx, first.ID)
	wantErr(t, err, notice.ErrNotFound)
}
