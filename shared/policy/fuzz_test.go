package policy

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// inert fails for HTML that runs or loads anything.
func inert(t *testing.T, s string) {
	for z := html.NewTokenizer(strings.NewReader(s)); z.Next() != html.ErrorToken; {
		token := z.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "style", "iframe", "object", "embed", "form", "link", "meta", "base", "svg", "math":
			t.Errorf("<%s> in %q", token.Data, s)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s=%q in %q", a.Key, a.Val, s)
			}
		}
	}
}

// FuzzClassify compares any two texts: a text differs from itself in nothing, what is
// said of a pair is complete, and what readers are shown runs nothing.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{"# Privacy\n\nWe keep your name for 30 days.\n\n- one\n- two\n\n| a | b |\n| --- | --- |\n| c | d |\n", "<h1>Privacy</h1><p>We keep â€œnamesâ€\u009d (at) example (dot) com</p>",
		"1..... Contents\n\nClose\n\nAccept all Reject all\n\nUpdated 2 hours ago 14:45 CET", "隐私政策 2026年3月4日 我们收集您的姓名", "[](#a)*   x](https://example.com \"y\")\n\n    *   z"} {
		f.Add(s, strings.ReplaceAll(s, "30", "90"), "a.md")
		f.Add(s, "", "a.html")
	}
	f.Fuzz(func(t *testing.T, old, new, name string) {
		a, err := Read([]byte(old), name)
		if err != nil {
			return
		}
		b, err := Read([]byte(new), name)
		if err != nil {
			return
		}
		if v := Classify(a.Document, a.Document); v.Class != None {
			t.Errorf("a text differs from itself: %s %q", v.Class, v.Reasons)
		}
		v := Classify(a.Document, b.Document)
		if v.Class.rank() < 0 && v.Class != Broken || len(v.Reasons) == 0 || v.Confidence < 0 || v.Confidence > 1 {
			t.Errorf("%+v", v)
		}
		inert(t, string(v.Comparison.HTML(Labels{})))
		inert(t, a.HTML)
		v.Summarise(SummaryLabels{"{text}", "{text}", "{now} {before}"})
	})
}
