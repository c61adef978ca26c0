package policy

import (
	"regexp"
	"slices"
	"strings"
)

// lone is a paragraph that only one of the two texts has: it came, or went.
type lone struct {
	*judge
	Paragraph
	own, other page
	row, index int    // where it stands in the comparison and in its text
	section    string // heading it stands under
	size       int    // its words
	about      int    // those of the subject
	outside    bool   // it stands off the policy's text
}

// loneRules are tried in order; the first that fits decides. What the site put around
// the policy counts for nothing, prose about the subject for much.
var loneRules = []rule[lone]{
	// Lines nobody wrote.
	when(Substantive, 0.6, "a sign that carries meaning differs", func(l lone) bool { return l.size == 0 && !l.outside && weighty(l.Text) != "" }),
	when(None, 0.99, "marks without words differ", func(l lone) bool { return l.size == 0 }),
	when(None, 0.97, "the copyright line of the page differs", lone.copyright),
	when(None, 0.9, "a button of the page differs", func(l lone) bool { return toggles[l.key] }),
	when(None, 0.8, "the time the page was made differs", func(l lone) bool { return l.timeStamp() && (l.outside || !l.Item) }),
	when(None, 0.9, "a table of contents differs", lone.contentsLine),

	// How to get in touch.
	when(None, 0.9, "an address is hidden from robots", func(l lone) bool { return strings.Contains(l.key, "@") && l.replaces(l.sameHidden) }),
	when(Editorial, 0.75, "contact details differ", lone.mailAddress),
	when(Editorial, 0.7, "how to get in touch is worded otherwise", func(l lone) bool { return l.invites() && l.replaces(Paragraph.invites) }),

	// What stands twice or elsewhere, and what tells the time of the reading.
	when(None, 0.95, "a table of contents differs", lone.contentsEntry),
	when(None, 0.95, "a heading stands once more or once less", func(l lone) bool { return l.Heading > 0 && l.other.headings[l.key] > 0 }),
	when(None, 0.95, "a date relative to today differs", lone.relativeDate),
	when(None, 0.85, "a date relative to today differs", func(l lone) bool { return l.size <= 25 && strings.Contains(l.Text, someTimeAgo) && l.core() == 0 }),
	when(None, 0.85, "the head or foot of a printed page differs", lone.printed),
	when(None, 0.85, "the frame of the page differs", func(l lone) bool { return l.furniture[l.row] }),
	when(None, 0.7, "a heading over text that stands elsewhere differs", lone.movedHeading),
	when(None, 0.8, "a line that stood twice stands once, or the other way round", func(l lone) bool { return l.short() && l.alsoThere() }),
	when(None, 0.7, "the name of a column stands once, or in every entry", func(l lone) bool {
		return l.Column && l.other.keys[l.key] >= 2 || l.other.columns[l.key] && l.own.keys[l.key] >= 2
	}),
	when(None, 0.7, "what is said elsewhere, too, differs", func(l lone) bool { return l.sentence() && l.other.says(l.Paragraph) }),

	// Links, frames and what stands above the title.
	when(Substantive, 0.55, "an entry of a list or table differs", func(l lone) bool { return l.Linked && l.Item && !l.outside && l.extends(l.row) }),
	when(None, 0.9, "links around the text differ", func(l lone) bool { return l.Linked && (l.outside || l.about == 0) || l.menu() }),
	when(None, 0.75, "an invitation of the site's differs", lone.prompts),
	when(None, 0.85, "the frame of the page differs", func(l lone) bool { return l.outside && l.frames[l.c.rows[l.row].gap] }),
	when(None, 0.75, "text above the title differs", lone.aboveTitle),
	when(Editorial, 0.9, dateLineDiffers, lone.dateLine),

	// Headings, and what of the rest names people and links.
	when(Substantive, 0.5, "an entry of a list of headings differs", func(l lone) bool { return l.bareHeading() && !l.outside && l.amongHeadings(l.row) }),
	when(None, 0.7, "a heading without text differs", lone.bareHeading),
	when(None, 0.8, "a heading outside the policy's text differs", lone.siteHeading),
	when(Substantive, 0.6, "a heading that says what is done differs", lone.promises),
	when(Editorial, 0.7, "a heading differs", func(l lone) bool { return l.Heading > 0 }),
	when(Editorial, 0.6, "a link differs", func(l lone) bool { return l.Linked }),
	when(None, 0.85, "a line that stood twice stands once, or the other way round", func(l lone) bool { return l.short() && l.alsoHere() }),
	when(Editorial, 0.75, "contact details differ", lone.contactLine),
	when(Editorial, 0.65, "the name of who answers differs", func(l lone) bool { return l.size <= 15 && l.core() == 0 && l.capitals() && has(l.words, officers.has) }),
	when(Editorial, 0.7, "contact details differ", func(l lone) bool {
		return l.about <= 2 && l.core() == 0 && contactHeading(l.section) && l.capitals() && l.reaches()
	}),

	// Sentences.
	when(None, 0.6, "text outside the policy's differs", func(l lone) bool { return l.asks() && l.outside }),
	when(Editorial, 0.55, "a question, which states nothing, differs", lone.asks),
	when(Editorial, 0.65, "where earlier versions are differs", func(l lone) bool {
		return l.size <= 20 && l.sentence() && earlierVersions.MatchString(l.Text) && !l.binding()
	}),
	lone.passage,
	when(Substantive, 0.55, "a rule differs", func(l lone) bool { return l.sentence() && !l.outside && l.binding() }),

	// Entries, and sentences that name nothing of the subject.
	when(Substantive, 0.55, "an entry of a list or table differs", func(l lone) bool { return l.Cell && !l.Linked && l.withinTable(l.row) }),
	when(None, 0.8, "text outside the policy's differs", func(l lone) bool { return l.outside }),
	when(Editorial, 0.6, "the name of a column differs", func(l lone) bool { return l.Column }),
	when(Substantive, 0.55, "an entry of a list or table differs", func(l lone) bool { return l.Item && l.extends(l.row) }),
	when(Substantive, 0.5, "a section differs", lone.opensSection),
	when(Substantive, 0.5, "what is said of people differs", lone.states),
	when(None, 0.6, "text among other texts of the site differs", func(l lone) bool { return l.sentence() && l.aside() }),
	when(Editorial, 0.5, "a passage that does not speak of the subject differs", lone.sentence),
	when(Substantive, 0.6, "an entry of a list or table differs", func(l lone) bool { return l.Item }),
	when(Substantive, 0.55, "an entry of a list differs", func(l lone) bool { return l.amongEntries(l.row) }),
	when(Substantive, 0.55, "a line with a figure differs", func(l lone) bool {
		return l.about > 0 && (price.MatchString(l.Text) || slices.ContainsFunc(l.words, word.number))
	}),
	when(Substantive, 0.5, "a line on whom data go to differs", func(l lone) bool { return l.size >= 2 && has(l.words, parties.has) }),
	when(None, 0.65, "a label differs", func(l lone) bool { return l.size <= 4 || l.about == 0 }),
	always[lone](Substantive, 0.5, "a line differs"),
}

