package approval

import (
	"context"
	"errors"
	"slices"

	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/record"
)

// untold are the runs that were rejected and of which approvers must be told: a run that
// has ended is on no list of the store's that an announcer reads.
type untold struct{ record.Of[rejections] }

type rejections struct {
	Runs []notice.RunID `json:"runs,omitempty"`
}

// toTell is the id of the one list.
const toTell = "untold"

func (g Gate) untold() untold {
	return untold{record.Of[rejections]{Store: g.Store, Kind: record.Rejections}}
}

func (u untold) add(ctx context.Context, id notice.RunID) error {
	return u.Change(ctx, toTell, func(r *rejections) error {
		if slices.Contains(r.Runs, id) {
			return record.ErrAsItIs
		}
		r.Runs = append(r.Runs, id)
		return nil
	})
}

func (u untold) remove(ctx context.Context, id notice.RunID) error {
	return u.Change(ctx, toTell, func(r *rejections) error {
		r.Runs = slices.DeleteFunc(r.Runs, func(other notice.RunID) bool { return other == id })
		return nil
	})
}

// announceRejections tells the other approvers of every run that one of them rejected.
func (a Announcer) announceRejections(ctx context.Context) (mailed int, err error) {
	list, _, err := a.untold().Load(ctx, toTell)
	if err != nil {
		return 0, err
	}
	var faults []error
	for _, id := range list.Runs {
		n, told, err := a.announceRejection(ctx, id)
		if mailed += n; err == nil && told {
			err = a.untold().remove(ctx, id)
		}
		faults = append(faults, err)
	}
	return mailed, errors.Join(faults...)
}

// announceRejection tells of one; told is true once nobody is left to be told, ever.
func (a Announcer) announceRejection(ctx context.Context, id notice.RunID) (mailed int, told bool, err error) {
	run, err := a.Store.Run(ctx, id)
	if err != nil {
		return 0, false, err
	}
	if run.Rejection == nil {
		return 0, !run.State.Open(), nil // whoever wanted to reject it was cut short
	}
	v, err := a.Store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return 0, false, err
	}
	name := notice.RunID("rejected-" + string(id))
	mark, rev, err := a.announcements().Load(ctx, string(name))
	if err != nil {
		return 0, false, err
	}
	if mark.Until.After(a.Now()) {
		return 0, false, nil // another announcer is at it
	}
	themselves := func(to string) bool { return sameName(run.Rejection.By, to) }
	mailed, err = a.tellOnce(ctx, name, mark, rev, themselves, func(to string) error {
		return a.Post.Rejected(ctx, officers.Rejected{To: to, Version: v, Rejection: *run.Rejection})
	})
	return mailed, err == nil, err
}
