package delivery

import (
	"context"
	"time"

	"policymail/shared/notice"
)

type startStore interface {
	versionLister
	Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error)
}

// Start starts a waiting run and approves its version, and with it the annual reviews
// of that version, in one write: a text that somebody edited or rejected meanwhile is
// approved by nobody (invariant 5, nothing unapproved). The run's audience is taken as
// it was last counted.
func Start(ctx context.Context, store startStore, run notice.Run, v notice.Version, by string, at time.Time) (notice.Run, error) {
	run, err := started(ctx, store, run, v, by, at)
	if err != nil {
		return run, err
	}
	v.Approval = run.Approval
	return store.Decide(ctx, run, v)
}

// started is the run once started; it writes nothing.
func started(ctx context.Context, store versionLister, run notice.Run, v notice.Version, by string, at time.Time) (notice.Run, error) {
	if err := run.Approve(v, by, at); err != nil {
		return run, err
	}
	reason, err := stale(ctx, store, run, notice.DateOf(at))
	if err != nil {
		return run, err
	} else if reason != "" {
		return run, notice.Refused("run %s would send an old text: %s", run.ID, reason).Hint("cancel it and approve the run of the newer version")
	}
	run.Effective, run.Canary = v.Effective, canary(run.Audience)
	return run, nil
}
