package delivery

import (
	"context"
	"errors"

	"policymail/shared/notice"
	"policymail/shared/record"
)

type runStore interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	SaveRun(ctx context.Context, r notice.Run) (notice.Run, error)
}

// changeRun applies a change to a run as it is now, again if somebody was faster, and
// returns the run as it is then. A change that returns record.ErrAsItIs writes nothing: every
// save is a conflict for whoever else has read the run.
func changeRun(ctx context.Context, store runStore, id notice.RunID, change func(*notice.Run) error) (notice.Run, error) {
	for {
		run, err := store.Run(ctx, id)
		if err != nil {
			return run, err
		}
		changed := run
		if err := change(&changed); errors.Is(err, record.ErrAsItIs) {
			return run, nil
		} else if err != nil {
			return run, err
		}
		saved, err := store.SaveRun(ctx, changed)
		if errors.Is(err, notice.ErrConflict) {
			continue
		}
		return saved, err
	}
}

// stopRun stops a running run for a reason of the system's. A run that is not running
// stays as it is, and stopped is false: of many who learn the same reason at the same
// time one stops the run, and says so in the log.
func stopRun(ctx context.Context, store runStore, id notice.RunID, reason string) (stopped bool, err error) {
	_, err = changeRun(ctx, store, id, func(r *notice.Run) error {
		if stopped = r.State == notice.Running; !stopped {
			return record.ErrAsItIs
		}
		return r.Stop(reason)
	})
	return stopped && err == nil, err
}

type versionLister interface {
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
}

// stale says why a run must not begin to send its text, or "": another version has taken
// its place since the run was approved (invariant 5, nothing unapproved).
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
