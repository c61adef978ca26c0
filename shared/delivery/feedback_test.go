package delivery_test

import (
	"context"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/storetest"
)

// everyEvent is every event SES may report of one message.
var everyEvent = []delivery.Event{
	{Kind: delivery.EventSent}, {Kind: delivery.EventDelivered}, {Kind: delivery.EventDelayed}, {Kind: delivery.EventRejected, Detail: "Bad content"},
	{Kind: delivery.EventBounced, Permanent: true, Detail: "Permanent/General"}, {Kind: delivery.EventBounced, Detail: "Transient/General"},
	{Kind: delivery.EventBounced, Detail: "Undetermined/Undetermined"},
	{Kind: delivery.EventComplained, Detail: "abuse"}, {Kind: delivery.EventComplained, Detail: "not-spam"}, {Kind: delivery.EventComplained},
}

// ending is what a message's events leave behind: the ledger, the person, and the
// signs the run is judged by.
type ending struct {
	state  notice.DeliveryState
	status notice.Status
	sentAt time.Time
	reason string
	tally  notice.Tally
}

// The final state is the same for every order of a message's events, each coming
// once or more, wherever among them the sender's own record falls.
func TestEventsInAnyOrder(t *testing.T) {
	const record = -1 // the sender writes what SES answered
	w := newWorld(t)
	run, _ := w.started(1)
	sent := w.now
	people := 0
	play := func(start notice.DeliveryState, order []int) (e ending) {
		people++
		id := notice.RecipientID(fmt.Sprintf("q%d", people))
		_, err := w.store.ImportRecipients(ctx, []notice.Imported{{ID: id, Address: string(id) + "@example.com", At: w.now}}, w.set.LeadDays)
		w.must(err)
		line := notice.Delivery{Run: run, Recipient: id, State: start, ClaimedAt: sent, LeaseUntil: sent.Add(time.Minute), UpdatedAt: sent, Attempt: 1}
		if start == notice.Sent {
			line.MessageID, line.SentAt = "m", sent
		}
		_, err = w.store.RecordDelivery(ctx, line)
		w.must(err)
		before, err := w.store.Tally(ctx, run)
		w.must(err)
		for _, k := range order {
			if k == record {
				after := line
				after.State, after.MessageID, after.SentAt, after.UpdatedAt = notice.Sent, "m", sent, sent.Add(time.Second)
				_ = w.store.MoveDelivery(ctx, line, after) // an event may have been faster
				continue
			}
			event := everyEvent[k]
			event.Run, event.Recipient, event.MessageID, event.At = run, id, "m", sent
			w.must(w.feedback().Record(ctx, event))
		}
		lines, err := w.store.Deliveries(ctx, run, []notice.RecipientID{id})
		w.must(err)
		r, err := w.store.Recipient(ctx, id)
		w.must(err)
		after, err := w.store.Tally(ctx, run)
		w.must(err)
		if got := lines[id]; got.MessageID != "m" && len(order) > 0 {
			t.Fatalf("%v from %s: the message's id is lost", order, start)
		}
		return ending{lines[id].State, r.Status, lines[id].SentAt, lines[id].Reason, after.Less(before)}
	}
	for _, start := range []notice.DeliveryState{notice.Claimed, notice.Sent, notice.Unknown, notice.Held, notice.Retry} {
		for _, set := range subsets(len(everyEvent), 3) {
			if start == notice.Claimed {
				set = append(set, record)
			}
			want := play(start, set)
			permute(set, func(order []int) {
				// Each event once, and some again, as SQS may.
				if got := play(start, slices.Concat(order, order[:len(order)/2])); got != want {
					t.Fatalf("from %s, %v ends as %+v, %v as %+v", start, set, want, order, got)
				}
			})
		}
	}
}

// subsets lists every choice of 1 to k of the numbers below n.
func subsets(n, k int) (all [][]int) {
	for b := uint(1); b < 1<<n; b++ {
		if bits.OnesCount(b) > k {
			continue
		}
		var set []int
		for i := range n {
			if b&(1<<i) != 0 {
				set = append(set, i)
			}
		}
		all = append(all, set)
	}
	return all
}

