package operate

import (
	"context"
	"fmt"
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/publish"
)

// Check is one thing doctor looked at.
type Check struct {
	Name   string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Advice string `json:"hint,omitempty"` // what to do where it is not ok
}

// doctor looks at everything that can be wrong before a run is. It changes nothing.
func (o Operations) doctor(ctx context.Context, _ None) ([]Check, error) {
	account, err := o.Operator.Account.Account(ctx)
	if err != nil {
		return nil, err
	}
	checks := accountChecks(account)
	versions, err := o.Store.Versions(ctx, o.Operator.Settings.Policy)
	if err != nil {
		return nil, err
	}
	inForce := Check{Name: "policy", Detail: fmt.Sprintf("no version of %s is approved", o.Operator.Settings.Policy), Advice: "publish the policy; annual reviews wait for it"}
	if v, ok := notice.InForce(versions, notice.DateOf(o.Now())); ok {
		inForce = Check{Name: "policy", OK: true, Detail: fmt.Sprintf("annual reviews speak of %s version %s, approved by %s, effective %s", v.Policy, v.Name, v.Approval.By, v.Effective)}
	}
	checks = append(checks, inForce)
	left, err := o.untoldVersions(ctx, versions)
	if err != nil {
		return nil, err
	}
	checks = append(checks, left...)
	open, err := o.Store.OpenRuns(ctx)
	if err != nil {
		return nil, err
	}
	for _, run := range open {
		c := Check{Name: "run " + string(run.ID), OK: run.State != notice.Stopped, Detail: string(run.State)}
		if !c.OK {
			c.Detail, c.Advice = "stopped: "+run.StopReason, "mend the cause, then policymail resume "+string(run.ID)
		}
		checks = append(checks, c)
	}
	page, err := o.pageCheck(ctx)
	if err != nil {
		return nil, err
	}
	requests, err := o.requestsCheck(ctx)
	return append(append(checks, page...), requests), err
}

// pageCheck looks at what the last reading of the public page found; a page that was
// never read is not looked at.
func (o Operations) pageCheck(ctx context.Context) ([]Check, error) {
	policy := o.Operator.Settings.Policy
	reading, err := publish.LoadReading(ctx, o.Store, policy)
	if err != nil || reading.At.IsZero() {
		return nil, err
	}
	d, stands, err := publish.FindDifference(ctx, o.Store, policy, notice.DateOf(o.Now()))
	if err != nil {
		return nil, err
	}
	c := Check{Name: "public page"}
	switch trouble := reading.Trouble(); {
	case trouble != "":
		c.Detail, c.Advice = trouble, publish.TroubleAdvice
	case stands:
		c.Detail, c.Advice = d.Sentence(), d.Advice()
	case reading.Shown != "":
		c.OK, c.Detail = true, fmt.Sprintf("shows version %s, read on %s", reading.Shown, notice.Minute(reading.At))
	default:
		c.OK, c.Detail = true, "another text than before was read once, on "+notice.Minute(reading.At)
	}
	return []Check{c}, nil
}

// requestsCheck looks for requests of people whose answer is late.
func (o Operations) requestsCheck(ctx context.Context) (Check, error) {
	open, err := o.Store.OpenRequests(ctx)
	if err != nil {
		return Check{}, err
	}
	c, today := Check{Name: "requests", OK: true}, notice.DateOf(o.Now())
	var late []string
	for _, r := range open {
		if r.Overdue(today) {
			late = append(late, fmt.Sprintf("%s was due by %s", r.ID, r.Due))
		}
	}
	c.Detail = fmt.Sprintf("%d open, none of them late", len(open))
	if len(late) > 0 {
		c.OK, c.Detail, c.Advice = false, fmt.Sprintf("%d open, %d late: %s", len(open), len(late), strings.Join(late[:min(len(late), 5)], ", ")), "answer them: policymail request list shows all"
	}
	return c, nil
}

