package policy_test

import (
	"errors"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/policy"
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
