package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// DeliveryState is what became of one recipient in one run.
type DeliveryState string

const (
	Claimed      DeliveryState = "claimed"    // a worker holds the lease and may be sending
	Sent         DeliveryState = "sent"       // SES accepted it
	Delivered    DeliveryState = "delivered"  // the mailbox provider accepted it
	BouncedBack  DeliveryState = "bounced"    // the mailbox provider refused it
	ComplainedOf DeliveryState = "complained" // the reader reported it
	Skipped      DeliveryState = "skipped"    // the rules say no mail; Reason says which
	Failed       DeliveryState = "failed"     // SES will never accept it; Reason says why
	Retry        DeliveryState = "retry"      // surely not accepted: may be claimed again
	Unknown      DeliveryState = "unknown"    // nobody knows whether it was accepted
	Held         DeliveryState = "held"       // unknown for good: an operator decides
)

// DeliveryStates lists every state, in the order reports show them.
var DeliveryStates = []DeliveryState{Claimed, Sent, Delivered, BouncedBack, ComplainedOf, Skipped, Failed, Retry, Unknown, Held}

// Terminal reports whether a run may end with a delivery in this state. Sent is
// terminal though an event may still refine it; Held is, because only a person
// can move it on.
func (s DeliveryState) Terminal() bool {
	return !slices.Contains([]DeliveryState{Claimed, Retry, Unknown}, s)
}

// Accepted reports whether SES took the message.
func (s DeliveryState) Accepted() bool {
	return slices.Contains([]DeliveryState{Sent, Delivered, BouncedBack, ComplainedOf}, s)
}

// Told reports whether the notice may be taken to have reached the person: SES took it,
// and nobody returned it.
func (s DeliveryState) Told() bool { return s.Accepted() && s != BouncedBack }

// CameBack reports whether the message did not reach the person in the end, though SES
// may have taken it first.
func (s DeliveryState) CameBack() bool { return s == BouncedBack || s == Failed }

// SkipReason says by which rule a recipient got no mail.
type SkipReason string

const (
	SkipOptedOut   SkipReason = "opted_out"
	SkipBounced    SkipReason = "bounced"
	SkipComplained SkipReason = "complained"
	SkipErased     SkipReason = "erased"
	SkipMoved      SkipReason = "moved"            // the person is known under another id
	SkipRestricted SkipReason = "restricted"       // kept, not used
	SkipNotDue     SkipReason = "already_notified" // another notice came first
	SkipTold       SkipReason = "already_told"     // a cancelled run told them the same words
)

// Delivery is one line of the ledger.
type Delivery struct {
	Run         RunID         `json:"run"`
	Recipient   RecipientID   `json:"recipient"`
	State       DeliveryState `json:"state"`
	Reason      string        `json:"reason,omitempty"`
	Attempt     int           `json:"attempt,omitempty"`     // claims so far
	LeaseUntil  time.Time     `json:"lease_until,omitzero"`  // while claimed
	SettleAfter time.Time     `json:"settle_after,omitzero"` // while unknown or retry
	ClaimedAt   time.Time     `json:"claimed_at,omitzero"`   // of the last claim
	SentAt      time.Time     `json:"sent_at,omitzero"`      // accepted by SES
	UpdatedAt   time.Time     `json:"updated_at"`
	// ClockBefore is when the person had had their last notice before this one. If the
	// message comes back, their clock goes back to it. Zero if there was none, or if it is
	// not known.
	ClockBefore time.Time `json:"clock_before,omitzero"`
	MessageID   string    `json:"message_id,omitempty"` // SES's
	Version     string    `json:"version,omitempty"`    // of the policy the mail spoke of
	Locale      string    `json:"locale,omitempty"`     // the mail was written in
	// ByEvent says that acceptance is known from an SES event, not from SES's answer.
	ByEvent bool `json:"by_event,omitempty"`
	// HardBounce says that a permanent bounce was reported, whatever else was.
	HardBounce bool `json:"hard_bounce,omitempty"`
	// Left says of a held delivery that it is not to be sent again: a person decided so, or
	// the recipient was erased.
	Left bool `json:"left,omitempty"`
	// Neighbours of an unknown delivery are people served by the same worker around
	// the same time: if SES events about them came, an event about this one would have
	// come too.
	Neighbours []RecipientID `json:"neighbours,omitempty"`
}

// Waits reports whether a delivery waits for proof, for another try, or for a person to
// decide: only these stand in the index of the unresolved.
func (d Delivery) Waits() bool {
	return d.State == Unknown || d.State == Retry || d.State == Held && !d.Left
}

