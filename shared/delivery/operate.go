package delivery

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// OperatorStore is what an operator's decisions about runs need.
type OperatorStore interface {
	runStore
	audienceStore
	record.Store
	versionLister
	Tally(ctx context.Context, run notice.RunID) (notice.Tally, error)
	ledgerReader
	ListDeliveries(ctx context.Context, run notice.RunID, cursor string, limit int) ([]notice.Delivery, string, error)
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	deliveryMover
	Version(ctx context.Context, policy, version string) (notice.Version, error)
}

// Operator plans, holds and ends runs; Start starts them.
type Operator struct {
	Store    OperatorStore
	Account  AccountReader
	Settings Settings
	Now      func() time.Time
}

// Plan is what approving a run does: to how many, when, at what cost.
type Plan struct {
	Run       notice.RunID              `json:"run"`
	State     notice.RunState           `json:"state"`
	Kind      notice.Kind               `json:"kind"`
	Class     notice.Class              `json:"class"`
	Policy    string                    `json:"policy"`
	Version   string                    `json:"version"`
	Effective notice.Date               `json:"effective"`
	Hash      string                    `json:"hash"`               // of the content: version, summary, class, date
	Audience  int                       `json:"audience"`           // people who would be mailed if it started today
	LeftOut   map[notice.SkipReason]int `json:"left_out,omitempty"` // people whom it concerns and who would not, by reason
	Locales   map[string]int            `json:"locales,omitempty"`  // of Audience, by locale as imported
	Rate      float64                   `json:"rate"`               // recipients a second
	Seconds   float64                   `json:"seconds"`            // from start to the last send
	Ends      time.Time                 `json:"ends"`               // when the last is sent, if it starts now
	CostUSD   float64                   `json:"cost_usd"`           // SES and everything around it
	Canary    int                       `json:"canary,omitempty"`   // so many go first
	Warning   string                    `json:"warning,omitempty"`  // what will get in the way
	DryRun    bool                      `json:"dry_run"`
}

// Takes words how long the run takes, behind "takes".
func (p Plan) Takes() string {
	d := time.Duration(p.Seconds * float64(time.Second))
	switch {
	case d == 0 && p.Audience > 0:
		return "for ever: the account lets nothing be sent"
	case d < time.Minute:
		return "about a minute"
	case d < 48*time.Hour:
		return "about " + d.Round(time.Minute).String()
	}
	return fmt.Sprintf("about %.1f days", d.Hours()/24)
}

// costPerNotice is in US dollars: $0.10 per 1,000 messages for SES (list price,
// us-east-1, 2026) and about a tenth of that for everything else.
const costPerNotice = 0.10/1000 + 0.011/1000

// Plan says what approving a waiting run would do, and refuses a run that Start
// would refuse, whoever approves. It changes nothing.
func (o Operator) Plan(ctx context.Context, id notice.RunID) (Plan, error) {
	run, err := o.Store.Run(ctx, id)
	if err != nil {
		return Plan{}, err
	}
	v, err := o.Store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return Plan{}, err
	}
	// Refuse before anybody is counted.
	if err := startable(ctx, o.Store, run, v, o.Now()); err != nil {
		return Plan{}, err
	}
	reach, err := o.Reach(ctx, run)
	if err != nil {
		return Plan{}, err
	}
	account, err := o.Account.Account(ctx)
	if err != nil {
		return Plan{}, err
	}
	allowed := o.Settings.Allow(account)
	p := Plan{Run: run.ID, State: run.State, Kind: run.Kind, Class: run.Class, Policy: run.Policy, Version: run.Version,
		Effective: v.Effective, Hash: v.ContentHash(), Audience: reach.Mailed, LeftOut: reach.LeftOut, Locales: reach.Locales, Rate: allowed.Rate,
		CostUSD: float64(reach.Mailed) * costPerNotice, Warning: warning(account), DryRun: true}
	// Those who are left out are released like the others.
	takes := allowed.Takes(p.Concerned())
	p.Seconds, p.Ends, p.Canary = takes.Seconds(), o.Now().Add(takes).UTC().Truncate(time.Second), canary(p.Concerned())
	return p, nil
}

// Concerned is how many people the run is about, mailed or not.
func (p Plan) Concerned() int {
	n := p.Audience
	for _, left := range p.LeftOut {
		n += left
	}
	return n
}

