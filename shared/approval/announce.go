package approval

import (
	"context"
	"errors"
	"slices"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/publish"
	"policymail/shared/record"
	"policymail/shared/token"
)

const (
	// linkLife is how long the link to the page works: while nobody decides, the next
	// reminder brings another.
	linkLife = 30 * 24 * time.Hour
	// again is when a change that still waits is told again.
	again = 7 * 24 * time.Hour
	// announcing is how long one announcer keeps others away: longer than the function
	// lives that announces.
	announcing = 10 * time.Minute
)

// announcement is the mark that approvers were told of a run, of its rejection, or of the
// public page.
type announcement struct {
	Plan  delivery.Plan `json:"plan"`
	At    time.Time     `json:"at"`
	Until time.Time     `json:"until,omitzero"` // somebody is at it until then
	// Told says when each approver was told last.
	Told map[notice.RecipientID]time.Time `json:"told_at,omitempty"`
	// Since is when what they were told of the public page began: when the draft was seen, or
	// the page could not be read for the first time.
	Since time.Time `json:"draft,omitzero"`
}

// announcements are kept by run; those of a rejection, a draft and an outage of the page by
// names that no run has.
func (g Gate) announcements() record.Of[announcement] {
	return record.Of[announcement]{Store: g.Store, Kind: record.Announcement}
}

// Announced is the plan of a run as its approvers were told of it; zero if they were not.
func (g Gate) Announced(ctx context.Context, id notice.RunID) (delivery.Plan, error) {
	a, _, err := g.announcements().Load(ctx, string(id))
	return a.Plan, err
}

// Post mails what approvers are told.
type Post interface {
	Invite(ctx context.Context, in officers.Invitation) error
	PageChanged(ctx context.Context, in officers.PageChange) error
	PageBroken(ctx context.Context, in officers.PageBroken) error
	Rejected(ctx context.Context, in officers.Rejected) error
}

// Announcer tells the approvers of runs that wait, and of a public page that changed.
type Announcer struct {
	Gate
	// Policy is the one whose page is watched.
	Policy string
	// Plan says what approving a run would do; it counts the audience.
	Plan  func(ctx context.Context, id notice.RunID) (delivery.Plan, error)
	Post  Post
	Links token.Links
}

// Announced is what a pass told.
type Announced struct {
	Waiting int `json:"waiting"` // runs that wait for approval
	Drafts  int `json:"drafts"`  // changes of the public page that nobody published or put right
	Mailed  int `json:"mailed"`
}

// Announce mails every approver once of every change that waits, and again each week
// that it goes on waiting, unless their own approval is the first of two; and likewise of
// a change of the public page while its draft stands. They are mailed once of a rejection
// by another, of a page that cannot be read, and of its end. A call marks whom it told right
// after each mail: one that dies in between tells that approver again, and nobody else.
// Two calls at once mail nobody twice: the second leaves alone what the first is at.
func (a Announcer) Announce(ctx context.Context) (out Announced, err error) {
	open, err := a.Store.OpenRuns(ctx)
	if err != nil {
		return out, err
	}
	var faults []error
	// A conflict is another announcer's, a refusal a run that cannot start any more.
	note := func(mailed int, err error) {
		out.Mailed += mailed
		if err != nil && !errors.Is(err, notice.ErrConflict) && !errors.Is(err, notice.ErrRefused) {
			faults = append(faults, err)
		}
	}
	for _, run := range open {
		if run.State == notice.Waiting && run.Kind == notice.Change {
			out.Waiting++
			note(a.announce(ctx, run))
		}
	}
	note(a.announceRejections(ctx))
	note(a.announceReading(ctx))
	d, stands, err := publish.FindDifference(ctx, a.Store, a.Policy, notice.DateOf(a.Now()))
	if err != nil {
		faults = append(faults, err)
	} else if stands {
		out.Drafts++
		note(a.announceDraft(ctx, d))
	}
	return out, errors.Join(faults...)
}

func (a Announcer) announce(ctx context.Context, run notice.Run) (mailed int, err error) {
	id := run.ID
	mark, rev, err := a.announcements().Load(ctx, string(id))
	if err != nil {
		return 0, err
	}
	missing := a.missing(mark, func(to string) bool { return run.First != nil && sameName(run.First.By, to) })
	if len(missing) == 0 {
		return 0, nil
	}
	if rev, err = a.claim(ctx, id, &mark, rev); err != nil {
		return 0, err
	}
	if mark.Plan, err = a.Plan(ctx, id); err != nil {
		return 0, err
	}
	mark.At = a.Now()
	review, err := a.ReviewWith(ctx, id, mark.Plan)
	if err != nil {
		return 0, err
	}
	return a.tell(ctx, id, mark, rev, missing, func(to string) error {
		claims := token.Claims{Purpose: token.Approve, Recipient: a.ID(to), Run: id, Expires: a.Now().Add(linkLife)}
		return a.Post.Invite(ctx, officers.Invitation{To: to, Link: a.Links.Link(claims), Two: a.Two, Run: review.Run, Version: review.Version, Change: string(review.Verdict.Class),
			Confidence: review.Verdict.Confidence, Reasons: review.Verdict.Reasons, Comparison: review.Verdict.Comparison.Text(), Warnings: review.Warnings, Plan: mark.Plan})
	})
}

// missing are the approvers to tell now, but for those who need not be: nobody while
// another announcer is at it.
func (a Announcer) missing(mark announcement, needNot func(to string) bool) []string {
	if mark.Until.After(a.Now()) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Approvers), func(to string) bool {
		at, told := mark.Told[a.ID(to)]
		return told && at.Add(again).After(a.Now()) || needNot(to)
	})
}

// claim keeps other announcers away from what a mark is about.
func (a Announcer) claim(ctx context.Context, id notice.RunID, mark *announcement, rev int64) (int64, error) {
	mark.Until = a.Now().Add(announcing)
	return a.announcements().Save(ctx, string(id), *mark, rev)
}

// tell mails each of those who are missing and marks them as told right after; the last
// mark gives the claim back. Whom it does not reach keeps nobody else from it, and is
// tried again next time.
func (a Announcer) tell(ctx context.Context, id notice.RunID, mark announcement, rev int64, missing []string, mail func(to string) error) (mailed int, err error) {
	var faults []error
	for i, to := range missing {
		if err := mail(to); err != nil {
			faults = append(faults, err)
		} else {
			mailed++
			if mark.Told == nil {
				mark.Told = map[notice.RecipientID]time.Time{}
			}
			mark.Told[a.ID(to)] = a.Now()
		}
		if i == len(missing)-1 {
			mark.Until = time.Time{}
		}
		if rev, err = a.announcements().Save(ctx, string(id), mark, rev); err != nil {
			return mailed, errors.Join(append(faults, err)...)
		}
	}
	return mailed, errors.Join(faults...)
}
