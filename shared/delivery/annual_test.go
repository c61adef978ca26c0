package delivery_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store/storetest"
)

func TestAnnualTriggerTwiceAndLate(t *testing.T) {
	w := newWorld(t)
	w.people(10, time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)) // due 2026-03-18
	w.publish("v1", true)
	if _, opened, err := w.annual().Open(ctx); err != nil || opened {
		t.Fatalf("nobody is due, yet opened=%v err=%v", opened, err)
	}
	w.now = time.Date(2026, 3, 21, 6, 0, 0, 0, time.UTC) // three days late
	run, opened, err := w.annual().Open(ctx)
	if err != nil || !opened || run.Audience != 10 {
		t.Fatalf("run %+v opened=%v err=%v", run, opened, err)
	}
	if again, opened, err := w.annual().Open(ctx); err != nil || opened || again.ID != run.ID {
		t.Fatalf("second trigger: %s opened=%v err=%v", again.ID, opened, err)
	}
	w.finish(run.ID)
	w.now = w.now.AddDate(0, 0, 1)
	if _, opened, err := w.annual().Open(ctx); err != nil || opened {
		t.Fatalf("next day: opened=%v err=%v", opened, err)
	}
	if len(w.sent) != 10 {
		t.Errorf("%d messages left for 10 people", len(w.sent))
	}
}

func TestAnnualNeedsAnApprovedVersion(t *testing.T) {
	w := newWorld(t)
	w.people(1, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	w.now = w.now.AddDate(0, 0, 2)
	if _, _, err := w.annual().Open(ctx); !errors.Is(err, notice.ErrRefused) {
		t.Fatalf("without a version: %v", err)
	}
	w.publish("v1", true)
	if run, opened, err := w.annual().Open(ctx); err != nil || !opened {
		t.Fatalf("with a version: %+v %v", run, err)
	}
}

func TestCancelledAnnualRunGoesToTheNext(t *testing.T) {
	w := newWorld(t)
	w.people(10, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))
	w.publish("v1", true)
	w.now = w.now.AddDate(0, 0, 1)
	run, _, err := w.annual().Open(ctx)
	w.must(err)
	_, err = w.operator().Cancel(ctx, run.ID)
	w.must(err)
	if _, opened, err := w.annual().Open(ctx); err != nil || opened {
		t.Fatalf("same day: opened=%v err=%v", opened, err)
	}
	w.now = w.now.AddDate(0, 0, 1)
	next, opened, err := w.annual().Open(ctx)
	if err != nil || !opened || next.Audience != 10 {
		t.Fatalf("next day: %+v opened=%v err=%v", next, opened, err)
	}
}

// Cancelling a run of days long ago puts nobody into two runs at once who belongs to a
// later one: not while that one is held back, and not when the cancel is repeated.
func TestCancelledAnnualRunTakesNoLaterDays(t *testing.T) {
	w := newWorld(t)
	w.publish("v1", true)
	var runs []notice.Run
	for day := range 2 {
		id := notice.RecipientID(fmt.Sprint("of day ", day))
		_, err := w.store.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: fmt.Sprintf("p%d@example.com", day), At: w.now, LastNotified: w.now.AddDate(-2, 0, 0)}}, w.set.LeadDays)
		w.must(err)
		w.now = w.now.AddDate(0, 0, 1)
		run, opened, err := w.annual().Open(ctx)
		if err != nil || !opened || run.Audience != 1 {
			t.Fatalf("day %d: %+v opened=%v err=%v", day, run, opened, err)
		}
		_, err = w.operator().Pause(ctx, run.ID)
		w.must(err)
		runs = append(runs, run)
	}
	for range 2 {
		_, err := w.operator().Cancel(ctx, runs[0].ID)
		w.must(err)
	}
	w.now = w.now.AddDate(0, 0, 1)
	again, opened, err := w.annual().Open(ctx)
	if err != nil || !opened {
		t.Fatalf("%+v opened=%v err=%v", again, opened, err)
	}
	_, err = w.operator().Cancel(ctx, runs[0].ID)
	w.must(err)
	_, err = w.operator().Resume(ctx, runs[1].ID)
	w.must(err)
	// Two workers, and the second sends while SES takes the first one's message.
	w.must(w.pacer().Tick(ctx))
	w.answer = func(delivery.Envelope) (bool, error) {
		w.drain()
		return true, nil
	}
	w.drain()
	left := map[notice.RecipientID]int{}
	for _, e := range w.sent {
		left[e.Recipient]++
	}
	if len(left) != 2 || left["of day 0"] != 1 || left["of day 1"] != 1 {
		t.Errorf("left: %v", left)
	}
	w.answer = nil
	w.finish(again.ID)
	w.finish(runs[1].ID)
	w.now = w.now.AddDate(0, 0, 1)
	if extra, opened, err := w.annual().Open(ctx); err != nil || opened {
		t.Errorf("nobody is left, and %+v is opened, %v", extra, err)
	}
}

