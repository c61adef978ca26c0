package notice

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Right is a right over one's own data that a person uses.
type Right string

const (
	Access        Right = "access"        // to know what is held (GDPR art. 15, CCPA § 1798.110)
	Portability   Right = "portability"   // to get it in a form machines read (GDPR art. 20)
	Deletion      Right = "deletion"      // GDPR art. 17, CCPA § 1798.105
	Rectification Right = "rectification" // GDPR art. 16
	Restriction   Right = "restriction"   // kept, not used (GDPR art. 18)
	Objection     Right = "objection"     // GDPR art. 21
)

// Rights lists every right, in the order reports show them.
var Rights = []Right{Access, Portability, Deletion, Rectification, Restriction, Objection}

// ParseRight reads a right as people type it.
func ParseRight(s string) (Right, error) {
	if r := Right(s); slices.Contains(Rights, r) {
		return r, nil
	}
	names := make([]string, len(Rights))
	for i, r := range Rights {
		names[i] = string(r)
	}
	return "", Invalid("right %q is not known", s).Hint("say one of %s", strings.Join(names, ", "))
}

// RequestState is where a request stands.
type RequestState string

const (
	Unverified RequestState = "unverified" // the asker has not shown yet that the address is theirs
	Pending    RequestState = "open"       // waits for a person at the desk
	Complied   RequestState = "complied"
	Denied     RequestState = "denied"
	Lapsed     RequestState = "lapsed" // never verified; what was typed is gone
)

// Open reports whether the request still waits for an answer.
func (s RequestState) Open() bool { return s == Unverified || s == Pending }

// Party says for whom a request is made.
type Party string

const (
	ForSelf  Party = "self"
	ForMinor Party = "minor" // by a parent, for their child
	ForAgent Party = "agent" // by somebody authorised to act
)

// ParseParty reads a party as people type it; empty means ForSelf.
func ParseParty(s string) (Party, error) {
	switch p := Party(s); p {
	case "":
		return ForSelf, nil
	case ForSelf, ForMinor, ForAgent:
		return p, nil
	}
	return "", Invalid("party %q is not known", s).Hint("say self, minor or agent")
}

// RequestID names a request: "20261124-abcd2345". It begins with the day of receipt
// and says nothing about the person.
type RequestID string

// Request is one use of a right: what was asked, and what became of it. Its clock
// starts at receipt; that the asker must still be verified does not stop it.
type Request struct {
	ID         RequestID    `json:"id"`
	Recipient  RecipientID  `json:"recipient"` // of the address the answer goes to
	Right      Right        `json:"right"`
	Party      Party        `json:"party"`
	State      RequestState `json:"state"`
	Address    string       `json:"address,omitempty"` // empty once erased
	Locale     string       `json:"locale,omitempty"`
	Details    string       `json:"details,omitempty"` // in the asker's words; empty once erased
	OpenedBy   string       `json:"opened_by,omitempty"`
	Received   time.Time    `json:"received"`
	Verified   time.Time    `json:"verified,omitzero"`
	Confirmed  time.Time    `json:"confirmed,omitzero"` // receipt was confirmed by mail
	Announced  time.Time    `json:"announced,omitzero"` // other systems were told
	Due        Date         `json:"due"`                // the answer is in time until the end of this day
	Extended   time.Time    `json:"extended,omitzero"`
	ExtendedBy string       `json:"extended_by,omitempty"`
	Extension  string       `json:"extension,omitempty"` // reason of the extension, as told
	Reminded   Date         `json:"reminded,omitempty"`  // the desk was reminded on
	Closed     time.Time    `json:"closed,omitzero"`
	ClosedBy   string       `json:"closed_by,omitempty"` // empty: without a person
	Basis      string       `json:"basis,omitempty"`     // of a denial, or of what a deletion keeps
	Answer     string       `json:"answer,omitempty"`    // as mailed; empty once erased
	// Rev rises with every save; a save names the Rev it was based on.
	Rev int64 `json:"rev"`
}

// The legal clock (CCPA regulations §§ 7021, 7101). GDPR art. 12(3) asks for an answer
// within one month, and allows two further months: who promises that sets the days to
// answer to 30 (see privacy.Desk); the end of an extension is the same.
const (
	confirmDays   = 10 // business days until receipt is confirmed
	AnswerDays    = 45 // calendar days from receipt, where no other number is set
	extendedDays  = 90 // calendar days from receipt, once extended
	reminderDays  = 14 // before it is due the desk is reminded
	copiesMonths  = 12 // the window in which copies are counted
	RequestMonths = 24 // how long a request is kept after it was closed
)

