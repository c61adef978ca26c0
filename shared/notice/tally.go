package notice

import (
	"fmt"
	"time"
)

// Tally counts what tells good runs from bad ones while they go. It is an aid, the
// ledger is the truth: a worker that dies may leave accepted messages uncounted,
// which makes the shares look worse, never better.
type Tally struct {
	Accepted   int `json:"accepted"`   // by SES
	Refused    int `json:"refused"`    // by SES, for good
	Bounced    int `json:"bounced"`    // permanently
	Complained int `json:"complained"` // "not-spam" left out
	// When SES accepted the first of these messages and the last. A sum has the first
	// time that was added and the last one; among workers that add at the same moment
	// these may be off by as long as a slice takes.
	FirstSent time.Time `json:"first_sent,omitzero"`
	LastSent  time.Time `json:"last_sent,omitzero"`
}

// Plus adds what was counted after.
func (t Tally) Plus(after Tally) Tally {
	sum := Tally{t.Accepted + after.Accepted, t.Refused + after.Refused, t.Bounced + after.Bounced, t.Complained + after.Complained, t.FirstSent, t.LastSent}
	if sum.FirstSent.IsZero() {
		sum.FirstSent = after.FirstSent
	}
	if !after.LastSent.IsZero() {
		sum.LastSent = after.LastSent
	}
	return sum
}

// Note counts one message that SES accepted at a time.
func (t *Tally) Note(sent time.Time) {
	*t = t.Plus(Tally{Accepted: 1, FirstSent: sent, LastSent: sent})
}

// Less takes away what was counted before; the times stay.
func (t Tally) Less(before Tally) Tally {
	t.Accepted, t.Refused, t.Bounced, t.Complained = t.Accepted-before.Accepted, t.Refused-before.Refused, t.Bounced-before.Bounced, t.Complained-before.Complained
	return t
}

// signs are the shares at which a run stops: where SES puts an account under review
// a little later (bounces at 5 %, complaints at 0.1 %; Amazon SES Developer Guide,
// "Reputation metrics messages"). least keeps a handful of people from stopping a
// run.
var signs = []struct {
	what  string
	count func(Tally) int
	of    func(Tally) int
	share float64
	least int
}{
	{"bounces", func(t Tally) int { return t.Bounced }, func(t Tally) int { return t.Accepted }, 0.04, 10},
	{"complaints", func(t Tally) int { return t.Complained }, func(t Tally) int { return t.Accepted }, 0.0008, 3},
	{"refusals by SES", func(t Tally) int { return t.Refused }, func(t Tally) int { return t.Accepted + t.Refused }, 0.10, 20},
}

// BadSign says why a run with this tally must not go on, or "".
func (t Tally) BadSign() string {
	for _, s := range signs {
		n, of := s.count(t), s.of(t)
		if n >= s.least && float64(n) >= s.share*float64(of) {
			return fmt.Sprintf("%d %s among %d messages: %.2f %% or more stops a run", n, s.what, of, 100*s.share)
		}
	}
	return ""
}
