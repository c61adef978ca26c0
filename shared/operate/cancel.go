package operate

import (
	"context"
	"fmt"

	"policymail/shared/notice"
	"policymail/shared/publish"
)

// Cancelled is a run that was ended, and what stands of it.
type Cancelled struct {
	notice.Run
	Told    int      `json:"told"`     // people to whom the notice went, by now
	NotTold int      `json:"not_told"` // people who did not get it, besides those whom the rules leave out
	Stands  []string `json:"stands"`   // in words: what is so now, then what to do
}

// cancel ends a run for good and says what stands: ending the run of a change neither takes
// back its approval nor keeps its version from taking effect.
func (o Operations) cancel(ctx context.Context, a RunArgs) (Cancelled, error) {
	run, err := o.Operator.Cancel(ctx, a.Run)
	if err != nil {
		return Cancelled{}, err
	}
	c := Cancelled{Run: run, Told: run.Counts.Told()}
	c.NotTold = untold(run, run.Counts)
	if run.StartedAt.IsZero() {
		c.Stands = []string{fmt.Sprintf("nobody was told of version %s; it is not approved and does not take effect", run.Version)}
		return c, nil
	}
	c.Stands = []string{fmt.Sprintf("told of version %s by now: %d; not told: %d; what was under way may still leave, policymail status %s counts it", run.Version, c.Told, c.NotTold, run.ID)}
	if run.Kind == notice.Annual {
		c.Stands = append(c.Stands, "whom it did not reach belongs to the next annual run")
		return c, nil
	}
	versions, err := o.Store.Versions(ctx, run.Policy)
	if err != nil {
		return c, err
	}
	v, err := o.Store.Version(ctx, run.Policy, run.Version)
	if err != nil {
		return c, err
	}
	today := notice.DateOf(o.Now())
	by, never := notice.NeverInForce(v, versions)
	inForce, _ := notice.InForce(versions, today)
	switch {
	case !v.Approved():
		c.Stands = append(c.Stands, fmt.Sprintf("version %s is not approved and does not take effect", v.Name))
	case never:
		c.Stands = append(c.Stands, fmt.Sprintf("version %s does not take effect: version %s comes in its place", v.Name, by))
	case v.Effective > today:
		c.Stands = append(c.Stands, fmt.Sprintf("version %s stays approved and takes effect on %s", v.Name, v.Effective))
		c.advise(v, today)
	case inForce.Name == v.Name:
		c.Stands = append(c.Stands, fmt.Sprintf("version %s stays approved and in force, since %s", v.Name, v.Effective))
		c.advise(v, today)
	default:
		c.Stands = append(c.Stands, fmt.Sprintf("version %s was in force from %s; version %s is now", v.Name, v.Effective, inForce.Name))
	}
	return c, nil
}

// advise says what to do about a version that stands.
func (c *Cancelled) advise(v notice.Version, today notice.Date) {
	if c.NotTold > 0 {
		c.Stands = append(c.Stands, retell())
	}
	c.Stands = append(c.Stands, withdraw(v, today))
}

// untold is how many of a run's audience were to be told and were not, by its figures.
func untold(run notice.Run, figures notice.Counts) int {
	return max(run.Audience, figures.Total()) - figures.Told() - figures[notice.Skipped]
}

// retell and withdraw are what can be done about an approved version whose run was cancelled.
func retell() string {
	return "to tell the others, publish its text again under another name, with its summary: with the same summary and date, nobody who was told gets it twice"
}

func withdraw(v notice.Version, today notice.Date) string {
	return fmt.Sprintf("to withdraw it, publish the text of version %s again under another name, effective %s or earlier", v.Previous, notice.Later(v.Effective, today))
}

// untoldVersions checks that no version is in force, or comes into force, of which a run that
// was cancelled left people untold.
func (o Operations) untoldVersions(ctx context.Context, versions []notice.Version) (checks []Check, err error) {
	today := notice.DateOf(o.Now())
	inForce, _ := notice.InForce(versions, today)
	for _, v := range versions {
		if _, never := notice.NeverInForce(v, versions); !v.Approved() || never || v.Effective <= today && v.Name != inForce.Name {
			continue
		}
		run, _, err := publish.RunOf(ctx, o.Store, v)
		if err != nil {
			return nil, err
		}
		if run.State != notice.Cancelled {
			continue
		}
		ledger, err := o.Store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		if n := untold(run, run.Figures(ledger)); n > 0 {
			when := fmt.Sprintf("takes effect on %s", v.Effective)
			if v.Effective <= today {
				when = fmt.Sprintf("is in force since %s", v.Effective)
			}
			checks = append(checks, Check{Name: "run " + string(run.ID), Detail: fmt.Sprintf("cancelled: not told of version %s, which %s: %d", v.Name, when, n),
				Advice: retell() + "; " + withdraw(v, today)})
		}
	}
	return checks, nil
}
