package publish_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"policymail/shared/publish"
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

// FuzzFolder puts anything as publish.json and as text: the answer stands beside it, and
// nothing outside the folder is read.
func FuzzFolder(f *testing.F) {
	f.Add(`{"effective":"2026-12-01","text":"policy.md","by":"Ada"}`, "# Privacy\n\nWe keep your <b onclick=x>name</b>.\n")
	f.Add(`{"effective":"2026-12-01","text":"policy.html","summary":{"en":"../../other/2.0/secret.txt"}}`, `<p>Text <script>alert(1)</script><a href="javascript:x">link</a>`)
	f.Add(`{"effective":"never","text":"","class":"mandatory"}`, "")
	f.Add(`{"text":["policy.md"]}`, "\x00")
	f.Fuzz(func(t *testing.T, publication, text string) {
		const place = "policies/privacy/1.0/"
		objects := &reading{folder: folder{place + "publish.json": publication, place + "policy.md": text, place + "policy.html": text, "policies/other/2.0/secret.txt": "secret"}}
		db := storetest.Model()
		p := publish.Folder{Publisher: publish.Publisher{Store: db, Now: func() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }}, Objects: objects, Log: slog.New(slog.DiscardHandler)}
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
	})
}
