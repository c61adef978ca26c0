package web_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
	"policymail/shared/web"
)

var update = flag.Bool("update", false, "write MATRIX.md anew")

var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

type fixture struct {
	db      *bolt.Store
	keys    *token.Keys
	old     *token.Keys // signs with a key id that was rotated away
	foreign *token.Keys // another root
	site    *web.Site
	handler http.Handler
	log     bytes.Buffer
	delay   time.Duration // of the mailer
	later   time.Duration // than now it is
	mailed  []privacy.Letter
	events  []notice.RequestID
}

func (f *fixture) Send(ctx context.Context, l privacy.Letter) error {
	select {
	case <-time.After(f.delay):
		f.mailed = append(f.mailed, l)
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

func (f *fixture) Announce(_ context.Context, _ privacy.Announcement, r notice.Request) error {
	f.events = append(f.events, r.ID)
	return nil
}

func setUp(t testing.TB) *fixture {
	f := &fixture{}
	var err error
	if f.db, err = bolt.Open(filepath.Join(t.TempDir(), "db"), false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.db.Close() })
	ctx := context.Background()
	root := token.Secret("0123456789abcdef0123456789abcdef")
	f.old, _ = token.NewKeys(ctx, root, "k1")
	f.keys, _ = token.NewKeys(ctx, root, "k2", "k1")
	f.foreign, _ = token.NewKeys(ctx, token.Secret("another root"), "k2")
	var ticks atomic.Int64 // time passes, a little
	clock := func() time.Time { return now.Add(f.later + time.Duration(ticks.Add(1))) }
	f.site = &web.Site{Store: f.db, Keys: f.keys, Company: "Example <Co>", Now: clock,
		Links: token.Links{Base: "https://p.example.com", Keys: f.keys, Now: clock}, Policy: "privacy",
		Limiter: privacy.Limiter{Documents: f.db, Hash: f.keys.RecipientID, Now: clock}, Log: slog.New(slog.NewJSONHandler(&f.log, nil))}
	f.site.Rights = privacy.NewRights(f.db, f, f, privacy.Terms{ID: f.keys.RecipientID, LeadDays: 14, Now: clock, Log: f.site.Log})
	f.handler = f.site.Handler()
	for _, name := range []string{"ada", "erased"} {
		rows := []notice.Imported{{ID: f.keys.RecipientID(name + "@example.com"), Address: name + "@example.com", At: now}}
		if _, err := f.db.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
	}
	if err := privacy.Erase(ctx, f.db, f.site.Rights.Preferences, privacy.Change{Recipient: f.id("erased")}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fixture) id(name string) notice.RecipientID {
	return f.keys.RecipientID(name + "@example.com")
}

func (f *fixture) link(keys *token.Keys, name string) string {
	return "/u/" + keys.Sign(token.Claims{Purpose: token.Unsubscribe, Recipient: f.id(name), Run: "run"})
}

func (f *fixture) do(method, path, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

func multipartBody() (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	w.WriteField("List-Unsubscribe", "One-Click")
	w.Close()
	return w.FormDataContentType(), b.String()
}

// The matrix of method, content type and token state: what is answered, and whether
// anything changed. MATRIX.md is its result.
func TestOneClickMatrix(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	multi, multiBody := multipartBody()
	requests := []struct{ name, method, contentType, body string }{
		{"POST urlencoded", "POST", form, "List-Unsubscribe=One-Click"},
		{"POST multipart", "POST", multi, multiBody},
		{"POST without type", "POST", "", "List-Unsubscribe=One-Click"},
		{"POST JSON", "POST", "application/json", `{"List-Unsubscribe":"One-Click"}`},
		{"POST empty", "POST", form, ""},
		{"POST too large", "POST", form, "List-Unsubscribe=One-Click&x=" + strings.Repeat("x", 70<<10)},
		{"GET", "GET", "", ""}, {"HEAD", "HEAD", "", ""}, {"OPTIONS", "OPTIONS", "", ""}, {"PUT", "PUT", form, "List-Unsubscribe=One-Click"}, {"DELETE", "DELETE", "", ""},
	}
	tokens := []struct {
		name string
		link func(*fixture) string
	}{
		{"good", func(f *fixture) string { return f.link(f.keys, "ada") }},
		{"old key", func(f *fixture) string { return f.link(f.old, "ada") }},
		{"damaged", func(f *fixture) string { l := f.link(f.keys, "ada"); return l[:len(l)-1] }},
		{"foreign", func(f *fixture) string { return f.link(f.foreign, "ada") }},
		{"other purpose", func(f *fixture) string {
			return "/u/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id("ada")})
		}},
		{"erased", func(f *fixture) string { return f.link(f.keys, "erased") }},
		{"unknown", func(f *fixture) string { return f.link(f.keys, "nobody") }},
	}
	var page strings.Builder
	page.WriteString("# What the unsubscribe link answers\n\nStatus for each request and state of the token; **bold** where the person is opted out by it. Written by\n`go test ./shared/web -run Matrix -update`.\n\n| request |")
	for _, tok := range tokens {
		page.WriteString(" " + tok.name + " |")
	}
	page.WriteString("\n| --- |" + strings.Repeat(" --- |", len(tokens)) + "\n")
	for _, rq := range requests {
		page.WriteString("| " + rq.name + " |")
		for _, tok := range tokens {
			f := setUp(t)
			before, _ := f.db.Recipient(context.Background(), f.id("ada"))
			w := f.do(rq.method, tok.link(f), rq.contentType, rq.body)
			again := f.do(rq.method, tok.link(f), rq.contentType, rq.body)
			after, _ := f.db.Recipient(context.Background(), f.id("ada"))
			changed := after.OptOut != before.OptOut
			if changed && rq.method != "POST" {
				t.Errorf("%s, %s token: changed something", rq.name, tok.name)
			}
			if good := tok.name == "good" || tok.name == "old key"; changed != (good && w.Code == 200 && rq.method == "POST") {
				t.Errorf("%s, %s token: status %d, changed %v", rq.name, tok.name, w.Code, changed)
			}
			if again.Code != w.Code || w.Code >= 500 || w.Code >= 300 && w.Code < 400 || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s, %s token: %d, then %d", rq.name, tok.name, w.Code, again.Code)
			}
			if changed {
				fmt.Fprintf(&page, " **%d** |", w.Code)
			} else {
				fmt.Fprintf(&page, " %d |", w.Code)
			}
		}
		page.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile("MATRIX.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if stored, err := os.ReadFile("MATRIX.md"); err != nil || string(stored) != page.String() {
		t.Errorf("MATRIX.md is not what the pages do now (%v); look at the difference and run with -update:\n%s", err, page.String())
	}
}

type brokenStore struct{ *bolt.Store }

func (brokenStore) ChangeRecipient(context.Context, notice.Recipient, notice.Recipient, notice.PreferenceEvent) error {
	return errors.New("disk full")
}

// No 200 without a durable write.
func TestStorageFailureIsNo200(t *testing.T) {
	f := setUp(t)
	f.site.Rights.Preferences.Store = brokenStore{f.db}
	if w := f.do("POST", f.link(f.keys, "ada"), "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); w.Code < 500 {
		t.Errorf("status %d", w.Code)
	}
	// And the log that tells of it names neither address nor token.
	logged := f.log.String()
	if !strings.Contains(logged, "disk full") {
		t.Fatalf("the failure is not in the log: %s", logged)
	}
	if strings.Contains(logged, "@example.com") || strings.Contains(logged, strings.TrimPrefix(f.link(f.keys, "ada"), "/u/")[:20]) {
		t.Errorf("the log names an address or a token: %s", logged)
	}
}

func TestPreferencesAndUndo(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	f := setUp(t)
	ctx := context.Background()
	link := "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id("ada"), Expires: now.Add(time.Hour)})
	if w := f.do("GET", link, "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "checked") || strings.Contains(w.Body.String(), "Example <Co>") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for body, want := range map[string]notice.OptOut{"annual=1": {Change: true}, "change=1": {Annual: true}, "annual=1&change=1": {}, "": notice.OptOutAll, "annual=1&none=1": notice.OptOutAll} {
		if w := f.do("POST", link, form, body); w.Code != 200 {
			t.Fatalf("%q: %d", body, w.Code)
		}
		if r, _ := f.db.Recipient(ctx, f.id("ada")); r.OptOut != want {
			t.Errorf("%q: %+v, want %+v", body, r.OptOut, want)
		}
	}
	expired := "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id("ada"), Expires: now.Add(-time.Hour)})
	if w := f.do("GET", expired, "", ""); w.Code != http.StatusGone || !strings.Contains(w.Body.String(), "/link") {
		t.Errorf("expired: %d", w.Code)
	}
}

func TestHeadersOfEveryPage(t *testing.T) {
	f := setUp(t)
	for _, path := range []string{"/", "/link", "/ask", "/fields", "/c/damaged", "/d/damaged/copy.json", f.link(f.keys, "ada"), "/u/damaged", "/policy/none", "/nothing"} {
		h := f.do("GET", path, "", "").Header()
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Robots-Tag") != "noindex" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// What OPTIONS says of a path is what it answers: POST where there is a form, nowhere else.
func TestOptionsNamesWhatAPathAnswers(t *testing.T) {
	f := setUp(t)
	for path, form := range map[string]bool{"/": false, "/u/x": true, "/p/x": true, "/b/x": true, "/c/x": true, "/a/x": true, "/a/x/changes": false, "/d/x/copy.json": false, "/fields": false,
		"/ask": true, "/link": true, "/policy/x": false, "/policy/x/1": false, "/policy/x/1/changes": false, "/feed/x": false} {
		w := f.do("OPTIONS", path, "", "")
		want := "GET, HEAD, OPTIONS"
		if form {
			want = "GET, HEAD, POST, OPTIONS"
		}
		if got := w.Header().Get("Allow"); w.Code != http.StatusNoContent || got != want {
			t.Errorf("OPTIONS %s: %d %q, want %q", path, w.Code, got, want)
		}
		if w := f.do("POST", path, "application/json", ""); (w.Code == http.StatusMethodNotAllowed) == form {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
}

func TestPolicyPages(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	add := func(name, previous string, effective notice.Date, text string, at time.Time, approved bool) {
		v := noticetest.Version(text+"\n", "<p>"+text+"</p>")
		v.Policy, v.Name, v.Previous, v.Effective, v.PublishedAt = "privacy", name, previous, effective, at
		if approved {
			v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash()}
		}
		if err := f.db.AddVersion(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	add("1.0", "", "2026-01-01", "Age 16.", now, true)
	add("2.0", "1.0", "2026-06-01", "Age 13.", now.Add(1), true)
	add("3.0", "2.0", "2026-07-01", "Age 10.", now.Add(2), false)
	for path, want := range map[string]string{"/policy/privacy": "Age 13", "/policy/privacy/1.0": "Age 16", "/policy/privacy/2.0/changes": "<ins"} {
		if w := f.do("GET", path, "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d lacks %q", path, w.Code, want)
		}
	}
	if w := f.do("GET", "/policy/privacy/3.0", "", ""); w.Code != 404 {
		t.Errorf("a version that waits for approval is public: %d", w.Code)
	}
}

// The list of versions, the page of one and the feed say of a version that another took the
// place of before its day that it never took effect.
func TestReplacedVersionsAreListedAsSuch(t *testing.T) {
	f := setUp(t)
	for i, v := range []struct {
		name      string
		effective notice.Date
	}{{"1", "2026-01-01"}, {"2", "2027-04-15"}, {"3", "2027-03-01"}} {
		kept := noticetest.Version(v.name+"\n", "<p>"+v.name+"</p>")
		kept.Policy, kept.Name, kept.Effective, kept.PublishedAt = "privacy", v.name, v.effective, now.Add(time.Duration(i))
		if i > 0 {
			kept.Previous = "1"
		}
		kept.Approval = &notice.Approval{By: "Ada", At: now, Hash: kept.ContentHash()}
		if err := f.db.AddVersion(context.Background(), kept); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]int{"/policy/privacy": 1, "/policy/privacy/2": 2, "/policy/privacy/3": 1, "/feed/privacy": 1} {
		page := f.do("GET", path, "", "").Body.String()
		if n := strings.Count(page, "Replaced by version 3 before it took effect"); n != want || strings.Contains(page, "April 15, 2027") {
			t.Errorf("%s says it %d times, want %d:\n%s", path, n, want, page)
		}
	}
}

// A policy says its own language on a page in another, as it was told when it was
// published. One that could not be told is not taken for the page's.
func TestPolicySaysItsLanguage(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	english := strings.Repeat("<p>We keep the personal data of your orders for as long as the law asks us to.</p>", 5)
	for i, written := range []struct{ page, language string }{{english, "en"}, {english + "<p>We sell nothing of it.</p>", "en"}, {"<p>Nous ne vendons rien.</p>", "fr"}, {"<p>16</p>", ""}} {
		v := noticetest.Version(written.page, written.page)
		v.Policy, v.Name, v.Effective, v.PublishedAt, v.Language = "privacy", fmt.Sprint(i+1), "2026-01-01", now.Add(time.Duration(i)), written.language
		if i > 0 {
			v.Previous = fmt.Sprint(i)
		}
		v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash()}
		if err := f.db.AddVersion(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"/1": `<article lang="en" dir="auto">`, "/3": `<article lang="fr" dir="auto">`, "/4": `<article lang="" dir="auto">`,
		"/2/changes": `<div class="comparison" lang="en" dir="auto">`, "/4/changes": `<div class="comparison" lang="" dir="auto">`} {
		r := request("GET", "/policy/privacy"+path, "")
		r.Header.Set("Accept-Language", "ar")
		w := recorder()
		f.handler.ServeHTTP(w, r)
		page := w.Body.String()
		if !strings.Contains(page, `<html lang="ar" dir="rtl">`) || !strings.Contains(page, want) {
			t.Errorf("%s lacks %s: %s", path, want, page)
		}
		if strings.Contains(path, "changes") && !strings.Contains(page, `<summary lang="ar" dir="auto">`) && !strings.Contains(page, `<span class="hidden" lang="ar" dir="auto">`) {
			t.Errorf("%s: the labels do not say their language: %s", path, page)
		}
	}
}

func request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func recorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }
