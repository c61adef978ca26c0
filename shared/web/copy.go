package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"policymail/shared/privacy"
	"policymail/shared/token"
)

// copyPage is copy.html: a copy to be read.
type copyPage struct {
	frame
	Schema   string   // what the link to the meaning of every field says
	Meanings []string // of what is the same for everybody
	Tables   []table
}

// table is one table of a copy.
type table struct {
	Name, Meaning string
	Records       [][]field
}

// field is one field of a record; its meaning is said where the field first appears.
type field struct{ Name, Value, Meaning string }

// fieldsPage is fields.html.
type fieldsPage struct {
	frame
	Parts []privacy.Part
}

// downloads are the links of a copy that was granted. They work as long as the link
// that the person came by, and end with it when the person moves.
func (s *Site) downloads(v visit) []download {
	base := "/d/" + s.Keys.Sign(token.Claims{Purpose: token.Download, Recipient: s.mailbox(v.person), Expires: v.expires}) + "/"
	all := []download{{v.lang.Words.Page.Center.CopyPage, base + "copy.html"}, {"JSON", base + "copy.json"}}
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
		return r.render(http.StatusOK, "copy", r.readable(held))
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
	return r.render(http.StatusOK, "fields", fieldsPage{r.frame(r.lang.Words.Page.Center.CopySchema), privacy.Schema()})
}

// readable is a copy to be read: one list a record, field by field as in the files, but
// for the empty ones. What a field means is said in the reader's language.
func (r *request) readable(c privacy.Copy) copyPage {
	words := r.lang.Words.Page
	page := copyPage{frame: r.frame(words.Center.HeldTitle), Schema: words.Center.CopySchema}
	for _, name := range []string{"categories", "purposes", "shared_with", "retention", "rights", "complaint"} {
		page.Meanings = append(page.Meanings, words.Fields[name])
	}
	told := map[string]bool{}
	for _, name := range privacy.Tables {
		t := table{Name: name, Meaning: words.Fields[name]}
		for _, record := range c.Records(name) {
			var fields []field
			for _, v := range record {
				if v.Value == "" {
					continue
				}
				f, key := field{Name: v.Name, Value: v.Value}, privacy.Part{Name: name}.Key(v.Name)
				if !told[key] {
					told[key], f.Meaning = true, words.Fields[key]
				}
				fields = append(fields, f)
			}
			t.Records = append(t.Records, fields)
		}
		page.Tables = append(page.Tables, t)
	}
	return page
}
