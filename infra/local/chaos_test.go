package local

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"policymail/infra/tools"
	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/privacy"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
)

var (
	replay = flag.Uint64("chaos.seed", 0, "play only the schedule of this seed")
	seeds  = flag.Uint64("chaos.seeds", 40, "how many schedules to play")
)

// Schedules of everything that can go wrong, in virtual time, on the real functions
// over the pieces of this stack: SES throttles, refuses, takes its time, and loses its
// answer before and after it accepted; workers die between any two steps, and others
// work between any two steps of theirs; the queue delivers again; events are lost,
// doubled, late, or all missing; clocks jump; an operator pauses and resumes; people
// unsubscribe. What is asserted comes from the inbox.
func TestChaos(t *testing.T) {
	if *replay != 0 {
		newChaos(t, *replay, 60).play()
		return
	}
	total, most := outcome{}, *seeds
	if testing.Short() {
		most = min(most, 15)
	}
	for seed := uint64(1); seed <= most; seed++ {
		total.add(newChaos(t, seed, 60).play())
		if t.Failed() {
			t.Fatalf("replay with: go test ./infra/local -run TestChaos -chaos.seed=%d", seed)
		}
	}
	t.Logf("%d schedules: %+v", most, total)
	if total.Deaths == 0 || total.OptOuts == 0 || total.Unknown == 0 || total.Held == 0 || total.Resent == 0 || total.Between == 0 {
		t.Errorf("the schedules are too kind: %+v", total)
	}
}

func TestChaosHundreds(t *testing.T) {
	tools.NeedsTime(t, "a few minutes")
	total := outcome{}
	for seed := uint64(1000); seed < 1500; seed++ {
		total.add(newChaos(t, seed, 60).play())
		if t.Failed() {
			t.Fatalf("replay with: go test ./infra/local -run TestChaos -chaos.seed=%d", seed)
		}
	}
	t.Logf("500 schedules: %+v", total)
}

func TestChaosHundredThousand(t *testing.T) {
	tools.NeedsTime(t, "a few minutes")
	t.Logf("%+v", newChaos(t, 7, 100_000).play())
}

// outcome is what happened in a schedule. Lost, TwiceOutside and AfterOptOut are
// what must never be.
type outcome struct {
	Left, Deaths, Between, Redriven, OptOuts, Jumps, Pauses int
	Unknown, Held, Resent, Skipped, Refused                 int
	TwiceDocumented                                         int           // accepted, answer and every event lost, neighbours heard of
	LongestAfterOptOut                                      time.Duration // from the acknowledgement to the last message claimed before it
}

func (o *outcome) add(p outcome) {
	o.Left += p.Left
	o.Deaths += p.Deaths
	o.Between += p.Between
	o.Redriven += p.Redriven
	o.OptOuts += p.OptOuts
	o.Jumps += p.Jumps
	o.Pauses += p.Pauses
	o.Unknown += p.Unknown
	o.Held += p.Held
	o.Resent += p.Resent
	o.Skipped += p.Skipped
	o.Refused += p.Refused
	o.TwiceDocumented += p.TwiceDocumented
	o.LongestAfterOptOut = max(o.LongestAfterOptOut, p.LongestAfterOptOut)
}

// left is one message in the inbox.
type left struct {
	silent   bool // SES lost every event of it
	answered bool // SES told the worker that it was accepted
}

// chaos is one schedule. One goroutine plays it, so that a seed replays.
type chaos struct {
	t      testing.TB
	seed   uint64
	people int
	dice   *rand.Rand
	clock  *Clock
	db     store.Store
	faults *faults
	inbox  *inbox
	send   *queue
	events *queue
	ses    *simulatedSES
	pacer  lambda.Handler
	op     delivery.Operator
	prefs  privacy.Preferences
	run    notice.RunID

	calm     bool // the faults are over
	depth    int  // of work done between two steps of other work
	sequence int  // of what happened, for "before" and "after"
	optedOut map[notice.RecipientID]int
	ackAt    map[notice.RecipientID]time.Time
	claimed  map[notice.RecipientID]int
	refused  map[notice.RecipientID]bool
	mail     map[notice.RecipientID][]left
	outcome
}