// Five virtual years of random people, changes and missed triggers: on every day,
// nobody reachable and willing is past twelve months (invariant 4). The one
// exception is a person whose clock had run out before we knew them: they have
// two days from the import, and triggers missed in a row come on top.
func TestTwelveMonthsHoldEveryDay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorldOn(t, storetest.Model())
		w.publish("v0", true)
		maxMissed := rapid.IntRange(0, 10).Draw(rt, "missed triggers in a row")
		missed, versions, people := 0, 0, 0
		for day := range 5 * 365 {
			today := notice.DateOf(w.now)
			if people < 8 && rapid.IntRange(0, 60).Draw(rt, "import") == 0 {
				past := rapid.IntRange(0, 500).Draw(rt, "days since the last notice")
				id := notice.RecipientID(fmt.Sprintf("p%d", people))
				people++
				_, err := w.store.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: string(id) + "@example.com",
					At: w.now, LastNotified: w.now.AddDate(0, 0, -past)}}, w.set.LeadDays)
				w.must(err)
			}
			if people > 0 && rapid.IntRange(0, 300).Draw(rt, "preference") == 0 {
				id := notice.RecipientID(fmt.Sprintf("p%d", rapid.IntRange(0, people-1).Draw(rt, "who")))
				out := rapid.Bool().Draw(rt, "opt out")
				w.must(w.change(id, notice.ByPage, func(r *notice.Recipient) { r.OptOut = notice.OptOut{Annual: out, Change: out} }))
			}
			if rapid.IntRange(0, 400).Draw(rt, "change") == 0 {
				versions++
				run := w.publish(fmt.Sprintf("v%d", versions), false)
				err := w.approve(run.ID)
				w.must(err)
			}
			if missed < maxMissed && rapid.IntRange(0, 9).Draw(rt, "trigger missed") == 0 {
				missed++
			} else {
				missed = 0
				_, _, err := w.annual().Open(ctx)
				w.must(err)
				if rapid.IntRange(0, 9).Draw(rt, "trigger twice") == 0 {
					_, _, err := w.annual().Open(ctx)
					w.must(err)
				}
			}
			if open, err := w.store.OpenRuns(ctx); err != nil || len(open) > 0 {
				w.must(err)
				for range 4 { // release, audit, done
					w.must(w.pacer().Tick(ctx))
					w.drain()
					w.now = w.now.Add(w.set.AuditDelay)
				}
			}
			for i := range people {
				r, err := w.store.Recipient(ctx, notice.RecipientID(fmt.Sprintf("p%d", i)))
				w.must(err)
				if r.Status != notice.Active || r.OptOut.Annual {
					continue
				}
				grace := notice.DateOf(r.ImportedAt).AddDays(2 + maxMissed)
				if changed, err := w.store.PreferenceEvents(ctx, r.ID); err == nil && len(changed) > 0 {
					grace = notice.Later(grace, notice.DateOf(changed[len(changed)-1].At).AddDays(2+maxMissed))
				}
				if today > notice.Later(r.Deadline(), grace) {
					rt.Fatalf("day %d (%s): %s had the last notice on %s and is overdue", day, today, r.ID, notice.DateOf(r.LastNotice))
				}
			}
			w.now = today.AddDays(1).Time().Add(6 * time.Hour)
		}
		for id, runs := range w.runsOf() {
			for run, n := range runs {
				if n > 1 {
					rt.Fatalf("%s got %d messages of %s", id, n, run)
				}
			}
		}
	})
}

