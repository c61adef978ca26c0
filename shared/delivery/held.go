package delivery

import (
	"context"
	"errors"
	"strings"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// HeldReport is what waits for an operator's decision in a run, and what was decided.
type HeldReport struct {
	Run    notice.RunID      `json:"run"`
	Held   []notice.Delivery `json:"held"`
	Resent int               `json:"resent"`
	Left   int               `json:"left,omitempty"` // held for good: not to be sent again
	DryRun bool              `json:"dry_run"`
}

// Held lists the deliveries of a run of which nobody can tell whether they were sent, but
// for those that somebody decided to leave as they are (Leave). It changes nothing, and
// reads the whole ledger of the run.
func (o Operator) Held(ctx context.Context, id notice.RunID) (HeldReport, error) {
	report := HeldReport{Run: id, Held: []notice.Delivery{}, DryRun: true}
	if _, err := o.Store.Run(ctx, id); err != nil {
		return report, err
	}
	held, err := o.held(ctx, id)
	report.Held = held
	return report, err
}

// Resend sends again what Held lists, on the word of by: whoever had got the message after
// all gets it twice. A run that was done goes on until they are settled.
func (o Operator) Resend(ctx context.Context, id notice.RunID, by string) (HeldReport, error) {
	report := HeldReport{Run: id, Held: []notice.Delivery{}}
	run, err := o.Store.Run(ctx, id)
	if err != nil {
		return report, err
	}
	if strings.TrimSpace(by) == "" {
		return report, notice.Invalid("sending again needs a name").Hint("say who decides with --by")
	}
	if run.State == notice.Cancelled {
		return report, notice.Refused("run %s is cancelled", id).Hint("leave what is held with --leave")
	}
	if reason, err := stale(ctx, o.Store, run, notice.DateOf(o.Now())); err != nil {
		return report, err
	} else if reason != "" {
		return report, notice.Refused("run %s would send an old text: %s", id, reason).Hint("leave what is held with --leave")
	}
	held, err := o.held(ctx, id)
	if report.Held = held; err != nil || len(held) == 0 {
		return report, err
	}
	// The run is reopened first, because the pacer closes the retries of a run that has
	// ended; and once more afterwards, because it may have ended again before the first
	// line was moved.
	if err := o.reopen(ctx, id); err != nil {
		return report, err
	}
	report.Resent, err = o.decideHeld(ctx, held, func(d *notice.Delivery) {
		d.State, d.SettleAfter, d.Reason, d.LeaseUntil = notice.Retry, o.Now(), "sent again by decision of "+by, time.Time{}
	})
	if err != nil {
		return report, err
	}
	return report, o.reopen(ctx, id)
}

// Leave records that what is held in a run is not sent again, on the word of whoever
// decided so: it stays held, and waits for nobody any more. An event that comes after all
// still tells what became of it. Leaving twice changes nothing the second time.
func (o Operator) Leave(ctx context.Context, id notice.RunID, by string) (HeldReport, error) {
	report := HeldReport{Run: id, Held: []notice.Delivery{}}
	if strings.TrimSpace(by) == "" {
		return report, notice.Invalid("leaving messages unsent needs a name").Hint("say who decides with --by")
	}
	if _, err := o.Store.Run(ctx, id); err != nil {
		return report, err
	}
	held, err := o.held(ctx, id)
	if report.Held = held; err != nil {
		return report, err
	}
	report.Left, err = o.decideHeld(ctx, held, func(d *notice.Delivery) {
		d.Left, d.Reason = true, d.Reason+"; left as it is by decision of "+by
	})
	return report, err
}

// decideHeld writes a decision about lines that are held, and counts those it reached:
// where an event was faster, the event stands.
func (o Operator) decideHeld(ctx context.Context, held []notice.Delivery, decide func(*notice.Delivery)) (moved int, err error) {
	for _, line := range held {
		after := line
		after.UpdatedAt = o.Now()
		decide(&after)
		err := o.Store.MoveDelivery(ctx, line, after)
		if errors.Is(err, notice.ErrConflict) {
			continue
		}
		if err != nil {
			return moved, err
		}
		moved++
	}
	return moved, nil
}

// held reads the whole ledger of a run and returns the lines that wait for a person.
func (o Operator) held(ctx context.Context, id notice.RunID) (held []notice.Delivery, err error) {
	held = []notice.Delivery{}
	for cursor := ""; ; {
		lines, next, err := o.Store.ListDeliveries(ctx, id, cursor, pageSize)
		if err != nil {
			return held, err
		}
		for _, line := range lines {
			if line.State == notice.Held && line.Waits() {
				held = append(held, line)
			}
		}
		if cursor = next; cursor == "" {
			return held, nil
		}
	}
}

// reopen lets a run that was done go on (invariant 2, never lost).
func (o Operator) reopen(ctx context.Context, id notice.RunID) error {
	_, err := changeRun(ctx, o.Store, id, func(r *notice.Run) error {
		if r.State != notice.Done {
			return record.ErrAsItIs
		}
		return r.Reopen()
	})
	return err
}
