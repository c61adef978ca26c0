package web

import (
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"policymail/shared/approval"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/token"
)

// Sampler writes the notice of a run to a made-up person.
type Sampler interface {
	Sample(run notice.Run, v notice.Version, tag string) ([]byte, error)
}

// approvePage is approve.html, the page of an approver. Officers read English.
type approvePage struct {
	frame
	Note   string
	Review *review
}

// approveChangesPage is approve-changes.html.
type approveChangesPage struct {
	frame
	Message    string
	Comparison template.HTML
	Written    string // language of Comparison (ISO 639-1); empty when it cannot be told
	Back       string // to the page of the approver
}

// review is what is to be decided.
type review struct {
	approval.Review
	Hash      string // of what is shown
	Confident int    // percent
	Cost      string
	Takes     string
	Effective string
	Counted   string
	Summaries []summaryField
	Samples   []choice
	Path      string // of the page
	Waits     bool
	Mine      bool // the first of two approvals is this approver's
	Editable  bool
}

type summaryField struct{ Tag, Name, Dir, Text string }

// approver reads a link to decide: the run, and the address of who decides. The
// signature is checked before any I/O.
func (r *request) approver() (run notice.RunID, by string, err error) {
	r.lang = locale.Match("en", "")
	c, err := r.site.Keys.Read(r.PathValue("token"), r.site.Now())
	if err != nil && !errors.Is(err, token.ErrExpired) || c.Purpose != token.Approve {
		return "", "", token.ErrForged
	}
	if err != nil {
		return "", "", notice.Refused("this link has expired").Hint("decide by policymail approve and cancel")
	}
	by, ok := r.site.Gate.Approver(c.Recipient)
	if !ok {
		return "", "", notice.Refused("you are no approver any more")
	}
	return c.Run, by, nil
}

// approval shows what waits for a decision, and what became of it.
func (s *Site) approval(r *request) error {
	run, by, err := r.approver()
	if err != nil {
		return inWords(r, err)
	}
	return s.showReview(r, http.StatusOK, run, by, "")
}

