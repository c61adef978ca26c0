// Package publish records versions of a policy, from a file or a folder of the bucket, and
// keeps the drafts of what its public page says instead.
package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"policymail/shared/notice"
	"policymail/shared/policy"
)

// Store is what publishing needs.
type Store interface {
	AddVersion(ctx context.Context, v notice.Version) error
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	AddRun(ctx context.Context, r notice.Run) error
	SaveRun(ctx context.Context, r notice.Run) (notice.Run, error)
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
}

// Publication is what a publisher hands in.
type Publication struct {
	Policy     string            `json:"policy"`
	Version    string            `json:"version"`
	Effective  string            `json:"effective"` // ISO 8601 date
	Class      string            `json:"class,omitempty"`
	Basis      string            `json:"basis,omitempty"`
	Summary    map[string]string `json:"summary,omitempty"` // by locale; "" is the language of the text
	Source     []byte            `json:"source"`
	SourceName string            `json:"source_name"`
	By         string            `json:"by,omitempty"`
}

// Result is what became of a publication. Run is empty where nobody is told: for a
// baseline, an unchanged text, and a version that its publisher approved.
type Result struct {
	Policy    string       `json:"policy"`
	Version   string       `json:"version"`
	SHA256    string       `json:"sha256"`
	Class     notice.Class `json:"class"`
	Effective notice.Date  `json:"effective"`
	Run       notice.RunID `json:"run,omitempty"`
	Baseline  bool         `json:"baseline"`
	Unchanged bool         `json:"unchanged"`
	Change    policy.Class `json:"change,omitempty"`    // what the difference from the version before is
	Languages []string     `json:"languages,omitempty"` // that have a summary
	Warnings  []string     `json:"warnings,omitempty"`  // for whoever approves
	DryRun    bool         `json:"dry_run,omitempty"`   // nothing was recorded
}

// Publisher records versions.
type Publisher struct {
	Store   Store
	Now     func() time.Time
	Locales []string     // the languages of the notices
	Leads   policy.Leads // for warnings
}

// Publish records a text as a version and opens the run that waits for approval.
// A policy's first version is its baseline: approved by its publisher, no run. The
// same text as the latest version is no new version and starts nothing. A call
// that was cut short is completed by repeating it (invariant 5, nothing unapproved).
//
// A publication with a summary is meant to be told. One without is recorded if it
// needs no telling: a text that only looks otherwise is unchanged, an edit without a
// change in meaning becomes a version approved by its publisher, with no run, and so does
// the text readers know once more, where another was approved meanwhile and withdrawn.
// It is compared with the version readers know: what waits for approval, was never given
// it, or was cancelled before everybody was told, is part of the change, and no edit of it
// carries it past the approver, nor into force before its day.
//
// The text of the latest version under another name and with another date corrects that
// version, as long as nobody was told of it and it is not in force: see correction.
func (p Publisher) Publish(ctx context.Context, in Publication) (Result, error) {
	d, err := p.decide(ctx, in)
	if err != nil {
		return Result{}, err
	}
	if d.ends != nil {
		// First: of a run that is approved at this moment, whoever comes second learns it.
		if _, err := p.Store.SaveRun(ctx, *d.ends); errors.Is(err, notice.ErrConflict) {
			return Result{}, notice.Conflict("somebody decided about run %s at the same time", d.ends.ID).Hint("look at it by policymail status, then publish again")
		} else if err != nil {
			return Result{}, err
		}
	}
	if d.adds {
		// Of two first versions published at once only one is the baseline.
		if err := p.Store.AddVersion(ctx, d.version); errors.Is(err, notice.ErrConflict) {
			return Result{}, notice.Conflict("another version of %s was published at the same time", d.version.Policy).Hint("publish it again")
		} else if err != nil {
			return Result{}, err
		}
	}
	if d.opens != nil {
		if err := p.Store.AddRun(ctx, *d.opens); err != nil && !errors.Is(err, notice.ErrConflict) {
			return d.Result, err
		}
	}
	return d.Result, nil
}

