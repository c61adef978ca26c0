package delivery_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"policymail/infra/tools"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/storetest"
)

// The protocol of claim, send, record and settle, explored exhaustively: every order
// in which two workers with the same slice, SES, its events, the pacer, time and one
// opt-out can take their steps, with every answer of SES, every death and every lost
// event, for one recipient. The steps are those of the real functions: a worker is
// Sender.SendSlice, stopped before each call it makes to the store or to SES; the
// pacer is Pacer.Tick; an event is Feedback.Record. A state is reached by playing its
// steps from the start; states that look the same from here on are explored once.
func TestEveryOrderOfSteps(t *testing.T) { everyOrder(t, 2) }

// The same with a slice that is delivered once more.
func TestEveryOrderOfMoreSteps(t *testing.T) {
	tools.NeedsTime(t, "a minute")
	everyOrder(t, 3)
}

func everyOrder(t *testing.T, deliveries int) {
	found, bad := explore(t, true, deliveries)
	t.Logf("%d states, %d steps taken, %d ends", found.states, found.steps, found.ends)
	if bad != "" {
		t.Fatal(bad)
	}
	if found.states < 500 {
		t.Errorf("only %d states and %d ends were found", found.states, found.ends)
	}
	for _, end := range []string{"delivered", "sent", "skipped", "failed", "unknown"} {
		if !found.endings[end] {
			t.Errorf("no order of steps ends as %s", end)
		}
	}
}

// Without the claim the explorer finds how somebody gets two messages: so it would
// find it here too.
func TestWithoutTheClaimTwoWorkersSendTwice(t *testing.T) {
	_, bad := explore(t, false, 2)
	if !strings.Contains(bad, "twice") {
		t.Fatalf("nothing was found: %q", bad)
	}
	t.Log("counterexample:", bad)
}

const ada = notice.RecipientID("ada")

// protocol is one state, made by playing steps.
type protocol struct {
	w          *world
	store      store.Store
	run        notice.RunID
	slice      delivery.Slice
	claims     bool
	deliveries int // of the slice that are left
	workers    [2]*worker
	mails      int
	events     []delivery.Event
	told       bool // an event arrived
	lost       bool // an event was lost
	optedOut   bool
	broken     string // the invariant a step broke
	ticks      int
}

// worker is a Sender running in its own goroutine, stopped before every call.
type worker struct {
	at    string // the call it stands before; "" once it has returned
	calls chan string
	goOn  chan verdict
	knows string // what it read and was told: it decides what it does next
}

// verdict says how a call goes.
type verdict string

const (
	proceed    verdict = "ok"
	die        verdict = "dies"
	accept     verdict = "accepted"
	acceptLost verdict = "accepted, answer lost"
	notAccept  verdict = "lost before SES"
	throttle   verdict = "throttled"
	refuse     verdict = "refused"
)

type deathOfWorker struct{}

// stop lets the explorer decide how the call named goes.
func (k *worker) stop(call string) verdict {
	k.calls <- call
	v := <-k.goOn
	if v == die {
		panic(deathOfWorker{})
	}
	return v
}

// stepping is the store as a worker sees it: every call that matters is a step.
type stepping struct {
	store.Store
	p *protocol
	k *worker
}

func (s stepping) Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	s.k.stop("read")
	people, err := s.Store.Recipients(ctx, ids)
	s.k.knows = fmt.Sprint("rev ", people[ada].Rev)
	return people, err
}

func (s stepping) Claim(ctx context.Context, d notice.Delivery, rev int64) (notice.Delivery, bool, error) {
	s.k.stop("claim")
	if !s.p.claims {
		lines, err := s.Store.Deliveries(ctx, d.Run, []notice.RecipientID{d.Recipient})
		if err != nil {
			return d, false, err
		}
		d.Attempt = lines[d.Recipient].Attempt + 1
		if before := lines[d.Recipient]; before.State != "" {
			return d, true, s.Store.MoveDelivery(ctx, before, d)
		}
		_, err = s.Store.RecordDelivery(ctx, d)
		return d, true, err
	}
	line, claimed, err := s.Store.Claim(ctx, d, rev)
	s.k.knows = fmt.Sprint("claim ", claimed, line.Attempt, line.State, line.ClaimedAt.Unix())
	switch {
	case claimed && s.p.optedOut:
		s.p.broken = "claimed after the opt-out was acknowledged"
	case claimed && s.p.told:
		s.p.broken = "claimed after an event had told of a message"
	}
	return line, claimed, err
}

