package address

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"ada@example.com": "ada@example.com", "  Ada.L@EXAMPLE.Com ": "Ada.L@example.com", "a+b@bücher.example": "a+b@xn--bcher-kva.example",
		"": "", "ada": "", "ada@": "", "@example.com": "", "Ada <ada@example.com>": "", "ada@example.com\r\nBcc: x@example.com": "",
		"a b@example.com": "", "ada@localhost": "", "zoë@example.com": "", "a@b@example.com": "", strings.Repeat("a", 250) + "@example.com": "",
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

func FuzzParse(f *testing.F) {
	f.Add("ada@example.com")
	f.Fuzz(func(t *testing.T, s string) {
		once, err := Parse(s)
		if err != nil {
			return
		}
		if twice, err := Parse(once); err != nil || twice != once {
			t.Errorf("%q normalises to %q, then to %q (%v)", s, once, twice, err)
		}
	})
}
