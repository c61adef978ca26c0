package watch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
	"policymail/shared/watch"
)

const text = "<h1>Privacy policy</h1><p>Example Company keeps your name and your email address to answer you.</p><p>We delete both after 30 days, and we share them with nobody at all.</p><p>You may ask for access to your data at any time.</p>"

// site is a page that can be changed.
type site struct {
	*httptest.Server
	body, kind, etag string
	status           int
	requests         []*http.Request
}

func newSite(t *testing.T) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests = append(s.requests, r)
		if s.etag != "" {
			w.Header().Set("ETag", s.etag)
			if r.Header.Get("If-None-Match") == s.etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		kind := s.kind
		if kind == "" {
			kind = "text/html; charset=utf-8"
		}
		w.Header().Set("Content-Type", kind)
		if s.status != 0 {
			w.WriteHeader(s.status)
		}
		fmt.Fprintf(w, `<html><body><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav><main>%s</main><div class="banner">Sale ends %d</div></body></html>`, s.body, len(s.requests))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestTwoReadingsMakeADraft(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	page := newSite(t)
	page.body = text
	w := watch.Watcher{Store: db, Pages: watch.Fetcher{Private: true}, Now: clock, Log: slog.New(slog.DiscardHandler),
		Settings: watch.Settings{Policy: "privacy", URL: page.URL, Apart: 5 * time.Hour, Selectors: watch.Selectors{Take: "main", Drop: ".banner"}, Language: "en"}}
	if out, err := w.Look(ctx); err != nil || out.Reason == "" {
		t.Fatalf("without a version: %+v %v", out, err)
	}
	publisher := publish.Publisher{Store: db, Now: clock}
	if _, err := publisher.Publish(ctx, publish.Publication{Policy: "privacy", Version: "1.0", Effective: "2026-11-01", Source: []byte(text), SourceName: "p.html"}); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(text, "30 days", "90 days", 1)
	for i, step := range []struct {
		body  string
		after time.Duration
		event policy.Event
		draft bool
	}{
		{text, 0, policy.NoChange, false},
		{changed, 6 * time.Hour, policy.Pending, false},
		{text, 6 * time.Hour, policy.NoChange, false}, // A-B-A
		{changed, 6 * time.Hour, policy.Pending, false},
		{changed, time.Hour, policy.Pending, false}, // the same deployment read twice
		{"", 6 * time.Hour, policy.Failed, false},
		{changed, 6 * time.Hour, policy.DraftMade, true},
		{changed, 6 * time.Hour, policy.DraftMade, true}, // it waits for the officer
	} {
		now = now.Add(step.after)
		page.body = step.body
		out, err := w.Look(ctx)
		if out.Event != step.event || (err != nil) != (step.event == policy.Failed) || err != nil && !errors.Is(err, watch.ErrBroken) {
			t.Errorf("step %d: %+v %v, want %s", i, out, err, step.event)
		}
		d, err := publish.LoadDraft(ctx, db, "privacy")
		if err != nil || (d.Since != "") != step.draft {
			t.Errorf("step %d: draft %+v %v", i, d, err)
		}
		if step.draft {
			if html, err := d.Page(); err != nil || !strings.Contains(html, "90 days") || d.Since != "1.0" || d.Class != policy.Substantive {
				t.Errorf("draft %+v %q %v", d, html, err)
			}
		}
	}
	// A version that is published before the page changes is no reason for an alarm.
	page.body = text
	if _, err := publisher.Publish(ctx, publish.Publication{Policy: "privacy", Version: "1.1", Effective: "2027-01-31", Source: []byte(strings.Replace(text, "any time", "any hour", 1)), SourceName: "p.html"}); err != nil {
		t.Fatal(err)
	}
	if out, err := w.Look(ctx); err != nil || out.Event != policy.NoChange || out.Shown != "1.0" {
		t.Errorf("the page still shows 1.0: %+v %v", out, err)
	}
	if runs, _ := db.ListRuns(ctx); len(runs) != 0 {
		t.Errorf("a page opened runs: %+v", runs)
	}
	if versions, _ := db.Versions(ctx, "privacy"); len(versions) != 2 {
		t.Errorf("a page published versions")
	}
}

// Without a language that is named, the page is expected in that of the version known.
func TestAPageInAnotherLanguageIsBroken(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	if _, err := (publish.Publisher{Store: db, Now: clock}).Publish(ctx, publish.Publication{Policy: "privacy", Version: "1.0", Effective: "2026-11-01", Source: []byte(text), SourceName: "p.html"}); err != nil {
		t.Fatal(err)
	}
	page := newSite(t)
	page.body = "<h1>Datenschutzerklärung</h1><p>Die Example Company speichert Ihren Namen und Ihre E-Mail-Adresse, um Ihnen zu antworten.</p><p>Wir löschen beides nach 30 Tagen und geben es an niemanden weiter.</p><p>Sie können jederzeit Auskunft über Ihre Daten verlangen.</p>"
	w := watch.Watcher{Store: db, Pages: watch.Fetcher{Private: true}, Now: clock, Log: slog.New(slog.DiscardHandler),
		Settings: watch.Settings{Policy: "privacy", URL: page.URL, Apart: 5 * time.Hour, Selectors: watch.Selectors{Take: "main"}}}
	for range 2 {
		if out, err := w.Look(ctx); !errors.Is(err, watch.ErrBroken) || !strings.Contains(err.Error(), "another language") {
			t.Errorf("%+v %v", out, err)
		}
		now = now.Add(6 * time.Hour)
	}
	if d, err := publish.LoadDraft(ctx, db, "privacy"); err != nil || d.Since != "" {
		t.Errorf("a draft came of it: %+v %v", d, err)
	}
}

func TestConditionalRequests(t *testing.T) {
	page := newSite(t)
	page.body, page.etag = text, `"1"`
	first, err := watch.Fetcher{Private: true}.Fetch(context.Background(), page.URL, "", "")
	if err != nil || first.ETag != `"1"` || !strings.Contains(string(first.Body), "30 days") {
		t.Fatalf("%+v %v", first, err)
	}
	if again, err := (watch.Fetcher{Private: true}).Fetch(context.Background(), page.URL, first.ETag, ""); err != nil || !again.NotModified {
		t.Errorf("%+v %v", again, err)
	}
}

// A page that is right until a version takes effect is not right for ever, even if it
// says all the time that it did not change.
func TestPageIsReadAgainWhenAVersionTakesEffect(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	publisher := publish.Publisher{Store: db, Now: clock}
	for _, p := range []publish.Publication{
		{Policy: "privacy", Version: "1.0", Effective: "2026-11-01", Source: []byte(text), SourceName: "p.html"},
		{Policy: "privacy", Version: "2.0", Effective: "2026-12-01", Source: []byte(strings.Replace(text, "30 days", "90 days", 1)), SourceName: "p.html", Summary: map[string]string{"en": "We keep data longer."}},
	} {
		now = now.Add(time.Minute)
		if _, err := publisher.Publish(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	page := newSite(t)
	page.body, page.etag = text, `"1"`
	w := watch.Watcher{Store: db, Pages: watch.Fetcher{Private: true}, Now: clock, Log: slog.New(slog.DiscardHandler),
		Settings: watch.Settings{Policy: "privacy", URL: page.URL, Apart: 5 * time.Hour, Selectors: watch.Selectors{Take: "main"}}}
	for range 2 {
		if out, err := w.Look(ctx); err != nil || out.Event != policy.NoChange || out.Shown != "1.0" {
			t.Errorf("before 2.0 takes effect: %+v %v", out, err)
		}
	}
	now = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	if out, err := w.Look(ctx); err != nil || out.Event != policy.Pending {
		t.Errorf("the page still shows 1.0: %+v %v", out, err)
	}
	page.body, page.etag = strings.Replace(text, "30 days", "90 days", 1), `"2"`
	for i := range 2 {
		out, err := w.Look(ctx)
		if err != nil || out.Event != policy.NoChange || page.requests[len(page.requests)-1].Header.Get("If-None-Match") != []string{"", `"2"`}[i] {
			t.Errorf("look %d at 2.0: %+v %v, asked with %v", i, out, err, page.requests[len(page.requests)-1].Header)
		}
	}
}

func TestFetchRefuses(t *testing.T) {
	elsewhere := newSite(t)
	elsewhere.body = text
	mux := http.NewServeMux()
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ok", http.StatusFound) })
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<p>"+text+"</p>") })
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(strings.Repeat("<p>more</p>", 1<<20))) })
	mux.HandleFunc("/pdf", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Type", "application/pdf") })
	server := httptest.NewServer(mux)
	defer server.Close()
	for path, want := range map[string]string{"/away": "another site", "/round": "more than 5 times", "/large": "larger than", "/pdf": "PDF", "/gone": "404", "/ok": "", "/moved": ""} {
		_, err := watch.Fetcher{Private: true}.Fetch(context.Background(), server.URL+path, "", "")
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, notice.ErrRefused)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// The address is looked at when the connection is made, so no name helps.
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]"} {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_, err := watch.Fetcher{}.Fetch(ctx, "http://"+host+port+"/ok", "", "")
		cancel()
		if !errors.Is(err, notice.ErrRefused) || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// Without selectors the policy is found on its page, and banners that change are not
// taken for it.
func TestPolicyIsFoundOnItsPage(t *testing.T) {
	page := newSite(t)
	page.body = strings.Repeat(text, 3)
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	clock := func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }
	if _, err := (publish.Publisher{Store: db, Now: clock}).Publish(ctx, publish.Publication{Policy: "privacy", Version: "1.0", Effective: "2026-11-01", Source: []byte(text), SourceName: "p.html"}); err != nil {
		t.Fatal(err)
	}
	w := watch.Watcher{Store: db, Pages: watch.Fetcher{Private: true}, Now: clock, Log: slog.New(slog.DiscardHandler), Settings: watch.Settings{Policy: "privacy", URL: page.URL}}
	for range 2 {
		if out, err := w.Look(ctx); err != nil || out.Event != policy.NoChange {
			t.Errorf("%+v %v", out, err)
		}
	}
}
