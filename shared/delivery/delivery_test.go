package delivery_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

var ctx = context.Background()

func TestChangeRunReachesEverybodyOnceAndEnds(t *testing.T) {
	w := newWorld(t)
	ids := w.people(50, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	w.work()
	if len(w.sent) != 0 {
		t.Fatalf("%d messages left before anybody approved", len(w.sent))
	}
	w.must(w.change(ids[3], notice.ByOneClick, func(r *notice.Recipient) { r.OptOut = notice.OptOutAll }))
	if plan, err := w.operator().Plan(ctx, run.ID); err != nil || plan.Audience != 49 || plan.Concerned() != 50 || !plan.DryRun {
		t.Fatalf("dry run: %+v, %v", plan, err)
	}
	if w.work(); len(w.sent) != 0 {
		t.Fatal("a dry run sent mail")
	}
	err := w.approve(run.ID)
	w.must(err)
	done := w.finish(run.ID)
	if got := done.Counts; got[notice.Sent] != 49 || got[notice.Skipped] != 1 || got.Total() != 50 || done.Audience != 50 {
		t.Errorf("counts %v, audience %d; want 49 sent, 1 skipped of 50", got, done.Audience)
	}
	for id, n := range w.sentTo(run.ID) {
		if n != 1 || id == ids[3] {
			t.Errorf("%s got %d messages", id, n)
		}
	}
	if err := w.approve(run.ID); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("approving a finished run: %v", err)
	}
}

