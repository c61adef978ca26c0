package delivery

import (
	"context"
	"errors"
	"strings"
	"time"

	"policymail/shared/notice"
)

// HeldReport is what waits for an operator's decision in a run.
type HeldReport struct {
	Run    notice.RunID      `json:"run"`
	Held   []notice.Delivery `json:"held"`
	Resent int               `json:"resent"`
	DryRun bool              `json:"dry_run"`
}

// Held lists the deliveries of a run nobody can tell were sent. With resend they are
// sent again, on the word of whoever asked for it: those that had left after all
// leave twice. A run that was done goes on until they are settled. It reads the whole
// ledger of the run.
func (o Operator) Held(ctx context.Context, id notice.RunID, resend bool, by string) (HeldReport, error) {
	report := HeldReport{Run: id, Held: []notice.Delivery{}, DryRun: !resend}
	run, err := o.Store.Run(ctx, id)
	if err != nil {
		return report, err
	}
	if resend {
		if strings.TrimSpace(by) == "" {
			return report, notice.Invalid("sending again needs a name").Hint("say who decides with --by")
		}
		if run.State == notice.Cancelled {
			return report, notice.Refused("run %s is cancelled", id)
		}
		if reason, err := stale(ctx, o.Store, run, notice.DateOf(o.Now())); err != nil {
			return report, err
		} else if reason != "" {
			return report, notice.Refused("run %s would send an old text: %s", id, reason)
		}
	}
	for cursor := ""; ; {
		lines, next, err := o.Store.ListDeliveries(ctx, id, cursor, pageSize)
		if err != nil {
			return report, err
		}
		for _, line := range lines {
			if line.State == notice.Held {
				report.Held = append(report.Held, line)
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	if !resend || len(report.Held) == 0 {
		return report, nil
	}
	// The run first: a retry of a run that has ended would be closed. And once more
	// afterwards: it may have ended while nothing was moved yet.
	if err := o.reopen(ctx, id); err != nil {
		return report, err
	}
	for _, line := range report.Held {
		after := line
		after.State, after.SettleAfter, after.UpdatedAt, after.Reason = notice.Retry, o.Now(), o.Now(), "sent again by decision of "+by
		after.LeaseUntil = time.Time{}
		err := o.Store.MoveDelivery(ctx, line, after)
		if errors.Is(err, notice.ErrConflict) {
			continue // an event was faster
		}
		if err != nil {
			return report, err
		}
		report.Resent++
	}
	return report, o.reopen(ctx, id)
}

// reopen lets a run that was done go on (invariant 2, never lost).
func (o Operator) reopen(ctx context.Context, id notice.RunID) error {
	_, err := changeRun(ctx, o.Store, id, func(r *notice.Run) error {
		if r.State == notice.Done {
			return r.Reopen()
		}
		return nil
	})
	return err
}