// paragraph judges one that only one of the texts has.
func (j *judge) paragraph(own, other page, row, index int, section string) Finding {
	p := own.Document[index]
	l := lone{judge: j, Paragraph: p, own: own, other: other, row: row, index: index, section: section,
		size: letterWords(p.words), about: p.subject(), outside: own.body.outside(index)}
	if p.sentence() && !p.foreign && own.siteless && other.siteless && (p.core() > 0 || p.binding() || has(p.words, lawWords.has)) {
		l.outside = false // there is no site to be of
	}
	f := decide(loneRules, l)
	if f.Quote = quote(nil, p.words); j.c.rows[row].fate == removed {
		f.Quote = quote(p.words, nil)
	}
	return f
}

// contentsLine reports whether it is a line of contents, dotted here or there.
func (l lone) contentsLine() bool {
	return l.size <= 25 && (!l.sentence() || numbered.MatchString(l.Text)) &&
		(leaders.MatchString(l.Text) || l.other.contents[l.unmarked()])
}

// numbered is a line of contents with its number and its dots.
var numbered = regexp.MustCompile(`^\d+\W*\.{4,}`)

// contentsEntry reports whether it repeats a heading, or several.
func (l lone) contentsEntry() bool {
	entry := l.Item && !l.Linked && !l.outside && l.amongOthers(l.own, l.row)
	heads := l.own.headings[l.key] > 0 || l.other.headings[l.key] > 0 || l.size >= 3 && l.own.heads(l.key) && l.other.heads(l.key)
	return l.Heading == 0 && !entry && heads || l.contents(l.own.headings)
}

// mailAddress reports whether it is hardly more than one, linked or instead of another.
func (l lone) mailAddress() bool {
	short := func(p Paragraph) bool { return letterWords(p.words) <= 8 && strings.Contains(p.Text, "@") }
	return short(l.Paragraph) && l.Text != hiddenAddress && (l.Linked && !l.outside || l.replaces(short))
}

// relativeDate reports whether it is a date like “3 days ago” with little around it.
func (l lone) relativeDate() bool {
	return l.size <= 15 && agoWords.MatchString(l.Text) && relativeDate.MatchString(l.Text) || l.Text == someTimeAgo
}

// printed reports whether it stands at the head or foot of every printed page.
func (l lone) printed() bool {
	if l.Item {
		return false
	}
	again := l.size <= 12 && l.own.keys[l.key] >= 3
	return pageMark.MatchString(l.Text) ||
		again && !l.contactLine() && !(l.sentence() && l.about > 0) && !has(l.words, practiceStems.has)
}

// movedHeading reports whether it is a heading over text that the other text has, too.
func (l lone) movedHeading() bool {
	return l.Heading > 0 && (l.other.headings[l.unmarked()] > 0 || l.c.overElsewhere(l.row) || l.size >= 3 && l.other.holds(l.key))
}

// aboveTitle reports whether it stands above the title and is neither the date nor,
// where no title says what the text is, about data.
func (l lone) aboveTitle() bool {
	return l.index < l.own.body.title && !l.dateLine() && !(l.sentence() && l.core() > 0 && !l.own.titled)
}

