// Package publish records versions of a policy, from a file or a folder of the bucket, and
// keeps the drafts of what its public page says instead.
package publish

import (
	"cmp"
	"context"
	"errors"
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

// Result is what became of a publication. Run is empty for a baseline and for an
// unchanged text.
type Result struct {
	Policy    string       `json:"policy"`
	Version   string       `json:"version"`
	SHA256    string       `json:"sha256"`
	Class     notice.Class `json:"class"`
	Run       notice.RunID `json:"run,omitempty"`
	Baseline  bool         `json:"baseline"`
	Unchanged bool         `json:"unchanged"`
	Change    policy.Class `json:"change,omitempty"`   // what the difference from the version before is
	Warnings  []string     `json:"warnings,omitempty"` // for whoever approves
}

// Publisher records versions.
type Publisher struct {
	Store   Store
	Now     func() time.Time
	Locales []string     // the languages of the readers, for warnings
	Leads   policy.Leads // for warnings
}

// Publish records a text as a version and opens the run that waits for approval.
// A policy's first version is its baseline: approved by its publisher, no run. The
// same text as the latest version is no new version and starts nothing. A call
// that was cut short is completed by repeating it (invariant 5, nothing unapproved).
//
// A publication with a summary is meant to be told. One without is recorded if it
// needs no telling: a text that only looks otherwise is unchanged, an edit without a
// change in meaning becomes a version approved by its publisher, with no run. It is
// compared with the version readers know: what waits for approval, was never given it,
// or was cancelled before everybody was told, is part of the change, and no edit of it
// carries it past the approver, nor into force before its day.
func (p Publisher) Publish(ctx context.Context, in Publication) (Result, error) {
	v, err := p.read(in)
	if err != nil {
		return Result{}, err
	}
	all, err := p.Store.Versions(ctx, v.Policy)
	if err != nil {
		return Result{}, err
	}
	latest, known := notice.Latest(all)
	result := Result{Policy: v.Policy, Version: v.Name, SHA256: v.SHA256, Class: v.Class}
	// What was cancelled may be published anew, under another name and with a better summary.
	again, err := cancelled(ctx, p.Store, latest)
	if err != nil {
		return Result{}, err
	}
	if known && latest.SHA256 == v.SHA256 && !(again && v.Name != latest.Name) {
		result.Version, result.Class, result.Unchanged, result.Warnings = latest.Name, latest.Class, true, ignored(v, latest)
		if !latest.Baseline() && len(latest.Summary) > 0 {
			// Complete a publication that died before its run was added.
			if err := p.open(ctx, latest); err != nil {
				return Result{}, err
			}
		}
		return result, nil
	}
	if slices.ContainsFunc(all, func(old notice.Version) bool { return old.Name == v.Name }) {
		return Result{}, notice.Conflict("version %s of %s is already published with another text", v.Name, v.Policy).Hint("give the new text a new version")
	}
	before, ok, err := p.Known(ctx, all)
	if err != nil {
		return Result{}, err
	}
	if ok {
		v.Previous = before.Name
		verdict, err := policy.Change(before, v)
		if err != nil {
			return Result{}, err
		}
		result.Change, v.Change = verdict.Class, string(verdict.Class)
		result.Warnings = policy.Lint(verdict, p.Leads, v.Summary, p.Locales, v.Effective, notice.DateOf(p.Now()))
		rejected, err := notice.RejectedBefore(v, all, func(id notice.RunID) (notice.Run, error) { return p.Store.Run(ctx, id) })
		if err != nil {
			return Result{}, err
		}
		for _, r := range rejected {
			result.Warnings = append(result.Warnings, r.Warning())
		}
		switch told := len(v.Summary) > 0; {
		case told:
			if verdict.Class == policy.Broken {
				result.Warnings = append(result.Warnings, "this may not be the whole policy: "+verdict.Reasons[0])
			}
			result.Run = notice.ChangeRunID(v.Policy, v.Name)
		case verdict.Class == policy.None && v.Class == notice.Optional:
			result.Version, result.SHA256, result.Class, result.Unchanged, result.Warnings = before.Name, before.SHA256, before.Class, true, nil
			return result, nil
		case verdict.Class == policy.Editorial && v.Class == notice.Optional:
			if v.Effective < before.Effective {
				return Result{}, notice.Refused("version %s would bring version %s, which it edits, into force before its day, %s", v.Name, before.Name, before.Effective).
					Hint("let it take effect on %s or later", before.Effective)
			}
			v.Approval = &notice.Approval{By: v.PublishedBy, At: v.PublishedAt, Hash: v.ContentHash()}
		case verdict.Class == policy.Broken:
			return Result{}, notice.Refused("this may not be the whole policy: %s", verdict.Reasons[0]).Hint("compare it by policymail diff; with a summary it is published all the same")
		default:
			return Result{}, notice.Invalid("version %s has no summary of what changed", v.Name).Hint("add --summary FILE or --summary LOCALE=FILE; policymail draft FILE writes a first one")
		}
	} else {
		result.Baseline = true
		v.Approval = &notice.Approval{By: v.PublishedBy, At: v.PublishedAt, Hash: v.ContentHash()}
	}
	// Of two first versions published at once only one is the baseline.
	if err := p.Store.AddVersion(ctx, v); errors.Is(err, notice.ErrConflict) {
		return Result{}, notice.Conflict("another version of %s was published at the same time", v.Policy).Hint("publish it again")
	} else if err != nil {
		return Result{}, err
	}
	if result.Run != "" {
		err = p.open(ctx, v)
	}
	return result, err
}

// ignored says what of a publication of a text that is known already came to nothing.
func ignored(in, known notice.Version) (warnings []string) {
	if in.Effective != known.Effective {
		warnings = append(warnings, "the text is that of version "+known.Name+", whose date stays "+string(known.Effective))
	}
	as := known
	as.Summary = in.Summary
	edited := slices.ContainsFunc(known.Edits, func(e notice.Edit) bool { return e.Before == as.ContentHash() })
	if len(in.Summary) > 0 && !maps.Equal(in.Summary, known.Summary) && !edited {
		warnings = append(warnings, "the text is that of version "+known.Name+", whose summary stays as it is: edit it on the page of its approval, or reject its run and publish under another name")
	}
	return warnings
}

// open adds the run of a version, once.
func (p Publisher) open(ctx context.Context, v notice.Version) error {
	err := p.Store.AddRun(ctx, notice.Run{ID: notice.ChangeRunID(v.Policy, v.Name), Kind: notice.Change, Class: v.Class,
		Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(), State: notice.Waiting, OpenedAt: p.Now()})
	if errors.Is(err, notice.ErrConflict) {
		return nil
	}
	return err
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
