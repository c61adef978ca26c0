package delivery

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"policymail/shared/notice"
)

// PacerStore is what releasing and auditing runs needs.
type PacerStore interface {
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	SaveRun(ctx context.Context, r notice.Run) (notice.Run, error)
	audienceStore
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	UnresolvedDeliveries(ctx context.Context, before time.Time, cursor string, limit int) ([]notice.Delivery, string, error)
	documents
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
	pagesPerTick = 100
)

// Tick releases one tick's worth of recipients, fairly over the running runs, and
// settles what has waited long enough. A tick that is repeated or killed half way
// releases nobody too few; whoever it releases twice is kept apart by the claim.
func (p Pacer) Tick(ctx context.Context) error {
	runs, err := p.Store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	if err := p.settle(ctx, runs); err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(r notice.Run) bool {
		return r.State != notice.Running || r.NotBefore.After(p.Now())
	})
	if len(runs) == 0 {
		return nil
	}
	account, err := p.Account.Account(ctx)
	if err != nil {
		return err
	}
	if reason := mustStop(account); reason != "" {
		return p.stopAll(ctx, runs, reason)
	}
	budget, err := p.budget(ctx, account)
	if err != nil {
		return err
	}
	// Change notices first: they have a date to keep.
	slices.SortStableFunc(runs, func(a, b notice.Run) int { return kindOrder(a.Kind) - kindOrder(b.Kind) })
	for i, run := range runs {
		released, err := p.advance(ctx, run, budget/(len(runs)-i))
		budget -= released
		if errors.Is(err, notice.ErrConflict) {
			continue // an operator changed the run: look again next tick
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func kindOrder(k notice.Kind) int {
	if k == notice.Change {
		return 0
	}
	return 1
}

// mustStop says why no run may go on with the account as it is, or "".
func mustStop(a Account) string {
	switch {
	case !a.SendingEnabled:
		return "sending is disabled for this SES account"
	case a.Enforcement != "" && a.Enforcement != "HEALTHY":
		return "SES enforcement status is " + a.Enforcement
	}
	return ""
}

func (p Pacer) stopAll(ctx context.Context, runs []notice.Run, reason string) error {
	for _, run := range runs {
		if err := run.Stop(reason); err != nil {
			return err
		}
		if _, err := p.Store.SaveRun(ctx, run); err != nil && !errors.Is(err, notice.ErrConflict) {
			return err
		}
		p.Log.Error("run stopped", "run", run.ID, "reason", reason)
	}
	return nil
}

// carried is the part of a recipient's worth of rate that a tick could not use.
type carried struct {
	Fraction float64 `json:"fraction"`
}

// budget is how many recipients this tick may release: our share of the account's
// rate over a tick, and at most our share of what is left of the daily quota.
// Fractions are carried, so that one a second is one a second at any tick.
func (p Pacer) budget(ctx context.Context, a Account) (int, error) {
	var c carried
	rev, err := p.Store.Document(ctx, "pacer", "carry", &c)
	if err != nil && !errors.Is(err, notice.ErrNotFound) {
		return 0, err
	}
	want := p.Settings.Share*a.MaxSendRate*p.Settings.Tick.Seconds() + c.Fraction
	whole := math.Floor(want)
	c.Fraction = want - whole
	if _, err := p.Store.SaveDocument(ctx, "pacer", "carry", c, rev); err != nil && !errors.Is(err, notice.ErrConflict) {
		return 0, err
	}
	if a.Max24HourSend >= 0 {
		left := math.Floor(p.Settings.Share*a.Max24HourSend - a.SentLast24Hours)
		whole = min(whole, max(left, 0))
	}
	return int(whole), nil
}

// advance moves a run's cursor through its audience, releasing at most budget
// recipients. The cursor is saved only after the slices before it are durably
// queued: a crash in between releases them again, and loses nobody (invariant 2,
// never lost).
func (p Pacer) advance(ctx context.Context, run notice.Run, budget int) (released int, err error) {
	if run.Settling {
		return 0, p.resumeAudit(ctx, run)
	}
	for page := 0; page < pagesPerTick && ctx.Err() == nil; page++ {
		limit := pageSize
		if run.Pass == 0 {
			limit = min(limit, budget-released)
		}
		if budget-released <= 0 {
			return released, nil
		}
		ids, next, err := audience(ctx, p.Store, run, run.Cursor, limit)
		if err != nil {
			return released, err
		}
		if run.Pass > 0 {
			var missing int
			if ids, missing, err = p.audit(ctx, run, ids); err != nil {
				return released, err
			}
			run.Missing += missing
		}
		if err := p.enqueue(ctx, run.ID, ids); err != nil {
			return released, err
		}
		released += len(ids)
		run.Released += len(ids)
		run.Cursor = next
		if next == "" {
			return released, p.endPass(ctx, run)
		}
		if run, err = p.Store.SaveRun(ctx, run); err != nil {
			return released, err
		}
	}
	return released, nil
}

// audit looks a page of the audience up in the ledger. It returns whom to release
// again, and how many are without a terminal state for any reason but waiting for
// proof. A claim whose lease is dead becomes unknown: its worker may have sent.
func (p Pacer) audit(ctx context.Context, run notice.Run, ids []notice.RecipientID) (release []notice.RecipientID, missing int, err error) {
	for chunk := range slices.Chunk(ids, 100) {
		lines, err := p.Store.Deliveries(ctx, run.ID, chunk)
		if err != nil {
			return nil, 0, err
		}
		for _, id := range chunk {
			line, ok := lines[id]
			switch {
			case !ok:
				release = append(release, id)
				missing++
			case line.State == notice.Claimed:
				missing++
				if line.LeaseUntil.Before(p.Now()) {
					if err := abandon(ctx, p.Store, line, p.Now(), p.Settings.SettleWindow); err != nil {
						return nil, 0, err
					}
				}
			}
		}
	}
	return release, missing, nil
}

// endPass decides what follows a pass over the whole audience. A run is done only
// when an audit pass found nobody missing and the ledger holds nothing open
// (invariant 2, never lost).
func (p Pacer) endPass(ctx context.Context, run notice.Run) error {
	audited, missing := run.Pass > 0, run.Missing
	run.Cursor, run.Missing = "", 0
	run.Pass++
	run.NotBefore = p.Now().Add(p.Settings.AuditDelay)
	if audited && missing == 0 {
		counts, err := p.Store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return err
		}
		run.Settling = counts.Open() > 0
		if !run.Settling {
			run.State, run.DoneAt = notice.Done, p.Now()
			run.Counts, run.Audience = counts, counts.Total()
		}
	}
	saved, err := p.Store.SaveRun(ctx, run)
	if err == nil {
		p.Log.Info("pass ended", "run", run.ID, "pass", run.Pass-1, "missing", missing, "state", saved.State, "released", run.Released)
	}
	return err
}

// resumeAudit starts the last audit once nothing of the run is unresolved.
func (p Pacer) resumeAudit(ctx context.Context, run notice.Run) error {
	for cursor := ""; ; {
		lines, next, err := p.Store.UnresolvedDeliveries(ctx, endOfTime, cursor, pageSize)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if line.Run == run.ID {
				return nil
			}
		}
		if next == "" {
			run.Settling = false
			_, err := p.Store.SaveRun(ctx, run)
			return err
		}
		cursor = next
	}
}

