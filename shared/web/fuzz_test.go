package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"policymail/shared/notice"
)

// FuzzForm posts anything to a good link: it is understood or refused, never a server
// error, and nobody's choice changes but by a form that says so.
func FuzzForm(f *testing.F) {
	const form = "application/x-www-form-urlencoded"
	multipart, body := multipartBody()
	f.Add("", "List-Unsubscribe=One-Click")
	f.Add(form, "List-Unsubscribe=One-Click&List-Unsubscribe=x")
	f.Add(form, "action=save&annual=on&none=1&%zz")
	f.Add(multipart, body)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"action\"\r\n\r\nundo\r\n--x--")
	f.Add("application/json; charset=\"", `{"List-Unsubscribe":"One-Click"}`)
	f.Add(form, strings.Repeat("a=b&", 20000))
	site := setUp(f)
	start, err := site.db.Recipient(context.Background(), site.id("ada"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		if strings.ContainsAny(contentType, "\r\n\x00") {
			return // no HTTP server lets that through
		}
		w := site.do("POST", site.link(site.keys, "ada"), contentType, body)
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		default:
			t.Errorf("%d for %q %q", w.Code, contentType, body)
		}
		now, err := site.db.Recipient(context.Background(), start.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.OptOut == start.OptOut {
			return
		}
		if w.Code != http.StatusOK || !strings.Contains(body, "One-Click") && !strings.Contains(body, "action") && !strings.Contains(body, "%") {
			t.Errorf("%d, and %q %q changed a choice to %+v", w.Code, contentType, body, now.OptOut)
		}
		after := now
		after.OptOut, after.Due = start.OptOut, start.Due
		if err := site.db.ChangeRecipient(context.Background(), now, after, notice.PreferenceEvent{ID: fmt.Sprintf("back-%d", now.Rev), Recipient: now.ID}); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzPath asks for anything by GET: an answer, never a server error, and nothing of
// the path in it as HTML.
func FuzzPath(f *testing.F) {
	site := setUp(f)
	f.Add("/u/x")
	f.Add(site.link(site.keys, "ada"))
	f.Add("/p/1.k2.p.abc..zz.mac")
	f.Add("/policy/<script>/1.0")
	f.Add("/policy/privacy/..%2f/changes")
	f.Fuzz(func(t *testing.T, path string) {
		r, err := http.NewRequest(http.MethodGet, "http://example.com/"+strings.TrimPrefix(path, "/"), nil)
		if err != nil {
			return // no such URL
		}
		w := httptest.NewRecorder()
		site.handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%d for %q", w.Code, path)
		}
		if strings.Contains(path, "<script") && strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%q comes back as HTML", path)
		}
		if person, err := site.db.Recipient(context.Background(), site.id("ada")); err != nil || person.OptOut != (notice.OptOut{}) {
			t.Errorf("GET %q changed %+v %v", path, person, err)
		}
	})
}
