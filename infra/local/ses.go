package local

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"policymail/shared/delivery"
)

// simulatedSES accepts messages like an SES account: with a rate, a daily quota,
// the mailbox simulator's addresses, and events that report what became of each.
type simulatedSES struct {
	clock  *Clock
	faults *faults
	inbox  *inbox
	events *queue // EventBridge → SQS

	rate  float64 // messages a second
	quota float64 // messages in 24 hours; -1 for none

	mu     sync.Mutex
	second time.Time
	inTick float64
	recent []sentMinute
}

// sentMinute counts what was accepted in one minute.
type sentMinute struct {
	minute time.Time
	n      float64
}

func (s *simulatedSES) Account(context.Context) (delivery.Account, error) {
	return delivery.Account{MaxSendRate: s.rate, Max24HourSend: s.quota, SentLast24Hours: s.sentToday(),
		SendingEnabled: true, Production: true, Enforcement: "HEALTHY"}, nil
}

func (s *simulatedSES) sentToday() (n float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := s.clock.Now().Add(-24 * time.Hour)
	for len(s.recent) > 0 && s.recent[0].minute.Before(since) {
		s.recent = s.recent[1:]
	}
	for _, m := range s.recent {
		n += m.n
	}
	return n
}

var (
	errThrottled = &delivery.SendError{Fault: delivery.SendThrottled, Err: errors.New("TooManyRequestsException: maximum sending rate exceeded")}
	errQuota     = &delivery.SendError{Fault: delivery.SendQuota, Err: errors.New("LimitExceededException: daily message quota exceeded")}
	errRejected  = &delivery.SendError{Fault: delivery.SendRefused, Err: errors.New("MessageRejected: message refused")}
	errReset     = &delivery.SendError{Fault: delivery.SendUnknown, Err: errors.New("connection reset before the answer")}
)

// Send accepts a message into the inbox, or fails as the faults say.
func (s *simulatedSES) Send(_ context.Context, e delivery.Envelope) (string, error) {
	switch {
	case s.faults.hit(func(p faultPlan) float64 { return p.SES.Throttle }) || !s.underRate():
		return "", errThrottled
	case s.faults.hit(func(p faultPlan) float64 { return p.SES.Reject }):
		return "", errRejected
	case s.faults.hit(func(p faultPlan) float64 { return p.SES.FailBefore }):
		return "", errReset
	case s.quota >= 0 && s.sentToday() >= s.quota:
		return "", errQuota
	}
	id := strings.ToLower(rand.Text())
	now := s.clock.Now()
	if err := s.inbox.add(id, e, now); err != nil {
		return "", err
	}
	s.count(now)
	s.report(id, e, now)
	if s.faults.hit(func(p faultPlan) float64 { return p.SES.FailAfter }) {
		return "", errReset
	}
	return id, nil
}

func (s *simulatedSES) underRate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if second := s.clock.Now().Truncate(time.Second); !second.Equal(s.second) {
		s.second, s.inTick = second, 0
	}
	s.inTick++
	return s.inTick <= max(s.rate, 1)
}

// remember counts what an earlier stack on the same folder sent: the account has not
// forgotten it.
func (s *simulatedSES) remember() {
	for _, m := range s.inbox.list() {
		s.count(m.Date)
	}
}

// full reports whether a share of the daily quota is used up.
func (s *simulatedSES) full(share float64) bool {
	return s.quota >= 0 && s.sentToday() >= math.Floor(share*s.quota)
}

func (s *simulatedSES) count(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	minute := now.Truncate(time.Minute)
	if k := len(s.recent); k > 0 && s.recent[k-1].minute.Equal(minute) {
		s.recent[k-1].n++
		return
	}
	s.recent = append(s.recent, sentMinute{minute, 1})
}

// report sends the events of one accepted message, as SES publishes them to
// EventBridge. Messages outside a run carry no tags and are reported to nobody.
func (s *simulatedSES) report(id string, e delivery.Envelope, now time.Time) {
	if e.Run == "" {
		return
	}
	mail := map[string]any{"messageId": id, "timestamp": now, "destination": []string{e.To},
		"tags": map[string][]string{"run": {string(e.Run)}, "recipient": {string(e.Recipient)}}}
	s.publish(now, "Email Sent", map[string]any{"eventType": "Send", "mail": mail, "send": map[string]any{}})
	bounce := func(kind, sub string) {
		s.publish(now, "Email Bounced", map[string]any{"eventType": "Bounce", "mail": mail, "bounce": map[string]any{
			"bounceType": kind, "bounceSubType": sub, "timestamp": now, "bouncedRecipients": []map[string]string{{"emailAddress": e.To}}}})
	}
	delivered := func() {
		s.publish(now, "Email Delivered", map[string]any{"eventType": "Delivery", "mail": mail,
			"delivery": map[string]any{"timestamp": now, "recipients": []string{e.To}}})
	}
	switch simulatorBox(e.To) {
	case "bounce":
		bounce("Permanent", "General")
	case "suppressionlist":
		bounce("Permanent", "OnAccountSuppressionList")
	case "ooto":
		delivered()
		bounce("Transient", "General")
	case "complaint":
		delivered()
		s.publish(now, "Email Complaint Received", map[string]any{"eventType": "Complaint", "mail": mail, "complaint": map[string]any{
			"complaintFeedbackType": "abuse", "timestamp": now, "complainedRecipients": []map[string]string{{"emailAddress": e.To}}}})
	default:
		delivered()
	}
}

// simulatorBox returns the mailbox of an SES simulator address without its label,
// or "" for any other address.
func simulatorBox(address string) string {
	box, ok := strings.CutSuffix(strings.ToLower(address), "@simulator.amazonses.com")
	if !ok {
		return ""
	}
	box, _, _ = strings.Cut(box, "+")
	return box
}

func (s *simulatedSES) publish(now time.Time, detailType string, detail map[string]any) {
	if s.faults.hit(func(p faultPlan) float64 { return p.Events.Drop }) {
		return
	}
	body, err := json.Marshal(map[string]any{"version": "0", "id": rand.Text(), "source": "aws.ses", "detail-type": detailType,
		"account": "000000000000", "region": "local", "time": now, "detail": detail})
	if err != nil {
		panic(err) // the event is made of strings
	}
	copies := 1
	if s.faults.hit(func(p faultPlan) float64 { return p.Events.Duplicate }) {
		copies = 2
	}
	for range copies {
		s.events.put(body, now.Add(s.faults.eventDelay()))
	}
}
