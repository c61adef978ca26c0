package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// AnnualStore is what opening an annual run needs.
type AnnualStore interface {
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	DueRecipients(ctx context.Context, first, last notice.Date, cursor string, limit int) ([]notice.RecipientID, string, error)
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	AddRun(ctx context.Context, r notice.Run) error
	record.Store
}

// Annual opens the annual run of a day for those whose due date has come.
type Annual struct {
	Store    AnnualStore
	Settings Settings
	Now      func() time.Time
}

// annualMark remembers how far the due days are covered by runs. A run is written
// into the mark before it exists, so that a crash in between opens it next time
// and never covers a day twice.
type annualMark struct {
	Next    notice.Date `json:"next"` // no run covers the due days from here on
	Opening *notice.Run `json:"opening,omitempty"`
	// Back are days before Next that a cancelled run gave back. They get a run of their
	// own: the days after them belong to other runs, which may still be sending.
	Back []days `json:"back,omitempty"`
	// Cancelled are the runs that have given their days back: none does so twice.
	Cancelled []notice.RunID `json:"cancelled,omitempty"`
}

// days are due days, first and last included.
type days struct {
	First notice.Date `json:"first"`
	Last  notice.Date `json:"last"`
}

// annualMarks are kept by policy.
func annualMarks(store record.Store) record.Of[annualMark] {
	return record.Of[annualMark]{Store: store, Kind: record.AnnualMark}
}

// firstLookBack is how many days the very first run looks back: due days begin
// with the first import, and the daily trigger runs from the day of deployment.
const firstLookBack = 31

// Open opens today's annual run if anybody is due, and covers every due day since
// the last run, so missed days are caught up (invariant 4, twelve months). A
// second trigger of the same day opens nothing: run ids come from the date, and
// each due day belongs to exactly one run that is not cancelled, so nobody is in two
// annual runs at once (invariant 1, never twice). Days that a cancelled run gave back go
// first; the days since the last run then wait for the next trigger. Without an approved
// version there is nothing to send: opened is false, the days stay uncovered, and the
// error says so as notice.ErrRefused.
func (a Annual) Open(ctx context.Context) (run notice.Run, opened bool, err error) {
	today := notice.DateOf(a.Now())
	mark, rev, err := a.mark(ctx, today)
	if err != nil {
		return notice.Run{}, false, err
	}
	if mark.Opening != nil {
		return a.finish(ctx, mark, rev)
	}
	if run, err := a.Store.Run(ctx, notice.AnnualRunID(today)); err == nil {
		return run, false, nil // if cancelled today, its days go to tomorrow's run
	} else if !errors.Is(err, notice.ErrNotFound) {
		return notice.Run{}, false, err
	}

	due, covers := 0, days{}
	for due == 0 && (len(mark.Back) > 0 || mark.Next <= today) {
		if len(mark.Back) > 0 {
			covers, mark.Back = mark.Back[0], mark.Back[1:]
		} else {
			covers, mark.Next = days{mark.Next, today}, today.AddDays(1)
		}
		if due, err = a.countDue(ctx, covers.First, covers.Last); err != nil {
			return notice.Run{}, false, err
		}
	}
	if due == 0 { // nobody
		if covers != (days{}) {
			_, err = annualMarks(a.Store).Save(ctx, a.Settings.Policy, mark, rev)
		}
		return notice.Run{}, false, err
	}
	versions, err := a.Store.Versions(ctx, a.Settings.Policy)
	if err != nil {
		return notice.Run{}, false, err
	}
	v, ok := notice.InForce(versions, today)
	if !ok {
		return notice.Run{}, false, notice.Refused("%d people are due an annual review of %q, but no version of it is approved", due, a.Settings.Policy).
			Hint("publish the policy")
	}
	mark.Opening = &notice.Run{
		ID: notice.AnnualRunID(today), Kind: notice.Annual, Class: notice.Optional,
		Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(),
		State: notice.Running, OpenedAt: a.Now(), StartedAt: a.Now(), Approval: v.Approval,
		From: covers.First, To: covers.Last, Audience: due,
	}
	if rev, err = annualMarks(a.Store).Save(ctx, a.Settings.Policy, mark, rev); err != nil {
		return notice.Run{}, false, fmt.Errorf("reserve due days up to %s: %w", today, err)
	}
	return a.finish(ctx, mark, rev)
}

// finish adds the run that the mark announces and clears the announcement.
func (a Annual) finish(ctx context.Context, mark annualMark, rev int64) (notice.Run, bool, error) {
	run := *mark.Opening
	opened := true
	if err := a.Store.AddRun(ctx, run); errors.Is(err, notice.ErrConflict) {
		opened = false
	} else if err != nil {
		return notice.Run{}, false, err
	}
	mark.Opening = nil
	if _, err := annualMarks(a.Store).Save(ctx, a.Settings.Policy, mark, rev); err != nil && !errors.Is(err, notice.ErrConflict) {
		return notice.Run{}, false, err
	}
	return run, opened, nil
}

func (a Annual) mark(ctx context.Context, today notice.Date) (annualMark, int64, error) {
	m, rev, err := annualMarks(a.Store).Load(ctx, a.Settings.Policy)
	if err == nil && rev == 0 {
		m.Next = today.AddDays(-firstLookBack)
		rev, err = annualMarks(a.Store).Save(ctx, a.Settings.Policy, m, 0)
	}
	return m, rev, err
}

func (a Annual) countDue(ctx context.Context, first, last notice.Date) (n int, err error) {
	for cursor := ""; ; {
		page, next, err := a.Store.DueRecipients(ctx, first, last, cursor, 1000)
		if err != nil {
			return 0, err
		}
		n += len(page)
		if next == "" {
			return n, nil
		}
		cursor = next
	}
}

// uncover gives the due days of a cancelled annual run back, so that the next run covers
// them. A run that has given its days back already changes nothing.
func uncover(ctx context.Context, store record.Store, r notice.Run) error {
	return annualMarks(store).Change(ctx, r.Policy, func(m *annualMark) error {
		if m.Next == "" {
			return notice.NotFound("no annual run of %s has covered due days", r.Policy)
		}
		if slices.Contains(m.Cancelled, r.ID) {
			return record.ErrAsItIs
		}
		if m.Cancelled = append(m.Cancelled, r.ID); r.To.AddDays(1) == m.Next {
			m.Next = r.From
		} else {
			m.Back = append(m.Back, days{r.From, r.To})
		}
		return nil
	})
}