func TestSliceDeliveredTwiceOrAtOnceSendsOnce(t *testing.T) {
	w := newWorld(t)
	ids := w.people(20, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	err := w.approve(run.ID)
	w.must(err)
	var mu sync.Mutex
	w.answer = func(delivery.Envelope) (bool, error) { return true, nil }
	sender := w.sender()
	sender.Mailer = mailerFunc(func(c context.Context, e delivery.Envelope) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		return w.Send(c, e)
	})
	var racers sync.WaitGroup
	for range 8 {
		racers.Go(func() {
			if err := sender.SendSlice(ctx, delivery.Slice{Run: run.ID, Recipients: ids}); err != nil {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	w.must(sender.SendSlice(ctx, delivery.Slice{Run: run.ID, Recipients: ids}))
	if len(w.sent) != 20 {
		t.Errorf("%d messages left for 20 people", len(w.sent))
	}
}

type mailerFunc func(context.Context, delivery.Envelope) (string, error)

func (f mailerFunc) Send(ctx context.Context, e delivery.Envelope) (string, error) { return f(ctx, e) }

// An opt-out between the strong read and the claim must win: the claim names the
// Rev the decision was made on.
func TestOptOutBetweenReadAndClaim(t *testing.T) {
	w := newWorld(t)
	ids := w.people(1, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	err := w.approve(run.ID)
	w.must(err)
	sender := w.sender()
	sender.Letters = lettersFunc(func(r notice.Run, v notice.Version, p notice.Recipient) (delivery.Envelope, string, error) {
		w.must(w.change(p.ID, notice.ByOneClick, func(r *notice.Recipient) { r.OptOut = notice.OptOutAll }))
		return w.Write(r, v, p)
	})
	w.must(sender.SendSlice(ctx, delivery.Slice{Run: run.ID, Recipients: ids}))
	if len(w.sent) != 0 {
		t.Fatal("a message left after the opt-out")
	}
	if c := w.counts(run.ID); c[notice.Skipped] != 1 {
		t.Errorf("ledger %v, want one skipped", c)
	}
}

type lettersFunc func(notice.Run, notice.Version, notice.Recipient) (delivery.Envelope, string, error)

func (f lettersFunc) Write(r notice.Run, v notice.Version, p notice.Recipient) (delivery.Envelope, string, error) {
	return f(r, v, p)
}

func TestAnswersOfSES(t *testing.T) {
	failure := errors.New("answer of SES")
	for name, c := range map[string]struct {
		fault    delivery.SendFault
		accepted bool
		state    notice.DeliveryState // right after the answer
		run      notice.RunState
	}{
		"throttled":              {delivery.SendThrottled, false, notice.Retry, notice.Running},
		"quota":                  {delivery.SendQuota, false, notice.Retry, notice.Running},
		"account stopped":        {delivery.SendStopped, false, notice.Retry, notice.Stopped},
		"misconfigured":          {delivery.SendMisconfigured, false, notice.Retry, notice.Stopped},
		"refused":                {delivery.SendRefused, false, notice.Failed, notice.Running},
		"lost before acceptance": {delivery.SendUnknown, false, notice.Unknown, notice.Running},
		"lost after acceptance":  {delivery.SendUnknown, true, notice.Unknown, notice.Running},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.people(1, time.Time{})
			w.publish("v1", true)
			w.now = w.now.Add(time.Hour)
			run := w.publish("v2", false)
			err := w.approve(run.ID)
			w.must(err)
			w.answer = func(delivery.Envelope) (bool, error) {
				return c.accepted, &delivery.SendError{Fault: c.fault, Err: failure}
			}
			w.work()
			if got := w.counts(run.ID); got[c.state] != 1 {
				t.Errorf("ledger %v, want one %s", got, c.state)
			}
			stored, err := w.store.Run(ctx, run.ID)
			w.must(err)
			if stored.State != c.run {
				t.Errorf("run is %s, want %s", stored.State, c.run)
			}
			w.answer = nil
			if c.run == notice.Stopped {
				_, err := w.operator().Resume(ctx, run.ID)
				w.must(err)
			}
			w.finish(run.ID)
			if n := len(w.sent); n > 1 || (c.state == notice.Retry && n != 1) {
				t.Errorf("%d messages left in the end", n)
			}
		})
	}
}

// A worker that dies between any two steps loses nobody and sends nobody twice.
func TestDeathBetweenAnyTwoSteps(t *testing.T) {
	for _, death := range []string{"before send", "after send"} {
		t.Run(death, func(t *testing.T) {
			w := newWorld(t)
			w.people(5, time.Time{})
			w.publish("v1", true)
			w.now = w.now.Add(time.Hour)
			run := w.publish("v2", false)
			err := w.approve(run.ID)
			w.must(err)
			w.must(w.pacer().Tick(ctx))
			slice := w.queue[0]
			w.queue = nil
			sender, calls := w.sender(), 0
			sender.Mailer = mailerFunc(func(c context.Context, e delivery.Envelope) (string, error) {
				if calls++; calls == 3 {
					if death == "after send" {
						w.Send(c, e)
					}
					panic("killed")
				}
				return w.Send(c, e)
			})
			func() {
				defer func() { recover() }()
				sender.SendSlice(ctx, slice)
			}()
			w.now = w.now.Add(w.set.Lease + time.Second)
			w.queue = append(w.queue, slice) // the queue delivers it again
			w.drain()
			if got := w.counts(run.ID); got[notice.Sent] != 4 || got[notice.Unknown] != 1 {
				t.Fatalf("ledger %v, want 4 sent and 1 unknown", got)
			}
			if death == "after send" {
				// The event of the message that left proves it.
				lost := w.sent[2]
				w.must(w.feedback().Record(ctx, delivery.Event{Kind: delivery.EventSent, Run: run.ID, Recipient: lost.Recipient, At: w.now}))
			}
			done := w.finish(run.ID)
			want := map[string]notice.DeliveryState{"before send": notice.Held, "after send": notice.Sent}[death]
			if done.Counts[want] == 0 || done.Counts.Total() != 5 {
				t.Errorf("counts %v, want one %s of 5", done.Counts, want)
			}
			for id, n := range w.sentTo(run.ID) {
				if n > 1 {
					t.Errorf("%s got %d messages", id, n)
				}
			}
		})
	}
}

func TestSlicesDroppedWhilePausedAreFoundByTheAudit(t *testing.T) {
	w := newWorld(t)
	w.people(30, time.Time{})
	w.publish("v1", true)
	w.now = w.now.Add(time.Hour)
	run := w.publish("v2", false)
	err := w.approve(run.ID)
	w.must(err)
	w.must(w.pacer().Tick(ctx))
	_, err = w.operator().Pause(ctx, run.ID)
	w.must(err)
	w.drain()
	if len(w.sent) != 0 {
		t.Fatalf("%d messages left while the run was paused", len(w.sent))
	}
	_, err = w.operator().Resume(ctx, run.ID)
	w.must(err)
	if done := w.finish(run.ID); done.Counts[notice.Sent] != 30 {
		t.Errorf("counts %v, want 30 sent", done.Counts)
	}
}

func TestTextOtherThanApprovedStopsTheRun(t *testing.T) {
	w := newWorld(t)
	ids := w.people(3, time.Time{})
	w.publish("v1", true)
	run := notice.Run{ID: "change-privacy-v1", Kind: notice.Change, Policy: "privacy", Version: "v1", State: notice.Running,
		ContentHash: "another", Approval: &notice.Approval{By: "Ada", Hash: "another"}}
	w.must(w.store.AddRun(ctx, run))
	w.must(w.sender().SendSlice(ctx, delivery.Slice{Run: run.ID, Recipients: ids}))
	stored, err := w.store.Run(ctx, run.ID)
	w.must(err)
	if len(w.sent) != 0 || stored.State != notice.Stopped || stored.StopReason == "" {
		t.Errorf("%d left, run %s (%s)", len(w.sent), stored.State, stored.StopReason)
	}
}

func TestWhatStopsAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		event delivery.Event
		want  notice.Status
	}{
		"permanent bounce": {delivery.Event{Kind: delivery.EventBounced, Permanent: true}, notice.Bounced},
		"transient bounce": {delivery.Event{Kind: delivery.EventBounced}, notice.Active},
		"complaint":        {delivery.Event{Kind: delivery.EventComplained, Detail: "abuse"}, notice.Complained},
		"not spam":         {delivery.Event{Kind: delivery.EventComplained, Detail: "not-spam"}, notice.Active},
		"delivered":        {delivery.Event{Kind: delivery.EventDelivered}, notice.Active},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			ids := w.people(1, time.Time{})
			w.publish("v1", true)
			w.now = w.now.Add(time.Hour)
			run := w.publish("v2", false)
			err := w.approve(run.ID)
			w.must(err)
			w.work()
			c.event.Run, c.event.Recipient, c.event.At = run.ID, ids[0], w.now
			w.must(w.feedback().Record(ctx, c.event))
			r, err := w.store.Recipient(ctx, ids[0])
			w.must(err)
			if r.Status != c.want {
				t.Errorf("status %s, want %s", r.Status, c.want)
			}
		})
	}
}

