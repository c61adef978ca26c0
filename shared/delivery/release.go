package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"policymail/shared/notice"
)

// advance moves a run through its audience, releasing at most budget recipients.
// more says that it stopped for want of budget. A run that an operator changed
// meanwhile is left to the next tick.
func (t *tick) advance(ctx context.Context, run notice.Run, budget int) (saved notice.Run, more bool, err error) {
	if run.Settling {
		saved, err = t.resumeAudit(ctx, run)
	} else {
		saved, more, err = t.turnPages(ctx, run, budget)
	}
	if errors.Is(err, notice.ErrConflict) {
		return saved, false, nil
	}
	return saved, more, err
}

// turnPages saves the run's cursor only after the slices before it are durably
// queued: a crash in between releases them again, and loses nobody (invariant 2,
// never lost). An audit that finds nobody missing goes on without a budget.
func (t *tick) turnPages(ctx context.Context, run notice.Run, budget int) (notice.Run, bool, error) {
	for page := 0; page < pagesPerTick && hasTime(ctx); page++ {
		ids, next, missing, err := t.page(ctx, run, budget)
		if err != nil {
			return run, false, err
		}
		if len(ids) > budget || budget <= 0 && run.Pass == 0 {
			return run, true, nil
		}
		if err := t.enqueue(ctx, run.ID, ids); err != nil {
			return run, false, err
		}
		budget -= len(ids)
		t.released += len(ids)
		run.Released += len(ids)
		run.Missing += missing
		run.Cursor, run.MovedAt = next, t.Now()
		if next == "" {
			run, err = t.endPass(ctx, run)
			return run, false, err
		}
		rest := run.Canary > 0 && run.Released >= run.Canary
		if rest {
			run.Canary, run.NotBefore = 0, t.Now().Add(t.Settings.AuditDelay)
			t.Log.Info("canary released", "run", run.ID, "recipients", run.Released, "go_on", run.NotBefore)
		}
		if run, err = t.Store.SaveRun(ctx, run); err != nil || rest {
			return run, false, err
		}
	}
	return run, false, nil
}

// page reads the next page of a run's audience and returns whom to release of it:
// everybody in the first pass, the missing in an audit. It reads no more than the budget
// can release, so that the cursor may move behind the whole page. Only without any budget
// may release hold more: then the caller releases none of them.
func (t *tick) page(ctx context.Context, run notice.Run, budget int) (release []notice.RecipientID, next string, missing int, err error) {
	limit := pageSize
	if run.Pass == 0 {
		if limit = min(limit, budget); run.Canary > 0 {
			limit = min(limit, run.Canary-run.Released)
		}
		if limit <= 0 {
			return nil, run.Cursor, 0, nil
		}
		release, next, err = audience(ctx, t.Store, run, run.Cursor, limit)
		return release, next, 0, err
	}
	for {
		ids, next, err := audience(ctx, t.Store, run, run.Cursor, limit)
		if err != nil {
			return nil, "", 0, err
		}
		release, missing, err := t.audit(ctx, run, ids)
		if err != nil || len(release) <= budget || budget <= 0 {
			return release, next, missing, err
		}
		limit = budget
	}
}

// lookups is how many ledger reads an audit has under way at once.
const lookups = 8

// audit looks a page of the audience up in the ledger. release is whom to release again:
// those without a line. missing counts them and those who are claimed, because a later
// pass must look at both again; whoever waits for proof or for another try is in the
// ledger, and not missing. A claim whose lease is dead becomes unknown: its worker may
// have sent.
func (t *tick) audit(ctx context.Context, run notice.Run, ids []notice.RecipientID) (release []notice.RecipientID, missing int, err error) {
	chunks := slices.Collect(slices.Chunk(ids, 100))
	lines := make([]map[notice.RecipientID]notice.Delivery, len(chunks))
	group, reading := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for i, chunk := range chunks {
		group.Go(func() (err error) {
			lines[i], err = t.Store.Deliveries(reading, run.ID, chunk)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	claims := t.claims()
	for i, chunk := range chunks {
		for _, id := range chunk {
			line, ok := lines[i][id]
			switch {
			case !ok:
				release = append(release, id)
				missing++
			case line.State == notice.Claimed:
				missing++
				if claims.dead(line) {
					if _, err := claims.abandon(ctx, line, chunk); err != nil {
						return nil, 0, err
					}
				}
			}
		}
	}
	return release, missing, nil
}

func (t *tick) claims() claims { return claims{t.Store, t.Settings, t.Now} }

// endPass decides what follows a pass over the whole audience. A run is done only
// when an audit pass found nobody missing and the ledger holds nothing open
// (invariant 2, never lost).
func (t *tick) endPass(ctx context.Context, run notice.Run) (notice.Run, error) {
	audited, missing := run.Pass > 0, run.Missing
	run.Cursor, run.Missing, run.Canary = "", 0, 0
	run.Pass++
	run.NotBefore = t.Now().Add(t.Settings.AuditDelay)
	if audited && missing == 0 {
		counts, err := t.Store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return run, err
		}
		run.Settling = counts.Open() > 0
		if !run.Settling {
			run.State, run.DoneAt = notice.Done, t.Now()
			run.Freeze(counts)
			run.Audience = run.Counts.Total()
		}
	}
	saved, err := t.Store.SaveRun(ctx, run)
	if err == nil {
		t.Log.Info("pass ended", "run", run.ID, "pass", run.Pass-1, "missing", missing, "state", saved.State, "settling", saved.Settling, "released", run.Released)
	}
	return saved, err
}

// resumeAudit starts the last audit once nothing of the run is unresolved.
func (t *tick) resumeAudit(ctx context.Context, run notice.Run) (notice.Run, error) {
	if t.unresolved.of(run.ID) {
		return run, nil
	}
	run.Settling, run.MovedAt = false, t.Now()
	return t.Store.SaveRun(ctx, run)
}

// part divides what is left of the tick into so many equal parts and returns when the
// first of them ends. A step stops then, so that the steps after it have their time.
func (t *tick) part(ctx context.Context, of int) time.Time {
	left := t.Settings.Tick
	if end, ok := ctx.Deadline(); ok {
		left = time.Until(end) - tickMargin
	}
	return time.Now().Add(max(left, 0) / time.Duration(of))
}

// hasTimeUntil reports whether the pacer may go on with a step that has to stop at end.
func hasTimeUntil(ctx context.Context, end time.Time) bool {
	return hasTime(ctx) && time.Now().Before(end)
}

// hasTime reports whether the pacer may turn another page.
func hasTime(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(end) > tickMargin)
}

// enqueue puts recipients onto the send queue as slices.
func (t *tick) enqueue(ctx context.Context, run notice.RunID, ids []notice.RecipientID) error {
	if len(ids) == 0 {
		return nil
	}
	size, gap := t.Settings.worker(t.account.MaxSendRate)
	var out []Slice
	for chunk := range slices.Chunk(ids, size) {
		out = append(out, Slice{Run: run, Recipients: chunk, Gap: gap})
	}
	return t.Queue.Enqueue(ctx, out, t.Settings.Tick)
}
