package approval

import (
	"context"
	"errors"

	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/policy"
	"policymail/shared/publish"
)

// draftMark names the record of who was told of the draft of a policy. No run is called
// so: those that are announced are changes.
func draftMark(policy string) notice.RunID { return notice.RunID("draft-" + policy) }

// draft finds the draft of the policy whose page is watched, and the version it differs
// from. It stands while that is the one the page is compared with: what was published
// since is the answer to it.
func (a Announcer) draft(ctx context.Context) (d publish.Draft, v notice.Version, stands bool, err error) {
	if d, err = publish.LoadDraft(ctx, a.Store, a.Policy); errors.Is(err, notice.ErrNotFound) {
		return d, v, false, nil
	} else if err != nil {
		return d, v, false, err
	}
	versions, err := a.Store.Versions(ctx, a.Policy)
	if err != nil {
		return d, v, false, err
	}
	if versions, err = publish.Standing(ctx, a.Store, versions); err != nil {
		return d, v, false, err
	}
	v, ok := notice.Latest(versions)
	return d, v, ok && d.Since == v.Name, nil
}

// announceDraft tells the approvers of a draft that stands. Another draft, or the same
// change once more after it was withdrawn, is told anew.
func (a Announcer) announceDraft(ctx context.Context, d publish.Draft, v notice.Version) (mailed int, err error) {
	id := draftMark(d.Policy)
	mark, rev, err := a.announcements().Load(ctx, string(id))
	if err != nil {
		return 0, err
	}
	if !mark.Draft.Equal(d.SeenAt) {
		mark.Draft, mark.Told = d.SeenAt, nil
	}
	missing := a.missing(mark, func(string) bool { return false })
	if len(missing) == 0 {
		return 0, nil
	}
	if rev, err = a.claim(ctx, id, &mark, rev); err != nil {
		return 0, err
	}
	sections, err := differing(d, v)
	if err != nil {
		return 0, err
	}
	return a.tell(ctx, id, mark, rev, missing, func(to string) error {
		return a.Post.PageChanged(ctx, officers.PageChange{To: to, Version: v, Seen: notice.DateOf(d.SeenAt), Class: string(d.Class),
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
