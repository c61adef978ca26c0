package ses

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"policymail/shared/delivery"
)

// wire is the real SDK talking to an endpoint of ours.
func wire(t *testing.T, answer http.HandlerFunc) (aws.Config, *atomic.Int32) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")}, &calls
}

var toAda = delivery.Envelope{From: "privacy@example.com", To: "ada@example.com", Raw: []byte("Subject: x\r\n\r\nbody\r\n"), Run: "r", Recipient: "p", Kind: "annual"}

func refuse(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-Errortype", code)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

// accepted stands for no fault at all.
const accepted = delivery.SendFault(-1)

// firstThrottled refuses the first call for its rate and accepts the next.
func firstThrottled() http.HandlerFunc {
	return throttledFirst(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"MessageId":"m"}`) })
}

// firstThrottledThenBroken may have accepted the second call: there is no third.
func firstThrottledThenBroken() http.HandlerFunc {
	return throttledFirst(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
}

func throttledFirst(then http.HandlerFunc) http.HandlerFunc {
	var calls atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			refuse(429, "TooManyRequestsException", "Maximum sending rate exceeded.")(w, r)
			return
		}
		then(w, r)
	}
}

// A row for each kind of answer to a letter: what SES says, what it means, and how often
// the SDK called.
func TestAnswersOfSendEmail(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   delivery.SendFault
		calls  int32
	}{
		"rate":                     {refuse(429, "TooManyRequestsException", "Maximum sending rate exceeded."), delivery.SendThrottled, 4},
		"daily rate":               {refuse(429, "TooManyRequestsException", "Daily message quota exceeded."), delivery.SendQuota, 1},
		"quota":                    {refuse(400, "LimitExceededException", "Quota exceeded"), delivery.SendQuota, 1},
		"paused":                   {refuse(400, "SendingPausedException", "Sending is paused"), delivery.SendStopped, 1},
		"suspended":                {refuse(400, "AccountSuspendedException", "Suspended"), delivery.SendStopped, 1},
		"mail from":                {refuse(400, "MailFromDomainNotVerifiedException", "Not verified"), delivery.SendMisconfigured, 1},
		"no set":                   {refuse(404, "NotFoundException", "Configuration set does not exist"), delivery.SendMisconfigured, 1},
		"identity":                 {refuse(400, "MessageRejected", "Email address is not verified. ada@example.com"), delivery.SendMisconfigured, 1},
		"sandbox":                  {refuse(400, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: ada@example.com, privacy@example.com"), delivery.SendMisconfigured, 1},
		"shut down":                {refuse(400, "MessageRejected", "Sending suspended for this account. For more information, please check the inbox of the email address associated with your AWS account."), delivery.SendStopped, 1},
		"set paused":               {refuse(400, "SendingPausedException", "Email sending is disabled for the configuration set set"), delivery.SendStopped, 1},
		"no right":                 {refuse(403, "AccessDeniedException", "User: arn:aws:sts::000000000000:assumed-role/send is not authorized to perform: ses:SendEmail"), delivery.SendMisconfigured, 1},
		"throttling":               {refuse(400, "ThrottlingException", "Rate exceeded"), delivery.SendThrottled, 4},
		"bad tag":                  {refuse(400, "BadRequestException", "Invalid tag value"), delivery.SendRefused, 1},
		"gateway timed out":        {refuse(504, "InternalFailure", ""), delivery.SendUnknown, 1},
		"throttled, then accepted": {firstThrottled(), accepted, 2},
		"throttled, then broken":   {firstThrottledThenBroken(), delivery.SendUnknown, 2},
		"content":                  {refuse(400, "MessageRejected", "Message content refused for ada@example.com"), delivery.SendRefused, 1},
		"bad address":              {refuse(400, "BadRequestException", "Invalid address <ada@example.com>"), delivery.SendRefused, 1},
		"signature":                {refuse(403, "InvalidSignatureException", "Signature expired"), delivery.SendMisconfigured, 1},
		"internal":                 {refuse(500, "InternalServiceError", "try again"), delivery.SendUnknown, 1},
		"unavailable":              {refuse(503, "TooManyRequestsException", "try again"), delivery.SendUnknown, 1},
		"gateway":                  {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502); io.WriteString(w, "<html>") }, delivery.SendUnknown, 1},
		"reset":                    {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, delivery.SendUnknown, 1},
		"broken answer":            {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"MessageId":`) }, delivery.SendUnknown, 1},
		// The body is read first: only then does the server notice that the caller left.
		"no answer": {func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() }, delivery.SendUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, calls := wire(t, c.answer)
			patience := 10 * time.Second
			if name == "no answer" {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			letter := toAda
			letter.Run = ""
			_, err := NewMailer(cfg, "set").Send(ctx, letter)
			var refusal *delivery.SendError
			if c.want == accepted {
				if err != nil {
					t.Error(err)
				}
			} else if !errors.As(err, &refusal) || refusal.Fault != c.want {
				t.Errorf("fault %v, want %d", err, c.want)
			}
			if calls.Load() != c.calls {
				t.Errorf("%d calls, want %d", calls.Load(), c.calls)
			}
			if err != nil && strings.Contains(err.Error(), "@") {
				t.Errorf("the error holds an address: %v", err)
			}
		})
	}
}

