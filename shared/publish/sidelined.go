package publish

import (
	"context"
	"fmt"
	"time"

	"policymail/shared/notice"
)

// Sidelined words which versions never take effect once v is approved, v itself included.
// all are those of the policy; of these, one whose run was cancelled before anybody approved
// it is not to take effect anyway.
func Sidelined(ctx context.Context, runs Runs, v notice.Version, all []notice.Version, now time.Time) (warnings []string, err error) {
	if by, never := notice.NeverInForce(v, all); never {
		warnings = append(warnings, fmt.Sprintf("version %s never takes effect: version %s was published after it and is in force by its day, %s", v.Name, by, v.Effective))
	}
	standing, err := Standing(ctx, runs, all)
	if err != nil {
		return nil, err
	}
	once := ""
	if v.Approval == nil {
		once = "once version " + v.Name + " is approved, "
	}
	for _, other := range notice.Sidelined(v, standing, now) {
		why := fmt.Sprintf("version %s was published after it and is in force from %s", v.Name, v.Effective)
		if v.Corrects == other.Name {
			why = fmt.Sprintf("version %s is the same text, effective %s", v.Name, v.Effective)
		}
		warnings = append(warnings, fmt.Sprintf("%sversion %s, effective %s, never takes effect: %s", once, other.Name, other.Effective, why))
	}
	return warnings, nil
}
