package web

import (
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// downloads are the links of a copy that was granted. They work as long as the link
// that the person came by.
func (s *Site) downloads(r *request, person notice.Recipient) []download {
	claims, err := s.Keys.Read(r.PathValue("token"), s.Now())
	if err != nil {
		return nil
	}
	base := "/d/" + s.Keys.Sign(token.Claims{Purpose: token.Download, Recipient: person.ID, Expires: claims.Expires}) + "/"
	all := []download{{r.lang.Words.Page.Center.CopyPage, base + "copy.html"}, {"JSON", base + "copy.json"}}
	for _, table := range privacy.Tables {
		all = append(all, download{"CSV: " + table, base + table + ".csv"})
	}
	return all
}

// download hands out what is held about a person, as it is now.
func (s *Site) download(r *request) error {
	_, person, found, err := r.open(token.Download)
	if err != nil {
		return err
	}
	if !found {
		return token.ErrExpired
	}
	held, err := s.Rights.Copy(r.Context(), person)
	if err != nil {
		return err
	}
	name, kind, _ := strings.Cut(r.PathValue("file"), ".")
	switch {
	case name == "copy" && kind == "json":
		r.attach("application/json", name+".json")
		e := json.NewEncoder(r.w)
		e.SetIndent("", "  ")
		return e.Encode(held)
	case name == "copy" && kind == "html":
		words := r.lang.Words.Page
		return r.render(http.StatusOK, "copy", view{Title: words.Center.HeldTitle, Body: readable(held, words.Fields), Message: words.Center.CopySchema})
	case kind == "csv" && slices.Contains(privacy.Tables, name):
		r.attach("text/csv; charset=utf-8", name+".csv")
		return held.CSV(r.w, name)
	}
	return errPage(http.StatusNotFound)
}

func (r *request) attach(kind, name string) {
	r.w.Header().Set("Content-Type", kind)
	r.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// fields explains every field of a copy.
func (s *Site) fields(r *request) error {
	return r.render(http.StatusOK, "fields", view{Title: r.lang.Words.Page.Center.CopySchema, Parts: privacy.Schema()})
}

// readable writes a copy to be read: one list a record, field by field as in the
// files. Where a field first appears, what it means is said in the reader's language.
func readable(c privacy.Copy, meaning map[string]string) template.HTML {
	var b strings.Builder
	told := map[string]bool{}
	text := template.HTMLEscapeString
	for _, name := range []string{"categories", "purposes", "shared_with"} {
		b.WriteString("<p>" + text(meaning[name]) + "</p>\n")
	}
	for _, part := range privacy.Tables {
		b.WriteString(`<h2 lang="en">` + part + "</h2>\n<p>" + text(meaning[part]) + "</p>\n")
		for _, record := range c.Records(part) {
			b.WriteString(`<dl class="facts">`)
			for _, f := range record {
				if f.Value == "" {
					continue // the files list every field
				}
				b.WriteString(`<dt lang="en">` + text(f.Name) + "</dt><dd><bdi>" + text(f.Value) + "</bdi>")
				if key := (privacy.Part{Name: part}).Key(f.Name); !told[key] {
					told[key] = true
					b.WriteString("<br><small>" + text(meaning[key]) + "</small>")
				}
				b.WriteString("</dd>")
			}
			b.WriteString("</dl>\n")
		}
	}
	return template.HTML(b.String())
}
