package operate

import (
	"errors"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// sendHints say what to do about a message that SES did not take.
var sendHints = map[delivery.SendFault]string{
	delivery.SendUnknown:       "it may have taken it: who tries again may send it twice",
	delivery.SendThrottled:     "it takes no more for the moment; try again in a minute",
	delivery.SendQuota:         "the quota of 24 hours is used up; policymail doctor shows it",
	delivery.SendStopped:       "policymail doctor says what is wrong with the account",
	delivery.SendMisconfigured: "policymail doctor says what is wrong with the account",
	delivery.SendRefused:       "it never takes this message: look at the address, or reach its owner another way",
}

// notTaken words for people that SES did not take a message, and what to do about it. An
// error that is not SES's stays as it is.
func notTaken(message string, err error) error {
	var refusal *delivery.SendError
	if !errors.As(err, &refusal) {
		return err
	}
	return notice.Refused("SES did not take %s: %v", message, refusal.Err).Hint("%s", sendHints[refusal.Fault])
}
