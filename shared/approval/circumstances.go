package approval

import (
	"context"

	"policymail/shared/notice"
	"policymail/shared/publish"
)

// circumstances warn whoever decides about a version of what is not in its text: that the
// same text was rejected before, and that the public page cannot be read or is an old one.
func (g Gate) circumstances(ctx context.Context, v notice.Version) (warnings []string, err error) {
	versions, err := g.Store.Versions(ctx, v.Policy)
	if err != nil {
		return nil, err
	}
	rejected, err := notice.RejectedBefore(v, versions, func(id notice.RunID) (notice.Run, error) { return g.Store.Run(ctx, id) })
	if err != nil {
		return nil, err
	}
	for _, r := range rejected {
		warnings = append(warnings, r.Warning())
	}
	page, err := g.Page(ctx, v.Policy)
	return append(warnings, page...), err
}

// Page warns of a public page that cannot be read, or that shows another text than it is
// to show.
func (g Gate) Page(ctx context.Context, policy string) (warnings []string, err error) {
	reading, err := publish.LoadReading(ctx, g.Store, policy)
	if err != nil {
		return nil, err
	}
	if trouble := reading.Trouble(); trouble != "" {
		warnings = append(warnings, trouble)
	}
	d, stands, err := publish.FindDifference(ctx, g.Store, policy, notice.DateOf(g.Now()))
	if err == nil && stands {
		warnings = append(warnings, d.Sentence())
	}
	return warnings, err
}

// Warnings are the circumstances of the version that a run tells of.
func (g Gate) Warnings(ctx context.Context, id notice.RunID) ([]string, error) {
	_, v, err := g.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return g.circumstances(ctx, v)
}
