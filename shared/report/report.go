// Package report answers what became of a run and of each person in it.
package report

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"policymail/shared/notice"
)

// Store is what reports read.
type Store interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
	ListDeliveries(ctx context.Context, run notice.RunID, cursor string, limit int) ([]notice.Delivery, string, error)
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	ListRecipients(ctx context.Context, cursor string, limit int) ([]notice.Recipient, string, error)
}

// RunStatus is a run in figures. Every person of the audience is in exactly one of
// the states from Claimed to Held, or Pending. NotSent counts everybody whose message SES
// has not accepted; NotTold counts these and everybody whose message came back.
type RunStatus struct {
	Run        notice.RunID    `json:"run"`
	Kind       notice.Kind     `json:"kind"`
	Class      notice.Class    `json:"class"`
	Policy     string          `json:"policy"`
	Version    string          `json:"version"`
	State      notice.RunState `json:"state"`
	StopReason string          `json:"stop_reason,omitempty"`
	Audience   int             `json:"audience"`
	Pending    int             `json:"pending"` // no delivery yet
	Claimed    int             `json:"claimed"`
	Sent       int             `json:"sent"`
	Delivered  int             `json:"delivered"`
	Bounced    int             `json:"bounced"`
	Complained int             `json:"complained"`
	Skipped    int             `json:"skipped"`
	Failed     int             `json:"failed"`
	Retry      int             `json:"retry"`
	Unknown    int             `json:"unknown"`
	Held       int             `json:"held"`
	NotSent    int             `json:"not_sent"`
	NotTold    int             `json:"not_told"` // not sent, or bounced
	// Expired is how many of these people no report can list any more: their lines left the
	// ledger at the end of their retention. The figures are those that were counted before.
	Expired int `json:"expired,omitempty"`
	// Complete: the run is done, and everybody of the audience is in exactly one state
	// that is final.
	Complete bool `json:"complete"`
	// While it runs: recipients a second, recipients in 24 hours (-1: no limit), what
	// is left of them now, and when the last message leaves at this pace (RFC 3339).
	Rate      float64 `json:"rate,omitempty"`
	Quota     float64 `json:"quota,omitempty"`
	QuotaLeft float64 `json:"quota_left,omitempty"`
	ETA       string  `json:"eta,omitempty"`
	Advice    string  `json:"advice,omitempty"` // what a person should do now
	// Rejection tells who ended the run before it began, and why.
	Rejection *notice.Rejection `json:"rejection,omitempty"`
	AsOf      time.Time         `json:"as_of"` // when it was counted
}

// Pace is how fast the account lets all runs together go on.
type Pace struct {
	Rate, Quota, QuotaLeft float64
	Takes                  func(recipients int) time.Duration // 0: never
}

// Status counts one run, or all of them for an empty id.
func Status(ctx context.Context, store Store, id notice.RunID, pace Pace, now time.Time) ([]RunStatus, error) {
	var runs []notice.Run
	if id == "" {
		var err error
		if runs, err = store.ListRuns(ctx); err != nil {
			return nil, err
		}
	} else {
		run, err := store.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	all := make([]RunStatus, 0, len(runs))
	ahead := 0 // people whom all running runs together have still to mail
	for _, run := range runs {
		c, err := store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, figures(run, c))
		all[len(all)-1].AsOf = now
		if run.State == notice.Running {
			ahead += all[len(all)-1].Pending + all[len(all)-1].Retry
		}
	}
	for i, run := range runs {
		if run.State == notice.Running {
			all[i].pace(pace, ahead, run, now)
		}
	}
	return all, nil
}

// pace says how fast a run goes on and when it ends. All running runs share the pace, so
// each is taken to end when all of them have mailed the people ahead, counted from now or,
// if that is later, from the time at which its next pass may begin.
func (s *RunStatus) pace(p Pace, ahead int, run notice.Run, now time.Time) {
	s.Rate, s.Quota, s.QuotaLeft = p.Rate, p.Quota, p.QuotaLeft
	if s.Pending+s.Retry == 0 {
		return
	}
	takes := p.Takes(ahead)
	if takes == 0 {
		s.Advice = "the account lets nothing be sent: look at its rate and quota"
		return
	}
	from := now
	if run.NotBefore.After(now) {
		from = run.NotBefore
	}
	s.ETA = from.Add(takes).UTC().Format(time.RFC3339)
}