// NewRequest receives a request, to be answered in AnswerDays.
func NewRequest(id RequestID, right Right, at time.Time) Request {
	return Request{ID: id, Right: right, Party: ForSelf, State: Pending, Received: at, Due: DateOf(at).AddDays(AnswerDays)}
}

// ConfirmBy is the last day on which receipt is confirmed in time: ten business
// days after receipt. Saturdays and Sundays do not count; we know no holidays, so a
// confirmation is never later than the law allows.
func (r Request) ConfirmBy() Date {
	day := DateOf(r.Received)
	for left := confirmDays; left > 0; {
		day = day.AddDays(1)
		if w := day.Time().Weekday(); w != time.Saturday && w != time.Sunday {
			left--
		}
	}
	return day
}

// Overdue reports whether the answer is late.
func (r Request) Overdue(today Date) bool { return r.State.Open() && today > r.Due }

// DueSoon reports whether the answer is due within fourteen days, and not late yet.
func (r Request) DueSoon(today Date) bool {
	return r.State.Open() && today >= r.Due.AddDays(-reminderDays) && today <= r.Due
}

// NeedsReminder reports whether the desk should be told today: fourteen days before
// the answer is due, then on the last day, then daily while it is late.
func (r Request) NeedsReminder(today Date) bool {
	if !r.State.Open() || r.Reminded >= today {
		return false
	}
	return today >= r.Due || r.DueSoon(today) && r.Reminded == ""
}

// Extend moves the due day to 90 days after receipt, once and while it is in time. The
// desk is reminded of the new day as it was of the old one.
func (r *Request) Extend(by, reason string, at time.Time) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return Invalid("an extension needs a reason").Hint("say why more time is needed with --reason; the person is told")
	case !r.State.Open():
		return Refused("request %s is %s", r.ID, r.State)
	case !r.Extended.IsZero():
		return Refused("request %s was extended already; it is due on %s", r.ID, r.Due)
	case DateOf(at) > r.Due:
		return Refused("request %s was due on %s; it is too late to extend it", r.ID, r.Due).Hint("answer it now")
	}
	r.Extended, r.ExtendedBy, r.Extension, r.Due, r.Reminded = at, by, reason, DateOf(r.Received).AddDays(extendedDays), ""
	return nil
}

// Comply closes a request that was fulfilled.
func (r *Request) Comply(by, answer string, at time.Time) error {
	return r.close(Complied, by, answer, at)
}

// Deny closes a request that is not fulfilled, with the basis that is told.
func (r *Request) Deny(by, basis, answer string, at time.Time) error {
	if strings.TrimSpace(basis) == "" {
		return Invalid("a denial needs its basis").Hint("name the exception with --basis; the person is told")
	}
	if err := r.close(Denied, by, answer, at); err != nil {
		return err
	}
	r.Basis = basis
	return nil
}

// Lapse closes a request whose asker never showed that the address is theirs. What
// they typed is not kept.
func (r *Request) Lapse(at time.Time) error {
	if r.State != Unverified {
		return Refused("request %s is %s", r.ID, r.State)
	}
	r.Forget()
	return r.close(Lapsed, "", "", at)
}

func (r *Request) close(to RequestState, by, answer string, at time.Time) error {
	if !r.State.Open() {
		return Refused("request %s is %s already", r.ID, r.State)
	}
	r.State, r.ClosedBy, r.Answer, r.Closed = to, by, answer, at
	return nil
}

// Forget removes what tells who asked; what was asked, when, and how it ended stays
// as the log the law asks for (invariant 7, erased means erased).
func (r *Request) Forget() { r.Address, r.Details, r.Answer, r.Locale = "", "", "", "" }

// NextCopy counts the copies a person got: at most so many in any twelve months. It
// returns the first day on which another one is free; today or earlier means now.
// Requests that were denied, lapsed or are still open do not count.
func NextCopy(requests []Request, limit int, today Date) Date {
	var got []Date
	for _, r := range requests {
		if (r.Right == Access || r.Right == Portability) && r.State == Complied && DateOf(r.Received).AddMonths(copiesMonths) > today {
			got = append(got, DateOf(r.Received))
		}
	}
	if len(got) < limit {
		return today
	}
	slices.Sort(got)
	return got[len(got)-limit].AddMonths(copiesMonths)
}

// ByReceipt orders requests, oldest first, then by id, as slices.SortFunc asks for it.
func ByReceipt(a, b Request) int {
	return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.ID, b.ID))
}
