package policy

import (
	"slices"
	"strings"
)

// judge reads the places of a comparison one by one.
type judge struct {
	c        Comparison
	old, new page
	frames   map[int]bool // gaps that are a menu or a banner
}

// page is one of the two texts, looked over.
type page struct {
	Document
	body     body
	headings map[string]int // by key
}

// places judges every paragraph that came, went or was edited.
func (j *judge) places() (out []Finding) {
	j.frames = j.framed()
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
		switch r.fate {
		case added:
			note(j.paragraph(j.new, j.old, r.new[0], section, j.frames[r.gap]))
		case removed:
			note(j.paragraph(j.old, j.new, r.old[0], section, j.frames[r.gap]).gone())
		case same:
			if f, ok := j.punctuation(r); ok {
				note(f)
			}
		case edited:
			for _, f := range j.edit(r) {
				note(f)
			}
		}
	}
	return out
}

// punctuation judges paragraphs of the same words: a comma is an edit, marks of layout
// are none.
func (j *judge) punctuation(r row) (f Finding, ok bool) {
	if len(r.old) != 1 || len(r.new) != 1 || j.c.old[r.old[0]].Text == j.c.new[r.new[0]].Text {
		return f, false
	}
	old, new := j.c.old[r.old[0]], j.c.new[r.new[0]]
	if commas(old.words) == commas(new.words) {
		return f, false
	}
	return Finding{Class: Editorial, Weight: 0.8, Reason: "punctuation differs", Quote: "in “" + shorten(new.Text, 80) + "”"}, true
}

// commas are the marks within sentences, each with the word before it.
func commas(all []word) string {
	var b strings.Builder
	n := 0
	for _, w := range all {
		if !w.mark() {
			n++
		} else if n > 0 && strings.ContainsAny(w.key, ",;?!，；？！") {
			b.WriteString(itoa(n) + w.key)
		}
	}
	return b.String()
}

// repeated reports whether a short line is part of one beside it.
func repeated(d Document, index int) bool {
	for i := max(index-2, 0); i < min(index+3, len(d)); i++ {
		if i != index && strings.Contains(" "+d[i].key+" ", " "+d[index].key+" ") {
			return true
		}
	}
	return false
}

// contactHeading reports whether a section tells where to write.
func contactHeading(heading string) bool {
	return slices.ContainsFunc(words(heading), func(w word) bool {
		return strings.HasPrefix(plainKey(w.key), "contact") || plainKey(w.key) == "kontakt"
	})
}

// capitals reports whether most words of a paragraph are names and numbers.
func (p Paragraph) capitals() bool {
	n, all := 0, 0
	for _, w := range p.words {
		if w.mark() || stopwords[plainKey(w.key)] {
			continue
		}
		if all++; w.capital() || w.number() {
			n++
		}
	}
	return n*5 >= all*3
}

// apart reports whether a paragraph of the new text stands clearly off the policy:
// above its title, or behind its last sentence under another heading.
func (j *judge) apart(index int) bool {
	for i := j.new.body.last + 1; i < index; i++ {
		if j.c.new[i].Heading > 0 {
			return true
		}
	}
	return index < j.new.body.title
}

// aside reports whether the paragraphs around one speak of other things than the
// policy, as footnotes of a shop do.
func (j *judge) aside(d Document, index int) bool {
	near, about := 0, 0
	for i := max(index-5, 0); i < min(index+6, len(d)); i++ {
		if i != index && d[i].Heading == 0 {
			near++
			if d[i].subject() >= 3 {
				about++
			}
		}
	}
	return about*3 <= near
}

// framed counts, by gap, what came or went together: a gap that is links for the most
// part is a menu, one with two buttons of consent a banner, and so is what stands
// between them.
func (j *judge) framed() map[int]bool {
	links, others, buttons := map[int]int{}, map[int]int{}, map[int]int{}
	for _, r := range j.c.rows {
		d, indexes := j.c.new, r.new
		if r.fate == removed {
			d, indexes = j.c.old, r.old
		} else if r.fate != added {
			continue
		}
		if consentLabels[d[indexes[0]].key] {
			buttons[r.gap]++
		}
		if d[indexes[0]].Linked {
			links[r.gap]++
		} else {
			others[r.gap]++
		}
	}
	out := map[int]bool{}
	for g, n := range links {
		out[g] = n >= 3 && n >= others[g]
	}
	for g, n := range buttons {
		out[g] = out[g] || n >= 2
	}
	return out
}

func headingKeys(d Document) map[string]int {
	out := map[string]int{}
	for _, p := range d {
		if p.Heading > 0 {
			out[p.key]++
		}
	}
	return out
}

