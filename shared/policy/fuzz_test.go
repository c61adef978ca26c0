package policy

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"policymail/shared/store/storetest"
)

// reading keeps which objects were asked for.
type reading struct {
	folder
	keys []string
}

func (r *reading) Open(ctx context.Context, key string, from, end int64) (io.ReadCloser, error) {
	r.keys = append(r.keys, key)
	return r.folder.Open(ctx, key, from, end)
}

// FuzzFolder puts anything as publish.json and as text: the answer stands beside it,
// nothing outside the folder is read, and what readers are shown runs nothing.
func FuzzFolder(f *testing.F) {
	f.Add(`{"effective":"2026-12-01","text":"policy.md","by":"Ada"}`, "# Privacy\n\nWe keep your <b onclick=x>name</b>.\n")
	f.Add(`{"effective":"2026-12-01","text":"policy.html","summary":{"en":"../../other/2.0/secret.txt"}}`, `<p>Text <script>alert(1)</script><a href="javascript:x">link</a>`)
	f.Add(`{"effective":"never","text":"","class":"mandatory"}`, "")
	f.Add(`{"text":["policy.md"]}`, "\x00")
	f.Fuzz(func(t *testing.T, publication, text string) {
		const place = "policies/privacy/1.0/"
		objects := &reading{folder: folder{place + "publish.json": publication, place + "policy.md": text, place + "policy.html": text, "policies/other/2.0/secret.txt": "secret"}}
		db := storetest.Model()
		p := Folder{Publisher: Publisher{Store: db, Now: func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }}, Objects: objects, Log: slog.New(slog.DiscardHandler)}
		if err := p.Publish(context.Background(), place+"publish.json"); err != nil {
			t.Fatalf("an error nobody reads: %v", err)
		}
		if !strings.HasPrefix(objects.folder[place+"result.json"], "{") {
			t.Errorf("result %q", objects.folder[place+"result.json"])
		}
		for _, key := range objects.keys {
			if name, ok := strings.CutPrefix(key, place); !ok || strings.Contains(name, "/") {
				t.Errorf("%q was read", key)
			}
		}
		versions, _ := db.Versions(context.Background(), "privacy")
		for _, v := range versions {
			inert(t, v.HTML)
		}
	})
}

// inert fails for HTML that runs or loads anything.
func inert(t *testing.T, s string) {
	for z := html.NewTokenizer(strings.NewReader(s)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "svg", "math":
			t.Errorf("<%s> in %q", token.Data, s)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s=%q in %q", a.Key, a.Val, s)
			}
		}
	}
}

// FuzzClassify compares any two texts: a text differs from itself in nothing, what is
// said of a pair is complete, and it is shown without running anything.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{"# Privacy\n\nWe keep your name for 30 days.\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n| c | d |\n", "<h1>Privacy</h1><p>We keep â€œnamesâ€\u009d (at) example (dot) com</p>",
		"1..... Contents\n\nClose\n\nAccept all Reject all\n\nUpdated 2 hours ago 14:45 CET", "隐私政策 2026年3月4日 我们收集您的姓名", "[](#a)*   x](https://example.com \"y\")\n\n    *   z"} {
		f.Add(s, strings.ReplaceAll(s, "30", "90"), "a.md")
		f.Add(s, "", "a.html")
	}
	f.Fuzz(func(t *testing.T, old, new, name string) {
		a, err := Read([]byte(old), name)
		if err != nil {
			return
		}
		b, err := Read([]byte(new), name)
		if err != nil {
			return
		}
		if v := Classify(a.Document, a.Document); v.Class != None {
			t.Errorf("a text differs from itself: %s %q", v.Class, v.Reasons)
		}
		v := Classify(a.Document, b.Document)
		if v.Class.rank() < 0 && v.Class != Broken || len(v.Reasons) == 0 || v.Confidence < 0 || v.Confidence > 1 {
			t.Errorf("%+v", v)
		}
		inert(t, string(v.Comparison.HTML(Labels{})))
		v.Summarise(SummaryLabels{"{text}", "{text}", "{now} {before}"})
	})
}
