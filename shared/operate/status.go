package operate

import (
	"context"

	"policymail/shared/notice"
	"policymail/shared/report"
)

// status counts runs and says at what pace the account lets them go on.
func (o Operations) status(ctx context.Context, run notice.RunID) ([]report.RunStatus, error) {
	account, err := o.Operator.Account.Account(ctx)
	if err != nil {
		return nil, err
	}
	allowed := o.Operator.Settings.Allow(account)
	return report.Status(ctx, o.Store, run, report.Pace{Rate: allowed.Rate, Quota: allowed.Daily, QuotaLeft: allowed.Left, Takes: allowed.Takes}, o.Now())
}
