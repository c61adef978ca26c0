package operate

import (
	"cmp"
	"context"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/policy"
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
	Without  string   `json:"without,omitempty"`  // who is left out, in words
	Warnings []string `json:"warnings,omitempty"` // what to look at before approving, in the text and around it
	// Waits tells that a second person must approve before the run starts.
	Waits string `json:"waits,omitempty"`
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
	review, err := o.Gate.ReviewWith(ctx, a.Run, plan)
	if err != nil {
		return Approved{}, err
	}
	answer := Approved{Plan: plan, Without: plan.Without(), Warnings: review.Warnings}
	if !a.Yes {
		return answer, nil
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
		answer.Waits = "a second person must approve run " + string(a.Run)
		return answer, nil
	}
	answer.DryRun, answer.State = false, run.State
	return answer, nil
}

// publish records a version and tells the approvers of the run that waits. What could
// not be told now is by the schedule. The recipients are counted once for both answers: the
// publisher's, in whose warnings their languages are, and the approvers'.
func (o Operations) publish(ctx context.Context, in publish.Publication) (publish.Result, error) {
	result, err := o.Publisher.Publish(ctx, in)
	if err != nil {
		return result, err
	}
	if result.Warnings = append(result.Warnings, o.ofPage(ctx, in.Policy)...); result.Run == "" {
		return result, nil
	}
	plan, refused := o.Operator.Plan(ctx, result.Run)
	if refused == nil {
		result.Warnings = withUnwritten(result, plan.Locales)
	}
	known := func(ctx context.Context, run notice.RunID) (delivery.Plan, error) {
		if run == result.Run {
			return plan, refused
		}
		return o.Operator.Plan(ctx, run)
	}
	if _, err := o.announcer(known).Announce(ctx); err != nil {
		o.Log.Error("approvers not told", "run", result.Run, "error", err.Error())
	}
	return result, nil
}

// tryPublication says what publish would record, and keeps nothing.
func (o Operations) tryPublication(ctx context.Context, in publish.Publication) (publish.Result, error) {
	result, err := o.Publisher.Try(ctx, in)
	if err != nil {
		return result, err
	}
	if result.Warnings = append(result.Warnings, o.ofPage(ctx, in.Policy)...); result.Run == "" {
		return result, nil
	}
	reach, err := o.Operator.Reach(ctx, notice.Run{Kind: notice.Change, Class: result.Class})
	result.Warnings = withUnwritten(result, reach.Locales)
	return result, err
}

// ofPage warns of the public page; what is published is no less published without.
func (o Operations) ofPage(ctx context.Context, policy string) []string {
	page, err := o.Gate.Page(ctx, policy)
	if err != nil {
		o.Log.Error("no warnings of the public page", "policy", policy, "error", err.Error())
	}
	return page
}

// withUnwritten are the warnings of a publication, with how many people read a language that
// it has no summary in; locales are those of the people who are mailed.
func withUnwritten(r publish.Result, locales map[string]int) []string {
	if missing := policy.Unwritten(r.Languages, approval.Readers(locales)); missing != "" {
		return append(r.Warnings, missing)
	}
	return r.Warnings
}

// announce tells the approvers of every run that waits, and of a public page that changed.
func (o Operations) announce(ctx context.Context, _ None) (approval.Announced, error) {
	return o.announcer(o.Operator.Plan).Announce(ctx)
}

func (o Operations) announcer(plan func(context.Context, notice.RunID) (delivery.Plan, error)) approval.Announcer {
	return approval.Announcer{Gate: o.Gate, Policy: o.Operator.Settings.Policy, Plan: plan, Post: o.Invitations, Links: o.Links}
}

// Announcing is the event of the schedule that tells approvers what waits for them.
var Announcing, _ = Encode("announce", None{})