// bareHeading reports whether it is a heading with nothing below it.
func (l lone) bareHeading() bool {
	next := l.index + 1
	return l.Heading > 0 && l.Heading < guessedHeading && l.about == 0 &&
		(next == len(l.own.Document) || l.own.Document[next].Heading > 0 && l.own.Document[next].Heading <= l.Heading)
}

// siteHeading reports whether it is a heading of the site's.
func (l lone) siteHeading() bool {
	far := l.own.beyond(l.index) || l.index+1 < len(l.own.Document) && l.own.Document[l.index+1].Linked
	return l.Heading > 0 && l.outside && (l.about == 0 || l.core() == 0 && far)
}

// asks reports whether it is a question, as headings and chapters open with.
func (l lone) asks() bool {
	return l.size <= 14 && strings.HasSuffix(l.Text, "?") && l.sentence() && !l.binding() && !l.foreign
}

// prompts reports whether it is a question with nothing but a link for an answer, or that
// link: “Looking for your settings? [Take the check-up]”.
func (l lone) prompts() bool {
	with := func(row int) (p Paragraph, ok bool) {
		if row < 0 || row >= len(l.c.rows) || l.c.rows[row].fate != l.c.rows[l.row].fate {
			return p, false
		}
		return l.c.only(row), true
	}
	if l.Linked {
		question, ok := with(l.row - 1)
		return ok && lone{Paragraph: question, size: letterWords(question.words)}.asks()
	}
	answer, ok := with(l.row + 1)
	return l.asks() && ok && answer.Linked
}

// earlierVersions says where to read what a policy said before.
var earlierVersions = regexp.MustCompile(`(?i)\b(?:earlier|previous|prior|older|past|archived) versions?\b|\bversions? (?:antérieures?|précédentes?)\b|\bfrühere[nr]? (?:Fassung|Version)(?:en)?\b|\bversiones anteriores\b|\bversioni precedenti\b|\bversões anteriores\b|\beerdere versies\b`)

// passage judges prose about the subject, the surer the more it says of it; off the
// policy's text it takes more to be that.
func (l lone) passage() (f Finding, ok bool) {
	thin := l.about < 2 || l.about*15 < l.size || l.own.beyond(l.index) && l.small(l.own.terms())
	if !l.sentence() || l.about == 0 || l.outside && thin {
		return f, false
	}
	return as(Substantive, min(0.6+0.06*float64(l.about), 0.97), "a passage differs"), true
}

// opensSection reports whether it is the text below a heading that came or went with it.
func (l lone) opensSection() bool {
	return l.sentence() && l.row > 0 && l.c.rows[l.row-1].fate == l.c.rows[l.row].fate && l.c.only(l.row-1).Heading > 0 &&
		(l.own.siteless || !l.aside())
}

// replaces reports whether the other text has a paragraph like it in its place.
func (l lone) replaces(like func(Paragraph) bool) bool {
	at := l.c.rows[l.row]
	for i := max(l.row-3, 0); i < min(l.row+4, len(l.c.rows)); i++ {
		if r := l.c.rows[i]; r.gap == at.gap && (r.fate == added || r.fate == removed) && r.fate != at.fate && like(l.c.only(i)) {
			return true
		}
	}
	return false
}

// short reports whether it is a label that may stand twice.
func (l lone) short() bool { return l.size <= 6 && !l.Item }

// alsoHere reports whether a paragraph beside it holds its words, too.
func (l lone) alsoHere() bool {
	d := l.own.Document
	for i := max(l.index-2, 0); i < min(l.index+3, len(d)); i++ {
		if i != l.index && d[i].holds(l.key) {
			return true
		}
	}
	return false
}

// alsoThere reports whether a paragraph of the other text beside its place does.
func (l lone) alsoThere() bool {
	for i := max(l.row-2, 0); i < min(l.row+3, len(l.c.rows)); i++ {
		for _, index := range l.c.rows[i].in(len(l.c.rows[l.row].new) == 0) {
			if i != l.row && l.other.Document[index].holds(l.key) {
				return true
			}
		}
	}
	return false
}

// holds reports whether a paragraph has some words in a row.
func (p Paragraph) holds(key string) bool { return strings.Contains(" "+p.key+" ", " "+key+" ") }

// aside reports whether the paragraphs around it speak of other things than the policy,
// as footnotes of a shop do.
func (l lone) aside() bool {
	near, about := 0, 0
	for i := max(l.index-5, 0); i < min(l.index+6, len(l.own.Document)); i++ {
		if p := l.own.Document[i]; i != l.index && p.Heading == 0 {
			near++
			if p.subject() >= 3 {
				about++
			}
		}
	}
	return about*3 <= near
}

// contactHeading reports whether a section tells where to write.
func contactHeading(heading string) bool {
	return slices.ContainsFunc(words(heading), func(w word) bool {
		return strings.HasPrefix(plainKey(w.key), "contact") || plainKey(w.key) == "kontakt"
	})
}
