package policy_test

import (
	"html"
	"slices"
	"strings"
	"testing"

	"policymail/shared/policy"
)

func TestCompareMatchesSectionsRenamedAndMoved(t *testing.T) {
	cut := func(s, from, to string) (string, string) {
		a := strings.Index(s, from)
		b := a + strings.Index(s[a:], to)
		return s[a:b], s[:a] + s[b:]
	}
	keep, rest := cut(base, "## How long we keep it", "## Your rights")
	keep = strings.Replace(strings.Replace(keep, "How long we keep it", "Storage", 1), "30 days", "60 days", 1)
	changed := strings.Replace(rest, "## Contact", "## Children\n\nWe do not knowingly collect data of children under 13 years.\n\n## Contact", 1) + "\n" + keep
	changed = strings.Replace(changed, "The law of Ireland applies.", "", 1)
	c := policy.Compare(read(t, base, "a.md"), read(t, changed, "b.md"))
	got := map[string]policy.Section{}
	for _, s := range c.Sections {
		got[s.Heading] = s
	}
	if s := got["Storage"]; s.Was != "How long we keep it" || !s.Moved || s.Change != "edited" {
		t.Errorf("renamed, moved and edited: %+v", s)
	}
	if s := got["Children"]; s.Change != "added" {
		t.Errorf("added: %+v", s)
	}
	if s := got["Who gets your data"]; s.Change != "same" || s.Moved || s.Was != "" {
		t.Errorf("untouched: %+v", s)
	}
	i := slices.IndexFunc(got["Storage"].Blocks, func(b policy.Block) bool { return b.Change == "edited" && len(b.Words) > 0 })
	if i < 0 {
		t.Fatalf("no words: %+v", got["Storage"].Blocks)
	}
	var words []string
	for _, w := range got["Storage"].Blocks[i].Words {
		if w.Change != "same" {
			words = append(words, w.Change+w.Text)
		}
	}
	if strings.Join(words, "|") != "removed 30|added 60" {
		t.Errorf("words: %q", words)
	}
	gone := policy.Compare(read(t, changed, "b.md"), read(t, base, "a.md"))
	if i := slices.IndexFunc(gone.Sections, func(s policy.Section) bool { return s.Heading == "Children" && s.Change == "removed" }); i < 0 {
		t.Errorf("a section that is gone is not shown: %+v", gone.Changes())
	}
}

// unchanged reports whether a comparison shows nothing that came or went.
func unchanged(c policy.Comparison) bool {
	return !slices.ContainsFunc(c.Changes(), func(s policy.Section) bool { return len(s.Blocks) > 0 })
}

// lineByLine reads a text as a page of one paragraph a line.
func lineByLine(t testing.TB, text string) policy.Document {
	t.Helper()
	var page strings.Builder
	for line := range strings.Lines(text) {
		page.WriteString("<p>" + html.EscapeString(line) + "</p>")
	}
	d, err := policy.ReadHTML(page.String())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCompareWordsOfAnyScript(t *testing.T) {
	c := policy.Compare(lineByLine(t, "我们将订单数据保留6年。\n"), lineByLine(t, "我们将订单数据保留9年。\n"))
	b := c.Sections[0].Blocks[0]
	if b.Change != "edited" || len(b.Words) != 4 || b.Words[1].Text != "6" || b.Words[2].Text != "9" {
		t.Errorf("%+v", b)
	}
}

// A paragraph cut in two, or two joined, is no change.
func TestCompareLayout(t *testing.T) {
	a := "We keep your name. We keep your address.\nWe sell nothing.\n"
	b := "We keep your name.\nWe keep your address. We sell nothing.\n"
	if c := policy.Compare(lineByLine(t, a), lineByLine(t, b)); !unchanged(c) {
		t.Errorf("%+v", c.Changes())
	}
	if c := policy.Compare(lineByLine(t, a), lineByLine(t, a+"More.\n")); unchanged(c) {
		t.Error("an addition is the same")
	}
}

func TestComparisonIsReadWithoutColour(t *testing.T) {
	l := policy.Labels{Added: "Added", Removed: "Removed", Moved: "moved", Unchanged: "Unchanged", Contents: "What changed"}
	old := "# Policy\n\nOne stays as it is.\n\n## Age\n\nAge is 16 here.\n\n## Three\n\nThree stays, too.\n"
	c := policy.Compare(read(t, old, "a.md"), read(t, strings.Replace(old, "16", "13 & <b>", 1), "a.txt"))
	page := string(c.HTML(l))
	c = policy.Compare(read(t, old, "a.md"), read(t, strings.Replace(old, "16", "13", 1), "b.md"))
	page += string(c.HTML(l))
	for _, want := range []string{`<nav aria-label="What changed">`, `<a href="#s2">Age</a>`, `<section id="s2">`, "<details><summary>Unchanged</summary>",
		`<del><span class="hidden">Removed: </span> 16</del>`, `<ins><span class="hidden">Added: </span> 13</ins>`, "&amp;"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in %s", want, page)
		}
	}
	if strings.Contains(page, "<b>") {
		t.Errorf("markup of the text got into the page: %s", page)
	}
	if want := "Age\n- Age is 16 here.\n+ Age is 13 here.\n"; c.Text() != want {
		t.Errorf("text:\n%s\nwant\n%s", c.Text(), want)
	}
}

