package delivery

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// PacerStore is what releasing and auditing runs needs.
type PacerStore interface {
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	runStore
	Tally(ctx context.Context, run notice.RunID) (notice.Tally, error)
	versionLister
	audienceStore
	ledgerReader
	deliveryMover
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	UnresolvedDeliveries(ctx context.Context, state notice.DeliveryState, before time.Time, cursor string, limit int) ([]notice.Delivery, string, error)
	CountUnresolved(ctx context.Context) (map[notice.RunID]notice.Counts, error)
	record.Store
}

// Pacer releases runs onto the send queue at the pace the account allows, and
// audits them until nobody is missing. Only one pacer runs at a time.
type Pacer struct {
	Store    PacerStore
	Queue    Queue
	Account  AccountReader
	Settings Settings
	Now      func() time.Time
	Log      *slog.Logger
}

const (
	// pageSize is how many recipients are released between two saves of a cursor.
	pageSize = 1000
	// pagesPerTick bounds the work of one tick when an audit finds nobody missing.
	pagesPerTick = 1000
	// tickMargin is left of a pacer's time when it turns no further page.
	tickMargin = 10 * time.Second
)

// tick is one turn of the pacer: what it saw and what it did.
type tick struct {
	Pacer
	account    Account
	granted    int // the budget
	released   int // recipients queued, for the first time or again
	unresolved unresolved
	stopped    int // runs that this tick stopped
}

// Tick settles what has waited long enough, stops runs that must not go on, and
// releases what the account allows since the tick before; once a day it closes the figures
// of old runs. A tick may be repeated or die half way: it leaves nobody out, and whoever is
// released twice is claimed, and so mailed, by one worker only.
func (p Pacer) Tick(ctx context.Context) error {
	t := tick{Pacer: p}
	open, err := p.Store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	if err := t.settle(ctx, open); err != nil {
		return err
	}
	if err := t.countUnresolved(ctx); err != nil {
		return err
	}
	running := slices.DeleteFunc(slices.Clone(open), func(r notice.Run) bool { return r.State != notice.Running })
	if len(running) > 0 {
		if err := t.release(ctx, running); err != nil {
			return err
		}
	}
	if err := t.closeRuns(ctx); err != nil {
		return err
	}
	t.measure(open)
	return nil
}

// release spends the tick's budget on running runs: first on retries, then on runs
// close to their deadline, the closest first, then on all others alike.
func (t *tick) release(ctx context.Context, runs []notice.Run) (err error) {
	if t.account, err = t.Account.Account(ctx); err != nil {
		return err
	}
	if runs, err = t.stopBad(ctx, runs); err != nil || len(runs) == 0 {
		return err
	}
	if t.granted, err = t.budget(ctx); errors.Is(err, notice.ErrConflict) {
		return nil // another pacer has this tick
	} else if err != nil {
		return err
	}
	if err := t.requeue(ctx); err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(r notice.Run) bool { return r.NotBefore.After(t.Now()) })
	urgent, others := t.order(runs)
	for _, run := range urgent {
		if _, _, err := t.advance(ctx, run, t.left()); err != nil {
			return err
		}
	}
	// A run that needs less than its part leaves the rest to those that want more.
	for first := true; len(others) > 0 && (first || t.left() > 0); first = false {
		var hungry []notice.Run
		for i, run := range others {
			n := len(others) - i
			run, more, err := t.advance(ctx, run, (t.left()+n-1)/n)
			if err != nil {
				return err
			}
			if more {
				hungry = append(hungry, run)
			}
		}
		others = hungry
	}
	return nil
}

func (t *tick) left() int { return t.granted - t.released }

const (
	// nearEffective is how long before its effective date a change goes first: people must
	// be told well ahead (WP260, paragraphs 29 and 30).
	nearEffective = 30 // days
	// nearOverdue is how long before somebody's twelve months end their annual review
	// goes first. Before that, a change that is being sent may still tell them, and then
	// they need no review.
	nearOverdue = 7 // days
)

// deadline is the day by which the first people of a run must have been told; near says
// that it goes before others. An annual review must not starve behind a change that takes
// the account's quota for weeks (invariant 4, twelve months).
func (t *tick) deadline(run notice.Run) (day notice.Date, near bool) {
	today := notice.DateOf(t.Now())
	if run.Kind == notice.Annual {
		day = run.From.AddDays(t.Settings.LeadDays)
		return day, day <= today.AddDays(nearOverdue)
	}
	return run.Effective, run.Effective != "" && run.Effective <= today.AddDays(nearEffective)
}

// order splits runs into those that go first, the earliest deadline before the others,
// and the rest. With each tick another of these comes first, so that a budget smaller than
// their number favours none.
func (t *tick) order(runs []notice.Run) (urgent, others []notice.Run) {
	deadlines := map[notice.RunID]notice.Date{}
	for _, run := range runs {
		if day, near := t.deadline(run); near {
			deadlines[run.ID] = day
			urgent = append(urgent, run)
		} else {
			others = append(others, run)
		}
	}
	slices.SortStableFunc(urgent, func(a, b notice.Run) int { return cmp.Compare(deadlines[a.ID], deadlines[b.ID]) })
	if n := len(others); n > 1 && t.Settings.Tick > 0 {
		turn := int(t.Now().UnixNano() / int64(t.Settings.Tick) % int64(n))
		others = slices.Concat(others[turn:], others[:turn])
	}
	return urgent, others
}

// pacing is what a tick leaves to the next.
type pacing struct {
	Fraction float64   `json:"fraction"` // of a recipient, left over
	Granted  int       `json:"granted"`  // the last budget; SES may not have counted it yet
	At       time.Time `json:"at"`
}

// lastTick is the id of the one record of a pacer.
const lastTick = "pacing"

// mostTicks is how many ticks' worth a late tick may release at once.
const mostTicks = 1.5

// budget is how many recipients this tick may release: our share of the account's
// rate over the time since the tick before, and at most what our share of the daily
// quota leaves. A tick that comes twice finds no time passed and releases nothing.
// Fractions are carried, so that one a second is one a second at any tick. It is
// written down before anything is released: of two pacers at once one gets a
// budget, the other notice.ErrConflict.
func (t *tick) budget(ctx context.Context) (int, error) {
	ticks := record.Of[pacing]{Store: t.Store, Kind: record.Pacing}
	last, rev, err := ticks.Load(ctx, lastTick)
	if err != nil {
		return 0, err
	}
	allowed, now, tick := t.Settings.Allow(t.account), t.Now(), t.Settings.Tick.Seconds()
	passed := tick
	if !last.At.IsZero() {
		passed = min(max(now.Sub(last.At).Seconds(), 0), mostTicks*tick)
	}
	want := allowed.Rate*passed + last.Fraction
	whole := math.Floor(want + 1e-6) // so that ten tenths are one
	next := pacing{Fraction: max(want-whole, 0), At: now}
	if allowed.Left >= 0 {
		uncounted := 0
		if now.Sub(last.At) < 2*t.Settings.Tick {
			uncounted = last.Granted
		}
		whole = min(whole, max(allowed.Left-float64(uncounted), 0))
	}
	next.Granted = int(whole)
	if _, err := ticks.Save(ctx, lastTick, next, rev); err != nil {
		return 0, err
	}
	return next.Granted, nil
}