var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// settle moves on what has waited long enough: a retry is queued again; an unknown
// delivery that no event proved is held for an operator, never sent again blindly
// (invariant 1, never twice).
func (p Pacer) settle(ctx context.Context, open []notice.Run) error {
	states := map[notice.RunID]notice.RunState{}
	for _, run := range open {
		states[run.ID] = run.State
	}
	again := map[notice.RunID][]notice.RecipientID{}
	for cursor := ""; ; {
		lines, next, err := p.Store.UnresolvedDeliveries(ctx, p.Now(), cursor, pageSize)
		if err != nil {
			return err
		}
		for _, line := range lines {
			state, isOpen := states[line.Run]
			if line.State == notice.Retry && isOpen {
				if state == notice.Running {
					again[line.Run] = append(again[line.Run], line.Recipient)
				}
				continue
			}
			after := line
			after.UpdatedAt, after.SettleAfter = p.Now(), time.Time{}
			if line.State == notice.Retry {
				after.State, after.Reason = notice.Failed, "the run was cancelled"
			} else {
				after.State, after.Reason = notice.Held, "no SES event proved or disproved it in time"
			}
			if err := p.Store.MoveDelivery(ctx, line, after); err != nil && !errors.Is(err, notice.ErrConflict) {
				return err
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	for run, ids := range again {
		if err := p.requeue(ctx, run, ids); err != nil {
			return err
		}
	}
	return nil
}

// requeue queues deliveries in state retry once more and lets them rest until the
// slice had time to be sent.
func (p Pacer) requeue(ctx context.Context, run notice.RunID, ids []notice.RecipientID) error {
	if err := p.enqueue(ctx, run, ids); err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, 100) {
		lines, err := p.Store.Deliveries(ctx, run, chunk)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if line.State != notice.Retry {
				continue
			}
			rested := line
			rested.UpdatedAt, rested.SettleAfter = p.Now(), p.Now().Add(p.Settings.AuditDelay)
			if err := p.Store.MoveDelivery(ctx, line, rested); err != nil && !errors.Is(err, notice.ErrConflict) {
				return err
			}
		}
	}
	return nil
}

func (p Pacer) enqueue(ctx context.Context, run notice.RunID, ids []notice.RecipientID) error {
	if len(ids) == 0 {
		return nil
	}
	var out []Slice
	for chunk := range slices.Chunk(ids, p.Settings.SliceSize) {
		out = append(out, Slice{Run: run, Recipients: chunk})
	}
	return p.Queue.Enqueue(ctx, out, p.Settings.Tick)
}
