package delivery

import (
	"context"
	"errors"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// closing is how far the pacer has closed the figures of runs.
type closing struct {
	Day notice.Date `json:"day"` // every run that was to be closed by this day is
}

// lastClosing is the id of the one record of it.
const lastClosing = "closing"

// closeRuns counts, once a day, the ended runs whose lines will begin to leave the ledger
// within a month, for the last time: their figures, with every event that came after they
// ended, stay as they are from then on (invariant 2, counts add up). What is not counted
// before the tick's time is over is counted by the next.
func (t *tick) closeRuns(ctx context.Context) error {
	days, today := record.Of[closing]{Store: t.Store, Kind: record.Closing}, notice.DateOf(t.Now())
	done, rev, err := days.Load(ctx, lastClosing)
	if err != nil || done.Day >= today {
		return err
	}
	runs, err := t.Store.ListRuns(ctx)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.State.Open() || !run.ClosedAt.IsZero() || run.ClosesOn() > today {
			continue
		}
		if !hasTime(ctx) {
			t.Log.Info("the next tick goes on closing runs", "run", run.ID)
			return nil
		}
		ledger, err := t.Store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return err
		}
		closed, err := changeRun(ctx, t.Store, run.ID, func(r *notice.Run) error {
			if r.State.Open() || !r.ClosedAt.IsZero() {
				return record.ErrAsItIs
			}
			return r.Close(ledger, t.Now())
		})
		if err != nil {
			return err
		}
		t.Log.Info("run closed", "run", closed.ID, "counted", closed.Counts.Total())
	}
	if _, err = days.Save(ctx, lastClosing, closing{today}, rev); errors.Is(err, notice.ErrConflict) {
		return nil // another pacer has done it
	}
	return err
}