func figures(run notice.Run, ledger notice.Counts) RunStatus {
	c := run.Figures(ledger)
	s := RunStatus{Run: run.ID, Kind: run.Kind, Class: run.Class, Policy: run.Policy, Version: run.Version, State: run.State, StopReason: run.StopReason,
		Audience: max(run.Audience, c.Total()), Claimed: c[notice.Claimed], Sent: c[notice.Sent], Delivered: c[notice.Delivered],
		Bounced: c[notice.BouncedBack], Complained: c[notice.ComplainedOf], Skipped: c[notice.Skipped], Failed: c[notice.Failed],
		Retry: c[notice.Retry], Unknown: c[notice.Unknown], Held: c[notice.Held], Rejection: run.Rejection}
	s.Pending = s.Audience - c.Total()
	s.NotSent = s.Audience - c.Accepted()
	s.NotTold = s.Audience - c.Told()
	s.Expired = max(0, c.Total()-ledger.Total())
	s.Complete = run.State == notice.Done && s.Pending == 0 && c.Open() == 0
	switch {
	case run.State == notice.Stopped:
		s.Advice = "remove the cause, then resume the run; or cancel it"
	case neverBegan(run):
		s.Advice = "it ended before it was approved: it concerned nobody, and tells nobody"
	case s.Held > 0:
		s.Advice = "whether held messages were sent cannot be told: policymail held shows them, and sends them again with --resend or leaves them with --leave"
	}
	return s
}

// neverBegan reports whether a run ended before anybody was its audience: that is fixed when
// it is approved.
func neverBegan(run notice.Run) bool { return run.State == notice.Cancelled && run.StartedAt.IsZero() }

// Row is what became of one person in a run.
type Row struct {
	Recipient notice.RecipientID   `json:"recipient"`
	Address   string               `json:"address"` // empty once erased; then Recipient is nobody's (notice.RecipientID.Nobody)
	State     notice.DeliveryState `json:"state"`
	Reason    string               `json:"reason"`
	Version   string               `json:"version"`
	Locale    string               `json:"locale"`
	SentAt    time.Time            `json:"sent_at,omitzero"`
	MessageID string               `json:"message_id"`
}

// Pending is the state of a row whose person has no line in the ledger: not reached
// yet, or never, if the run was cancelled.
const Pending notice.DeliveryState = "pending"

// pageSize is how many people a page of rows looks at; the rows of a page fit into
// one answer of a Lambda (6 MB).
const pageSize = 1000

// Only says which rows a report is about.
type Only string

const (
	Everybody Only = ""
	NotSent   Only = "not-sent" // those whose message SES has not accepted
	NotTold   Only = "not-told" // these, and those whose message came back
)

// leavesOut reports whether people in this state do not belong into the report.
func (o Only) leavesOut(s notice.DeliveryState) bool {
	return o == NotSent && s.Accepted() || o == NotTold && s.Told()
}

// Audience pages through everybody a run concerns.
type Audience func(ctx context.Context, run notice.Run, cursor string, limit int) (page []notice.RecipientID, next string, err error)

// Rows reads one page of what became of everybody in a run, from the cursor on (""
// at first): the ledger and then, of a run that is not done and was not ended before it
// began, those of the audience who are not in it, as far as only asks for them. A page may
// be empty though others follow; only after the last page next is "".
func Rows(ctx context.Context, store Store, audience Audience, id notice.RunID, only Only, cursor string) (rows []Row, next string, err error) {
	run, err := store.Run(ctx, id)
	if err != nil {
		return nil, "", err
	}
	var lines []notice.Delivery
	part, at, _ := strings.Cut(cursor, ":")
	switch part {
	case "", "ledger":
		if lines, next, err = store.ListDeliveries(ctx, id, at, pageSize); err != nil {
			return nil, "", err
		}
		lines = slices.DeleteFunc(lines, func(d notice.Delivery) bool { return only.leavesOut(d.State) })
		if next != "" {
			next = "ledger:" + next
		} else if run.State != notice.Done && !neverBegan(run) {
			next = "audience:"
		}
	case "audience":
		if lines, next, err = pending(ctx, store, audience, run, at); err != nil {
			return nil, "", err
		}
		if next != "" {
			next = "audience:" + next
		}
	default:
		return nil, "", notice.Invalid("cursor %q is not of this report", cursor).Hint("ask with the one that came with the page before, or with none")
	}
	rows = make([]Row, 0, len(lines))
	for chunk := range slices.Chunk(lines, 100) {
		ids := make([]notice.RecipientID, len(chunk))
		for i, d := range chunk {
			ids[i] = d.Recipient
		}
		people, err := store.Recipients(ctx, ids)
		if err != nil {
			return nil, "", err
		}
		for _, d := range chunk {
			rows = append(rows, Row{d.Recipient, people[d.Recipient].Address, d.State, d.Reason, d.Version, d.Locale, d.SentAt, d.MessageID})
		}
	}
	return rows, next, nil
}

