package delivery_test

import (
	"maps"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// follow publishes the text of a version again, as a run that follows the cancelled one.
func (w *world) follow(name string, cancelled notice.RunID) notice.Run {
	run := w.publish(name, false)
	run.Follows, run.Rev = cancelled, 1
	run, err := w.store.SaveRun(ctx, run)
	w.must(err)
	return run
}

// serve sends a slice of a run.
func (w *world) serve(run notice.RunID, ids ...notice.RecipientID) {
	w.must(w.sender().SendSlice(ctx, delivery.Slice{Run: run, Recipients: ids}))
}

// line reads a person's line of a run.
func (w *world) line(run notice.RunID, id notice.RecipientID) notice.Delivery {
	lines, err := w.store.Deliveries(ctx, run, []notice.RecipientID{id})
	w.must(err)
	return lines[id]
}

// Whom a cancelled run told gets no second notice from the run that tells the same words to
// the others, nor from one that follows that; whose message came back does.
func TestARunThatFollowsTellsOnlyTheOthers(t *testing.T) {
	w := newWorld(t)
	w.publish("1", true)
	ids := w.people(4, w.now)
	w.now = w.now.Add(time.Minute)
	first := w.publish("2", false)
	w.must(w.approve(first.ID))
	w.serve(first.ID, ids[:2]...)
	before := w.line(first.ID, ids[1])
	bounced := before
	bounced.State = notice.BouncedBack
	w.must(w.store.MoveDelivery(ctx, before, bounced))
	_, err := w.operator().Cancel(ctx, first.ID)
	w.must(err)
	w.now = w.now.Add(time.Hour)
	second := w.follow("2b", first.ID)
	plan, err := w.operator().Plan(ctx, second.ID)
	w.must(err)
	if plan.Audience != 3 || !maps.Equal(plan.LeftOut, map[notice.SkipReason]int{notice.SkipTold: 1}) || plan.Concerned() != 4 {
		t.Errorf("planned %+v", plan)
	}
	w.must(w.approve(second.ID))
	w.sent = nil
	w.serve(second.ID, ids[:3]...)
	w.serve(second.ID, ids[:3]...)
	if len(w.sent) != 2 {
		t.Errorf("the second run sent %d messages, want 2", len(w.sent))
	}
	if d := w.line(second.ID, ids[0]); d.State != notice.Skipped || d.Reason != string(notice.SkipTold) {
		t.Errorf("who was told by the first run is %s %s", d.State, d.Reason)
	}
	_, err = w.operator().Cancel(ctx, second.ID)
	w.must(err)
	w.now = w.now.Add(time.Hour)
	third := w.follow("2c", second.ID)
	w.must(w.approve(third.ID))
	w.sent = nil
	for range 6 {
		w.work()
		w.now = w.now.Add(time.Hour)
	}
	run, err := w.store.Run(ctx, third.ID)
	w.must(err)
	if len(w.sent) != 1 || w.sent[0].Recipient != ids[3] || run.State != notice.Done || run.Counts[notice.Skipped] != 3 || run.Audience != 4 {
		t.Errorf("the third run sent %d messages and is %s with %v of %d", len(w.sent), run.State, run.Counts, run.Audience)
	}
}

// Whom the first of two cancelled runs told gets no second notice from the third, though the
// one between was cancelled before their turn.
func TestARunThatFollowsTwoTellsOnlyTheOthers(t *testing.T) {
	w := newWorld(t)
	w.publish("1", true)
	ids := w.people(2, w.now)
	w.now = w.now.Add(time.Minute)
	first := w.publish("2", false)
	w.must(w.approve(first.ID))
	w.serve(first.ID, ids[0])
	_, err := w.operator().Cancel(ctx, first.ID)
	w.must(err)
	w.now = w.now.Add(time.Hour)
	second := w.follow("2b", first.ID)
	w.must(w.approve(second.ID))
	_, err = w.operator().Cancel(ctx, second.ID)
	w.must(err)
	w.now = w.now.Add(time.Hour)
	third := w.follow("2c", second.ID)
	plan, err := w.operator().Plan(ctx, third.ID)
	w.must(err)
	if plan.Audience != 1 || plan.LeftOut[notice.SkipTold] != 1 {
		t.Errorf("planned %+v", plan)
	}
	w.must(w.approve(third.ID))
	w.sent = nil
	w.serve(third.ID, ids...)
	if len(w.sent) != 1 || w.sent[0].Recipient != ids[1] {
		t.Errorf("the third run sent %d messages", len(w.sent))
	}
}

// A plan counts whom the sender would mail, and says of the others why not.
func TestAPlanCountsWhoIsMailed(t *testing.T) {
	w := newWorld(t)
	w.publish("1", true)
	ids := w.people(6, w.now)
	for i, change := range []func(*notice.Recipient){
		func(r *notice.Recipient) { r.OptOut.Change = true },
		func(r *notice.Recipient) { r.OptOut.Annual = true }, // gets changes
		func(r *notice.Recipient) { r.Status = notice.Bounced },
		func(r *notice.Recipient) { r.Status = notice.Complained },
		func(r *notice.Recipient) { r.Restricted = true },
	} {
		w.must(w.change(ids[i], notice.ByPage, change))
	}
	run := w.publish("2", false)
	plan, err := w.operator().Plan(ctx, run.ID)
	w.must(err)
	want := map[notice.SkipReason]int{notice.SkipOptedOut: 1, notice.SkipBounced: 1, notice.SkipComplained: 1, notice.SkipRestricted: 1}
	if plan.Audience != 2 || !maps.Equal(plan.LeftOut, want) || plan.Locales[""] != 2 {
		t.Errorf("%+v", plan)
	}
	if words := plan.Without(); words != "1 opted out, 1 restricted the use of their data, 1 whose mail came back for good, 1 complained" {
		t.Error(words)
	}
	w.must(w.approve(run.ID))
	for range 6 {
		w.work()
		w.now = w.now.Add(time.Hour)
	}
	after, err := w.store.Run(ctx, run.ID)
	w.must(err)
	if len(w.sent) != plan.Audience || after.State != notice.Done || after.Audience != plan.Concerned() {
		t.Errorf("planned %d of %d, sent %d of %d, %s", plan.Audience, plan.Concerned(), len(w.sent), after.Audience, after.State)
	}
}
