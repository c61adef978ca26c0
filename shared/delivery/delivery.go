// Package delivery brings a notice to everyone concerned, once: it opens annual
// runs, paces the release of slices, sends them, records what SES reports, and
// audits each run until nobody is missing. It declares the small interfaces it
// needs; adapters to SES, SQS and the stores implement them.
package delivery

import (
	"context"
	"fmt"
	"time"

	"policymail/shared/notice"
)

// Settings are the figures the whole package works by.
type Settings struct {
	Policy    string  // the policy annual reviews speak of, like "privacy"
	LeadDays  int     // an annual review goes out this long before its deadline
	Share     float64 // of the account's rate and daily quota that we use, 0 < share <= 1
	SliceSize int     // recipients a queue message holds, at most 100
	// Concurrency is how many workers may send at once; 0 leaves them unpaced.
	Concurrency int
	// Tick is the time between two ticks of the pacer; a tick releases Tick's worth
	// of sending.
	Tick time.Duration
	// Lease is how long a claim keeps others away; longer than a worker lives.
	Lease time.Duration
	// AuditDelay is the quiet time between two passes over an audience: longer than
	// a queued slice takes to be sent.
	AuditDelay time.Duration
	// SettleWindow is how long SES events may take to prove an unknown delivery.
	SettleWindow time.Duration
	// SendTimeout bounds one SendEmail call. A worker with less than this left
	// before its deadline claims nobody any more.
	SendTimeout time.Duration
}

// Slice is one queue message: recipients of a run to be sent to. It holds ids
// only, and may safely be delivered more than once.
type Slice struct {
	Run        notice.RunID         `json:"run"`
	Recipients []notice.RecipientID `json:"recipients"`
	// Gap is how long a worker takes over each recipient at least.
	Gap time.Duration `json:"gap,omitempty"`
}

// Queue takes slices. Enqueue returns nil only when every slice is durably queued.
type Queue interface {
	// Enqueue spreads the slices evenly over the duration.
	Enqueue(ctx context.Context, slices []Slice, over time.Duration) error
}

// Account is what SES allows now (SES v2 GetAccount).
type Account struct {
	MaxSendRate     float64 // recipients a second
	Max24HourSend   float64 // recipients in any 24 hours; -1 for no limit
	SentLast24Hours float64
	SendingEnabled  bool
	Production      bool   // false: sandbox
	Enforcement     string // HEALTHY, PROBATION or SHUTDOWN
}

// AccountReader asks SES for the account's present limits.
type AccountReader interface {
	Account(ctx context.Context) (Account, error)
}

// Envelope is one message for one person, ready to send.
type Envelope struct {
	From      string // the address, for SES to authorise
	To        string // the address
	Raw       []byte // RFC 5322, CRLF
	Run       notice.RunID
	Recipient notice.RecipientID // both become message tags: they return in every event
	Kind      notice.Kind        // becomes part of Feedback-ID
}

// Mailer hands one message to SES. It must not repeat a call that may have been
// accepted. An error is a *SendError or counts as SendUnknown.
type Mailer interface {
	Send(ctx context.Context, e Envelope) (messageID string, err error)
}

// SendFault says what an error of SendEmail means for the recipient and the run.
type SendFault int

const (
	SendUnknown       SendFault = iota // timeout, reset, 5xx: nobody knows whether it was accepted
	SendThrottled                      // surely not accepted; the recipient is tried again
	SendQuota                          // daily quota used up: not accepted, the run waits for the window
	SendStopped                        // account or configuration set paused: not accepted, the run stops
	SendMisconfigured                  // identity or configuration set missing, sandbox: not accepted, the run stops
	SendRefused                        // this message or address will never be accepted; the run goes on
)

// SendError is an answer of SES that is not success.
type SendError struct {
	Fault SendFault
	Err   error // holds no address
}

func (e *SendError) Error() string { return fmt.Sprintf("SendEmail: %v", e.Err) }
func (e *SendError) Unwrap() error { return e.Err }

// Letters writes the message of a run for one person. language is the tag of the
// language it was written in.
type Letters interface {
	Write(run notice.Run, v notice.Version, r notice.Recipient) (e Envelope, language string, err error)
}

// EventKind is what an SES event says (Amazon SES events in EventBridge).
type EventKind string

const (
	EventSent       EventKind = "sent"
	EventDelivered  EventKind = "delivered"
	EventBounced    EventKind = "bounced"
	EventComplained EventKind = "complained"
	EventRejected   EventKind = "rejected" // accepted, then refused for its content
	EventDelayed    EventKind = "delayed"
)

// Event is one SES event about a message of ours.
type Event struct {
	Kind      EventKind
	Run       notice.RunID
	Recipient notice.RecipientID
	MessageID string
	At        time.Time
	Permanent bool   // of a bounce: the mailbox does not exist
	Detail    string // bounce or complaint type, for the report; no address
}
