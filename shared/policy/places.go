package policy

import (
	"regexp"
	"slices"
	"strings"
)

// judge reads the places of a comparison one by one.
type judge struct {
	c        Comparison
	old, new page
	frames   map[int]bool // gaps that are a menu or a banner
	idle     map[int]bool // rows that are the site's
}

// inPlace reports whether the other text has a paragraph like it in the same place.
func (j *judge) inPlace(row int, like func(Paragraph) bool) bool {
	at := j.c.rows[row]
	for i := max(row-3, 0); i < min(row+4, len(j.c.rows)); i++ {
		if r := j.c.rows[i]; r.gap == at.gap && (r.fate == added || r.fate == removed) && r.fate != at.fate && like(j.c.only(i)) {
			return true
		}
	}
	return false
}

// besideHolds reports whether a paragraph beside a row, of the other text, holds a line.
func (c Comparison) besideHolds(at int, key string) bool {
	other := len(c.rows[at].new) == 0
	d := c.text(other)
	for i := max(at-2, 0); i < min(at+3, len(c.rows)); i++ {
		for _, index := range c.rows[i].in(other) {
			if i != at && strings.Contains(" "+d[index].key+" ", " "+key+" ") {
				return true
			}
		}
	}
	return false
}

// places judges every paragraph that came, went or was edited.
func (j *judge) places() (out []Finding) {
	j.frames, j.idle = j.framed(), j.furnished()
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
			note(j.paragraph(j.old, j.new, i, r.old[0], section).gone())
		case moved:
			if len(r.new) > 0 && j.section(j.c.new[r.new[0]], r.new[0]) {
				note(Finding{Class: Editorial, Weight: 0.6, Reason: "a section stands elsewhere", Quote: "“" + shorten(j.c.new[r.new[0]].Text, 80) + "”"})
			}
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

// section reports whether a paragraph of the new text is the heading of a section of the
// policy, in both texts and once.
func (j *judge) section(p Paragraph, index int) bool {
	return p.Heading > 0 && !j.new.body.outside(index) && j.new.headings[p.key] == 1 && j.old.headings[p.key] == 1 &&
		index+1 < len(j.c.new) && j.c.new[index+1].sentence()
}

// punctuation judges paragraphs of the same words: a comma is an edit, marks of layout
// are none.
func (j *judge) punctuation(r row) (f Finding, ok bool) {
	if len(r.old) != 1 || len(r.new) != 1 || j.c.old[r.old[0]].Text == j.c.new[r.new[0]].Text {
		return f, false
	}
	old, new := j.c.old[r.old[0]], j.c.new[r.new[0]]
	if old.key != new.key && !brokenLine.MatchString(old.Text) && !brokenLine.MatchString(new.Text) && old.sentence() {
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

// numbered is a line of contents with its number and its dots.
var numbered = regexp.MustCompile(`^\d+\W*\.{4,}`)

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

// paragraph judges one that only one of the texts has. What the site put around the
// policy counts for nothing, prose about the subject for much.
func (j *judge) paragraph(own, other page, row, index int, section string) Finding {
	d, p := own.Document, own.Document[index]
	f := Finding{Quote: quote(nil, p.words)}
	as := func(class Class, weight float64, reason string) Finding {
		f.Class, f.Weight, f.Reason = class, weight, reason
		return f
	}
	n, subject, outside := letterWords(p.words), p.subject(), own.body.outside(index)
	if p.sentence() && !p.foreign && own.siteless && other.siteless && (p.core() > 0 || p.binding() || has(p.words, lawWords.has)) {
		outside = false // there is no site to be of
	}
	switch {
	case n == 0 && !outside && weighty(p.Text) != "":
		return as(Substantive, 0.6, "a sign that carries meaning differs")
	case n == 0:
		return as(None, 0.99, "marks without words differ")
	case p.copyright():
		return as(None, 0.97, "the copyright line of the page differs")
	case toggles[p.key]:
		return as(None, 0.9, "a button of the page differs")
	case p.timeStamp() && (outside || !p.Item):
		return as(None, 0.8, "the time the page was made differs")
	case n <= 25 && (!p.sentence() || numbered.MatchString(p.Text)) && (leaders.MatchString(p.Text) || other.contents[p.unmarked()]):
		return as(None, 0.9, "a table of contents differs")
	case strings.Contains(p.key, "@") && j.inPlace(row, p.sameHidden):
		return as(None, 0.9, "an address is hidden from robots")
	case n <= 8 && strings.Contains(p.Text, "@") && p.Text != hiddenAddress && (p.Linked && !outside || j.inPlace(row, func(p Paragraph) bool { return letterWords(p.words) <= 8 && strings.Contains(p.Text, "@") })):
		return as(Editorial, 0.75, "contact details differ")
	case p.invites() && j.inPlace(row, Paragraph.invites):
		return as(Editorial, 0.7, "how to get in touch is worded otherwise")
	case p.Heading == 0 && !(p.Item && !p.Linked && !outside && j.amongOthers(own, row)) && (own.headings[p.key] > 0 || other.headings[p.key] > 0 || n >= 3 && own.heads(p.key) && other.heads(p.key)) || p.contents(own.headings):
		return as(None, 0.95, "a table of contents differs")
	case p.Heading > 0 && other.headings[p.key] > 0:
		return as(None, 0.95, "a heading stands once more or once less")
	case n <= 15 && agoWords.MatchString(p.Text) && relativeDate.MatchString(p.Text) || p.Text == someTimeAgo:
		return as(None, 0.95, "a date relative to today differs")
	case n <= 25 && strings.Contains(p.Text, someTimeAgo) && p.core() == 0:
		return as(None, 0.85, "a date relative to today differs")
	case pageMark.MatchString(p.Text) && !p.Item || n <= 12 && !p.Item && own.keys[p.key] >= 3 && !p.contactLine() && !(p.sentence() && subject > 0) && !has(p.words, practiceStems.has):
		return as(None, 0.85, "the head or foot of a printed page differs")
	case j.idle[row]:
		return as(None, 0.85, "the frame of the page differs")
	case p.Heading > 0 && (other.headings[p.unmarked()] > 0 || j.c.overElsewhere(row) || n >= 3 && other.holds(p.key)):
		return as(None, 0.7, "a heading over text that stands elsewhere differs")
	case n <= 6 && !p.Item && j.c.besideHolds(row, p.key):
		return as(None, 0.8, "a line that stood twice stands once, or the other way round")
	case p.sentence() && other.says(p):
		return as(None, 0.7, "what is said elsewhere, too, differs")
	case p.Linked && p.Item && !outside && j.extends(row):
		return as(Substantive, 0.55, "an entry of a list or table differs")
	case p.Linked && (outside || subject == 0):
		return as(None, 0.9, "links around the text differ")
	case j.frames[j.c.rows[row].gap] && outside:
		return as(None, 0.85, "the frame of the page differs")
	case index < own.body.title && !p.dateLine() && !(p.sentence() && p.core() > 0 && !own.titled):
		return as(None, 0.75, "text above the title differs")
	case p.dateLine():
		return as(Editorial, 0.9, "the date line differs")
	case p.Heading > 0 && p.Heading < guessedHeading && subject == 0 && (index+1 == len(d) || d[index+1].Heading > 0 && d[index+1].Heading <= p.Heading):
		if !outside && j.amongHeadings(row) {
			return as(Substantive, 0.5, "an entry of a list of headings differs")
		}
		return as(None, 0.7, "a heading without text differs")
	case p.Heading > 0 && outside && (subject == 0 || p.core() == 0 && (own.beyond(index) || index+1 < len(d) && d[index+1].Linked)):
		return as(None, 0.8, "a heading outside the policy's text differs")
	case p.promises():
		return as(Substantive, 0.6, "a heading that says what is done differs")
	case p.Heading > 0:
		return as(Editorial, 0.7, "a heading differs")
	case p.Linked:
		return as(Editorial, 0.6, "a link differs")
	case n <= 6 && !p.Item && repeated(d, index):
		return as(None, 0.85, "a line that stood twice stands once, or the other way round")
	case p.contactLine():
		return as(Editorial, 0.75, "contact details differ")
	case n <= 15 && p.core() == 0 && p.capitals() && has(p.words, officers.has):
		return as(Editorial, 0.65, "the name of who answers differs")
	case subject <= 2 && p.core() == 0 && contactHeading(section) && p.capitals() && p.reaches():
		return as(Editorial, 0.7, "contact details differ")
	case n <= 14 && strings.HasSuffix(p.Text, "?") && p.sentence() && !p.binding() && !p.foreign:
		if outside {
			return as(None, 0.6, "text outside the policy's differs")
		}
		return as(Editorial, 0.55, "a question, which states nothing, differs")
	case n <= 20 && p.sentence() && earlierVersions.MatchString(p.Text) && !p.binding():
		return as(Editorial, 0.65, "where earlier versions are differs")
	case p.sentence() && subject > 0 && !(outside && (subject < 2 || subject*15 < n || own.beyond(index) && p.small(own.terms))):
		return as(Substantive, min(0.6+0.06*float64(subject), 0.97), "a passage differs")
	case p.sentence() && !outside && p.binding():
		return as(Substantive, 0.55, "a rule differs")
	case p.Cell && !p.Linked && j.withinTable(row):
		return as(Substantive, 0.55, "an entry of a list or table differs")
	case outside:
		return as(None, 0.8, "text outside the policy's differs")
	case p.Column:
		return as(Editorial, 0.6, "the name of a column differs")
	case p.Item && !outside && j.extends(row):
		return as(Substantive, 0.55, "an entry of a list or table differs")
	case p.sentence() && row > 0 && j.c.rows[row-1].fate == j.c.rows[row].fate && j.c.only(row-1).Heading > 0 && (own.siteless || !j.aside(d, index)):
		return as(Substantive, 0.5, "a section differs")
	case p.states():
		return as(Substantive, 0.5, "what is said of people differs")
	case p.sentence() && j.aside(d, index):
		return as(None, 0.6, "text among other texts of the site differs")
	case p.sentence():
		return as(Editorial, 0.5, "a passage that does not speak of the subject differs")
	case p.Item:
		return as(Substantive, 0.6, "an entry of a list or table differs")
	case j.amongEntries(row):
		return as(Substantive, 0.55, "an entry of a list differs")
	case subject > 0 && (price.MatchString(p.Text) || slices.ContainsFunc(p.words, word.number)):
		return as(Substantive, 0.55, "a line with a figure differs")
	case n >= 2 && has(p.words, parties.has):
		return as(Substantive, 0.5, "a line on whom data go to differs")
	case n <= 4 || subject == 0:
		return as(None, 0.65, "a label differs")
	}
	return as(Substantive, 0.5, "a line differs")
}

// earlierVersions says where to read what a policy said before.
var earlierVersions = regexp.MustCompile(`(?i)\b(?:earlier|previous|prior|older|past|archived) versions?\b|\bversions? (?:antérieures?|précédentes?)\b|\bfrühere[nr]? (?:Fassung|Version)(?:en)?\b|\bversiones anteriores\b|\bversioni precedenti\b|\bversões anteriores\b|\beerdere versies\b`)

// gone is the finding of a paragraph that went instead of coming.
func (f Finding) gone() Finding {
	f.Quote = strings.Replace(f.Quote, "added ", "removed ", 1)
	return f
}
