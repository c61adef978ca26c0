package operate

import (
	"context"
	"strings"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
)

// DraftArgs ask for a draft: of a text handed in or, without one, of the change the
// watcher has seen on the public page.
type DraftArgs struct {
	Policy     string `json:"policy"`
	Source     []byte `json:"source,omitempty"`
	SourceName string `json:"source_name,omitempty"`
	Effective  string `json:"effective,omitempty"`
}

// Draft is what an officer starts from.
type Draft struct {
	Policy     string           `json:"policy"`
	Since      string           `json:"since"` // the version it is compared with
	Class      policy.Class     `json:"class"`
	Confidence float64          `json:"confidence"`
	Reasons    []string         `json:"reasons"`
	Summary    string           `json:"summary"` // to edit; sentences of the two texts only
	Locale     string           `json:"locale"`  // of the summary: that of the text, if we speak it
	Warnings   []string         `json:"warnings"`
	Sections   []policy.Section `json:"sections"`
	HTML       string           `json:"html"` // of the text
}

// seen is the draft of what the public page says, if that is to be published: not if
// it is an old version, which would take back what readers were told since.
func (o Operations) seen(ctx context.Context, name string) (publish.Draft, error) {
	d, stands, err := publish.FindDifference(ctx, o.Store, name, notice.DateOf(o.Now()))
	if err != nil {
		return d.Draft, err
	}
	reading, err := publish.LoadReading(ctx, o.Store, name)
	if err != nil {
		return d.Draft, err
	}
	switch trouble := reading.Trouble(); {
	case stands && d.Behind():
		return d.Draft, notice.Refused("there is nothing new to publish: %s", d.Sentence()).Hint("%s", d.Advice())
	case stands:
		return d.Draft, nil
	case trouble != "":
		return d.Draft, notice.Refused("there is no draft of %s: %s", name, trouble).Hint("%s", publish.TroubleAdvice)
	case d.Since == "":
		return d.Draft, notice.NotFound("there is no draft of %s", name).Hint("the watcher makes one when the page reads differently twice")
	}
	return d.Draft, notice.NotFound("the page has not changed since version %s was published", d.Version.Name)
}

// draft compares a text with the version readers know and drafts its summary. It records
// nothing.
func (o Operations) draft(ctx context.Context, a DraftArgs) (Draft, error) {
	versions, err := o.Store.Versions(ctx, a.Policy)
	if err != nil {
		return Draft{}, err
	}
	standing, err := publish.Standing(ctx, o.Store, versions)
	if err != nil {
		return Draft{}, err
	}
	latest, ok := notice.Latest(standing)
	if !ok {
		return Draft{}, notice.NotFound("policy %s has no version to compare with", a.Policy).Hint("publish one first")
	}
	known, ok, err := o.Publisher.Known(ctx, versions)
	if err != nil {
		return Draft{}, err
	}
	if !ok {
		known = latest
	}
	d := Draft{Policy: a.Policy, Since: known.Name}
	if len(a.Source) > 0 {
		text, err := policy.Normalise(a.Source, a.SourceName)
		if err != nil {
			return d, err
		}
		d.HTML = text.HTML
	} else {
		seen, err := o.seen(ctx, a.Policy)
		if err != nil {
			return d, err
		}
		if d.HTML, err = seen.Page(); err != nil {
			return d, err
		}
	}
	var effective notice.Date
	if a.Effective != "" {
		if effective, err = notice.ParseDate(a.Effective); err != nil {
			return d, err
		}
	}
	v, err := policy.Change(known, notice.Version{HTML: d.HTML})
	if err != nil {
		return d, err
	}
	d.Class, d.Confidence, d.Reasons, d.Sections = v.Class, v.Confidence, v.Reasons, v.Comparison.Changes()
	written := locale.Match(v.Language(), "")
	d.Locale = written.Tag
	d.Summary = strings.TrimSpace(v.Summarise(policy.SummaryLabels(written.Words.Draft)))
	d.Warnings = policy.Lint(v, o.Publisher.Leads, map[string]string{d.Locale: d.Summary}, nil, effective, notice.DateOf(o.Now()))
	return d, nil
}