func newChaos(t testing.TB, seed uint64, people int) *chaos {
	db, err := bolt.Open(filepath.Join(t.TempDir(), fmt.Sprint(seed)), false)
	if err != nil {
		t.Fatal(err)
	}
	inbox, err := openInbox(filepath.Join(t.TempDir(), "inbox"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(); inbox.file.Close() })
	c := &chaos{t: t, seed: seed, people: people, dice: rand.New(rand.NewPCG(seed, 1)), clock: &Clock{real: time.Now}, db: db, faults: newFaults(), inbox: inbox,
		optedOut: map[notice.RecipientID]int{}, ackAt: map[notice.RecipientID]time.Time{}, claimed: map[notice.RecipientID]int{},
		refused: map[notice.RecipientID]bool{}, mail: map[notice.RecipientID][]left{}}
	c.clock.stopAt(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC))
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	set := delivery.Settings{Policy: "privacy", LeadDays: 14, Share: 0.8, SliceSize: 15, Tick: time.Minute, Concurrency: 4,
		Lease: 3 * time.Minute, AuditDelay: 15 * time.Minute, SettleWindow: 24 * time.Hour, SendTimeout: 15 * time.Second}
	queueOf := func(name string, batch, most int, visibility time.Duration) *queue {
		return &queue{name: name, clock: c.clock, faults: c.faults, log: log, batch: batch, concurrency: 1, visibility: visibility, maxReceive: most, poke: func() {}}
	}
	c.send, c.events = queueOf("send", 1, 5, 12*time.Minute), queueOf("events", 10, 10, 6*time.Minute)
	c.ses = &simulatedSES{clock: c.clock, faults: c.faults, inbox: c.inbox, events: c.events, quota: -1,
		rate: []float64{5, 50, 1000}[c.dice.IntN(3)]}
	if people > 1000 {
		c.ses.rate = 1000
	} else if c.dice.IntN(4) == 0 {
		c.ses.quota = float64(people) // our share of it is less than everybody
	}
	workers := mortal{watched{db, c}, c.step}
	c.op = delivery.Operator{Store: db, Account: c.ses, Settings: set, Now: c.clock.Now}
	c.prefs = privacy.Preferences{Store: db, LeadDays: set.LeadDays, Now: c.clock.Now}
	suppressing := privacy.Preferences{Store: workers, LeadDays: set.LeadDays, Now: c.clock.Now}
	c.pacer = lambda.NewHandler(handlers.Pace(delivery.Pacer{Store: workers, Queue: pieces[delivery.Slice]{c.send}, Account: c.ses, Settings: set, Now: c.clock.Now, Log: log}))
	c.send.handler = lambda.NewHandler(handlers.Send(delivery.Sender{Store: workers, Mailer: mortalMailer{mailbox{c}, c.step}, Letters: letters{}, Settings: set,
		Now: c.clock.Now, Sleep: func(_ context.Context, d time.Duration) { c.pass(d) }, Log: log}))
	c.events.handler = lambda.NewHandler(handlers.Feedback(delivery.Feedback{Store: workers, Suppress: suppressing.Suppress, Settings: set, Now: c.clock.Now, Log: log}))
	c.populate()
	return c
}

// populate imports the people and approves a change for them.
func (c *chaos) populate() {
	var rows []notice.Imported
	for i := range c.people {
		address := fmt.Sprintf("p%d@example.com", i)
		if i%50 == 49 {
			address = fmt.Sprintf("bounce+%d@simulator.amazonses.com", i)
		}
		rows = append(rows, notice.Imported{ID: notice.RecipientID(fmt.Sprintf("r%06d", i)), Address: address, At: c.clock.Now()})
	}
	for page := range slices.Chunk(rows, 1000) {
		_, err := c.db.ImportRecipients(context.Background(), page, 14)
		c.must(err)
	}
	v := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
	v.Policy, v.Name, v.Previous, v.Effective, v.Class, v.PublishedAt = "privacy", "2", "1", "2026-06-01", notice.Optional, c.clock.Now()
	c.must(c.db.AddVersion(context.Background(), v))
	c.run = notice.ChangeRunID("privacy", "2")
	c.must(c.db.AddRun(context.Background(), notice.Run{ID: c.run, Kind: notice.Change, Class: v.Class, Policy: v.Policy, Version: v.Name,
		ContentHash: v.ContentHash(), State: notice.Waiting, OpenedAt: c.clock.Now()}))
	c.pass(time.Minute)
	plan, err := c.op.Plan(context.Background(), c.run)
	c.must(err)
	gate := approval.Gate{Store: c.db, Now: c.clock.Now}
	_, err = gate.Approve(context.Background(), c.run, v.ContentHash(), "Ada", plan)
	c.must(err)
}

