package publish

import (
	"context"
	"errors"
	"slices"

	"policymail/shared/notice"
)

// Runs finds runs.
type Runs interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
}

// Standing are the versions of a policy that its page may be compared with: those that
// are approved, and those that wait. One that was rejected, or whose run was cancelled
// before anybody approved it, is a text we do not want: a page that shows it has changed
// like any other, and one that does not show it by its day is right.
func Standing(ctx context.Context, runs Runs, versions []notice.Version) (standing []notice.Version, err error) {
	for _, v := range versions {
		if !v.Approved() {
			if ended, err := cancelled(ctx, runs, v); err != nil {
				return nil, err
			} else if ended {
				continue
			}
		}
		standing = append(standing, v)
	}
	return standing, nil
}

// Known is the version readers know: of the approved ones the latest that was not
// cancelled while it was told.
func (p Publisher) Known(ctx context.Context, all []notice.Version) (v notice.Version, ok bool, err error) {
	for rest := slices.Clone(all); ; {
		if v, ok = notice.LatestApproved(rest); !ok {
			return v, false, nil
		}
		if ended, err := cancelled(ctx, p.Store, v); err != nil || !ended {
			return v, true, err
		}
		rest = slices.DeleteFunc(rest, func(other notice.Version) bool { return other.Name == v.Name })
	}
}

// cancelled reports whether the run that tells of a version was cancelled.
func cancelled(ctx context.Context, runs Runs, v notice.Version) (bool, error) {
	run, _, err := RunOf(ctx, runs, v)
	return run.State == notice.Cancelled, err
}

// RunOf is the run that tells of a version, if there is one.
func RunOf(ctx context.Context, runs Runs, v notice.Version) (run notice.Run, found bool, err error) {
	run, err = runs.Run(ctx, notice.ChangeRunID(v.Policy, v.Name))
	if errors.Is(err, notice.ErrNotFound) {
		return run, false, nil
	}
	return run, err == nil, err
}
