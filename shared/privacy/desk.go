package privacy

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"time"

	"policymail/shared/logging"
	"policymail/shared/notice"
)

// RequestStore keeps requests.
type RequestStore interface {
	AddRequest(ctx context.Context, r notice.Request) error
	SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error)
	Request(ctx context.Context, id notice.RequestID) (notice.Request, error)
	OpenRequests(ctx context.Context) ([]notice.Request, error)
	ListRequests(ctx context.Context, year int) ([]notice.Request, error)
	RequestsOf(ctx context.Context, id notice.RecipientID) ([]notice.Request, error)
	DeleteRequest(ctx context.Context, r notice.Request) error
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
}

// Announcer tells other systems of a request, by its number and dates; it learns no
// address. It may be told twice.
type Announcer interface {
	Announce(ctx context.Context, what Announcement, r notice.Request) error
}

// Announcement is what is told of a request.
type Announcement string

const (
	Opened Announcement = "Privacy Request Opened"
	DueNow Announcement = "Privacy Request Due" // soon, today, or late
)

// Desk keeps requests and their clocks.
type Desk struct {
	Store    RequestStore
	Post     Post
	Announce Announcer
	Now      func() time.Time
	Log      *slog.Logger
	// AnswerDays are the calendar days from receipt until an answer is due, as the policy
	// promises them: 30 for the month of the GDPR, notice.AnswerDays if 0.
	AnswerDays int
}

// Within is the number of days from receipt in which an answer is due.
func (d Desk) Within() int { return cmp.Or(d.AnswerDays, notice.AnswerDays) }

func (d Desk) today() notice.Date { return notice.DateOf(d.Now()) }

// requestID names a request received at an instant, told from others of the day by eight
// characters of chance.
func requestID(received time.Time, chance string) notice.RequestID {
	return notice.RequestID(received.UTC().Format("20060102") + "-" + strings.ToLower(chance))
}

// New returns a request received now for a person; it stores nothing.
func (d Desk) New(right notice.Right, person notice.Recipient) notice.Request {
	return d.NewOf(right, person, d.Now())
}

// NewOf is New for a request that was received at an instant, which its number, its clock
// and the figures of the year count from.
func (d Desk) NewOf(right notice.Right, person notice.Recipient, received time.Time) notice.Request {
	r := notice.NewRequest(requestID(received, rand.Text()[:8]), right, received)
	r.Due = notice.DateOf(received).AddDays(d.Within())
	r.Recipient, r.Address, r.Locale = person.ID, person.Address, person.Locale
	return r
}

// Open stores a request that waits for the desk, confirms its receipt by mail and
// announces it. Once it is stored it is never lost: what could not be confirmed or
// announced now is by the next Tend.
func (d Desk) Open(ctx context.Context, r notice.Request) (notice.Request, error) {
	if err := d.Store.AddRequest(ctx, r); err != nil {
		return r, err
	}
	r.Rev = 1
	return d.tend(ctx, r)
}

// tend does what is due for one open request: confirms receipt, announces it,
// reminds the desk. Each is marked once done, so that a repeated call does what is
// left.
func (d Desk) tend(ctx context.Context, r notice.Request) (notice.Request, error) {
	if r.State != notice.Pending {
		return r, nil
	}
	before := r
	if r.Confirmed.IsZero() && r.Address != "" {
		if err := d.Post.Send(ctx, letter(LetterReceived, r)); err != nil {
			d.Log.Error("receipt not confirmed", "request", r.ID, "error", err.Error())
		} else {
			r.Confirmed = d.Now()
		}
	}
	if r.Announced.IsZero() && d.announce(ctx, Opened, r) {
		r.Announced = d.Now()
	}
	if r.NeedsReminder(d.today()) && d.announce(ctx, DueNow, r) {
		d.Log.Warn("request due", "request", r.ID, "due", r.Due, "overdue", r.Overdue(d.today()))
		r.Reminded = d.today()
	}
	if r == before {
		return r, nil
	}
	return d.Store.SaveRequest(ctx, r)
}

func (d Desk) announce(ctx context.Context, what Announcement, r notice.Request) bool {
	if err := d.Announce.Announce(ctx, what, r); err != nil {
		d.Log.Error("request not announced", "request", r.ID, "error", err.Error())
		return false
	}
	return true
}

func letter(kind LetterKind, r notice.Request) Letter {
	return Letter{Kind: kind, To: notice.Recipient{ID: r.Recipient, Address: r.Address, Locale: r.Locale}, Request: r}
}

// Tended is what a pass over the requests found.
type Tended struct {
	Open      int `json:"open"`
	DueSoon   int `json:"due_soon"` // see notice.Request.DueSoon
	Overdue   int `json:"overdue"`
	Unsettled int `json:"unconfirmed"` // receipt could not be confirmed
	Lapsed    int `json:"lapsed"`
	Removed   int `json:"removed"` // their 24 months are over
}

// Tend looks after every request; a schedule calls it daily. Requests whose asker
// did not verify the address lapse when they are due. Closed ones are removed after
// 24 months.
func (d Desk) Tend(ctx context.Context) (t Tended, err error) {
	open, err := d.Store.OpenRequests(ctx)
	if err != nil {
		return t, err
	}
	today := d.today()
	for _, r := range open {
		if r.State == notice.Unverified {
			if today > r.Due && r.Lapse(d.Now()) == nil {
				if _, err := d.Store.SaveRequest(ctx, r); err == nil {
					t.Lapsed++
				} else if !errors.Is(err, notice.ErrConflict) { // its asker was faster
					return t, err
				}
			}
			continue
		}
		if r, err = d.tend(ctx, r); err != nil && !errors.Is(err, notice.ErrConflict) {
			return t, err
		}
		t.Open++
		if r.Overdue(today) {
			t.Overdue++
		} else if r.DueSoon(today) {
			t.DueSoon++
		}
		if r.Confirmed.IsZero() {
			t.Unsettled++
		}
	}
	level := slog.LevelInfo
	if t.Overdue > 0 {
		level = slog.LevelError
	}
	d.Log.Log(ctx, level, "requests tended", append([]any{"open", t.Open, "due_soon", t.DueSoon, "unconfirmed", t.Unsettled, "lapsed", t.Lapsed},
		logging.Metrics(d.Now(), map[string]float64{"RequestsOverdue": float64(t.Overdue)})...)...)
	t.Removed, err = d.remove(ctx, today)
	return t, err
}

// remove takes out what was closed 24 months ago. Most requests were closed in the year
// they came in or the next; it looks back twenty years for what the desk was late with.
func (d Desk) remove(ctx context.Context, today notice.Date) (removed int, err error) {
	for year := today.Time().Year() - 20; year <= today.Time().Year()-2; year++ {
		all, err := d.Store.ListRequests(ctx, year)
		if err != nil {
			return removed, err
		}
		for _, r := range all {
			if r.State.Open() || notice.DateOf(r.Closed).AddMonths(notice.RequestMonths) > today {
				continue
			}
			if err := d.Store.DeleteRequest(ctx, r); err != nil {
				return removed, err
			}
			removed++
		}
	}
	return removed, nil
}

// Verify notes that the asker showed the address to be theirs; the request becomes a
// case of the desk. Verifying again changes nothing.
func (d Desk) Verify(ctx context.Context, id notice.RequestID) (notice.Request, error) {
	r, err := d.Store.Request(ctx, id)
	if err != nil || r.State != notice.Unverified {
		return r, err
	}
	return d.pend(ctx, r)
}

// pend makes a verified request a case of the desk.
func (d Desk) pend(ctx context.Context, r notice.Request) (notice.Request, error) {
	r.State, r.Verified = notice.Pending, d.Now()
	r, err := d.Store.SaveRequest(ctx, r)
	if err != nil {
		return r, err
	}
	return d.tend(ctx, r)
}

// Extend gives a request its one extension and tells the person why.
func (d Desk) Extend(ctx context.Context, id notice.RequestID, by, reason string) (notice.Request, error) {
	return d.decide(ctx, id, LetterExtended, func(r *notice.Request) error { return r.Extend(by, reason, d.Now()) })
}

// Comply closes a request as fulfilled and mails the answer.
func (d Desk) Comply(ctx context.Context, id notice.RequestID, by, answer string) (notice.Request, error) {
	return d.decide(ctx, id, LetterAnswered, func(r *notice.Request) error { return r.Comply(by, answer, d.Now()) })
}

// Deny closes a request as denied and mails the basis.
func (d Desk) Deny(ctx context.Context, id notice.RequestID, by, basis, answer string) (notice.Request, error) {
	return d.decide(ctx, id, LetterDenied, func(r *notice.Request) error { return r.Deny(by, basis, answer, d.Now()) })
}

// decide tells the person first and records it then: a decision nobody was told is
// none. A call that was cut short in between is completed by repeating it; the
// person may then read it twice.
func (d Desk) decide(ctx context.Context, id notice.RequestID, kind LetterKind, apply func(*notice.Request) error) (notice.Request, error) {
	r, err := d.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if err := apply(&r); err != nil {
		return r, err
	}
	if r.Address != "" {
		if err := d.Post.Send(ctx, letter(kind, r)); err != nil {
			return r, err
		}
	}
	// Of a person who was erased meanwhile the bare log is left.
	if !r.State.Open() {
		person, err := d.Store.Recipient(ctx, r.Recipient)
		if err != nil && !errors.Is(err, notice.ErrNotFound) {
			return r, err
		}
		if person.Status == notice.Erased {
			r.Forget()
			if r.Basis == KeptUntilAnswered {
				r.Basis = KeptOnErasure
			}
		}
	}
	return d.Store.SaveRequest(ctx, r)
}