func (c *chaos) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("seed %d: %v", c.seed, err)
	}
}

func (c *chaos) pass(d time.Duration) { c.clock.stopAt(c.clock.Now().Add(d)) }

// plan draws how bad this schedule is.
func (c *chaos) plan() (p faultPlan) {
	upTo := func(most float64) float64 { return most * c.dice.Float64() * float64(c.dice.IntN(2)) }
	p.Seed = c.seed
	p.SES.Throttle, p.SES.Reject, p.SES.FailBefore, p.SES.FailAfter = upTo(0.2), upTo(0.05), upTo(0.1), upTo(0.1)
	p.Worker.Kill, p.Queue.Redeliver = upTo(0.03), upTo(0.2)
	p.Events.Drop, p.Events.Duplicate = upTo(0.1), upTo(0.3)
	p.Events.Delay = duration(time.Duration(c.dice.Int64N(int64(6 * time.Hour))))
	if c.dice.IntN(6) == 0 {
		p.Events.Drop = 1 // the event stream is down
	}
	if c.people > 1000 {
		p.SES.Throttle, p.SES.Reject, p.SES.FailBefore, p.SES.FailAfter = 0.02, 0.005, 0.002, 0.002
		p.Worker.Kill, p.Queue.Redeliver, p.Events.Drop, p.Events.Duplicate = 0.0002, 0.05, 0.01, 0.1
	}
	return p
}

// play lets the schedule happen and then, in calm, lets the run end.
func (c *chaos) play() outcome {
	c.faults.set(c.plan())
	rough := c.clock.Now().Add(12 * time.Hour)
	end := rough.Add(30 * 24 * time.Hour)
	next := c.clock.Now()
	for c.clock.Now().Before(end) {
		if !c.calm && c.clock.Now().After(rough) {
			c.calm = true
			c.faults.set(faultPlan{})
		}
		run := c.goOn()
		if run.State == notice.Done && len(c.events.waiting) == 0 && c.calm {
			break
		}
		at := next
		for _, q := range []*queue{c.send, c.events} {
			if due, ok := q.next(); ok && due.Before(at) {
				at = due
			}
		}
		if at.After(c.clock.Now()) {
			c.clock.stopAt(at)
		}
		c.send.run(context.Background(), c.clock.Now())
		c.events.run(context.Background(), c.clock.Now())
		if !next.After(c.clock.Now()) {
			c.tick()
			next = c.clock.Now().Add(time.Minute)
			if run.Settling || run.NotBefore.After(next) {
				next = c.clock.Now().Add(10 * time.Minute)
			}
		}
		c.meddle()
	}
	c.judge()
	return c.outcome
}

// goOn resumes a run that was paused or stopped, sooner or later.
func (c *chaos) goOn() notice.Run {
	run, err := c.db.Run(context.Background(), c.run)
	c.must(err)
	if (run.State == notice.Paused || run.State == notice.Stopped) && (c.calm || c.dice.IntN(5) == 0) {
		_, err := c.op.Resume(context.Background(), c.run)
		c.must(err)
	}
	return run
}

func (c *chaos) tick() {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
		}
	}()
	_, err := c.pacer.Invoke(context.Background(), []byte("{}"))
	c.must(err)
}

// meddle is what people and clocks do at any moment.
func (c *chaos) meddle() {
	if c.calm {
		return
	}
	switch c.dice.IntN(60) {
	case 0:
		if _, err := c.op.Pause(context.Background(), c.run); err == nil {
			c.Pauses++
		}
	case 1:
		c.Jumps++
		c.pass(time.Duration(c.dice.Int64N(int64(4 * time.Hour))))
	case 2:
		c.Jumps++
		c.pass(-time.Duration(c.dice.Int64N(int64(5 * time.Minute))))
	case 3:
		c.redrive()
	case 4, 5, 6:
		c.unsubscribe()
	}
}

