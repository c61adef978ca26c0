package operate

import (
	"cmp"
	"context"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/publish"
)

// ApproveArgs say who approves a run, and what they saw of it.
type ApproveArgs struct {
	Run  notice.RunID `json:"run"`
	By   string       `json:"by"`
	Hash string       `json:"hash,omitempty"` // of the content that was seen
	Yes  bool         `json:"yes,omitempty"`  // without it, say what would happen
}

// Approved is the answer to an approval.
type Approved struct {
	delivery.Plan
	// Waits tells that a second person must approve before the run starts.
	Waits string `json:"waits,omitempty"`
	// Warnings are about what is not in the text: an earlier rejection, the public page.
	Warnings []string `json:"warnings,omitempty"`
}

// approve lets a run start; without Yes it says what would happen, and of what content.
// Whoever approves by name alone approves what was published; a summary that was edited
// since must have been seen (invariant 5, nothing unapproved).
func (o Operations) approve(ctx context.Context, a ApproveArgs) (Approved, error) {
	// Refused now rather than when it is meant, and before anybody is counted.
	if err := o.Gate.Ready(ctx, a.Run, a.By); err != nil {
		return Approved{}, err
	}
	plan, err := o.Operator.Plan(ctx, a.Run)
	if err != nil {
		return Approved{}, err
	}
	warnings, err := o.Gate.Warnings(ctx, a.Run)
	if err != nil || !a.Yes {
		return Approved{Plan: plan, Warnings: warnings}, err
	}
	v, err := o.Store.Version(ctx, plan.Policy, plan.Version)
	if err != nil {
		return Approved{}, err
	}
	if n := len(v.Edits); n > 0 && a.Hash == "" {
		return Approved{}, notice.Refused("the summary of version %s was edited by %s since it was published", v.Name, v.Edits[n-1].By).
			Hint("read it by policymail preview change --run %s, then approve with --hash %s", a.Run, plan.Hash)
	}
	run, err := o.Gate.Approve(ctx, a.Run, cmp.Or(a.Hash, plan.Hash), a.By, plan)
	if err != nil {
		return Approved{}, err
	}
	if run.State == notice.Waiting {
		return Approved{Plan: plan, Warnings: warnings, Waits: "a second person must approve run " + string(a.Run)}, nil
	}
	plan.DryRun, plan.State = false, run.State
	return Approved{Plan: plan, Warnings: warnings}, nil
}

// publish records a version and tells the approvers of the run that waits. What could
// not be told now is by the schedule.
func (o Operations) publish(ctx context.Context, in publish.Publication) (publish.Result, error) {
	result, err := o.Publisher.Publish(ctx, in)
	if err != nil {
		return result, err
	}
	page, err := o.Gate.Page(ctx, in.Policy)
	if err != nil { // what was published is no less published
		o.Log.Error("no warnings of the public page", "policy", in.Policy, "error", err.Error())
	}
	if result.Warnings = append(result.Warnings, page...); result.Run == "" {
		return result, nil
	}
	if _, err := o.announce(ctx, None{}); err != nil {
		o.Log.Error("approvers not told", "run", result.Run, "error", err.Error())
	}
	return result, nil
}

// announce tells the approvers of every run that waits, and of a public page that changed.
func (o Operations) announce(ctx context.Context, _ None) (approval.Announced, error) {
	return approval.Announcer{Gate: o.Gate, Policy: o.Operator.Settings.Policy, Plan: o.Operator.Plan, Post: o.Invitations, Links: o.Links}.Announce(ctx)
}

// Announcing is the event of the schedule that tells approvers what waits for them.
var Announcing, _ = Encode("announce", None{})