// paragraph judges one that only one of the texts has. What the site put around the
// policy counts for nothing, prose about the subject for much.
func (j *judge) paragraph(own, other page, index int, section string, framed bool) Finding {
	d, p := own.Document, own.Document[index]
	f := Finding{Quote: quote(nil, p.words)}
	as := func(class Class, weight float64, reason string) Finding {
		f.Class, f.Weight, f.Reason = class, weight, reason
		return f
	}
	n, subject, outside := letterWords(p.words), p.subject(), own.body.outside(index)
	switch {
	case n == 0:
		return as(None, 0.99, "marks without words differ")
	case p.copyright():
		return as(None, 0.97, "the copyright line of the page differs")
	case p.Heading == 0 && (own.headings[p.key] > 0 || other.headings[p.key] > 0):
		return as(None, 0.95, "a table of contents differs")
	case p.Heading > 0 && other.headings[p.key] > 0:
		return as(None, 0.95, "a heading stands once more or once less")
	case n <= 15 && agoWords.MatchString(p.Text) && relativeDate.MatchString(p.Text) || p.Text == "(some time ago)":
		return as(None, 0.95, "a date relative to today differs")
	case p.Linked && (outside || subject == 0):
		return as(None, 0.9, "links around the text differ")
	case framed && outside:
		return as(None, 0.85, "the frame of the page differs")
	case index < own.body.title && !p.dateLine():
		return as(None, 0.75, "text above the title differs")
	case p.dateLine():
		return as(Editorial, 0.9, "the date line differs")
	case p.Heading > 0 && outside && subject == 0:
		return as(None, 0.8, "a heading outside the policy's text differs")
	case p.Heading > 0:
		return as(Editorial, 0.7, "a heading differs")
	case p.Linked:
		return as(Editorial, 0.6, "a link differs")
	case n <= 6 && repeated(d, index):
		return as(None, 0.85, "a line that stood twice stands once, or the other way round")
	case p.contactLine():
		return as(Editorial, 0.75, "contact details differ")
	case subject <= 2 && p.core() == 0 && contactHeading(section) && p.capitals():
		return as(Editorial, 0.7, "contact details differ")
	case p.sentence() && subject > 0 && !(outside && (subject < 2 || subject*15 < n)):
		return as(Substantive, min(0.6+0.06*float64(subject), 0.97), "a passage differs")
	case outside:
		return as(None, 0.8, "text outside the policy's differs")
	case p.sentence() && j.aside(d, index):
		return as(None, 0.6, "text among other texts of the site differs")
	case p.sentence():
		return as(Editorial, 0.5, "a passage that does not speak of the subject differs")
	case p.Item:
		return as(Substantive, 0.6, "an entry of a list or table differs")
	case n <= 4 || subject == 0:
		return as(None, 0.65, "a label differs")
	}
	return as(Substantive, 0.5, "a line differs")
}

// gone is the finding of a paragraph that went instead of coming.
func (f Finding) gone() Finding {
	f.Quote = strings.Replace(f.Quote, "added ", "removed ", 1)
	return f
}

// edit judges the hunks of an edited paragraph.
func (j *judge) edit(r row) (out []Finding) {
	var oldWords, newWords []word
	for _, h := range r.hunks {
		oldWords, newWords = append(oldWords, h.old...), append(newWords, h.new...)
	}
	p, was := j.c.new[r.new[0]], j.c.old[r.old[0]]
	single := len(r.new) == 1 && len(r.old) == 1
	outside := j.new.body.outside(r.new[0]) && j.old.body.outside(r.old[0])
	oldAt, newAt := 0, 0
	frame := outside && j.apart(r.new[0]) && p.core() == 0 && was.core() == 0 && (p.sentence() || p.Heading > 0) && !p.dateLine() && !was.dateLine() && !p.contactLine() && !was.contactLine()
	if mask := hanDate.ReplaceAllString; mask(p.Text, "") == mask(was.Text, "") {
		return []Finding{{Class: Editorial, Weight: 0.9, Reason: "a date differs", Quote: quote(was.words, p.words)}}
	}
	for _, h := range r.hunks {
		if !h.same {
			e := place{hunk: h, p: p, was: was, old: oldWords, new: newWords, oldAt: oldAt, newAt: newAt, heading: single && p.Heading > 0,
				linked: single && p.Linked && was.Linked, outside: outside}
			f := e.judge()
			f.Quote = e.quoteInContext()
			if frame {
				f.Class, f.Weight, f.Reason = None, 0.7, "text outside the policy's differs"
			}
			out = append(out, f)
		}
		oldAt, newAt = oldAt+len(h.old), newAt+len(h.new)
	}
	return out
}
