package ses

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"policymail/shared/delivery"
)

// Account reads the limits of the account.
type Account struct{ client *sesv2.Client }

// NewAccount returns a reader of the account behind the configuration.
func NewAccount(cfg aws.Config) Account { return Account{sesv2.NewFromConfig(cfg)} }

// Account implements delivery.AccountReader (Amazon SES API v2, GetAccount).
func (a Account) Account(ctx context.Context) (delivery.Account, error) {
	out, err := a.client.GetAccount(ctx, &sesv2.GetAccountInput{})
	if err != nil {
		return delivery.Account{}, err
	}
	account := delivery.Account{SendingEnabled: out.SendingEnabled, Production: out.ProductionAccessEnabled, Enforcement: aws.ToString(out.EnforcementStatus)}
	if q := out.SendQuota; q != nil {
		account.MaxSendRate, account.Max24HourSend, account.SentLast24Hours = q.MaxSendRate, q.Max24HourSend, q.SentLast24Hours
	}
	return account, nil
}
