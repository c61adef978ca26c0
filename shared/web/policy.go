package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
)

type (
	policyPage struct { // policy.html
		frame
		Version    notice.Version
		Subtitle   string
		Effective  string
		Versions   []versionLine
		Written    string        // language of Body (ISO 639-1); empty when it cannot be told
		Body       template.HTML // sanitised when it was published
		HasChanges bool
	}
	changesPage struct { // changes.html
		frame
		Version    notice.Version
		Message    string
		Written    string // language of Comparison, as above
		Comparison template.HTML
	}
	versionLine struct{ Label, URL, Effective string }
)

// policy shows one version of a policy, or the one in force, with all versions. A
// version that waits for approval is not public yet.
func (s *Site) policy(r *request) error {
	v, all, err := s.version(r)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "policy", policyPage{frame: r.frame(words.PolicyTitle), Version: v, Written: v.Language, Body: template.HTML(v.HTML),
		Subtitle:  locale.Fill(words.PolicyVersion, "version", v.Name),
		Effective: r.effective(v, all),
		Versions:  r.lines(all), HasChanges: !v.Baseline()})
}

// changes compares a version with the one before it.
func (s *Site) changes(r *request) error {
	v, _, err := s.version(r)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	page := changesPage{frame: r.frame(words.ChangesTitle), Version: v, Message: words.ChangesNone}
	if !v.Baseline() {
		before, err := s.Store.Version(r.Context(), v.Policy, v.Previous)
		if err != nil {
			return err
		}
		old, err := policy.DocumentOf(before)
		if err != nil {
			return err
		}
		now, err := policy.DocumentOf(v)
		if err != nil {
			return err
		}
		page.Message = locale.Fill(words.ChangesIntro, "new", v.Name, "old", before.Name)
		page.Written = policy.Language(now)
		page.Comparison = policy.Compare(old, now).HTML(r.comparisonLabels(page.Written))
	}
	return r.render(http.StatusOK, "changes", page)
}

// comparisonLabels are the reader's words around a text in a language (ISO 639-1).
func (r *request) comparisonLabels(text string) policy.Labels {
	words := r.lang.Words.Page
	l := policy.Labels{Added: words.Added, Removed: words.Removed, Moved: words.Moved, Unchanged: words.Unchanged, Contents: words.ChangesTitle}
	if text == "" || !strings.HasPrefix(r.lang.Tag, text) {
		l.Language, l.Text = r.lang.Tag, text
	}
	return l
}

// version finds the version a request names, among those that are approved.
func (s *Site) version(r *request) (notice.Version, []notice.Version, error) {
	all, err := s.Store.Versions(r.Context(), r.PathValue("policy"))
	if err != nil {
		return notice.Version{}, nil, err
	}
	all = slices.DeleteFunc(all, func(v notice.Version) bool { return !v.Approved() })
	slices.Reverse(all)
	name := r.PathValue("version")
	if name == "" {
		v, ok := notice.InForce(all, notice.DateOf(s.Now()))
		if !ok {
			return v, nil, errPage(http.StatusNotFound)
		}
		return v, all, nil
	}
	for _, v := range all {
		if v.Name == name {
			return v, all, nil
		}
	}
	return notice.Version{}, nil, errPage(http.StatusNotFound)
}

func (r *request) lines(all []notice.Version) (lines []versionLine) {
	words := r.lang.Words.Page
	for _, v := range all {
		lines = append(lines, versionLine{Label: locale.Fill(words.PolicyVersion, "version", v.Name),
			URL:       "/policy/" + url.PathEscape(v.Policy) + "/" + url.PathEscape(v.Name),
			Effective: r.effective(v, all)})
	}
	return lines
}

// effective says from when on a version is in force, or that it never is.
func (r *request) effective(v notice.Version, all []notice.Version) string {
	words := r.lang.Words.Page
	if by, never := notice.NeverInForce(v, all); never {
		return locale.Fill(words.PolicyReplaced, "version", by)
	}
	return locale.Fill(words.PolicyEffective, "date", r.lang.Date(v.Effective))
}