func (s stepping) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	s.k.knows += string(after.State)
	s.k.stop("record")
	return s.Store.MoveDelivery(ctx, before, after)
}

func (s stepping) RecordDelivery(ctx context.Context, d notice.Delivery) (bool, error) {
	if d.Recipient == ada {
		s.k.stop("record skip")
	}
	return s.Store.RecordDelivery(ctx, d)
}

func (s stepping) AddTally(context.Context, notice.RunID, notice.Tally) error { return nil }

func newProtocol(t testing.TB, claims bool) *protocol {
	model := storetest.Model()
	w := newWorldOn(t, model)
	w.set.SliceSize = 50
	_, err := model.ImportRecipients(ctx, []notice.Imported{{ID: ada, Address: "ada@example.com", At: w.now}}, 14)
	w.must(err)
	p := &protocol{w: w, store: model, run: w.running("privacy", "2026-06-01"), claims: claims}
	// Eleven others of her slice went out well, and SES has said so: the event stream
	// is alive, and what stays unproven is sent again.
	for i := range 11 {
		n := notice.RecipientID(fmt.Sprint("n", i))
		p.slice.Recipients = append(p.slice.Recipients, n)
		_, err := model.RecordDelivery(ctx, notice.Delivery{Run: p.run, Recipient: n, State: notice.Delivered, MessageID: "m", SentAt: w.now, UpdatedAt: w.now})
		w.must(err)
	}
	p.slice.Run, p.slice.Recipients = p.run, append(p.slice.Recipients, ada)
	return p
}

// begin starts a worker on the slice.
func (p *protocol) begin(i int) {
	k := &worker{calls: make(chan string), goOn: make(chan verdict)}
	p.workers[i] = k
	p.deliveries--
	go func() {
		defer close(k.calls)
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(deathOfWorker); !ok {
					panic(r)
				}
			}
		}()
		sender := p.w.sender()
		sender.Store = stepping{p.store, p, k}
		sender.Mailer = mailerFunc(func(context.Context, delivery.Envelope) (string, error) { return p.ses(k) })
		_ = sender.SendSlice(ctx, p.slice)
	}()
	k.at = <-k.calls
}

func (p *protocol) ses(k *worker) (string, error) {
	fault := func(f delivery.SendFault) (string, error) { return "", &delivery.SendError{Fault: f, Err: errLost} }
	switch k.stop("send") {
	case accept:
		p.leaves()
		return "m", nil
	case acceptLost:
		p.leaves()
		return fault(delivery.SendUnknown)
	case throttle:
		return fault(delivery.SendThrottled)
	case refuse:
		return fault(delivery.SendRefused)
	}
	return fault(delivery.SendUnknown)
}

// leaves: a second message may leave in one case alone, after the window, if no event
// had told of the first when it was claimed.
func (p *protocol) leaves() {
	if p.mails++; p.mails > 1 && p.ticks < 2 {
		p.broken = "sent twice"
	}
	p.events = append(p.events, delivery.Event{Kind: delivery.EventDelivered, Run: p.run, Recipient: ada, MessageID: "m", At: p.w.now})
}

// line is what the ledger says of ada.
func (p *protocol) line() notice.Delivery {
	lines, err := p.store.Deliveries(ctx, p.run, []notice.RecipientID{ada})
	p.w.must(err)
	return lines[ada]
}

// step is one thing that can happen.
type step struct{ who, what string }

// possible lists what can happen now.
func (p *protocol) possible() (all []step) {
	for i, k := range p.workers {
		who := fmt.Sprint("worker ", i+1)
		switch {
		case (k == nil || k.at == "") && p.deliveries > 0:
			all = append(all, step{who, "takes the slice"})
		case k == nil || k.at == "":
		case k.at == "send":
			for _, v := range []verdict{accept, acceptLost, notAccept, throttle, refuse, die} {
				all = append(all, step{who, string(v)})
			}
		default:
			all = append(all, step{who, string(proceed)}, step{who, string(die)})
		}
	}
	if len(p.events) > 0 {
		all = append(all, step{"event", "arrives"})
		if !p.lost {
			all = append(all, step{"event", "is lost"})
		}
	}
	if !p.optedOut {
		all = append(all, step{"ada", "opts out"})
	}
	if p.ticks < 3 && !p.alive() {
		all = append(all, step{"time", "passes"})
	}
	return all
}

