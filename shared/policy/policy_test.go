package policy_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/store/bolt"
)

const text = "# Privacy policy\n\nWe keep your *name* and address.\n\n- We sell nothing.\n- We answer within 45 days.\n"

func TestLayoutDoesNotCount(t *testing.T) {
	want, err := policy.Normalise([]byte(text), "p.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, same := range map[string]string{
		"a.md":   "\ufeff# Privacy   policy\r\n\r\nWe keep your name\r\nand address.\r\n\r\n* We sell nothing.\r\n* We answer within 45\u00a0days.\r\n",
		"b.html": "<html><body><h1>Privacy policy</h1><script>x()</script><div>We keep your <b>name</b> and address.</div><ol><li>We sell nothing.<li>We answer within 45 days.</ol></body></html>",
		"c.txt":  "Privacy policy\nWe keep your name and address.\nWe sell nothing.\nWe answer within 45 days.",
	} {
		if got, err := policy.Normalise([]byte(same), name); err != nil || got.Plain != want.Plain {
			t.Errorf("%s: %q, %v; want %q", name, got.Plain, err, want.Plain)
		}
	}
	for name, bad := range map[string]string{"a.md": "", "b.pdf": "%PDF-1.7", "c.txt": "\xff\xfe", "d.html": "<script>" + strings.Repeat("x", 99) + "</script>"} {
		if _, err := policy.Normalise([]byte(bad), name); !errors.Is(err, notice.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	evil, err := policy.Normalise([]byte(text+`<p onclick="x()">A <script>alert(1)</script><a href="javascript:x()">b</a></p>`), "p.html")
	if err != nil || strings.Contains(evil.HTML, "script") || strings.Contains(evil.HTML, "onclick") {
		t.Errorf("not sanitised: %s %v", evil.HTML, err)
	}
}

func TestPublish(t *testing.T) {
	ctx := context.Background()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	p := policy.Publisher{Store: db, Now: func() time.Time { now = now.Add(time.Second); return now }}
	in := policy.Publication{Policy: "privacy", Version: "1.0", Effective: "2026-12-01", Source: []byte(text), SourceName: "p.md", By: "Ada"}
	first, err := p.Publish(ctx, in)
	if err != nil || !first.Baseline || first.Run != "" {
		t.Fatalf("baseline: %+v %v", first, err)
	}
	if v, _ := db.Version(ctx, "privacy", "1.0"); !v.Approved() || v.Approval.By != "Ada" {
		t.Errorf("the baseline is not approved: %+v", v.Approval)
	}
	in.Version = "1.1"
	if again, err := p.Publish(ctx, in); err != nil || !again.Unchanged || again.Version != "1.0" {
		t.Errorf("same text: %+v %v", again, err)
	}
	in.Source = []byte(text + "\nWe now keep order data for six years.\n")
	if _, err := p.Publish(ctx, in); !errors.Is(err, notice.ErrInvalid) || !strings.Contains(err.Error(), "summary") {
		t.Errorf("without a summary: %v", err)
	}
	in.Summary = map[string]string{"en": "Order data are kept."}
	for range 2 {
		second, err := p.Publish(ctx, in)
		if err != nil {
			t.Fatalf("change: %+v %v", second, err)
		}
	}
	run, err := db.Run(ctx, "change-privacy-1_1")
	if err != nil || run.State != notice.Waiting {
		t.Errorf("run %+v %v", run, err)
	}
	_, err = p.Publish(ctx, policy.Publication{Policy: "Privacy!", Version: "", Effective: "tomorrow", Class: "mandatory", Summary: map[string]string{"xx-yy-zz-q": "s"}})
	for _, want := range []string{"policy name", "version", "effective date", "legal basis", "language tag", "no policy"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all faults at once: %q is missing in %v", want, err)
		}
	}
}
