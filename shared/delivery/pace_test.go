package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
)

var errLost = errors.New("the answer was lost")

// released is how many recipients are queued, of one run or of all.
func (w *world) released(run notice.RunID) (n int) {
	for _, s := range w.queue {
		if run == "" || s.Run == run {
			n += len(s.Recipients)
		}
	}
	return n
}

// tick lets a minute pass on the pacer's side alone and returns what it released.
func (w *world) tick(run notice.RunID) int {
	w.t.Helper()
	before := w.released(run)
	w.must(w.pacer().Tick(ctx))
	w.now = w.now.Add(w.set.Tick)
	return w.released(run) - before
}

func TestBudgetFollowsTheAccount(t *testing.T) {
	for name, c := range map[string]struct {
		account delivery.Account
		share   float64
		minutes []int // released in each of the first minutes
	}{
		"production":       {delivery.Account{MaxSendRate: 14, Max24HourSend: 50_000}, 0.8, []int{672, 672, 656}},
		"sandbox":          {delivery.Account{MaxSendRate: 1, Max24HourSend: 200}, 0.8, []int{48, 48, 16, 32, 0, 16}},
		"unlimited":        {delivery.Account{MaxSendRate: 10, Max24HourSend: -1}, 1, []int{600, 600, 600}},
		"a fraction":       {delivery.Account{MaxSendRate: 0.01, Max24HourSend: -1}, 0.5, []int{0, 0, 0, 1, 0, 0, 1}},
		"quota used up":    {delivery.Account{MaxSendRate: 10, Max24HourSend: 1000, SentLast24Hours: 1000}, 0.8, []int{0, 0}},
		"other mail's use": {delivery.Account{MaxSendRate: 10, Max24HourSend: 1000, SentLast24Hours: 700}, 0.8, []int{100, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.set.Share, w.set.SliceSize = c.share, 50
			c.account.SendingEnabled = true
			w.account = c.account
			w.startedWhole(2000)
			for minute, want := range c.minutes {
				n := w.tick("")
				if n != want {
					t.Errorf("minute %d released %d, want %d", minute, n, want)
				}
				w.account.SentLast24Hours += float64(n) // SES counts them by the next minute
			}
		})
	}
}

// The daily window frees by and by, and the run goes on by itself, for days.
func TestQuotaSpreadsARunOverDays(t *testing.T) {
	w := newWorld(t)
	w.account.MaxSendRate, w.account.Max24HourSend = 1, 200
	w.set.Share = 0.5
	run, _ := w.started(250)
	plan, err := w.operator().Plan(ctx, run)
	if err == nil {
		t.Fatalf("approved twice: %+v", plan)
	}
	var at []time.Time
	for range 3 * 24 * 60 {
		before := len(w.sent)
		w.account.SentLast24Hours = 0
		for _, s := range at {
			if w.now.Sub(s) < 24*time.Hour {
				w.account.SentLast24Hours++
			}
		}
		if w.account.SentLast24Hours > 100 {
			t.Fatalf("%v sent in 24 hours, our share is 100", w.account.SentLast24Hours)
		}
		w.work()
		for range len(w.sent) - before {
			at = append(at, w.now)
		}
	}
	if r, err := w.store.Run(ctx, run); err != nil || r.State != notice.Done || len(w.sent) != 250 {
		t.Errorf("after three days %s, %d sent, %v", r.State, len(w.sent), err)
	}
}

func TestTakes(t *testing.T) {
	set := delivery.Settings{Share: 0.8}
	for _, c := range []struct {
		a    delivery.Account
		n    int
		want time.Duration
	}{
		{delivery.Account{MaxSendRate: 10, Max24HourSend: -1}, 8000, 1000 * time.Second},
		{delivery.Account{MaxSendRate: 10, Max24HourSend: 10_000}, 8000, 1000 * time.Second},
		{delivery.Account{MaxSendRate: 10, Max24HourSend: 10_000, SentLast24Hours: 8000}, 8000, 24 * time.Hour},
		{delivery.Account{MaxSendRate: 10, Max24HourSend: 10_000, SentLast24Hours: 0}, 16_000, 1000*time.Second + 24*time.Hour},
		{delivery.Account{MaxSendRate: 0}, 1, 0},
	} {
		if got := set.Allow(c.a).Takes(c.n); got.Round(time.Second) != c.want {
			t.Errorf("%+v, %d people: %s, want %s", c.a, c.n, got, c.want)
		}
	}
}

