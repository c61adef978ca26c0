package approval

import (
	"context"
	"slices"

	"policymail/shared/notice"
	"policymail/shared/publish"
)

// circumstances warn whoever decides about a version of what is not in its text: that the
// same text was rejected before, which versions never take effect for it, and that the public
// page cannot be read or is an old one.
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
	never, err := publish.Sidelined(ctx, g.Store, v, versions, g.Now())
	if err != nil {
		return nil, err
	}
	page, err := g.Page(ctx, v.Policy)
	return slices.Concat(warnings, never, page), err
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