// RetentionMonths is how long a delivery stays in the ledger: 24 months (CCPA
// regulations § 7101 asks as much of request records; we keep notices alike).
const RetentionMonths = 24

// nobody begins the id of a line whose person was erased. No recipient's id holds a "-".
const nobody = "erased-"

// Nobody reports whether the id stands for a person who was erased and cannot be told any
// more.
func (id RecipientID) Nobody() bool { return strings.HasPrefix(string(id), nobody) }

// NobodyOf is the id under which the line of a message stays when its person is erased: made
// from SES's id of the message, so that an event that comes later still finds the line
// (invariant 2, counts add up), and nothing that is kept leads from it to the person
// (invariant 7, erased means erased).
func NobodyOf(messageID string) RecipientID {
	sum := sha256.Sum256([]byte(messageID))
	return nobody + RecipientID(hex.EncodeToString(sum[:16]))
}

// Nobodys is what stays of the line of a person who is erased: the run, what became of the
// message, and on which day. It counts in its run as it did before, and says nothing of the
// person (invariants 2, counts add up, and 7, erased means erased). What was not known yet
// stays so for good, and nobody has to decide about it: a message in doubt is held, one that
// was to be tried again is skipped. random is the id to use if SES never named the message.
func (d Delivery) Nobodys(random string) Delivery {
	rest := Delivery{Run: d.Run, Recipient: nobody + RecipientID(random), State: d.State, Version: d.Version,
		SentAt: d.SentAt.Truncate(24 * time.Hour), UpdatedAt: d.UpdatedAt.Truncate(24 * time.Hour)}
	if d.MessageID != "" {
		rest.Recipient = NobodyOf(d.MessageID)
	}
	switch d.State {
	case Skipped, BouncedBack, ComplainedOf, Delivered:
		rest.Reason = d.Reason // a word of ours or of SES's: others may quote the address
	case Retry:
		rest.State, rest.Reason = Skipped, string(SkipErased)
	case Claimed, Unknown, Held:
		rest.State, rest.Left, rest.Reason = Held, true, "the person was erased before anybody knew whether this was sent"
	}
	return rest
}

// moves lists, for each state, the states a delivery may go to next. A state that
// is missing is final. An SES event with our tags proves acceptance, so every
// state in which the message may have left can become an accepted one; among
// accepted states the order of events does not matter, the graver one stays. One move is not
// listed, because only two events together allow it: a bounce that was an automatic reply to
// a message that arrived becomes Delivered.
var moves = map[DeliveryState][]DeliveryState{
	Claimed:     {Sent, Delivered, BouncedBack, ComplainedOf, Failed, Retry, Unknown},
	Retry:       {Claimed, Sent, Delivered, BouncedBack, ComplainedOf, Skipped, Failed},
	Unknown:     {Sent, Delivered, BouncedBack, ComplainedOf, Failed, Retry, Held},
	Held:        {Sent, Delivered, BouncedBack, ComplainedOf, Failed, Retry},
	Failed:      {Delivered, BouncedBack, ComplainedOf},
	Sent:        {Delivered, BouncedBack, ComplainedOf, Failed},
	Delivered:   {BouncedBack, ComplainedOf},
	BouncedBack: {ComplainedOf},
}

// CanBecome reports whether a delivery may go from s to next.
func (s DeliveryState) CanBecome(next DeliveryState) bool { return slices.Contains(moves[s], next) }

// From lists the states from which a delivery may become s.
func (s DeliveryState) From() []DeliveryState {
	var from []DeliveryState
	for _, state := range DeliveryStates {
		if state.CanBecome(s) {
			from = append(from, state)
		}
	}
	return from
}

// Counts is how many deliveries of a run are in each state.
type Counts map[DeliveryState]int

// Total adds up all states.
func (c Counts) Total() (n int) {
	for _, k := range c {
		n += k
	}
	return n
}

// Accepted adds up what SES took.
func (c Counts) Accepted() (n int) {
	for s, k := range c {
		if s.Accepted() {
			n += k
		}
	}
	return n
}

// Told adds up whom the notice may be taken to have reached.
func (c Counts) Told() (n int) {
	for s, k := range c {
		if s.Told() {
			n += k
		}
	}
	return n
}

// Open adds up what is not terminal.
func (c Counts) Open() (n int) {
	for s, k := range c {
		if !s.Terminal() {
			n += k
		}
	}
	return n
}
