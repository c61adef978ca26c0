package operate

import (
	"context"

	"policymail/shared/notice"
	"policymail/shared/report"
)

// status counts runs and says at what pace the account lets them go on.
func (o Operations) status(ctx context.Context, a RunArgs) ([]report.RunStatus, error) {
	account, err := o.Operator.Account.Account(ctx)
	if err != nil {
		return nil, err
	}
	allowed := o.Operator.Settings.Allow(account)
	return report.Status(ctx, o.Store, a.Run, report.Pace{Rate: allowed.Rate, Quota: allowed.Daily, QuotaLeft: allowed.Left, Takes: allowed.Takes}, o.Now())
}

// Page is a part of an answer that may be of any length; Next is the cursor of the
// page after it, empty at the end.
type Page[T any] struct {
	Rows []T    `json:"rows"`
	Next string `json:"next,omitempty"`
}

// ReportArgs ask for a page of a run's rows.
type ReportArgs struct {
	Run    notice.RunID `json:"run"`
	Only   report.Only  `json:"only,omitempty"`
	Cursor string       `json:"cursor,omitempty"`
}

// report says what became of each person in a run.
func (o Operations) report(ctx context.Context, a ReportArgs) (Page[report.Row], error) {
	switch a.Only {
	case report.Everybody, report.NotSent, report.NotTold:
	default:
		return Page[report.Row]{}, notice.Invalid("%q is nothing a report can be about", a.Only).Hint("ask for %s, %s or, with none, for everybody", report.NotSent, report.NotTold)
	}
	rows, next, err := report.Rows(ctx, o.Store, o.Operator.Audience, a.Run, a.Only, a.Cursor)
	return Page[report.Row]{rows, next}, err
}

// OverdueArgs ask for a page of those who are overdue.
type OverdueArgs struct {
	Cursor string `json:"cursor,omitempty"`
}

// overdue lists who has had no notice for twelve months.
func (o Operations) overdue(ctx context.Context, a OverdueArgs) (Page[report.Late], error) {
	rows, next, err := report.Overdue(ctx, o.Store, o.Operator.Settings.Policy, notice.DateOf(o.Now()), a.Cursor)
	return Page[report.Late]{rows, next}, err
}
