package approval

import (
	"context"

	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/policy"
	"policymail/shared/publish"
)

// draftMark names the record of who was told of the draft of a policy. No run is called
// so: those that are announced are changes.
func draftMark(policy string) notice.RunID { return notice.RunID("draft-" + policy) }

// announceDraft tells the approvers of a draft that stands. Another draft, or the same
// change once more after it was withdrawn, is told anew.
func (a Announcer) announceDraft(ctx context.Context, d publish.Difference) (mailed int, err error) {
	id := draftMark(d.Policy)
	mark, rev, err := a.announcements().Load(ctx, string(id))
	if err != nil {
		return 0, err
	}
	if !mark.Since.Equal(d.SeenAt) {
		mark.Since, mark.Told = d.SeenAt, nil
	}
	missing := a.missing(mark, nobody)
	if len(missing) == 0 {
		return 0, nil
	}
	if rev, err = a.claim(ctx, id, &mark, rev); err != nil {
		return 0, err
	}
	compared, shows := d.Version, ""
	if d.Behind() {
		compared, shows = d.InForce, d.Shows
	}
	sections, err := differing(d.Draft, compared)
	if err != nil {
		return 0, err
	}
	return a.tell(ctx, id, mark, rev, missing, func(to string) error {
		return a.Post.PageChanged(ctx, officers.PageChange{To: to, Version: d.Version, InForce: d.InForce, Shows: shows, Seen: notice.DateOf(d.SeenAt), Class: string(d.Class),
			Confidence: d.Confidence, Reasons: d.Reasons, Sections: sections})
	})
}

// differing are the headings of the sections in which a draft differs from a version.
func differing(d publish.Draft, v notice.Version) (headings []string, err error) {
	page, err := d.Page()
	if err != nil {
		return nil, err
	}
	verdict, err := policy.Change(v, notice.Version{HTML: page})
	if err != nil {
		return nil, err
	}
	for _, s := range verdict.Comparison.Changes() {
		if s.Heading != "" && (s.Was != "" || len(s.Blocks) > 0) {
			headings = append(headings, s.Heading)
		}
	}
	return headings, nil
}