// A trigger that comes twice, a clock that jumps, a pacer that slept.
func TestTicksThatComeTwiceOrLate(t *testing.T) {
	w := newWorld(t)
	w.startedWhole(5000)
	w.account.MaxSendRate = 1
	if n := w.tick(""); n != 60 {
		t.Fatalf("first minute %d", n)
	}
	w.tick("")
	before := w.released("")
	for range 3 {
		w.now = w.now.Add(-w.set.Tick)
		w.tick("")
	}
	if n := w.released("") - before; n != 0 {
		t.Errorf("a tick that came four times released %d more", n)
	}
	w.now = w.now.Add(10 * time.Hour)
	if n := w.tick(""); n > 90 {
		t.Errorf("after ten hours of sleep %d are released at once", n)
	}
	w.now = w.now.Add(-5 * time.Hour)
	if n := w.tick(""); n != 0 {
		t.Errorf("a clock that went back released %d", n)
	}
	if n := w.tick(""); n != 60 {
		t.Errorf("a minute later %d, want 60", n)
	}
}

func (w *world) running(name string, effective notice.Date) notice.RunID {
	v := noticetest.Version("The text of "+name+".\n", "<p>The text of "+name+".</p>")
	v.Policy, v.Name, v.Effective, v.Class, v.PublishedAt, v.Previous = name, "v2", effective, notice.Optional, w.now, "v1"
	v.Approval = &notice.Approval{By: "Ada", At: w.now, Hash: v.ContentHash()}
	w.must(w.store.AddVersion(ctx, v))
	run := notice.Run{ID: notice.ChangeRunID(name, "v2"), Kind: notice.Change, Class: v.Class, Policy: name, Version: v.Name, Effective: effective,
		ContentHash: v.ContentHash(), State: notice.Running, OpenedAt: w.now, StartedAt: w.now, Approval: v.Approval}
	w.must(w.store.AddRun(ctx, run))
	return run.ID
}

func TestRunsShareFairlyAndNearChangesGoFirst(t *testing.T) {
	w := newWorld(t)
	w.people(3000, time.Time{})
	w.account.MaxSendRate = 1
	today := notice.DateOf(w.now)
	a, b, c := w.running("a", today.AddDays(90)), w.running("b", today.AddDays(100)), w.running("c", today.AddDays(200))
	for range 10 {
		w.tick("")
	}
	for _, run := range []notice.RunID{a, b, c} {
		if n := w.released(run); n != 200 {
			t.Errorf("%s got %d of 600, want a third", run, n)
		}
	}
	near := w.running("d", today.AddDays(20))
	if n, all := w.tick(near), w.released(""); n != 60 || all != 660 {
		t.Errorf("the near change got %d of 60", n)
	}
	nearer := w.running("e", today.AddDays(3))
	if n := w.tick(nearer); n != 60 {
		t.Errorf("the nearer change got %d of 60", n)
	}
	// A budget smaller than the number of runs favours none.
	for _, run := range []notice.RunID{near, nearer} {
		_, err := w.operator().Cancel(ctx, run)
		w.must(err)
	}
	w.queue = nil
	w.account.MaxSendRate = 1.0 / 60
	for range 30 {
		w.tick("")
	}
	for _, run := range []notice.RunID{a, b, c} {
		if n := w.released(run); n != 10 {
			t.Errorf("%s got %d of 30 single ones", run, n)
		}
	}
}

// A run that needs little leaves the rest of its part to the others, whichever of them
// has its turn first.
func TestWhatARunDoesNotNeedIsNotLost(t *testing.T) {
	for _, minute := range []time.Duration{0, time.Minute} {
		w := newWorld(t)
		w.now = w.now.Add(minute)
		w.people(10, time.Time{})
		w.account.MaxSendRate = 1
		far := notice.DateOf(w.now).AddDays(90)
		w.running("a", far) // concerns ten people
		w.now = w.now.Add(2 * time.Minute)
		w.people(1000, time.Time{})
		big := w.running("b", far)
		if n := w.tick(big); n != 50 {
			t.Errorf("the large run got %d of 60, beside one that needs 10", n)
		}
	}
}