// A message of a run is never repeated within its claim: whoever it is for may have opted
// out since (invariant 3). The sender claims anew.
func TestAMessageOfARunIsCalledOnce(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{"429": firstThrottled(), "400": refuse(400, "ThrottlingException", "Rate exceeded")} {
		cfg, calls := wire(t, answer)
		_, err := NewMailer(cfg, "set").Send(context.Background(), toAda)
		var refusal *delivery.SendError
		if !errors.As(err, &refusal) || refusal.Fault != delivery.SendThrottled || calls.Load() != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls.Load())
		}
	}
}

// Nobody listens: the message surely did not leave, but to tell that from a broken
// connection is not worth a guess.
func TestNobodyListens(t *testing.T) {
	cfg, _ := wire(t, func(http.ResponseWriter, *http.Request) {})
	cfg.BaseEndpoint = aws.String("http://127.0.0.1:1")
	_, err := NewMailer(cfg, "set").Send(context.Background(), toAda)
	var refusal *delivery.SendError
	if !errors.As(err, &refusal) || refusal.Fault != delivery.SendUnknown {
		t.Errorf("fault %v", err)
	}
}

func TestSendEmailCarriesTheMessageAndItsTags(t *testing.T) {
	var body struct {
		FromEmailAddress, ConfigurationSetName string
		Destination                            struct{ ToAddresses []string }
		Content                                struct{ Raw struct{ Data []byte } }
		EmailTags                              []struct{ Name, Value string }
	}
	cfg, _ := wire(t, func(w http.ResponseWriter, r *http.Request) {
		json.NewDecoder(r.Body).Decode(&body)
		io.WriteString(w, `{"MessageId":"m-1"}`)
	})
	id, err := NewMailer(cfg, "set").Send(context.Background(), toAda)
	if err != nil || id != "m-1" {
		t.Fatal(id, err)
	}
	if string(body.Content.Raw.Data) != string(toAda.Raw) || body.ConfigurationSetName != "set" || len(body.Destination.ToAddresses) != 1 {
		t.Errorf("sent %+v", body)
	}
	for _, tag := range body.EmailTags {
		if strings.ContainsAny(tag.Value, "@.#") {
			t.Errorf("tag %s=%s", tag.Name, tag.Value)
		}
	}
}

func TestAccount(t *testing.T) {
	cfg, _ := wire(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"SendQuota":{"Max24HourSend":-1,"MaxSendRate":14,"SentLast24Hours":3},"SendingEnabled":true,"ProductionAccessEnabled":true,"EnforcementStatus":"HEALTHY"}`)
	})
	got, err := NewAccount(cfg).Account(context.Background())
	want := delivery.Account{MaxSendRate: 14, Max24HourSend: -1, SentLast24Hours: 3, SendingEnabled: true, Production: true, Enforcement: "HEALTHY"}
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
}