func accountChecks(a delivery.Account) []Check {
	sending := Check{Name: "SES sending", OK: a.MustStop() == "",
		Detail: fmt.Sprintf("enabled %t, enforcement %s", a.SendingEnabled, a.Enforcement)}
	if !sending.OK {
		sending.Advice = "runs stop until SES lifts it; read the account health in the SES console"
	}
	production := Check{Name: "SES production access", OK: a.Production, Detail: "granted"}
	if !a.Production {
		production.Detail, production.Advice = "the account is in the sandbox: 200 messages a day, verified recipients only", "ask for production access in the SES console"
	}
	quota := Check{Name: "SES quota", OK: a.MaxSendRate > 0 && (a.Max24HourSend < 0 || a.SentLast24Hours < a.Max24HourSend),
		Detail: fmt.Sprintf("%g a second, no daily limit", a.MaxSendRate)}
	if a.Max24HourSend >= 0 {
		quota.Detail = fmt.Sprintf("%g a second, %.0f of %.0f used in 24 hours", a.MaxSendRate, a.SentLast24Hours, a.Max24HourSend)
	}
	if !quota.OK {
		quota.Advice = "wait for the 24 hours to pass, or ask for a higher quota"
	}
	return []Check{sending, production, quota}
}

// tests are the mailboxes of the SES simulator, and what an event makes of a message
// to each (Amazon SES Developer Guide, "Using the mailbox simulator").
var tests = []struct {
	box   notice.RecipientID
	state notice.DeliveryState
}{{"success", notice.Delivered}, {"bounce", notice.BouncedBack}, {"complaint", notice.ComplainedOf}}

// Tests names a set of test messages that were sent.
type Tests struct {
	Run notice.RunID `json:"run"`
}

// sendTests sends one message to each mailbox of the SES simulator. They are nobody's
// and count for no quota of complaints; their lines in the ledger show whether events
// come back.
func (o Operations) sendTests(ctx context.Context, _ None) (Tests, error) {
	t := Tests{Run: notice.RunID("doctor-" + o.Now().UTC().Format("20060102T150405"))}
	v := notice.Version{Policy: o.Operator.Settings.Policy, Name: "test", Effective: notice.DateOf(o.Now())}
	for _, test := range tests {
		line := notice.Delivery{Run: t.Run, Recipient: test.box, State: notice.Sent, SentAt: o.Now(), UpdatedAt: o.Now()}
		// The line first: an event may be faster than we are.
		if _, err := o.Store.RecordDelivery(ctx, line); err != nil {
			return t, err
		}
		reader := notice.Recipient{ID: test.box, Address: string(test.box) + "@simulator.amazonses.com", Status: notice.Active}
		e, _, err := o.Letters.Write(notice.Run{ID: t.Run, Kind: notice.Annual, Class: notice.Optional, Policy: v.Policy}, v, reader)
		if err != nil {
			return t, err
		}
		if _, err = o.Mailer.Send(ctx, e); err != nil {
			return t, notTaken("a message to its simulator", err)
		}
	}
	return t, nil
}

// testEvents tells which events of test messages came back. Once all did, their lines
// go.
func (o Operations) testEvents(ctx context.Context, a RunArgs) (checks []Check, err error) {
	boxes := make([]notice.RecipientID, len(tests))
	for i, test := range tests {
		boxes[i] = test.box
	}
	lines, err := o.Store.Deliveries(ctx, a.Run, boxes)
	if err != nil {
		return nil, err
	}
	if len(lines) < len(tests) {
		return nil, notice.NotFound("no test messages %s", a.Run)
	}
	all := true
	for _, test := range tests {
		state := lines[test.box].State
		c := Check{Name: "SES event of " + string(test.box) + "@simulator.amazonses.com", OK: state == test.state, Detail: string(state)}
		if !c.OK {
			c.Detail = "no event yet"
			c.Advice = "look at the SES event destination, the EventBridge rule, and the events queue with its dead letters"
		}
		checks, all = append(checks, c), all && c.OK
	}
	if all {
		for _, box := range boxes {
			if err := o.Store.ForgetDeliveries(ctx, box, []notice.RunID{a.Run}); err != nil {
				return nil, err
			}
		}
	}
	return checks, nil
}