func TestRetriesAndAuditsKeepToTheBudget(t *testing.T) {
	w := newWorld(t)
	w.set.SliceSize = 50
	run := w.startedWhole(1000)
	w.answer = func(delivery.Envelope) (bool, error) {
		return false, &delivery.SendError{Fault: delivery.SendThrottled, Err: errLost}
	}
	w.account.MaxSendRate = 1000
	w.work() // everybody is to be tried again
	if got := w.counts(run); got[notice.Retry] != 1000 {
		t.Fatalf("counts %v", got)
	}
	w.account.MaxSendRate = 1
	w.now = w.now.Add(time.Hour)
	if n := w.tick(""); n > 90 {
		t.Errorf("%d retries were queued at 1 a second", n)
	}

	w = newWorld(t)
	run = w.startedWhole(1000)
	w.account.MaxSendRate = 1000
	w.must(w.pacer().Tick(ctx))
	w.queue = nil // the queue loses everything
	w.account.MaxSendRate = 1
	w.now = w.now.Add(time.Hour)
	if n := w.tick(""); n > 90 {
		t.Errorf("an audit released %d at 1 a second", n)
	}
	if n := w.tick(""); n != 60 {
		t.Errorf("an audit that misses more than its budget released %d, want 60", n)
	}
	w.account.MaxSendRate = 100
	if done := w.finish(run); done.Counts[notice.Sent] != 1000 {
		t.Errorf("counts %v", done.Counts)
	}
}

func TestCanaryGoesFirst(t *testing.T) {
	w := newWorld(t)
	w.set.SliceSize = 100
	w.account.MaxSendRate = 1000
	run, _ := w.started(3000)
	w.work()
	if n := len(w.sent); n != 500 {
		t.Fatalf("the canary is %d", n)
	}
	for range 10 {
		w.work()
	}
	if n := len(w.sent); n != 500 {
		t.Fatalf("%d were sent while the canary was watched", n)
	}
	if done := w.finish(run); done.Counts[notice.Sent] != 3000 {
		t.Errorf("counts %v", done.Counts)
	}
}

func TestBadSignsStopARun(t *testing.T) {
	for name, c := range map[string]struct {
		event  delivery.Event
		events int
		reason string
	}{
		"bounces":           {delivery.Event{Kind: delivery.EventBounced, Permanent: true}, 20, "bounces"},
		"too few bounces":   {delivery.Event{Kind: delivery.EventBounced, Permanent: true}, 19, ""},
		"transient bounces": {delivery.Event{Kind: delivery.EventBounced}, 100, ""},
		"complaints":        {delivery.Event{Kind: delivery.EventComplained, Detail: "abuse"}, 3, "complaints"},
		"not spam":          {delivery.Event{Kind: delivery.EventComplained, Detail: "not-spam"}, 100, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.set.SliceSize = 100
			w.account.MaxSendRate = 1000
			run, _ := w.started(3000)
			w.work() // 500
			for _, e := range w.sent[:c.events] {
				c.event.Run, c.event.Recipient, c.event.At = e.Run, e.Recipient, w.now
				w.report([]delivery.Event{c.event, c.event})
			}
			w.now = w.now.Add(time.Hour)
			w.work()
			stored, err := w.store.Run(ctx, run)
			w.must(err)
			if stopped := stored.State == notice.Stopped; stopped != (c.reason != "") || !strings.Contains(stored.StopReason, c.reason) {
				t.Fatalf("run is %s (%s)", stored.State, stored.StopReason)
			}
			if c.reason == "" {
				return
			}
			if len(w.sent) != 500 {
				t.Errorf("%d left", len(w.sent))
			}
			// An operator who has looked may go on; new signs stop it again.
			_, err = w.operator().Resume(ctx, run)
			w.must(err)
			w.work()
			if stored, err = w.store.Run(ctx, run); err != nil || stored.State != notice.Running || len(w.sent) <= 500 {
				t.Errorf("after resuming: %s (%s), %d left, %v", stored.State, stored.StopReason, len(w.sent), err)
			}
		})
	}
}

func TestRefusalsStopARun(t *testing.T) {
	w := newWorld(t)
	w.set.SliceSize = 100
	w.account.MaxSendRate = 1000
	run, _ := w.started(3000)
	n := 0
	w.answer = func(delivery.Envelope) (bool, error) {
		if n++; n%5 == 0 {
			return false, &delivery.SendError{Fault: delivery.SendRefused, Err: errLost}
		}
		return true, nil
	}
	w.work()
	w.now = w.now.Add(time.Hour)
	w.work()
	if stored, err := w.store.Run(ctx, run); err != nil || stored.State != notice.Stopped || !strings.Contains(stored.StopReason, "refusals") {
		t.Errorf("run is %s (%s) %v", stored.State, stored.StopReason, err)
	}
}

