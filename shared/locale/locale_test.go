package locale

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// Every language says every sentence, with the same names to fill in.
func TestEveryLanguageIsComplete(t *testing.T) {
	english := All()[0]
	if english.Words.Mail.AnnualSubject == "" {
		t.Fatal("English is empty")
	}
	if english.Tag != "en" {
		t.Fatalf("the first language is %s, want en", english.Tag)
	}
	want := sentences(english)
	for _, l := range All() {
		if l.Dir != "ltr" && l.Dir != "rtl" || l.Name == "" {
			t.Errorf("%s: dir %q, name %q", l.Tag, l.Dir, l.Name)
		}
		got := sentences(l)
		for name := range got {
			if _, ok := want[name]; !ok {
				t.Errorf("%s%s: English has no such sentence", l.Tag, name)
			}
		}
		for name, sentence := range want {
			if (got[name] == "") != (sentence == "") {
				t.Errorf("%s%s is missing", l.Tag, name)
			} else if !slices.Equal(names(got[name]), names(sentence)) {
				t.Errorf("%s%s fills %v, English fills %v", l.Tag, name, names(got[name]), names(sentence))
			}
		}
	}
}

// A sentence that was forgotten in English would pass as complete.
func TestNoLanguageSpeaksEnglish(t *testing.T) {
	english := sentences(All()[0])
	for _, l := range All()[1:] {
		same := 0
		for name, s := range sentences(l) {
			if s == english[name] && len(strings.Fields(placeholder.ReplaceAllString(s, ""))) > 1 {
				t.Errorf("%s says %q", l.Tag, s)
			}
			if s == english[name] {
				same++
			}
		}
		if same > 20 { // words like Name and Import, letters without a button
			t.Errorf("%s has %d sentences in common with English", l.Tag, same)
		}
	}
}

// sentences of a language by where they stand: ".Mail.Notes.Link.Heading".
func sentences(l *Language) map[string]string {
	all := map[string]string{}
	var visit func(string, reflect.Value)
	visit = func(name string, v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				visit(name+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				visit(name+"."+key.String(), v.MapIndex(key))
			}
		default:
			all[name] = v.String()
		}
	}
	visit("", reflect.ValueOf(l.Words))
	return all
}

func names(sentence string) []string {
	found := placeholder.FindAllString(sentence, -1)
	slices.Sort(found)
	return found
}

func TestMatch(t *testing.T) {
	for _, c := range []struct{ recipient, accept, want string }{
		{"", "", "en"}, {"de", "", "de"}, {"de-AT", "fr", "de"}, {"sv", "fr;q=0.9, en;q=0.5", "fr"}, {"pt-PT", "", "pt-BR"}, {"ja-JP", "", "ja"},
		{"", "ar-EG,ar;q=0.9", "ar"}, {"tlh", "x;;;", "en"}, {"es_MX", "", "es"}, {"", "zh-CN", "en"},
	} {
		if got := Match(c.recipient, c.accept).Tag; got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.recipient, c.accept, got, c.want)
		}
	}
}

func TestDate(t *testing.T) {
	for tag, want := range map[string]string{"en": "November 24, 2026", "de": "24. November 2026", "fr": "24 novembre 2026", "es": "24 de noviembre de 2026",
		"it": "24 novembre 2026", "pt-BR": "24 de novembro de 2026", "nl": "24 november 2026", "pl": "24 listopada 2026", "ja": "2026年11月24日", "ar": "24 نوفمبر 2026"} {
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

// A sentence nobody says is translated for nothing.
func TestEverySentenceIsSaid(t *testing.T) {
	var said strings.Builder
	for _, folder := range []string{"../web", "../web/templates", "../mail", "../operate", "../policy"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !e.IsDir() {
				content, _ := os.ReadFile(filepath.Join(folder, e.Name()))
				said.Write(content)
			}
		}
	}
	var visit func(reflect.Type)
	visit = func(words reflect.Type) {
		for i := range words.NumField() {
			f := words.Field(i)
			if !regexp.MustCompile(`\.` + f.Name + `\b`).MatchString(said.String()) {
				t.Errorf("nobody says %s.%s", words.Name(), f.Name)
			}
			if f.Type.Kind() == reflect.Struct {
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[Words]())
}