// redrive moves what died back onto its queue, as an operator does.
func (c *chaos) redrive() {
	for _, q := range []*queue{c.send, c.events} {
		for _, m := range q.dead {
			m.Received, m.Visible = 0, c.clock.Now()
			q.push(m)
			c.Redriven++
		}
		q.dead = nil
	}
}

func (c *chaos) unsubscribe() {
	id := notice.RecipientID(fmt.Sprintf("r%06d", c.dice.IntN(c.people)))
	_, _, err := c.prefs.Set(context.Background(), privacy.Change{Recipient: id, Way: notice.ByOneClick}, func(notice.OptOut) notice.OptOut { return notice.OptOutAll })
	c.must(err)
	if c.optedOut[id] == 0 {
		c.sequence++
		c.optedOut[id], c.ackAt[id] = c.sequence, c.clock.Now()
		c.OptOuts++
	}
}

// step stands between two steps of a worker: it may die there, others may work
// there, and time may pass.
func (c *chaos) step() {
	if c.calm {
		return
	}
	if c.faults.hit(func(p faultPlan) float64 { return p.Worker.Kill }) {
		c.Deaths++
		panic(killed{})
	}
	rare := 40
	if c.people > 1000 {
		rare = 4000
	}
	if c.depth > 0 || c.dice.IntN(rare) != 0 {
		return
	}
	c.depth++
	defer func() { c.depth-- }()
	c.Between++
	switch c.dice.IntN(6) {
	case 0: // another worker takes the next slice, or this one once more
		if len(c.send.waiting) > 0 {
			m := *c.send.waiting[0]
			c.send.deliver(context.Background(), []*message{{ID: m.ID + "again", Body: m.Body, Visible: m.Visible}})
		}
	case 1:
		if batch := c.events.take(c.clock.Now()); len(batch) > 0 {
			c.events.deliver(context.Background(), batch)
		}
	case 2:
		c.tick()
	case 3:
		c.pass(time.Duration(c.dice.Int64N(int64(90 * time.Second))))
	default:
		c.unsubscribe()
	}
}

// watched notes when claims are granted.
type watched struct {
	store.Store
	c *chaos
}

func (w watched) Claim(ctx context.Context, d notice.Delivery, rev int64) (notice.Delivery, bool, error) {
	line, claimed, err := w.Store.Claim(ctx, d, rev)
	if claimed {
		w.c.sequence++
		w.c.claimed[d.Recipient] = w.c.sequence
		if out := w.c.optedOut[d.Recipient]; out != 0 {
			w.c.t.Errorf("seed %d: %s was claimed after the opt-out was acknowledged", w.c.seed, d.Recipient)
		}
		w.c.send.requeueCopy(w.c, d)
	}
	return line, claimed, err
}

func (w watched) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	err := w.Store.MoveDelivery(ctx, before, after)
	if err == nil && after.State == notice.Unknown {
		w.c.Unknown++
	}
	if err == nil && before.State == notice.Unknown && after.State == notice.Retry {
		w.c.Resent++
	}
	return err
}

// requeueCopy puts the slice of one recipient beside the one under way now and then,
// so that two workers hold the same person at once.
func (q *queue) requeueCopy(c *chaos, d notice.Delivery) {
	if c.calm || c.people > 1000 || c.dice.IntN(10) != 0 {
		return
	}
	body, err := json.Marshal(delivery.Slice{Run: d.Run, Recipients: []notice.RecipientID{d.Recipient}})
	c.must(err)
	q.put(body, c.clock.Now())
}

// mailbox is SES as the sender meets it; it notes what really left.
type mailbox struct{ c *chaos }

func (p mailbox) Send(ctx context.Context, e delivery.Envelope) (string, error) {
	c := p.c
	if !c.calm && c.people <= 1000 && c.dice.IntN(20) == 0 {
		c.pass(time.Duration(c.dice.Int64N(int64(15 * time.Second)))) // SES takes its time
	}
	before, waiting := len(c.inbox.messages), len(c.events.waiting)
	id, err := c.ses.Send(ctx, e)
	if err == errRejected {
		c.refused[e.Recipient] = true
	}
	if len(c.inbox.messages) == before {
		return id, err
	}
	c.Left++
	c.mail[e.Recipient] = append(c.mail[e.Recipient], left{silent: len(c.events.waiting) == waiting, answered: err == nil})
	if out := c.optedOut[e.Recipient]; out != 0 {
		if c.claimed[e.Recipient] > out {
			c.t.Errorf("seed %d: a message claimed after the opt-out left for %s", c.seed, e.Recipient)
		}
		c.LongestAfterOptOut = max(c.LongestAfterOptOut, c.clock.Now().Sub(c.ackAt[e.Recipient]))
	}
	return id, err
}