// The order of gravity, said once more in a table.
func TestWhatEventsEndIn(t *testing.T) {
	for _, c := range []struct {
		events []int // of everyEvent
		want   notice.DeliveryState
	}{
		{[]int{0}, notice.Sent}, {[]int{0, 2}, notice.Sent}, {[]int{0, 1}, notice.Delivered}, {[]int{0, 3}, notice.Failed},
		// An automatic reply to a message that arrived; the same without a delivery; more
		// that came back than automatic replies.
		{[]int{1, 5}, notice.Delivered}, {[]int{5, 1}, notice.Delivered}, {[]int{8, 5}, notice.Delivered}, {[]int{5, 0}, notice.BouncedBack},
		{[]int{5, 6, 1}, notice.BouncedBack}, {[]int{5, 1, 6}, notice.BouncedBack}, {[]int{5, 4, 1}, notice.BouncedBack}, {[]int{1, 5, 7}, notice.ComplainedOf},
		{[]int{1, 6}, notice.BouncedBack}, {[]int{1, 4}, notice.BouncedBack}, {[]int{1, 7}, notice.ComplainedOf}, {[]int{4, 7}, notice.ComplainedOf},
		{[]int{0, 8}, notice.Delivered}, {[]int{1, 9}, notice.ComplainedOf},
	} {
		w := newWorld(t)
		run, ids := w.started(1)
		w.work()
		for _, k := range c.events {
			e := everyEvent[k]
			e.Run, e.Recipient, e.At = run, ids[0], w.now
			w.must(w.feedback().Record(ctx, e))
		}
		if got := w.counts(run); got[c.want] != 1 {
			t.Errorf("%v ends in %v, want %s", c.events, got, c.want)
		}
	}
}

// Events of runs and people that are not ours change nothing and are no error.
func TestForeignEventsAreIgnored(t *testing.T) {
	w := newWorld(t)
	run, ids := w.started(2)
	w.work()
	before := w.counts(run)
	for _, e := range everyEvent {
		for _, to := range []struct {
			run notice.RunID
			who notice.RecipientID
		}{{"change-other-v9", ids[0]}, {run, "nobody"}, {"", ""}} {
			e.Run, e.Recipient, e.At = to.run, to.who, w.now
			w.must(w.feedback().Record(ctx, e))
		}
	}
	if after := w.counts(run); !maps.Equal(before, after) {
		t.Errorf("counts were %v, are %v", before, after)
	}
	if r, err := w.store.Recipient(ctx, ids[0]); err != nil || r.Status != notice.Active {
		t.Errorf("a foreign complaint stopped somebody: %+v %v", r, err)
	}
}

func permute[T any](items []T, visit func([]T)) {
	items = slices.Clone(items)
	var walk func(int)
	walk = func(k int) {
		if k == len(items) {
			visit(items)
			return
		}
		for i := k; i < len(items); i++ {
			items[k], items[i] = items[i], items[k]
			walk(k + 1)
			items[k], items[i] = items[i], items[k]
		}
	}
	walk(0)
}

// hurried is a store in which something else happens once, right before the person is read or
// the line is moved.
type hurried struct {
	store.Store
	before string
	by     func()
}

func (s *hurried) hurry(method string) {
	if by := s.by; by != nil && s.before == method {
		s.by = nil
		by()
	}
}

func (s *hurried) Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	s.hurry("Recipients")
	return s.Store.Recipients(ctx, ids)
}

func (s *hurried) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	s.hurry("MoveDelivery")
	return s.Store.MoveDelivery(ctx, before, after)
}

// Of two events of a message that are recorded at once, the clock follows what both leave in
// the ledger, as it does when they come one after the other (invariant 4, twelve months).
func TestTheClockFollowsTwoEventsAtOnce(t *testing.T) {
	play := func(start notice.DeliveryState, first, second int, before string) (notice.DeliveryState, time.Time, notice.RunID) {
		w := newWorldOn(t, storetest.Model())
		run, ids := w.started(1)
		line := notice.Delivery{Run: run, Recipient: ids[0], State: start, ClaimedAt: w.now, UpdatedAt: w.now, Attempt: 1}
		if start == notice.Sent {
			line.MessageID, line.SentAt = "m", w.now
			w.must(w.store.RecordNotice(ctx, ids[0], run, w.now, notice.DateOf(w.now).AddMonths(11)))
		}
		_, err := w.store.RecordDelivery(ctx, line)
		w.must(err)
		record := func(f delivery.Feedback, k int) {
			e := everyEvent[k]
			e.Run, e.Recipient, e.MessageID, e.At = run, ids[0], "m", line.ClaimedAt
			w.now = w.now.Add(time.Second)
			w.must(f.Record(ctx, e))
		}
		hurried := &hurried{w.store, before, func() { record(w.feedback(), first) }}
		hurried.hurry("")
		f := w.feedback()
		f.Store = hurried
		record(f, second)
		hurried.hurry(before) // the second had nothing to write
		r, err := w.store.Recipient(ctx, ids[0])
		w.must(err)
		return w.line(run, ids[0]).State, r.LastNotice, r.LastRun
	}
	for _, start := range []notice.DeliveryState{notice.Unknown, notice.Sent} {
		for first := range everyEvent {
			for second := range everyEvent {
				state, at, run := play(start, first, second, "")
				for _, before := range []string{"Recipients", "MoveDelivery"} {
					if s, a, r := play(start, first, second, before); s != state || !a.Equal(at) || r != run {
						t.Errorf("from %s, %v overtaken by %v in %s: %s, last notice %s by %q; one after the other %s, %s by %q",
							start, everyEvent[second], everyEvent[first], before, s, a, r, state, at, run)
					}
				}
			}
		}
	}
}
