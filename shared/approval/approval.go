// Package approval brings a change that waits to the people who may approve it, and
// carries their decision out. The command line and the page decide by the same rules.
package approval

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/record"
)

// Store is what decisions need.
type Store interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	SaveRun(ctx context.Context, r notice.Run) (notice.Run, error)
	Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error)
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	record.Store
}

// Gate decides about runs that wait.
type Gate struct {
	Store Store
	// Two asks for a second person's approval before a run starts. Where approvers have
	// addresses, these tell the two apart: a name can be written in many ways.
	Two bool
	// Approvers are the addresses that may decide on the page, normalised.
	Approvers []string
	ID        func(address string) notice.RecipientID
	Way       notice.ApprovalWay // how whoever decides reaches it
	Leads     policy.Leads
	Now       func() time.Time
}

// Approver finds the address of a keyed id; ok is false for whoever may not decide, or
// no longer.
func (g Gate) Approver(id notice.RecipientID) (address string, ok bool) {
	i := slices.IndexFunc(g.Approvers, func(a string) bool { return g.ID(a) == id })
	if i < 0 {
		return "", false
	}
	return g.Approvers[i], true
}

// Review is what is decided about.
type Review struct {
	Run      notice.Run
	Version  notice.Version
	Before   notice.Version // the version it changes
	Verdict  policy.Verdict
	Warnings []string
	Plan     delivery.Plan // when it was announced
	At       time.Time     // of Plan; zero if it was not announced
}

// Review reads what is decided about, with the plan as it was announced. It changes nothing.
func (g Gate) Review(ctx context.Context, id notice.RunID) (r Review, err error) {
	a, _, err := g.announcements().Load(ctx, string(id))
	if err == nil {
		r, err = g.ReviewWith(ctx, id, a.Plan)
	}
	r.At = a.At
	return r, err
}

// ReviewWith is Review with a plan that was made just now.
func (g Gate) ReviewWith(ctx context.Context, id notice.RunID, plan delivery.Plan) (r Review, err error) {
	if r.Run, r.Version, err = g.read(ctx, id); err != nil {
		return r, err
	}
	if r.Before, err = g.Store.Version(ctx, r.Version.Policy, r.Version.Previous); err != nil {
		return r, err
	}
	if r.Verdict, err = policy.Change(r.Before, r.Version); err != nil {
		return r, err
	}
	r.Plan = plan
	r.Warnings = policy.Lint(r.Verdict, g.Leads, r.Version.Summary, Readers(plan.Locales), r.Version.Effective, notice.DateOf(g.Now()))
	history, err := g.circumstances(ctx, r.Version)
	if err != nil {
		return r, err
	}
	r.Warnings = append(r.Warnings, history...)
	return r, nil
}

// Readers are how many people read each language of the notices, by the locales they were
// imported with.
func Readers(locales map[string]int) map[string]int {
	readers := map[string]int{}
	for tag, n := range locales {
		readers[locale.Match(tag, "").Tag] += n
	}
	return readers
}

func (g Gate) read(ctx context.Context, id notice.RunID) (run notice.Run, v notice.Version, err error) {
	if run, err = g.Store.Run(ctx, id); err != nil {
		return run, v, err
	}
	v, err = g.Store.Version(ctx, run.Policy, run.Version)
	return run, v, err
}

// seen refuses a decision about a text other than the one its maker was shown.
func seen(v notice.Version, hash string) error {
	if v.ContentHash() != hash {
		return notice.Conflict("the summary was edited since you saw it").Hint("look at it again, then decide")
	}
	return nil
}

