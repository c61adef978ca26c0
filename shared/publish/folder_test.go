package publish_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/publish"
	"policymail/shared/store/bolt"
)

type folder map[string]string

func (f folder) Open(_ context.Context, key string, _, _ int64) (io.ReadCloser, error) {
	content, ok := f[key]
	if !ok {
		return nil, notice.NotFound("no object %s", key)
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func (f folder) Put(_ context.Context, key string, content []byte) error {
	f[key] = string(content)
	return nil
}

func TestFolderPublishesAndAnswersBesideIt(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(t.TempDir()+"/db", false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	objects := folder{
		"policies/privacy/1.0/policy.md":    "# Privacy\n\nWe keep your address and your name, and we tell nobody. We write to you once a year.\n",
		"policies/privacy/1.0/publish.json": `{"effective":"2026-12-01","text":"policy.md","by":"Ada"}`,
		"policies/privacy/2.0/policy.md":    "# Privacy\n\nWe keep your address and your name for a year, and we tell nobody. We write to you once a year.\n",
		"policies/privacy/2.0/short.txt":    "We say how long.",
		"policies/privacy/2.0/publish.json": `{"effective":"2027-01-31","text":"policy.md","summary":{"en":"short.txt"}}`,
		"policies/privacy/3.0/publish.json": `{"effective":"2027-01-31","text":"../2.0/policy.md"}`,
		"policies/privacy/4.0/publish.json": `{"effective":"2027-01-31","text":"gone.md"}`,
		"policies/privacy/5.0/publish.json": `{`,
	}
	clock := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { clock = clock.Add(time.Second); return clock }
	f := publish.Folder{Publisher: publish.Publisher{Store: db, Now: now}, Objects: objects, Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct{ version, want string }{
		{"1.0", `"baseline": true`}, {"2.0", `"run": "change-privacy-2_0"`}, {"3.0", "not the name of a file beside"},
		{"4.0", "gone.md is not in the folder"}, {"5.0", "not the JSON"},
	} {
		for range 2 { // S3 announces at least once
			if err := f.Publish(ctx, "policies/privacy/"+c.version+"/publish.json"); err != nil {
				t.Fatal(err)
			}
		}
		result := objects["policies/privacy/"+c.version+"/result.json"]
		if !strings.Contains(result, c.want) {
			t.Errorf("%s: %s", c.version, result)
		}
	}
	runs, _ := db.ListRuns(ctx)
	versions, _ := db.Versions(ctx, "privacy")
	if len(runs) != 1 || len(versions) != 2 {
		t.Errorf("%d runs, %d versions", len(runs), len(versions))
	}
	if err := f.Publish(ctx, "policies/privacy/1.0/policy.md"); err != nil || len(objects) != 13 {
		t.Errorf("other files of the folder publish something: %v, %d objects", err, len(objects))
	}
}