// Try says what Publish would record, and records nothing.
func (p Publisher) Try(ctx context.Context, in Publication) (Result, error) {
	d, err := p.decide(ctx, in)
	d.DryRun = true
	return d.Result, err
}

// decision is what a publication comes to.
type decision struct {
	Result
	version notice.Version
	adds    bool        // the version is recorded
	opens   *notice.Run // if it is not there already
	ends    *notice.Run // cancelled: it waits to tell of the version that this one corrects
}

// decide says what a publication comes to. It changes nothing.
func (p Publisher) decide(ctx context.Context, in Publication) (d decision, err error) {
	v, err := p.read(in)
	if err != nil {
		return d, err
	}
	all, err := p.Store.Versions(ctx, v.Policy)
	if err != nil {
		return d, err
	}
	d.Result = Result{Policy: v.Policy, Version: v.Name, SHA256: v.SHA256, Class: v.Class, Effective: v.Effective}
	fix, err := p.correction(ctx, all, v)
	if err != nil {
		return d, err
	}
	latest, _ := notice.Latest(all)
	if fix.same && !fix.allowed {
		d.unchanged(latest)
		d.Warnings = ignored(v, latest, fix.refusal)
		if !latest.Baseline() && len(latest.Summary) > 0 {
			// Complete a publication that died before its run was added.
			d.opens, err = p.run(ctx, latest, all)
		}
		return d, err
	}
	if slices.ContainsFunc(all, func(old notice.Version) bool { return old.Name == v.Name }) {
		return d, notice.Conflict("version %s of %s is already published with another text or date", v.Name, v.Policy).Hint("give it a new name")
	}
	v.Corrects, d.ends = fix.corrects, fix.ends
	before, ok, err := p.before(ctx, all, v)
	if err != nil {
		return d, err
	}
	if ok {
		if err := p.compare(ctx, &d, &v, before, all); err != nil || d.Unchanged {
			return d, err
		}
	} else {
		d.Baseline = true
		v.Approval = v.ApprovedByPublisher()
	}
	d.version, d.adds, d.Languages = v, true, slices.Sorted(maps.Keys(v.Summary))
	if d.Run != "" {
		if d.opens, err = p.run(ctx, v, all); err != nil {
			return d, err
		}
	}
	if d.ends != nil {
		all = slices.DeleteFunc(all, func(other notice.Version) bool { return other.Name == v.Corrects })
		d.Warnings = append(d.Warnings, fmt.Sprintf("run %s ends, which nobody approved: version %s is the same text, effective %s", d.ends.ID, v.Name, v.Effective))
	}
	never, err := Sidelined(ctx, p.Store, v, all, p.Now())
	d.Warnings = append(d.Warnings, never...)
	return d, err
}

// before is the version a new one is compared with: the one readers know, leaving out those
// it corrects, unless one is the first of the policy.
func (p Publisher) before(ctx context.Context, all []notice.Version, v notice.Version) (before notice.Version, ok bool, err error) {
	others := slices.DeleteFunc(slices.Clone(all), func(other notice.Version) bool { return corrects(v, other, all) && !other.Baseline() })
	return p.Known(ctx, others)
}

