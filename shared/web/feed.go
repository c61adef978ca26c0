package web

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"time"

	"policymail/shared/locale"
	"policymail/shared/notice"
)

// The elements of RFC 4287 the feed uses.
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string      `xml:"xml:lang,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  string      `xml:"author>name"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		ID        string     `xml:"id"`
		Title     string     `xml:"title"`
		Updated   string     `xml:"updated"`
		Published string     `xml:"published"`
		Summary   string     `xml:"summary,omitempty"`
		Links     []atomLink `xml:"link"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
)

// feed lists the approved versions of a policy, the newest first, for readers who
// would rather not get mail.
func (s *Site) feed(r *request) error {
	_, all, err := s.version(r)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	base := s.Links.Base + "/policy/" + url.PathEscape(r.PathValue("policy"))
	self := s.Links.Base + "/feed/" + url.PathEscape(r.PathValue("policy"))
	f := atomFeed{Lang: r.lang.Tag, ID: base, Title: words.PolicyTitle + " – " + s.Company, Author: s.Company,
		Links: []atomLink{{"self", self}, {"alternate", base}}}
	var newest time.Time
	for _, v := range all {
		at := base + "/" + url.PathEscape(v.Name)
		e := atomEntry{ID: at, Title: locale.Fill(words.PolicyVersion, "version", v.Name), Updated: stamp(v.Approval.At), Published: stamp(v.PublishedAt),
			Summary: r.feedSummary(v, all), Links: []atomLink{{"alternate", at}}}
		if !v.Baseline() {
			e.Links = append(e.Links, atomLink{"related", at + "/changes"})
		}
		if newest.Before(v.Approval.At) {
			newest = v.Approval.At
		}
		f.Entries = append(f.Entries, e)
	}
	f.Updated = stamp(newest)
	var body bytes.Buffer
	body.WriteString(xml.Header)
	if err := xml.NewEncoder(&body).Encode(f); err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Vary", "Accept-Language")
	r.w.WriteHeader(http.StatusOK)
	_, err = body.WriteTo(r.w)
	return err
}

// feedSummary is the summary of a version in the reader's language, else in English,
// else the effective date alone.
func (r *request) feedSummary(v notice.Version, all []notice.Version) string {
	for _, tag := range []string{r.lang.Tag, "en"} {
		if s := v.Summary[tag]; s != "" {
			return s
		}
	}
	return r.effective(v, all)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