type letters struct{}

func (letters) Write(run notice.Run, v notice.Version, r notice.Recipient) (delivery.Envelope, string, error) {
	return delivery.Envelope{To: r.Address, Run: run.ID, Recipient: r.ID, Kind: run.Kind, Raw: []byte("Subject: " + v.Name + "\r\n\r\n")}, "en", nil
}

// judge compares what left with what the ledger says, person by person.
func (c *chaos) judge() {
	run, err := c.db.Run(context.Background(), c.run)
	c.must(err)
	if run.State != notice.Done {
		counts, _ := c.db.CountDeliveries(context.Background(), c.run)
		c.t.Errorf("seed %d: the run is %s (%s) pass %d settling %v not before %s, %v", c.seed, run.State, run.StopReason, run.Pass, run.Settling, run.NotBefore, counts)
		return
	}
	lines := map[notice.RecipientID]notice.Delivery{}
	for cursor := ""; ; {
		page, next, err := c.db.ListDeliveries(context.Background(), c.run, cursor, 1000)
		c.must(err)
		for _, d := range page {
			lines[d.Recipient] = d
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	recount := notice.Counts{}
	for i := range c.people {
		id := notice.RecipientID(fmt.Sprintf("r%06d", i))
		line := lines[id]
		recount[line.State]++
		c.judgeOne(id, line)
	}
	c.Held, c.Skipped, c.Refused = recount[notice.Held], recount[notice.Skipped], recount[notice.Failed]
	// Events may refine a state after the run was done, but never the sums.
	if recount.Total() != c.people || run.Audience != c.people || run.Counts.Total() != c.people || recount.Open() != 0 || run.Counts.Open() != 0 {
		c.t.Errorf("seed %d: audience %d, counts %v and now %v of %d people", c.seed, run.Audience, run.Counts, maps.Collect(maps.All(recount)), c.people)
	}
}

func (c *chaos) judgeOne(id notice.RecipientID, line notice.Delivery) {
	mails := c.mail[id]
	switch {
	case line.State.Accepted() && len(mails) == 0:
		c.t.Errorf("seed %d: %s is %s, and nothing left", c.seed, id, line.State)
	case len(mails) == 0 && line.State == notice.Skipped && c.optedOut[id] == 0:
		c.t.Errorf("seed %d: %s was left out (%s) and had not opted out", c.seed, id, line.Reason)
	case len(mails) == 0 && line.State == notice.Failed && !c.refused[id]:
		c.t.Errorf("seed %d: %s failed (%s), and SES never said so", c.seed, id, line.Reason)
	case len(mails) == 0 && line.State == "":
		c.t.Errorf("seed %d: %s is lost", c.seed, id)
	case len(mails) > 0 && (line.State == notice.Skipped || line.State == notice.Failed) && mails[len(mails)-1].answered:
		c.t.Errorf("seed %d: something left for %s, who is %s", c.seed, id, line.State)
	}
	// Twice only in the documented case: the answer was lost, or died with its worker,
	// and so was every event, while those of others came.
	for i := range max(len(mails)-1, 0) {
		if c.TwiceDocumented++; !mails[i].silent || c.heardOf() < 0.8 {
			c.t.Errorf("seed %d: %s got %d messages; message %d: %+v, %.0f %% of all were heard of", c.seed, id, len(mails), i+1, mails[i], 100*c.heardOf())
		}
	}
}

// heardOf is the share of messages that SES sent an event of.
func (c *chaos) heardOf() float64 {
	heard, all := 0, 0
	for _, mails := range c.mail {
		for _, m := range mails {
			if all++; !m.silent {
				heard++
			}
		}
	}
	return float64(heard) / float64(max(all, 1))
}
