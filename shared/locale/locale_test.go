package locale

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every language says every sentence, with the same names to fill in.
func TestEveryLanguageIsComplete(t *testing.T) {
	english := All()[0]
	if english.Tag != "en" {
		t.Fatalf("the first language is %s, want en", english.Tag)
	}
	for _, l := range All() {
		if l.Dir != "ltr" && l.Dir != "rtl" || l.Name == "" {
			t.Errorf("%s: dir %q, name %q", l.Tag, l.Dir, l.Name)
		}
		compare(t, l.Tag, reflect.ValueOf(english.Words), reflect.ValueOf(l.Words))
	}
}

func compare(t *testing.T, where string, want, got reflect.Value) {
	for i := range want.NumField() {
		name := where + "." + want.Type().Field(i).Name
		if want.Field(i).Kind() == reflect.Struct {
			compare(t, name, want.Field(i), got.Field(i))
			continue
		}
		names := func(v reflect.Value) []string {
			found := placeholder.FindAllString(v.String(), -1)
			slices.Sort(found)
			return found
		}
		if got.Field(i).String() == "" {
			t.Errorf("%s is missing", name)
		} else if !slices.Equal(names(want.Field(i)), names(got.Field(i))) {
			t.Errorf("%s fills %v, English fills %v", name, names(got.Field(i)), names(want.Field(i)))
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ recipient, accept, want string }{
		{"", "", "en"}, {"de", "", "de"}, {"de-AT", "fr", "de"}, {"pt", "fr;q=0.9, en;q=0.5", "fr"},
		{"", "ar-EG,ar;q=0.9", "ar"}, {"tlh", "x;;;", "en"}, {"es_MX", "", "es"}, {"", "zh-CN", "en"},
	} {
		if got := Match(c.recipient, c.accept).Tag; got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.recipient, c.accept, got, c.want)
		}
	}
}

func TestDate(t *testing.T) {
	for tag, want := range map[string]string{"en": "November 24, 2026", "de": "24. November 2026", "fr": "24 novembre 2026", "es": "24 de noviembre de 2026"} {
		if got := Match(tag, "").Date("2026-11-24"); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	for in, want := range map[string]string{
		"{a} and {b}": "{b} and x", "plain": "plain", "{c} stays": "{c} stays", "an open {a": "an open {a", "{}{a}{": "{}{b}{", "": "",
	} {
		if got := Fill(in, "a", "{b}", "b", "x"); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
