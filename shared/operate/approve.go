package operate

import (
	"context"
	"errors"
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/policy"
)

// approvalsKind is the kind of record that keeps the first approval of a run until a
// second person gives theirs.
const approvalsKind = "approvals"

// Approved is the answer to an approval.
type Approved struct {
	delivery.Plan
	// Waits tells that a second person must approve before the run starts.
	Waits string `json:"waits,omitempty"`
}

// approve lets a run start. It refuses a text that the public page contradicts in two
// readings, and where two must approve, the first approval starts nothing
// (invariant 5, nothing unapproved).
func (o Operations) approve(ctx context.Context, a Args) (Approved, error) {
	plan, err := o.Operator.Approve(ctx, a.Run, a.By, true)
	if err != nil || !a.Yes {
		return Approved{Plan: plan}, err
	}
	run, err := o.Store.Run(ctx, a.Run)
	if err != nil {
		return Approved{}, err
	}
	v, err := o.Store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return Approved{}, err
	}
	if err := o.matchesPage(ctx, v); err != nil {
		return Approved{}, err
	}
	if !o.TwoApprovers {
		plan, err := o.Operator.Approve(ctx, a.Run, a.By, false)
		return Approved{Plan: plan}, err
	}
	var first notice.Approval
	rev, err := o.Store.Document(ctx, approvalsKind, string(a.Run), &first)
	if err != nil && !errors.Is(err, notice.ErrNotFound) {
		return Approved{}, err
	}
	if first.Hash != v.ContentHash() {
		_, err := o.Store.SaveDocument(ctx, approvalsKind, string(a.Run), notice.Approval{By: a.By, At: o.Now(), Hash: v.ContentHash()}, rev)
		return Approved{Plan: plan, Waits: "a second person must approve run " + string(a.Run)}, err
	}
	if sameName(first.By, a.By) {
		return Approved{}, notice.Refused("%s has approved run %s already", a.By, a.Run).Hint("a second person must approve it, too")
	}
	plan, err = o.Operator.Approve(ctx, a.Run, first.By+" and "+a.By, false)
	return Approved{Plan: plan}, err
}

// matchesPage refuses a version when the watcher has drafted another text since: what
// would be mailed is not what the page says, nor what it said before.
func (o Operations) matchesPage(ctx context.Context, v notice.Version) error {
	d, err := policy.LoadDraft(ctx, o.Store, v.Policy)
	if errors.Is(err, notice.ErrNotFound) || err == nil && d.Since != v.Name {
		return nil
	} else if err != nil {
		return err
	}
	return notice.Refused("the public page reads differently from version %s since %s", v.Name, notice.DateOf(d.SeenAt)).
		Hint("look at it by policymail draft; publish what the page says, or correct the page")
}

// sameName compares names as people write them.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