// compare decides about a version by its difference from the one before: whether it is one
// at all, whether a run tells of it, or whether its publisher approves it.
func (p Publisher) compare(ctx context.Context, d *decision, v *notice.Version, before notice.Version, all []notice.Version) error {
	v.Previous = before.Name
	verdict, err := policy.Change(before, *v)
	if err != nil {
		return err
	}
	withdraws, withdrawn, err := p.withdrawn(ctx, all, before, *v)
	if err != nil {
		return err
	}
	d.Change, v.Change = verdict.Class, string(verdict.Class)
	d.Warnings = policy.Lint(verdict, p.Leads, v.Summary, nil, v.Effective, notice.DateOf(p.Now()))
	rejected, err := notice.RejectedBefore(*v, all, func(id notice.RunID) (notice.Run, error) { return p.Store.Run(ctx, id) })
	if err != nil {
		return err
	}
	for _, r := range rejected {
		d.Warnings = append(d.Warnings, r.Warning())
	}
	needsNoTelling := v.Class == notice.Optional && (verdict.Class == policy.None || verdict.Class == policy.Editorial)
	switch told := len(v.Summary) > 0; {
	case told:
		if verdict.Class == policy.Broken {
			d.Warnings = append(d.Warnings, "this may not be the whole policy: "+verdict.Reasons[0])
		}
		d.Run = notice.ChangeRunID(v.Policy, v.Name)
	case needsNoTelling && verdict.Class == policy.None && !withdraws && v.Corrects == "":
		d.unchanged(before)
		d.Warnings = nil
	case needsNoTelling:
		if v.Effective < before.Effective && !corrects(*v, before, all) {
			return notice.Refused("version %s would bring version %s, which it edits, into force before its day, %s", v.Name, before.Name, before.Effective).
				Hint("let it take effect on %s or later", before.Effective)
		}
		v.Approval = v.ApprovedByPublisher()
	case verdict.Class == policy.Broken:
		return notice.Refused("this may not be the whole policy: %s", verdict.Reasons[0]).Hint("compare it by policymail diff; with a summary it is published all the same")
	default:
		return notice.Invalid("version %s has no summary of what changed", v.Name).Hint("add --summary FILE or --summary LOCALE=FILE; policymail draft FILE writes a first one")
	}
	d.Warnings = append(d.Warnings, withdrawn...)
	return nil
}

// unchanged says that a publication is the text of a version that is there.
func (d *decision) unchanged(known notice.Version) {
	d.Version, d.SHA256, d.Class, d.Effective, d.Unchanged = known.Name, known.SHA256, known.Class, known.Effective, true
}

// localeOf is the locale of the readers that a language tag means: pt is pt-BR where
// that is the only Portuguese there is. A language nobody reads stays as it is.
func (p Publisher) localeOf(tag string) (string, error) {
	parsed, err := language.Parse(tag)
	if err != nil || slices.Contains(p.Locales, parsed.String()) {
		return parsed.String(), err
	}
	base, _ := parsed.Base()
	for _, locale := range p.Locales {
		if other, _ := language.Make(locale).Base(); other == base {
			return locale, nil
		}
	}
	return parsed.String(), nil
}

// read checks a publication; every fault is reported at once.
func (p Publisher) read(in Publication) (notice.Version, error) {
	var faults []string
	note := func(err error) {
		if err != nil {
			faults = append(faults, err.Error())
		}
	}
	note(notice.CheckPolicyName(in.Policy))
	note(notice.CheckVersionName(in.Version))
	effective, err := notice.ParseDate(in.Effective)
	if err != nil {
		faults = append(faults, "effective date: "+err.Error())
	}
	class, err := notice.ParseClass(in.Class)
	note(err)
	if class == notice.Mandatory && strings.TrimSpace(in.Basis) == "" {
		faults = append(faults, "a mandatory notice needs its legal basis; add --basis")
	}
	text, err := policy.Normalise(in.Source, in.SourceName)
	note(err)
	summary, written := map[string]string{}, policy.Language(text.Document)
	for _, tag := range slices.Sorted(maps.Keys(in.Summary)) {
		said := strings.TrimSpace(in.Summary[tag])
		locale, err := p.localeOf(cmp.Or(tag, written, "en"))
		switch {
		case err != nil:
			faults = append(faults, "summary locale "+tag+" is not a language tag like en or pt-BR")
		case said == "":
			faults = append(faults, "the summary for "+locale+" is empty")
		case summary[locale] != "":
			faults = append(faults, "there are two summaries for "+locale)
		default:
			summary[locale] = said
		}
	}
	if len(faults) > 0 {
		return notice.Version{}, notice.Invalid("%s", strings.Join(faults, "\n"))
	}
	by := in.By
	if by == "" {
		by = "operator"
	}
	return notice.Version{Policy: in.Policy, Name: in.Version, Effective: effective, Class: class, Basis: strings.TrimSpace(in.Basis), Summary: summary,
		SHA256: notice.HashOf(text.Plain), Normaliser: policy.Normaliser, Text: text.Plain, HTML: text.HTML, PageSHA256: notice.HashOf(text.HTML), Language: written, PublishedBy: by, PublishedAt: p.Now()}, nil
}
