package notice

import "testing"

func TestTyped(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		" one\r\ntwo\n\r\nthree ": "one\ntwo\n\nthree",
		"a\x00\tb\x7fc\u0085":     "abc",
		"\x00 a \r":               "a",
		"日本\u200d語 ü":             "日本\u200d語 ü",
	} {
		if got := Typed(in); got != want {
			t.Errorf("Typed(%q) = %q, want %q", in, got, want)
		}
	}
}
