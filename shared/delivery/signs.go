package delivery

import (
	"context"
	"errors"

	"policymail/shared/notice"
)

// MustStop says why no run may go on with the account as it is, or "".
func (a Account) MustStop() string {
	switch {
	case !a.SendingEnabled:
		return "sending is disabled for this SES account"
	case a.Enforcement != "" && a.Enforcement != "HEALTHY":
		return "SES enforcement status is " + a.Enforcement
	}
	return ""
}

// stopBad stops the runs that must not go on, with the reason, and returns the others. No
// run goes on if SES has stopped the account or put it under review; a run does not if it
// has had too many bounces, complaints or refusals, nor if another version has replaced its
// text before anybody was mailed. An annual run whose text was replaced is not stopped but
// ended, and its days go to the next one, which speaks of the version in force (invariant
// 4, twelve months).
func (t *tick) stopBad(ctx context.Context, runs []notice.Run) (good []notice.Run, err error) {
	account := t.account.MustStop()
	for _, run := range runs {
		reason := account
		if reason == "" {
			tally, err := t.Store.Tally(ctx, run.ID)
			if err != nil {
				return nil, err
			}
			reason = tally.Less(run.Forgiven).BadSign()
		}
		if reason == "" && !run.Begun() {
			if reason, err = stale(ctx, t.Store, run, notice.DateOf(t.Now())); err != nil {
				return nil, err
			}
			if reason != "" && run.Kind == notice.Annual {
				if err := t.giveBack(ctx, run, reason); err != nil {
					return nil, err
				}
				continue
			}
		}
		if reason == "" {
			good = append(good, run)
			continue
		}
		stopped, err := stopRun(ctx, t.Store, run.ID, reason)
		if err != nil {
			return nil, err
		}
		if stopped {
			t.stopped++
			t.Log.Error("run stopped", "run", run.ID, "reason", reason)
		}
	}
	return good, nil
}

// giveBack ends an annual run that has not begun. It gives the days back first: if the
// pacer dies in between, the run releases nobody, and the next tick ends it.
func (t *tick) giveBack(ctx context.Context, run notice.Run, reason string) error {
	if err := uncover(ctx, t.Store, run); err != nil {
		return err
	}
	if err := run.Cancel(); err != nil {
		return err
	}
	if _, err := t.Store.SaveRun(ctx, run); err != nil && !errors.Is(err, notice.ErrConflict) {
		return err
	}
	t.Log.Info("annual run gave its days back", "run", run.ID, "reason", reason)
	return nil
}
