package web_test

import (
	"html"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"policymail/shared/locale"
	"policymail/shared/privacy"
)

// Every language explains every field of a copy and no other, and the page says so.
func TestSchemaExplainsEveryField(t *testing.T) {
	f := setUp(t)
	fields, kinds := map[string]bool{}, map[string]bool{}
	for _, part := range privacy.Schema() {
		for _, field := range part.Fields {
			fields[part.Key(field.Name)], kinds[field.Kind] = true, true
		}
	}
	for _, l := range locale.All() {
		sameKeys(t, l.Tag+": field", fields, l.Words.Page.Fields)
		sameKeys(t, l.Tag+": kind", kinds, l.Words.Page.Kinds)
		r := httptest.NewRequest("GET", "/fields", nil)
		r.Header.Set("Accept-Language", l.Tag)
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		page := html.UnescapeString(w.Body.String())
		for key, meaning := range l.Words.Page.Fields {
			if !strings.Contains(page, "<dd>"+meaning+"</dd>") {
				t.Errorf("%s: the page does not explain %s", l.Tag, key)
			}
		}
		for key, kind := range l.Words.Page.Kinds {
			if !strings.Contains(page, "– "+kind+"</small>") {
				t.Errorf("%s: the page names no kind %s", l.Tag, key)
			}
		}
	}
}

func sameKeys(t *testing.T, what string, want map[string]bool, said map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if said[key] == "" {
			t.Errorf("%s %s is missing", what, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if !want[key] {
			t.Errorf("%s %s is in no copy", what, key)
		}
	}
}