// alive reports whether a worker holds the slice: it lives less long than a lease.
func (p *protocol) alive() bool {
	return slices.ContainsFunc(p.workers[:], func(k *worker) bool { return k != nil && k.at != "" })
}

func (p *protocol) take(s step) {
	switch s.who {
	case "event":
		e := p.events[0]
		p.events = p.events[1:]
		if s.what == "is lost" {
			p.lost = true
			return
		}
		p.told = true
		p.w.must(p.w.feedback().Record(ctx, e))
	case "ada":
		p.w.must(p.w.change(ada, notice.ByOneClick, func(r *notice.Recipient) { r.OptOut = notice.OptOutAll }))
		p.optedOut = true
	case "time":
		// A lease runs out; then a window closes, and the pacer has seen it.
		p.w.now = p.w.now.Add([]time.Duration{4 * time.Minute, 25 * time.Hour, 25 * time.Hour}[p.ticks])
		p.ticks++
		p.w.must(p.w.pacer().Tick(ctx))
	default:
		k := p.workers[s.who[len(s.who)-1]-'1']
		if s.what == "takes the slice" {
			p.begin(int(s.who[len(s.who)-1] - '1'))
			return
		}
		k.goOn <- verdict(s.what)
		k.at = <-k.calls // "" once it has returned or died
	}
}

// key is all that matters from here on.
func (p *protocol) key() string {
	l, person := p.line(), p.person()
	workers := []string{}
	for _, k := range p.workers {
		if k != nil && k.at != "" {
			workers = append(workers, k.at+" "+k.knows)
		}
	}
	slices.Sort(workers) // one worker is like the other
	run, err := p.store.Run(ctx, p.run)
	p.w.must(err)
	return fmt.Sprint(workers, l.State, l.Attempt, l.UpdatedAt.Unix(), l.ClaimedAt.Unix(), l.LeaseUntil.Unix(), l.SettleAfter.Unix(), l.ByEvent,
		person.Rev, p.deliveries, run.State, run.Pass, run.Settling, p.mails, len(p.events), p.told, p.lost, p.optedOut, p.ticks)
}

func (p *protocol) person() notice.Recipient {
	r, err := p.store.Recipient(ctx, ada)
	p.w.must(err)
	return r
}

// wrong says which invariant the state breaks, or "".
func (p *protocol) wrong() string {
	l := p.line()
	switch {
	case p.broken != "":
		return p.broken
	case l.State.Accepted() && p.mails == 0:
		return "the ledger says " + string(l.State) + ", and nothing left"
	case p.ticks < 2 && p.mails > 0 && !p.told && (l.State == notice.Skipped || l.State == notice.Retry || l.State == notice.Failed):
		return "a message left, and the ledger says " + string(l.State)
	}
	return ""
}

type exploration struct {
	states, steps, ends int
	endings             map[string]bool
}

// explore walks breadth first, so that a counterexample is a shortest one.
func explore(t *testing.T, claims bool, deliveries int) (found exploration, bad string) {
	found.endings = map[string]bool{}
	seen := map[string]bool{}
	play := func(path []step) *protocol {
		p := newProtocol(t, claims)
		p.deliveries = deliveries
		for _, s := range path {
			p.take(s)
		}
		return p
	}
	for frontier := [][]step{nil}; len(frontier) > 0; {
		path := frontier[0]
		frontier = frontier[1:]
		p := play(path)
		next := p.possible()
		if len(next) == 0 {
			found.ends++
			found.endings[string(p.line().State)] = true
		}
		p.release()
		for _, s := range next {
			q := play(append(slices.Clone(path), s))
			found.steps++
			if why := q.wrong(); why != "" {
				q.release()
				return found, fmt.Sprintf("%s after %v", why, append(slices.Clone(path), s))
			}
			if k := q.key(); !seen[k] {
				seen[k] = true
				found.states++
				frontier = append(frontier, append(slices.Clone(path), s))
			}
			q.release()
		}
	}
	return found, ""
}

// release lets the goroutines of workers go.
func (p *protocol) release() {
	for _, k := range p.workers {
		if k != nil && k.at != "" {
			k.goOn <- die
			for range k.calls {
			}
		}
	}
}