// A mailbox that bounces after its reader moved to another stops nobody; a complaint,
// which a person makes, still does, and so does the bounce of the new mailbox.
func TestLateBounceOfAnAddressTheyLeft(t *testing.T) {
	for name, c := range map[string]struct {
		event delivery.Event
		again bool // a second notice, to the new mailbox
		want  notice.Status
	}{
		"bounce":              {delivery.Event{Kind: delivery.EventBounced, Permanent: true}, false, notice.Active},
		"complaint":           {delivery.Event{Kind: delivery.EventComplained, Detail: "abuse"}, false, notice.Complained},
		"bounce of their new": {delivery.Event{Kind: delivery.EventBounced, Permanent: true}, true, notice.Bounced},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			run, ids := w.started(1)
			w.work()
			before, err := w.store.Recipient(ctx, ids[0])
			w.must(err)
			after := before
			after.Address = "new@example.com"
			w.must(w.store.ChangeRecipient(ctx, before, after, notice.PreferenceEvent{ID: "moved", Recipient: ids[0], At: w.now, Way: notice.ByRequest,
				Before: before.Standing(), After: after.Standing(), Corrected: []string{"address"}}))
			if w.now = w.now.Add(time.Hour); c.again {
				run = w.running("v3", "")
				w.work()
			}
			c.event.Run, c.event.Recipient, c.event.At = run, ids[0], w.now
			for range 2 {
				w.must(w.feedback().Record(ctx, c.event))
			}
			r, err := w.store.Recipient(ctx, ids[0])
			w.must(err)
			if r.Status != c.want || (r.Due == "") != (c.want != notice.Active) {
				t.Errorf("status %s, due %s", r.Status, r.Due)
			}
			if d, err := w.store.Deliveries(ctx, run, ids); err != nil || c.event.Permanent != (d[ids[0]].State == notice.BouncedBack) {
				t.Errorf("ledger %+v %v", d, err)
			}
		})
	}
}
