package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"policymail/shared/notice"
)

// correction is what a publication of the text of the latest version comes to.
type correction struct {
	same    bool // it is that text
	allowed bool // it becomes a version of its own
	refusal string
	// corrects is the version in whose place it comes, if that is not in force yet.
	corrects string
	ends     *notice.Run // of that version, cancelled
}

// correction says whether a publication of the text of the latest version becomes a version
// of its own. It does under another name where the run of the latest was cancelled, and
// with another date where nobody was told of the latest: it has no run, or one that nobody
// approved, which then ends. What is in force stays: its day has come (invariant 5, nothing
// unapproved, for the text is one that was approved or goes on waiting).
func (p Publisher) correction(ctx context.Context, all []notice.Version, v notice.Version) (c correction, err error) {
	latest, known := notice.Latest(all)
	if c.same = known && latest.SHA256 == v.SHA256; !c.same {
		return c, nil
	}
	inForce := latest.Approved() && latest.Effective <= notice.DateOf(p.Now())
	if !inForce {
		c.corrects = latest.Name
	}
	run, told, err := RunOf(ctx, p.Store, latest)
	switch {
	case err != nil:
		return c, err
	case v.Name == latest.Name:
	case told && run.State == notice.Cancelled:
		c.allowed = true
	case v.Effective == latest.Effective:
	case told && run.State != notice.Waiting:
		c.refusal = "its run was approved"
	case told && run.First != nil:
		c.refusal = run.First.By + " has approved it; cancel its run first"
	case inForce:
		c.refusal = "it has taken effect"
	case told:
		c.allowed, c.ends = true, &run
		return c, run.Cancel()
	default:
		c.allowed = true
	}
	return c, nil
}

// corrects reports whether a version corrects another's date, or that of one which did.
func corrects(v, other notice.Version, all []notice.Version) bool {
	for v.Corrects != "" && v.Corrects != other.Name {
		at := slices.IndexFunc(all, func(between notice.Version) bool { return between.Name == v.Corrects })
		if at < 0 {
			return false
		}
		v = all[at]
	}
	return v.Corrects != ""
}

// ignored says what of a publication of a text that is known already came to nothing, and
// why its date did.
func ignored(in, known notice.Version, dateStays string) (warnings []string) {
	if in.Effective != known.Effective {
		warning := "the text is that of version " + known.Name + ", whose date stays " + string(known.Effective)
		if dateStays == "" {
			dateStays = "publish it under another name to correct the date"
		}
		warnings = append(warnings, warning+": "+dateStays)
	}
	as := known
	as.Summary = in.Summary
	edited := slices.ContainsFunc(known.Edits, func(e notice.Edit) bool { return e.Before == as.ContentHash() })
	if len(in.Summary) > 0 && !maps.Equal(in.Summary, known.Summary) && !edited {
		warnings = append(warnings, "the text is that of version "+known.Name+", whose summary stays as it is: edit it on the page of its approval, or reject its run and publish under another name")
	}
	return warnings
}

// run is the run that tells of a version, before anybody approved it. Where a cancelled run
// told some people of the same words already, it follows that run; not so if another text was
// told since, for then these words are news to everybody again (invariant 2, never lost).
func (p Publisher) run(ctx context.Context, v notice.Version, all []notice.Version) (*notice.Run, error) {
	r := notice.Run{ID: notice.ChangeRunID(v.Policy, v.Name), Kind: notice.Change, Class: v.Class,
		Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(), State: notice.Waiting, OpenedAt: p.Now()}
	earlier := slices.DeleteFunc(slices.Clone(all), func(other notice.Version) bool { return notice.ByPublication(other, v) >= 0 })
	slices.SortFunc(earlier, func(a, b notice.Version) int { return notice.ByPublication(b, a) })
	for _, other := range earlier {
		same := other.SaysTheSame(v)
		if !same && other.SHA256 == v.SHA256 {
			continue
		}
		told, _, err := RunOf(ctx, p.Store, other)
		if err != nil {
			return nil, err
		}
		if same && told.State == notice.Cancelled && !told.StartedAt.IsZero() {
			r.Follows = told.ID
			break
		}
		if !same && told.Begun() {
			break
		}
	}
	return &r, nil
}

// withdrawn says whether v takes the place of versions that were approved since the one it is
// compared with, and whose run was cancelled, and words what becomes of them.
func (p Publisher) withdrawn(ctx context.Context, all []notice.Version, before, v notice.Version) (withdraws bool, words []string, err error) {
	for _, other := range all {
		if !other.Approved() || other.Name == before.Name || other.Name == v.Corrects || notice.ByPublication(other, before) < 0 || other.SHA256 == v.SHA256 {
			continue
		}
		if _, never := notice.NeverInForce(other, all); never {
			continue
		}
		run, _, err := RunOf(ctx, p.Store, other)
		if err != nil {
			return false, nil, err
		}
		withdraws = true
		today := notice.DateOf(p.Now())
		switch {
		case v.Effective <= other.Effective && other.Effective > today: // Sidelined says so
		case v.Effective <= today:
			words = append(words, fmt.Sprintf("version %s, in force since %s, is withdrawn", other.Name, other.Effective))
		case other.Effective <= today:
			words = append(words, fmt.Sprintf("version %s, in force since %s, stays so until version %s takes its place on %s", other.Name, other.Effective, v.Name, v.Effective))
		default:
			words = append(words, fmt.Sprintf("version %s takes effect on %s all the same, before version %s takes its place on %s: to withdraw it, let version %s take effect by then",
				other.Name, other.Effective, v.Name, v.Effective, v.Name))
		}
		if !run.StartedAt.IsZero() && len(v.Summary) == 0 {
			words = append(words, fmt.Sprintf("whoever was told of version %s (policymail status %s says how many) is not told that it is withdrawn: with --summary everybody is", other.Name, run.ID))
		}
	}
	return withdraws, words, nil
}
