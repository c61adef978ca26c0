package policy

import (
	"html"
	"html/template"
	"strings"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Comparison is how one text became another, paragraph by paragraph.
type Comparison struct {
	Blocks []Block `json:"blocks"`
}

// Block is a run of paragraphs with the same fate.
type Block struct {
	Change string `json:"change"` // same, added, removed or edited
	Old    string `json:"old,omitempty"`
	New    string `json:"new,omitempty"`
	words  []diffmatchpatch.Diff
}

// Labels are the words of a comparison in the reader's language.
type Labels struct{ Added, Removed, Unchanged string }

// Compare compares two normalised texts: first by paragraph, then the words inside
// paragraphs that took each other's place.
func Compare(old, new string) Comparison {
	d := diffmatchpatch.New()
	a, b, lines := d.DiffLinesToRunes(old, new)
	diffs := d.DiffCharsToLines(d.DiffMainRunes(a, b, false), lines)
	var c Comparison
	for i := 0; i < len(diffs); i++ {
		switch this := diffs[i]; {
		case this.Type == diffmatchpatch.DiffEqual:
			c.Blocks = append(c.Blocks, Block{Change: "same", Old: this.Text, New: this.Text})
		case this.Type == diffmatchpatch.DiffDelete && i+1 < len(diffs) && diffs[i+1].Type == diffmatchpatch.DiffInsert:
			words := d.DiffCleanupSemantic(d.DiffMain(this.Text, diffs[i+1].Text, false))
			c.Blocks = append(c.Blocks, Block{Change: "edited", Old: this.Text, New: diffs[i+1].Text, words: words})
			i++
		case this.Type == diffmatchpatch.DiffDelete:
			c.Blocks = append(c.Blocks, Block{Change: "removed", Old: this.Text})
		default:
			c.Blocks = append(c.Blocks, Block{Change: "added", New: this.Text})
		}
	}
	return c
}

// Same reports whether nothing changed.
func (c Comparison) Same() bool {
	for _, b := range c.Blocks {
		if b.Change != "same" {
			return false
		}
	}
	return true
}

// HTML shows the comparison: additions and removals are marked up as such and
// named for screen readers, unchanged parts are folded.
func (c Comparison) HTML(l Labels) template.HTML {
	var b strings.Builder
	mark := func(tag, label, text string) {
		b.WriteString("<" + tag + ` title="` + html.EscapeString(label) + `">` + escape(text) + "</" + tag + ">")
	}
	for _, block := range c.Blocks {
		switch block.Change {
		case "same":
			b.WriteString("<details><summary>" + html.EscapeString(l.Unchanged) + "</summary><p>" + escape(block.New) + "</p></details>\n")
			continue
		case "added":
			b.WriteString("<p>")
			mark("ins", l.Added, block.New)
		case "removed":
			b.WriteString("<p>")
			mark("del", l.Removed, block.Old)
		case "edited":
			b.WriteString("<p>")
			for _, w := range block.words {
				switch w.Type {
				case diffmatchpatch.DiffEqual:
					b.WriteString(escape(w.Text))
				case diffmatchpatch.DiffInsert:
					mark("ins", l.Added, w.Text)
				case diffmatchpatch.DiffDelete:
					mark("del", l.Removed, w.Text)
				}
			}
		}
		b.WriteString("</p>\n")
	}
	return template.HTML(b.String())
}

func escape(s string) string {
	return strings.ReplaceAll(html.EscapeString(strings.TrimSuffix(s, "\n")), "\n", "<br>")
}

// Text shows what changed with a sign before each line: + added, - removed.
func (c Comparison) Text() string {
	var b strings.Builder
	lines := func(sign, text string) {
		for line := range strings.Lines(text) {
			b.WriteString(sign + " " + strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	for _, block := range c.Blocks {
		if block.Change != "same" {
			lines("-", block.Old)
			lines("+", block.New)
		}
	}
	return b.String()
}
