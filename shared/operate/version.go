package operate

import (
	"context"

	"policymail/shared/notice"
	"policymail/shared/report"
)

// VersionArgs name a version of a policy.
type VersionArgs struct {
	Policy  string `json:"policy"`
	Version string `json:"version,omitempty"`
}

// version reads a version of a policy, the latest without a name.
func (o Operations) version(ctx context.Context, a VersionArgs) (notice.Version, error) {
	if a.Version != "" {
		return o.Store.Version(ctx, a.Policy, a.Version)
	}
	all, err := o.Store.Versions(ctx, a.Policy)
	if err != nil {
		return notice.Version{}, err
	}
	latest, ok := notice.Latest(all)
	if !ok {
		return latest, notice.NotFound("policy %s has no version", a.Policy).Hint("publish one first")
	}
	return latest, nil
}

// evidence is what can be proven of a version, and where its text can be read.
func (o Operations) evidence(ctx context.Context, a VersionArgs) (report.Evidence, error) {
	e, err := report.EvidenceOf(ctx, o.Store, a.Policy, a.Version)
	if err == nil && e.Approved {
		e.URL = o.Links.Version(e.Policy, e.Version)
	}
	return e, err
}