func (s *Site) showReview(r *request, status int, id notice.RunID, by, note string) error {
	seen, err := s.Gate.Review(r.Context(), id)
	if err != nil {
		return inWords(r, err)
	}
	v := seen.Version
	shown := review{Review: seen, Hash: v.ContentHash(), Confident: int(100*seen.Verdict.Confidence + 0.5), Cost: fmt.Sprintf("$%.2f", seen.Plan.CostUSD),
		Takes: seen.Plan.Takes(), Effective: r.lang.Date(v.Effective), Path: r.URL.Path, Waits: seen.Run.State == notice.Waiting}
	if !seen.At.IsZero() {
		shown.Counted = r.lang.Date(notice.DateOf(seen.At))
	}
	shown.Editable = shown.Waits && seen.Run.First == nil
	shown.Mine = shown.Waits && seen.Run.First != nil && seen.Run.First.By == by
	tags := locale.Tags()
	for _, tag := range slices.Sorted(maps.Keys(v.Summary)) {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	for _, tag := range tags {
		l := locale.Match(tag, "")
		field := summaryField{tag, l.Name, l.Dir, v.Summary[tag]}
		if l.Tag != tag {
			field.Name = tag
		}
		shown.Summaries = append(shown.Summaries, field)
	}
	for _, l := range locale.All() {
		shown.Samples = append(shown.Samples, choice{Value: l.Tag, Label: l.Name})
	}
	return r.render(status, "approve", approvePage{r.frame("Change notice: version " + v.Name + " of " + v.Policy), note, &shown})
}

// decide does what an approver posts: approve what they saw, edit the summary, or
// reject. Only a POST with the link decides (invariant 6).
func (s *Site) decide(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	run, by, err := r.approver()
	if err != nil {
		return inWords(r, err)
	}
	var note string
	switch form["action"] {
	case "approve":
		if form["confirm"] == "" {
			err = notice.Invalid("nothing was approved").Hint("tick the box to confirm that you read the notice")
			break
		}
		var after notice.Run
		after, err = s.approve(r, run, form["hash"], by)
		note = "You approved it. The notices go out now."
		if after.State == notice.Waiting {
			note = "You approved it. A second person must approve it, too."
		}
	case "edit":
		summary := map[string]string{}
		for name, text := range form {
			if tag, ok := strings.CutPrefix(name, "summary-"); ok {
				summary[tag] = text
			}
		}
		_, err = s.Gate.Edit(r.Context(), run, form["hash"], by, summary)
		note = "The summary is saved. Nothing is approved yet."
	case "reject":
		_, err = s.Gate.Reject(r.Context(), run, by, form["reason"])
		note = "You rejected it. Nothing is sent."
	default:
		return errPage(http.StatusBadRequest)
	}
	if err != nil {
		return s.refused(r, run, by, err)
	}
	return s.showReview(r, http.StatusOK, run, by, note)
}

// approve approves a run of the size the approver was told.
func (s *Site) approve(r *request, id notice.RunID, hash, by string) (notice.Run, error) {
	plan, err := s.Gate.Announced(r.Context(), id)
	if err != nil {
		return notice.Run{}, err
	}
	return s.Gate.Approve(r.Context(), id, hash, by, plan)
}

// refused shows the page as it is now, with why nothing was done.
func (s *Site) refused(r *request, run notice.RunID, by string, err error) error {
	var forPeople *notice.Error
	if !errors.As(err, &forPeople) || forPeople.Code == notice.CodeNotFound {
		return inWords(r, err)
	}
	status := http.StatusConflict
	if forPeople.Code == notice.CodeInvalid {
		status = http.StatusBadRequest
	}
	return s.showReview(r, status, run, by, "Not done: "+forPeople.Error()+".")
}

// inWords answers an error for people with its words.
func inWords(r *request, err error) error {
	var forPeople *notice.Error
	if !errors.As(err, &forPeople) || forPeople.Code == notice.CodeNotFound {
		return err
	}
	return r.render(http.StatusGone, "message", messagePage{frame: r.frame("Change notice"), Message: sentence(forPeople.Error())})
}

// sentence begins with a capital letter and ends with a stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// approvalPart shows what belongs to the page: the comparison, and the sample mails as
// they would be sent.
func (s *Site) approvalPart(r *request) error {
	id, _, err := r.approver()
	if err != nil {
		return inWords(r, err)
	}
	part := r.PathValue("part")
	if part == "changes" {
		seen, err := s.Gate.Review(r.Context(), id)
		if err != nil {
			return err
		}
		w, written := r.lang.Words.Page, seen.Verdict.Language()
		return r.render(http.StatusOK, "approve-changes", approveChangesPage{frame: r.frame(w.ChangesTitle),
			Message:    locale.Fill(w.ChangesIntro, "new", seen.Version.Name, "old", seen.Before.Name),
			Comparison: template.HTML(seen.Verdict.Comparison.HTML(r.comparisonLabels(written))), Written: written, Back: strings.TrimSuffix(r.URL.Path, "/changes")})
	}
	tag, ok := strings.CutSuffix(part, ".eml")
	if !ok || !slices.Contains(locale.Tags(), tag) {
		return errPage(http.StatusNotFound)
	}
	run, err := s.Gate.Store.Run(r.Context(), id)
	if err != nil {
		return err
	}
	v, err := s.Store.Version(r.Context(), run.Policy, run.Version)
	if err != nil {
		return err
	}
	raw, err := s.Samples.Sample(run, v, tag)
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "message/rfc822")
	r.w.Header().Set("Content-Disposition", `attachment; filename="`+string(run.ID)+"-"+part+`"`)
	_, err = r.w.Write(raw)
	return err
}