// Approve lets a run start. hash is of the content the approver saw; plan is of the run,
// as just made or as announced, and says how many it concerns. It refuses a text that the
// public page contradicts in two readings; where two must approve, the first approval
// starts nothing and the run goes on waiting (invariant 5, nothing unapproved).
func (g Gate) Approve(ctx context.Context, id notice.RunID, hash, by string, plan delivery.Plan) (notice.Run, error) {
	run, v, err := g.read(ctx, id)
	if err != nil {
		return run, err
	}
	if run.State == notice.Waiting {
		if err := seen(v, hash); err != nil {
			return run, err
		}
	}
	if err := g.known(by); err != nil && run.State == notice.Waiting {
		return run, err
	}
	if err := g.matchesPage(ctx, v); err != nil {
		return run, err
	}
	run.Audience = plan.Concerned()
	if g.Two {
		if run.First == nil {
			if err := run.ApproveFirst(v, by, g.Way, g.Now()); err != nil {
				return run, err
			}
			return g.Store.SaveRun(ctx, run)
		}
		if sameName(run.First.By, by) && run.State == notice.Waiting {
			return run, notice.Refused("%s has approved run %s already", by, id).Hint("a second person must approve it, too")
		}
	}
	return delivery.Start(ctx, g.Store, run, v, by, g.Way, g.Now())
}

// Ready refuses what Approve would refuse: a run that does not wait, an approver without
// a name or who may not approve, a text that the public page contradicts. It changes
// nothing.
func (g Gate) Ready(ctx context.Context, id notice.RunID, by string) error {
	run, v, err := g.read(ctx, id)
	if err != nil {
		return err
	}
	if err := run.Approvable(v); err != nil {
		return err
	}
	if err := notice.CheckApprover(by); err != nil {
		return err
	}
	if err := g.known(by); err != nil {
		return err
	}
	return g.matchesPage(ctx, v)
}

// known refuses one of two approvals by a name when approvers have addresses.
func (g Gate) known(by string) error {
	if !g.Two || len(g.Approvers) == 0 || slices.ContainsFunc(g.Approvers, func(a string) bool { return sameName(a, by) }) {
		return nil
	}
	return notice.Refused("%q is not the address of an approver", by).Hint("two must approve: give --by the address of one of the configured approvers")
}

// matchesPage refuses a version while a draft of the watcher stands that differs from it:
// what would be mailed is not what the page says, nor what it said before.
func (g Gate) matchesPage(ctx context.Context, v notice.Version) error {
	d, _, err := publish.FindDifference(ctx, g.Store, v.Policy, notice.DateOf(g.Now()))
	if err != nil || d.Since != v.Name {
		return err
	}
	return notice.Refused("%s", d.Sentence()).Hint("%s", d.Advice())
}

// sameName compares names as people write them.
func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// maxSummary is the longest summary in one language, in characters.
const maxSummary = 5000

// Edit gives the version of a run that waits other summaries. A language with an empty
// one has none any more; one that is not named stays as it is.
func (g Gate) Edit(ctx context.Context, id notice.RunID, hash, by string, summary map[string]string) (notice.Run, error) {
	run, v, err := g.read(ctx, id)
	if err != nil {
		return run, err
	}
	if run.State == notice.Waiting {
		if err := seen(v, hash); err != nil {
			return run, err
		}
	}
	edited := maps.Clone(v.Summary)
	for locale, text := range summary {
		if text = notice.Typed(text); utf8.RuneCountInString(text) > maxSummary {
			return run, notice.Invalid("the summary for %s has more than %d characters", locale, maxSummary)
		}
		if edited[locale] = text; text == "" {
			delete(edited, locale)
		}
	}
	if len(edited) == 0 {
		return run, notice.Invalid("a notice of a change needs its summary in one language at least")
	}
	before := run.ContentHash
	if err := run.Edit(&v, edited, by, g.Now()); err != nil || run.ContentHash == before {
		return run, err
	}
	return g.Store.Decide(ctx, run, v)
}

// Reject ends a run that waits, for good.
func (g Gate) Reject(ctx context.Context, id notice.RunID, by, reason string) (notice.Run, error) {
	run, err := g.Store.Run(ctx, id)
	if err != nil {
		return run, err
	}
	if reason = notice.Typed(reason); utf8.RuneCountInString(reason) > maxSummary {
		return run, notice.Invalid("the reason has more than %d characters", maxSummary)
	}
	if err := run.Reject(by, reason, g.Now()); err != nil {
		return run, err
	}
	// First: a death in between leaves a run that still waits on the list of the rejected.
	if err := g.untold().add(ctx, id); err != nil {
		return run, err
	}
	return g.Store.SaveRun(ctx, run)
}
