package ses

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"policymail/shared/delivery"
)

// Mailer sends through SES v2 SendEmail with raw content, so that the message that
// was tested and approved is, byte for byte, the message sent.
type Mailer struct {
	client           *sesv2.Client
	configurationSet string
}

// NewMailer returns a mailer whose calls are repeated only where SES surely did not
// accept the message: on throttling. The SDK's own retryer also repeats after 5xx
// and broken connections, and SendEmail has no idempotency token, so it would send
// twice (invariant 1, never twice). A message of a run is not repeated at all: its
// recipient may have opted out since the claim, so the sender claims anew
// (invariant 3, never after an opt-out).
func NewMailer(cfg aws.Config, configurationSet string) *Mailer {
	return &Mailer{sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.Retryer = throttlesOnly() }), configurationSet}
}

// throttlesOnly retries what SES refused for its rate, and nothing else.
func throttlesOnly() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			return aws.BoolTernary(fault(err) == delivery.SendThrottled)
		})}
	})
}

// Send implements delivery.Mailer.
func (m *Mailer) Send(ctx context.Context, e delivery.Envelope) (string, error) {
	in := &sesv2.SendEmailInput{
		FromEmailAddress: &e.From,
		Destination:      &types.Destination{ToAddresses: []string{e.To}},
		Content:          &types.EmailContent{Raw: &types.RawMessage{Data: e.Raw}},
	}
	if m.configurationSet != "" {
		in.ConfigurationSetName = &m.configurationSet
	}
	if e.Run != "" {
		in.EmailTags = []types.MessageTag{
			{Name: aws.String(TagRun), Value: aws.String(string(e.Run))},
			{Name: aws.String(TagRecipient), Value: aws.String(string(e.Recipient))},
			// Feedback-ID of the message: per kind and run, never per person.
			{Name: aws.String("ses:feedback-id-a"), Value: aws.String(string(e.Kind))},
			{Name: aws.String("ses:feedback-id-b"), Value: aws.String(string(e.Run))},
		}
	}
	out, err := m.client.SendEmail(ctx, in, func(o *sesv2.Options) {
		if e.Run != "" {
			o.Retryer = aws.NopRetryer{}
		}
	})
	if err != nil {
		return "", &delivery.SendError{Fault: fault(err), Err: errors.New(scrub(err))}
	}
	return aws.ToString(out.MessageId), nil
}

// fault says what an answer of SendEmail means (Amazon SES API v2, SendEmail,
// errors). Whatever is not surely a refusal is unknown.
func fault(err error) delivery.SendFault {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return delivery.SendUnknown // timeout, reset, no answer
	}
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return delivery.SendUnknown
	}
	message := strings.ToLower(answer.ErrorMessage())
	switch answer.ErrorCode() {
	case "TooManyRequestsException", "Throttling", "ThrottlingException":
		if strings.Contains(message, "daily") {
			return delivery.SendQuota
		}
		return delivery.SendThrottled
	case "LimitExceededException":
		return delivery.SendQuota
	case "SendingPausedException", "AccountSuspendedException":
		return delivery.SendStopped
	case "MailFromDomainNotVerifiedException", "NotFoundException", "AccessDeniedException":
		return delivery.SendMisconfigured
	case "MessageRejected":
		// An account's and an identity's faults hit everybody; content hits one message.
		if strings.Contains(message, "suspended") || strings.Contains(message, "paused") || strings.Contains(message, "disabled") {
			return delivery.SendStopped
		}
		if strings.Contains(message, "not verified") || strings.Contains(message, "sandbox") {
			return delivery.SendMisconfigured
		}
		return delivery.SendRefused
	case "BadRequestException":
		return delivery.SendRefused
	}
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusBadRequest {
		// Any other 4xx: SES refused the call, for instance its signature.
		return delivery.SendMisconfigured
	}
	return delivery.SendUnknown
}

var anyAddress = regexp.MustCompile(`[^\s<>"',;:()\[\]]+@[^\s<>"',;:()\[\]]+`)

// scrub keeps the code and message of an answer and takes every address out:
// what SES says often repeats the recipient.
func scrub(err error) string {
	text := err.Error()
	var answer smithy.APIError
	if errors.As(err, &answer) {
		text = answer.ErrorCode() + ": " + answer.ErrorMessage()
	}
	return anyAddress.ReplaceAllString(text, "(address)")
}