// leftOut words the reasons, in the order in which they are told.
var leftOut = []struct {
	reason notice.SkipReason
	words  string
}{
	{notice.SkipOptedOut, "opted out"}, {notice.SkipRestricted, "restricted the use of their data"}, {notice.SkipBounced, "whose mail came back for good"},
	{notice.SkipComplained, "complained"}, {notice.SkipTold, "had this notice from the run that was cancelled"}, {notice.SkipErased, "erased"},
	{notice.SkipMoved, "addresses of people known by another"},
}

// Without words who is left out, like "1 opted out, 2 erased", or is "".
func (p Plan) Without() string {
	var parts []string
	for _, l := range leftOut {
		if n := p.LeftOut[l.reason]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, l.words))
		}
	}
	return strings.Join(parts, ", ")
}

// warning says what about the account will get in the way of a run, or "".
func warning(a Account) string {
	if reason := a.MustStop(); reason != "" {
		return reason + ": the run will stop at once"
	}
	if !a.Production {
		return "the SES account is in the sandbox: it mails verified addresses only, and the run stops at the first other one"
	}
	return ""
}

const (
	canaryShare = 100    // one in so many goes first
	leastCanary = 500    // enough to see one bad sign in a hundred
	mostCanary  = 10_000 // enough to see one in a thousand
)

// canary is how many of a change's audience go first. An audience not much larger
// than the canary has none. The audience is read in the order of a hash, so its
// beginning is a fair sample.
func canary(audience int) int {
	n := min(max(audience/canaryShare, leastCanary), mostCanary)
	if 2*n > audience {
		return 0
	}
	return n
}

// Audience pages through everybody a run concerns.
func (o Operator) Audience(ctx context.Context, run notice.Run, cursor string, limit int) ([]notice.RecipientID, string, error) {
	return audience(ctx, o.Store, run, cursor, limit)
}

// Pause holds a run: within a tick nothing more is released, and slices already
// queued are dropped when they come up.
func (o Operator) Pause(ctx context.Context, id notice.RunID) (notice.Run, error) {
	return changeRun(ctx, o.Store, id, func(r *notice.Run) error { return r.Pause() })
}

// Resume lets a run go on; the audit pass finds whoever was dropped meanwhile. The
// bad signs so far are forgiven. A run whose text was replaced before it began is
// refused.
func (o Operator) Resume(ctx context.Context, id notice.RunID) (notice.Run, error) {
	run, err := o.Store.Run(ctx, id)
	if err != nil {
		return run, err
	}
	if !run.Begun() {
		if reason, err := stale(ctx, o.Store, run, notice.DateOf(o.Now())); err != nil {
			return run, err
		} else if reason != "" {
			return run, notice.Refused("run %s would send an old text: %s", id, reason).Hint("cancel it")
		}
	}
	seen, err := o.Store.Tally(ctx, id)
	if err != nil {
		return run, err
	}
	return changeRun(ctx, o.Store, id, func(r *notice.Run) error {
		r.Forgiven, r.MovedAt = seen, o.Now()
		return r.Resume()
	})
}

// Cancel ends a run for good. Whoever a cancelled annual run did not reach belongs
// to the next one (invariant 4, twelve months). It ends the run first, so that nothing more
// is sent, then gives the days of an annual run back, and freezes the figures last. A
// cancel that died half way can be repeated; it also counts what has become meanwhile of
// messages that were under way.
func (o Operator) Cancel(ctx context.Context, id notice.RunID) (notice.Run, error) {
	run, err := changeRun(ctx, o.Store, id, func(r *notice.Run) error {
		if r.State == notice.Cancelled {
			return record.ErrAsItIs
		}
		return r.Cancel()
	})
	if err != nil {
		return run, err
	}
	if run.Kind == notice.Annual {
		if err := uncover(ctx, o.Store, run); err != nil {
			return run, err
		}
	}
	ledger, err := o.Store.CountDeliveries(ctx, id)
	if err != nil {
		return run, err
	}
	return changeRun(ctx, o.Store, id, func(r *notice.Run) error {
		before := r.Counts
		if r.Freeze(ledger); maps.Equal(before, r.Counts) {
			return record.ErrAsItIs
		}
		return nil
	})
}
