package address

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"ada@example.com": "ada@example.com", "  Ada.L@EXAMPLE.Com ": "Ada.L@example.com", "a+b@bücher.example": "a+b@xn--bcher-kva.example",
		"": "", "ada": "", "ada@": "", "@example.com": "", "Ada <ada@example.com>": "", "ada@example.com\r\nBcc: x@example.com": "",
		"a b@example.com": "", "ada@localhost": "", "zoë@example.com": "", "ada@example..com": "", "ada@。": "", "ada@example.com.": "", "ada@example.com。": "", "ada@" + strings.Repeat("a", 64) + ".example": "", "a@b@example.com": "", strings.Repeat("a", 250) + "@example.com": "",
	} {
		got, err := Parse(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Parse(%q) = %q, %v; want %q", in, got, err, want)
		}
		if err != nil && in != "" && strings.Contains(err.Error(), in) && strings.Contains(in, "@") {
			t.Errorf("the error %q repeats the address", err)
		}
	}
}

// FuzzParse: an address that is taken has one spelling, and nothing in it that could end
// a header, a URL or a line of a report.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"ada@example.com", " Ada+x@B\u00fccher.example. ", "a@[127.0.0.1]", "\"a b\"@example.com", "a@example.com\r\nBcc: b@example.com", "\uff41@example\u3002com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := Parse(s)
		if err != nil {
			return
		}
		if twice, err := Parse(once); err != nil || twice != once {
			t.Errorf("%q normalises to %q, then to %q (%v)", s, once, twice, err)
		}
		for _, c := range once {
			if c <= ' ' || c > '~' || strings.ContainsRune("<>\"(),", c) {
				t.Errorf("%q holds %q", once, c)
			}
		}
		if _, domain, _ := strings.Cut(once, "@"); strings.Contains(domain, "@") || domain != strings.ToLower(domain) || len(once) > maxLength {
			t.Errorf("%q from %q", once, s)
		}
	})
}