func (w *world) runsOf() map[notice.RecipientID]map[notice.RunID]int {
	all := map[notice.RecipientID]map[notice.RunID]int{}
	for _, e := range w.sent {
		if all[e.Recipient] == nil {
			all[e.Recipient] = map[notice.RunID]int{}
		}
		all[e.Recipient][e.Run]++
	}
	return all
}

// A change that takes the quota for weeks leaves nobody without their annual review who
// declined changes (invariant 4).
func TestAChangeStarvesNoAnnualReview(t *testing.T) {
	w := newWorld(t)
	w.set.Tick, w.set.SliceSize = 6*time.Hour, 100
	w.account.MaxSendRate, w.account.Max24HourSend = 10, 100
	w.publish("v1", true)
	due := w.now.AddDate(0, 0, 3+w.set.LeadDays).AddDate(-1, 0, 0) // in three days
	var only []notice.RecipientID                                  // who want the annual review and no changes
	for i := range 40 {
		id := notice.RecipientID(fmt.Sprintf("z%05d", i))
		_, err := w.store.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: string(id) + "@example.com", At: w.now, LastNotified: due}}, w.set.LeadDays)
		w.must(err)
		w.must(w.change(id, notice.ByPage, func(p *notice.Recipient) { p.OptOut.Change = true }))
		only = append(only, id)
	}
	w.people(2400, w.now.AddDate(0, -6, 0)) // 24 days of quota
	w.now = w.now.Add(time.Hour)
	change := w.publishFor("v2", false, notice.DateOf(w.now).AddDays(20))
	w.must(w.approve(change.ID))
	var left []time.Time
	for range 4 * (3 + w.set.LeadDays) {
		_, _, err := w.annual().Open(ctx)
		w.must(err)
		w.account.SentLast24Hours = 0
		for _, at := range left {
			if w.now.Sub(at) < 24*time.Hour {
				w.account.SentLast24Hours++
			}
		}
		before := len(w.sent)
		w.tick("")
		w.drain()
		for range len(w.sent) - before {
			left = append(left, w.now)
		}
		w.now = w.now.Add(w.set.Tick)
	}
	told := map[notice.RecipientID]bool{}
	for _, m := range w.sent {
		told[m.Recipient] = true
	}
	for _, id := range only {
		if !told[id] {
			t.Fatalf("%s was not told in time; %d messages left", id, len(w.sent))
		}
	}
}

// An annual run that has not begun when another version comes into force gives its days
// to the next, which speaks of that version; killed in between, it gives them once.
func TestAReplacedAnnualRunGivesItsDaysBack(t *testing.T) {
	w := newWorld(t)
	w.people(5, w.now.AddDate(-1, 0, 0))
	w.publish("v1", true)
	w.now = w.now.AddDate(0, 0, 1)
	old, opened, err := w.annual().Open(ctx)
	if err != nil || !opened {
		t.Fatal(old, opened, err)
	}
	w.now = w.now.Add(time.Hour)
	change := w.publish("v2", false)
	w.must(w.approve(change.ID))
	_, err = w.operator().Cancel(ctx, change.ID) // so that the annual run alone tells
	w.must(err)
	for range 3 {
		w.tick("")
	}
	if r, err := w.store.Run(ctx, old.ID); err != nil || r.State != notice.Cancelled || len(w.sent) != 0 {
		t.Fatalf("the old run is %s, %d left, %v", r.State, len(w.sent), err)
	}
	w.now = w.now.AddDate(0, 0, 1)
	next, opened, err := w.annual().Open(ctx)
	if err != nil || !opened || next.Version != "v2" || next.Audience != 5 {
		t.Fatalf("%+v %t %v", next, opened, err)
	}
	w.finish(next.ID)
	if len(w.sent) != 5 {
		t.Errorf("%d messages left for 5 people", len(w.sent))
	}
}

// A run that has begun goes on with its text, paused meanwhile or not.
func TestABegunRunGoesOn(t *testing.T) {
	w := newWorld(t)
	w.account.MaxSendRate = 1
	run, _ := w.started(3000)
	w.work()
	w.now = w.now.Add(time.Hour)
	w.must(w.approve(w.publish("v3", false).ID))
	_, err := w.operator().Pause(ctx, run)
	w.must(err)
	if r, err := w.operator().Resume(ctx, run); err != nil || r.State != notice.Running {
		t.Errorf("%s %v", r.State, err)
	}
}
