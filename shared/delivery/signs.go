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

// stopBad stops the runs that must not go on, with the reason, and returns the
// others: an account SES has stopped or put under review, too many bounces,
// complaints or refusals, a text that is no longer the latest.
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
		if reason == "" && run.Pass == 0 && run.Released == 0 {
			if reason, err = stale(ctx, t.Store, run, notice.DateOf(t.Now())); err != nil {
				return nil, err
			}
		}
		if reason == "" {
			good = append(good, run)
			continue
		}
		if err := run.Stop(reason); err != nil {
			return nil, err
		}
		if _, err := t.Store.SaveRun(ctx, run); err != nil && !errors.Is(err, notice.ErrConflict) {
			return nil, err
		}
		t.stopped++
		t.Log.Error("run stopped", "run", run.ID, "reason", reason)
	}
	return good, nil
}

type versionLister interface {
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
}

// stale says why a run's text must not be sent any more, or "": another version has
// taken its place since the run was approved (invariant 5, nothing unapproved).
func stale(ctx context.Context, store versionLister, run notice.Run, today notice.Date) (string, error) {
	versions, err := store.Versions(ctx, run.Policy)
	if err != nil {
		return "", err
	}
	by, replaced := notice.Replaced(run, versions, today)
	if !replaced {
		return "", nil
	}
	return "version " + run.Version + " was replaced by version " + by, nil
}