func TestAccountStopsRuns(t *testing.T) {
	for name, spoil := range map[string]func(*delivery.Account){
		"disabled": func(a *delivery.Account) { a.SendingEnabled = false }, "PROBATION": func(a *delivery.Account) { a.Enforcement = "PROBATION" },
		"SHUTDOWN": func(a *delivery.Account) { a.Enforcement = "SHUTDOWN" },
	} {
		w := newWorld(t)
		run, _ := w.started(30)
		spoil(&w.account)
		w.work()
		stored, err := w.store.Run(ctx, run)
		if err != nil || stored.State != notice.Stopped || !strings.Contains(stored.StopReason, name) || len(w.sent) != 0 {
			t.Errorf("%s: run is %s (%s), %d left, %v", name, stored.State, stored.StopReason, len(w.sent), err)
		}
	}
}

// A text that was replaced meanwhile is not sent: not when its run is approved, not
// when it would start, not when it is resumed.
func TestStaleRunsRefuseToStart(t *testing.T) {
	newer := func(w *world) {
		w.now = w.now.Add(time.Hour)
		run := w.publish("v3", false)
		err := w.approve(run.ID)
		w.must(err)
	}
	w := newWorld(t)
	w.people(3, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	old := w.publish("v2", false)
	newer(w)
	if err := w.approve(old.ID); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("an old run is approved: %v", err)
	}

	w = newWorld(t)
	run, _ := w.started(3)
	newer(w)
	w.work()
	if stored, err := w.store.Run(ctx, run); err != nil || stored.State != notice.Stopped || !strings.Contains(stored.StopReason, "v3") || len(w.sentTo(run)) != 0 {
		t.Errorf("run is %s (%s), %d left, %v", stored.State, stored.StopReason, len(w.sentTo(run)), err)
	}

	w = newWorld(t)
	run, _ = w.started(3)
	_, err := w.operator().Pause(ctx, run)
	w.must(err)
	newer(w)
	if _, err := w.operator().Resume(ctx, run); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("an old run is resumed: %v", err)
	}
}

// The hard ceiling: however much has piled up, the workers that may run at once send
// no more than the account takes.
func TestWorkersKeepTheirGap(t *testing.T) {
	for _, c := range []struct {
		rate        float64
		concurrency int
	}{{14, 10}, {500, 4}, {1, 2}, {1, 10}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			w := newWorld(t)
			w.set.SliceSize, w.set.Concurrency, w.account.MaxSendRate = 50, c.concurrency, c.rate
			w.started(400)
			for range 3 {
				w.tick("")
			}
			var busy, longest time.Duration
			s := w.sender()
			s.Sleep = func(_ context.Context, d time.Duration) { w.now = w.now.Add(d) }
			n := 0
			for _, slice := range w.queue {
				began := w.now
				w.must(s.SendSlice(ctx, slice))
				busy += w.now.Sub(began)
				longest = max(longest, w.now.Sub(began))
				n += len(slice.Recipients)
			}
			if rate := float64(n) / busy.Seconds() * float64(c.concurrency); rate > 1.001*c.rate {
				t.Errorf("%d workers send %.1f a second, the account takes %.1f", c.concurrency, rate, c.rate)
			}
			if longest > 30*time.Second {
				t.Errorf("a slice takes %s", longest)
			}
		})
	}
}

// brokenQueue takes nothing.
type brokenQueue struct{}

func (brokenQueue) Enqueue(context.Context, []delivery.Slice, time.Duration) error { return errLost }

// The cursor moves only behind what is durably queued: a tick whose queue failed
// leaves everybody to the next.
func TestCursorStaysWhenTheQueueFails(t *testing.T) {
	w := newWorld(t)
	run := w.startedWhole(1500) // more than a page
	w.account.MaxSendRate = 1000
	p := w.pacer()
	p.Queue = brokenQueue{}
	if err := p.Tick(ctx); err == nil {
		t.Fatal("the queue failed and the pacer did not say so")
	}
	w.now = w.now.Add(time.Minute)
	if n := w.tick(run); n != 1500 {
		t.Errorf("the next tick released %d of 1500", n)
	}
}
