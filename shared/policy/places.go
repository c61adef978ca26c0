package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// judge reads the places of a comparison one by one.
type judge struct {
	c         Comparison
	old, new  page
	frames    map[int]bool // gaps that are a menu or a banner
	furniture map[int]bool // rows that are the site's
}

// places judges every paragraph that came, went or was edited.
func (j *judge) places() (out []Finding) {
	j.frames, j.furniture = j.framed(), j.furnished()
	displaced := j.displaced()
	oldOutline, newOutline := split(j.c.old), split(j.c.new)
	for i, r := range j.c.rows {
		section := ""
		if len(r.new) > 0 {
			section = newOutline.heading(j.c.new, newOutline.of[r.new[0]])
		} else {
			section = oldOutline.heading(j.c.old, oldOutline.of[r.old[0]])
		}
		note := func(f Finding) {
			f.Section, f.row = section, i
			out = append(out, f)
		}
		for _, index := range r.new {
			if from, ok := displaced[index]; ok {
				p := j.c.new[index]
				note(Finding{Class: Substantive, Weight: 0.6, Reason: "an entry stands elsewhere", Quote: "“" + shorten(p.Text, 80) + "” went from “" + shorten(from, 60) + "” to “" + shorten(p.of[0], 60) + "”"})
			}
		}
		switch r.fate {
		case added:
			note(j.paragraph(j.new, j.old, i, r.new[0], section))
		case removed:
			note(j.paragraph(j.old, j.new, i, r.old[0], section))
		case moved:
			if len(r.new) > 0 && j.section(j.c.new[r.new[0]], r.new[0]) && j.left(j.c.new[r.new[0]].key) {
				note(Finding{Class: Editorial, Weight: 0.6, Reason: "a section stands elsewhere", Quote: "“" + shorten(j.c.new[r.new[0]].Text, 80) + "”"})
			}
		case same:
			if f, ok := j.punctuation(r); ok {
				note(f)
			}
		case edited:
			for _, f := range j.edits(r) {
				note(f)
			}
		}
	}
	return out
}

// section reports whether a paragraph of the new text is the heading of a section of the
// policy, in both texts and once.
func (j *judge) section(p Paragraph, index int) bool {
	return p.Heading > 0 && !j.new.body.outside(index) && j.new.headings[p.key] == 1 && j.old.headings[p.key] == 1 &&
		index+1 < len(j.c.new) && j.c.new[index+1].sentence()
}

// left reports whether a paragraph of the old text stands where it stood no more.
func (j *judge) left(key string) bool {
	return slices.ContainsFunc(j.c.rows, func(r row) bool {
		return r.fate == moved && len(r.old) > 0 && j.c.old[r.old[0]].key == key
	})
}

// punctuation judges paragraphs of the same words: a comma is an edit, marks of layout
// are none.
func (j *judge) punctuation(r row) (f Finding, ok bool) {
	if len(r.old) != 1 || len(r.new) != 1 || j.c.old[r.old[0]].Text == j.c.new[r.new[0]].Text {
		return f, false
	}
	old, new := j.c.old[r.old[0]], j.c.new[r.new[0]]
	if old.key != new.key && strings.ReplaceAll(old.Text, "*", "") != strings.ReplaceAll(new.Text, "*", "") && !brokenLine.MatchString(old.Text) && !brokenLine.MatchString(new.Text) && old.sentence() {
		return Finding{Class: Editorial, Weight: 0.7, Reason: "spelling differs", Quote: "in “" + shorten(new.Text, 80) + "”"}, true
	}
	if weighty(old.Text) != weighty(new.Text) {
		return Finding{Class: Substantive, Weight: 0.8, Reason: "a sign that carries meaning differs", Quote: "“" + shorten(old.Text, 80) + "” became “" + shorten(new.Text, 80) + "”"}, true
	}
	if commas(old.words) == commas(new.words) {
		if old.sentence() && new.sentence() && recased(old.words, new.words) {
			return Finding{Class: Editorial, Weight: 0.7, Reason: "capital letters differ", Quote: "in “" + shorten(new.Text, 80) + "”"}, true
		}
		return f, false
	}
	return Finding{Class: Editorial, Weight: 0.8, Reason: "punctuation differs", Quote: "in “" + shorten(new.Text, 80) + "”"}, true
}

// recased reports whether words of the same text have capital letters in one of two
// texts only, and the texts are not all capitals.
func recased(old, new []word) bool {
	differ, n := 0, 0
	for i := range min(len(old), len(new)) {
		if old[i].mark() || old[i].key != new[i].key {
			continue
		}
		if n++; strings.TrimSpace(old[i].text) != strings.TrimSpace(new[i].text) && strings.EqualFold(strings.TrimSpace(old[i].text), strings.TrimSpace(new[i].text)) {
			differ++
		}
	}
	return differ > 0 && differ*2 <= n
}

// weighty are the signs of a text that say something: a currency, a comparison, a tick.
func weighty(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("$€£¥₹%≤≥<>✓✔✗✘☑☒✅❌●○☐", r) {
			return r
		}
		return -1
	}, text)
}

// brokenLine is a word that a printed line breaks.
var brokenLine = regexp.MustCompile(`\p{L}[-‐] \p{Ll}`)

// commas are the marks within sentences, each with the word before it.
func commas(all []word) string {
	var b strings.Builder
	n := 0
	for _, w := range all {
		if !w.mark() {
			n += letters(w.key) // and not words, which a printed line may break
		} else if n > 0 && strings.ContainsAny(w.key, ",;?!，；？！") {
			b.WriteString(strconv.Itoa(n) + w.key)
		}
	}
	return b.String()
}
