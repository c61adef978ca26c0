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
func Start(ctx context.Context, store startStore, run notice.Run, v notice.Version, by string, way notice.ApprovalWay, at time.Time) (notice.Run, error) {
	if err := startable(ctx, store, run, v, at); err != nil {
		return run, err
	}
	if err := run.Approve(v, by, way, at); err != nil {
		return run, err
	}
	run.Effective, run.Canary = v.Effective, canary(run.Audience)
	v.Approval = run.Approval
	return store.Decide(ctx, run, v)
}

// startable refuses a run that does not wait, or that would send another text than v or
// an old one.
func startable(ctx context.Context, store versionLister, run notice.Run, v notice.Version, at time.Time) error {
	if err := run.Approvable(v); err != nil {
		return err
	}
	reason, err := stale(ctx, store, run, notice.DateOf(at))
	if err == nil && reason != "" {
		return notice.Refused("run %s would send an old text: %s", run.ID, reason).Hint("cancel it and approve the run of the newer version")
	}
	return err
}