// pending makes lines for those of one page of the audience who have none in the ledger.
func pending(ctx context.Context, store Store, audience Audience, run notice.Run, cursor string) (lines []notice.Delivery, next string, err error) {
	ids, next, err := audience(ctx, run, cursor, pageSize)
	if err != nil {
		return nil, "", err
	}
	reason := map[notice.RunState]string{notice.Waiting: "the run waits for approval", notice.Cancelled: "the run was cancelled"}[run.State]
	for chunk := range slices.Chunk(ids, 100) {
		known, err := store.Deliveries(ctx, run.ID, chunk)
		if err != nil {
			return nil, "", err
		}
		for _, id := range chunk {
			if _, ok := known[id]; !ok {
				lines = append(lines, notice.Delivery{Run: run.ID, Recipient: id, State: Pending, Reason: cmp.Or(reason, "not released yet"), Version: run.Version})
			}
		}
	}
	return lines, next, nil
}

// Late is a person whose twelve months have run out, and why.
type Late struct {
	Recipient  notice.RecipientID `json:"recipient"`
	Address    string             `json:"address"`
	LastNotice time.Time          `json:"last_notice,omitzero"`
	Deadline   notice.Date        `json:"deadline"`
	// Reason is opted_out, restricted, bounced (for good) or complained, where that keeps
	// the person from being told; else what became of the last try within a year: came_back,
	// failed or held; else not_sent.
	Reason string       `json:"reason"`
	Run    notice.RunID `json:"run,omitempty"`    // of that try
	Detail string       `json:"detail,omitempty"` // what its line in the ledger gives as reason
}

// Overdue reads one page of everybody without a notice for more than twelve months
// (invariant 4, twelve months) from the cursor on ("" at first); policy is the one that
// annual reviews speak of. A page may be empty though others follow; only after the last
// page next is "". All pages together read every recipient.
func Overdue(ctx context.Context, store Store, policy string, today notice.Date, cursor string) (late []Late, next string, err error) {
	people, next, err := store.ListRecipients(ctx, cursor, pageSize)
	if err != nil {
		return nil, "", err
	}
	late = []Late{}
	for _, r := range people {
		if r.Deadline() >= today {
			continue
		}
		reason := notSent
		switch {
		case r.Status != notice.Active:
			reason = string(r.Status)
		case r.OptOut.Annual:
			reason = string(notice.SkipOptedOut)
		case r.Restricted:
			reason = string(notice.SkipRestricted)
		}
		late = append(late, Late{Recipient: r.ID, Address: r.Address, LastNotice: r.LastNotice, Deadline: r.Deadline(), Reason: reason})
	}
	return late, next, tried(ctx, store, policy, late, today)
}

// notSent is the reason of a late person of whom no other is known.
const notSent = "not_sent"

// tried says of the late people whom nothing keeps from being told what became of the last
// try to tell them in the twelve months until today. It reads the ledger from the latest run
// back, until nobody is left whose last try is not found.
func tried(ctx context.Context, store Store, policy string, late []Late, today notice.Date) error {
	open := map[notice.RecipientID]*Late{}
	for i := range late {
		if late[i].Reason == notSent {
			open[late[i].Recipient] = &late[i]
		}
	}
	if len(open) == 0 {
		return nil
	}
	runs, err := store.ListRuns(ctx)
	if err != nil {
		return err
	}
	for _, run := range slices.Backward(runs) {
		if len(open) == 0 || notice.DateOf(run.OpenedAt) < today.AddMonths(-12) {
			return nil
		}
		if run.Policy != policy {
			continue // tells nobody what the twelve months are about
		}
		for ids := range slices.Chunk(slices.Sorted(maps.Keys(open)), 100) {
			lines, err := store.Deliveries(ctx, run.ID, ids)
			if err != nil {
				return err
			}
			for id, line := range lines {
				switch {
				case line.State == notice.Skipped || line.State.Told():
					continue
				case line.State == notice.BouncedBack:
					open[id].Reason = "came_back"
				case line.State == notice.Failed || line.State == notice.Held:
					open[id].Reason = string(line.State)
				}
				open[id].Run, open[id].Detail = run.ID, line.Reason
				delete(open, id)
			}
		}
	}
	return nil
}