// What is shown of the words must put both texts together again, whatever they are.
func FuzzCompare(f *testing.F) {
	f.Add(base, strings.ReplaceAll(base, "30 days", "60 days"))
	f.Add("a b c\n\nd", "d\n\na c")
	f.Add("我们不会出售", "我们会出售")
	f.Add("|a|\n\n\ufffd", "")
	f.Add("x\nx\nx\ny", "y\nx\nx")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 4000 {
			return
		}
		old, new := lineByLine(t, a), lineByLine(t, b)
		v := policy.Classify(old, new)
		if v.Confidence < 0 || v.Confidence > 1 || len(v.Reasons) == 0 {
			t.Errorf("%+v", v)
		}
		if v.Class == policy.None && v.Comparison.Text() != "" && unchanged(v.Comparison) {
			t.Errorf("the same, and yet: %s", v.Comparison.Text())
		}
		var shown []string
		for _, s := range v.Comparison.Sections {
			for _, block := range s.Blocks {
				if block.New != "" {
					shown = append(shown, strings.Split(block.New, "\n")...)
				}
				oldText, newText := "", ""
				for _, w := range block.Words {
					if w.Change != "added" {
						oldText += w.Text
					}
					if w.Change != "removed" {
						newText += w.Text
					}
				}
				if squeeze(newText) != squeeze(block.New) && len(block.Words) > 0 {
					t.Errorf("the words make %q of %q", newText, block.New)
				}
			}
		}
		want := strings.Split(strings.TrimSuffix(new.Plain(), "\n"), "\n")
		slices.Sort(shown)
		slices.Sort(want)
		if strings.Join(shown, "\n") != strings.Join(want, "\n") {
			t.Errorf("shown %q, the new text is %q", shown, want)
		}
		policy.Classify(new, old).Comparison.HTML(policy.Labels{})
		if same := policy.Classify(new, new); same.Class != policy.None || !unchanged(same.Comparison) {
			t.Errorf("a text differs from itself: %+v", same)
		}
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// Labels in another language than the text say which, and turn no paragraph around.
func TestLabelsOfAComparisonSayTheirLanguage(t *testing.T) {
	labels := policy.Labels{Added: "أُضيف", Removed: "حُذف", Unchanged: "نص بلا تغيير", Contents: "ما الذي تغيّر", Language: "ar", Text: "en"}
	c := policy.Compare(read(t, "# Age\n\nYou must be at least 16 years old.\n", "a.md"), read(t, "# Age\n\nYou must be at least 16 years old.\n\n# Data\n\nWe keep your orders for six years.\n", "b.md"))
	page := string(c.HTML(labels))
	for _, want := range []string{`<nav lang="ar" dir="auto" aria-label=`, `<ul lang="en" dir="auto">`, `<summary lang="ar" dir="auto">`, `<ins><span class="hidden" lang="ar" dir="auto">أُضيف: </span>We keep`} {
		if !strings.Contains(page, want) {
			t.Errorf("the comparison lacks %s:\n%s", want, page)
		}
	}
	labels.Language = ""
	if page := string(c.HTML(labels)); strings.Contains(page, "lang=") {
		t.Errorf("labels in the language of the text name one:\n%s", page)
	}
}
