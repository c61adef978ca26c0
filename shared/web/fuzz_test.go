package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/store/storetest"
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

// FuzzPages puts anything into the company's name and into the texts of a policy: the
// pages show it as words.
func FuzzPages(f *testing.F) {
	f.Add("Example <Co>", "Age 16.\n", "Age <script>alert(1)</script> 13.\n")
	f.Add("\"><img src=x onerror=alert(1)>", "<iframe src=\"https://example.com\">\n\n* a\n", "&lt;svg onload=x&gt;\n# b\n")
	f.Add("</title><style>*{}</style>", "", "javascript:alert(1)\n")
	fixture := setUp(f)
	f.Fuzz(func(t *testing.T, company, before, after string) {
		ctx, db, site := context.Background(), storetest.Model(), *fixture.site
		site.Store, site.Company = db, company
		for i, text := range []string{before, after} {
			v := noticetest.Version(text, "<p>"+html.EscapeString(text)+"</p>")
			v.Policy, v.Name, v.Effective, v.PublishedAt = "privacy", fmt.Sprint(i+1), "2026-01-01", now.Add(time.Duration(i))
			if i > 0 {
				v.Previous = "1"
			}
			v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash()}
			if err := db.AddVersion(ctx, v); err != nil {
				t.Fatal(err)
			}
		}
		handler := site.Handler()
		for _, path := range []string{"/", "/link", "/policy/privacy", "/policy/privacy/2/changes", fixture.link(fixture.keys, "ada")} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
			if w.Code != http.StatusOK {
				t.Errorf("%s: %d", path, w.Code)
			}
			onlyWords(t, path, w.Body.String())
		}
	})
}

// onlyWords fails for HTML of a kind that no page of ours holds.
func onlyWords(t *testing.T, path, page string) {
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "style", "iframe", "object", "embed", "img", "base", "math":
			t.Errorf("%s holds <%s>", path, token.Data)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s holds %s=%q", path, a.Key, a.Val)
			}
		}
	}
}
