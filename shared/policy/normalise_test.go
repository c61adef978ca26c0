package policy_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"policymail/shared/policy"
)

// FuzzNormalise reads anything without panic, and reading what was read changes
// nothing any more.
func FuzzNormalise(f *testing.F) {
	f.Add([]byte(base), "a.md")
	f.Add([]byte("<p>one<br>two<script>x</script>"), "a.html")
	f.Add([]byte("\ufeff a\r\n\u00ad b \xff"), "a.txt")
	f.Add([]byte("| a | b |\n| --- | --- |\n| c |"), "")
	f.Fuzz(func(t *testing.T, source []byte, name string) {
		text, err := policy.Read(source, name)
		if err != nil {
			return
		}
		if !utf8.ValidString(text.Plain) {
			t.Errorf("not UTF-8: %q", text.Plain)
		}
		for _, p := range text.Document {
			if strings.TrimSpace(p.Text) != p.Text || p.Text == "" || strings.Contains(p.Text, "\n") {
				t.Errorf("paragraph %q", p.Text)
			}
		}
		again, err := policy.ReadHTML(text.HTML)
		if err != nil || again.Plain() != text.Plain {
			t.Errorf("read again: %q, first %q, %v", again.Plain(), text.Plain, err)
		}
	})
}

func TestNormaliseShowsHiddenAddresses(t *testing.T) {
	// "a@example.com", XORed with 0x2a
	code := "2a4b6a4f524b475a464f04494547"
	page := `<p>Write to <a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="` + code + `">[email&#160;protected]</a> about your personal data.</p>`
	got, err := policy.Normalise([]byte(page), "a.html")
	if err != nil || got.Plain != "Write to a@example.com about your personal data.\n" {
		t.Errorf("%q %v", got.Plain, err)
	}
	link := `Write to [\[email protected\]](https://example.com/cdn-cgi/l/email-protection#` + code + `) about your personal data.`
	if got, err = policy.Normalise([]byte(link), "a.md"); err != nil || got.Plain != "Write to a@example.com about your personal data.\n" {
		t.Errorf("%q %v", got.Plain, err)
	}
}
