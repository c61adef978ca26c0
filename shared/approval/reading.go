package approval

import (
	"context"
	"time"

	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/publish"
)

// brokenFor is how long the public page cannot be read when its approvers are told: a
// site that is down for a night is nothing they could mend.
const brokenFor = 24 * time.Hour

// Names of the records of who was told that the page of a policy cannot be read, and that
// it can be again.
func brokenMark(policy string) notice.RunID { return notice.RunID("page-" + policy) }
func mendedMark(policy string) notice.RunID { return notice.RunID("page-mended-" + policy) }

// announceReading tells the approvers once that the page cannot be read, when that has
// lasted for a day, and tells those that it can be read again.
func (a Announcer) announceReading(ctx context.Context) (mailed int, err error) {
	r, err := publish.LoadReading(ctx, a.Store, a.Policy)
	if err != nil || r.At.IsZero() {
		return 0, err
	}
	broken, rev, err := a.announcements().Load(ctx, string(brokenMark(a.Policy)))
	if err != nil {
		return 0, err
	}
	if r.FailedSince.IsZero() {
		return a.announceMended(ctx, broken)
	}
	if a.Now().Sub(r.FailedSince) < brokenFor {
		return 0, nil
	}
	if !broken.Since.Equal(r.FailedSince) {
		broken.Since, broken.Told = r.FailedSince, nil
	}
	return a.tellOnce(ctx, brokenMark(a.Policy), broken, rev, nobody, func(to string) error {
		return a.Post.PageBroken(ctx, officers.PageBroken{To: to, Policy: a.Policy, Since: r.FailedSince, Why: r.Why})
	})
}

// announceMended tells those who were told that the page could not be read.
func (a Announcer) announceMended(ctx context.Context, broken announcement) (mailed int, err error) {
	if len(broken.Told) == 0 {
		return 0, nil
	}
	mended, rev, err := a.announcements().Load(ctx, string(mendedMark(a.Policy)))
	if err != nil {
		return 0, err
	}
	if !mended.Since.Equal(broken.Since) {
		mended.Since, mended.Told = broken.Since, nil
	}
	unaware := func(to string) bool { _, told := broken.Told[a.ID(to)]; return !told }
	return a.tellOnce(ctx, mendedMark(a.Policy), mended, rev, unaware, func(to string) error {
		return a.Post.PageBroken(ctx, officers.PageBroken{To: to, Policy: a.Policy, Since: broken.Since, Again: true})
	})
}

func nobody(string) bool { return false }

// tellOnce mails every approver, but for those who need not be, who was not told yet.
func (a Announcer) tellOnce(ctx context.Context, id notice.RunID, mark announcement, rev int64, needNot func(to string) bool, mail func(to string) error) (mailed int, err error) {
	missing := a.missing(mark, func(to string) bool { _, told := mark.Told[a.ID(to)]; return told || needNot(to) })
	if len(missing) == 0 {
		return 0, nil
	}
	if rev, err = a.claim(ctx, id, &mark, rev); err != nil {
		return 0, err
	}
	return a.tell(ctx, id, mark, rev, missing, mail)
}
