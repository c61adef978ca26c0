package policy

import (
	"regexp"
	"slices"
	"strings"
)

// page is one of the two texts, looked over.
type page struct {
	Document
	body     body
	titled   bool            // its title says what it is
	upTo     int             // before it begins the site, and
	from     int             // behind it
	nature   string          // what it calls itself (natureOf)
	siteless bool            // nothing in it looks like a site's
	headings map[string]int  // by key
	bare     map[string]bool // their keys, and these without a number before them
	keys     map[string]int  // how often each paragraph stands
	text     string          // all keys, a space around each
	contents map[string]bool // the keys of lines with leaders, without these
	said     map[string]bool // the keys of its sentences
	masked   map[string]bool // the same with their addresses hidden
	columns  map[string]bool // the names of columns
	hides    map[string]bool // paragraphs with an address, which is hidden there, and whether it is
	former   string          // what it says was somebody's name before
}

// lookedOver looks one of the two texts over, once for all its places.
func lookedOver(c Comparison, isNew bool) page {
	d := c.text(isNew)
	siteless, nature := d.siteless(), natureOf(d)
	p := page{Document: d, nature: nature, siteless: siteless, body: bodyOf(c, isNew, siteless, nature), headings: headingKeys(d), keys: count(keysOf(d)),
		bare: map[string]bool{}, contents: map[string]bool{}, said: map[string]bool{}, masked: map[string]bool{}, hides: map[string]bool{}, columns: map[string]bool{}}
	p.upTo, p.from = p.sites()
	p.titled = p.body.title >= 0 && natureOf(d[p.body.title:p.body.title+1]) != ""
	for _, paragraph := range d {
		if leaders.MatchString(paragraph.Text) {
			p.contents[newParagraph(leadingMark.ReplaceAllString(leaders.ReplaceAllString(paragraph.Text, ". "), "")).key] = true
		}
	}
	for key := range p.headings {
		p.bare[key] = true
		if number, rest, ok := strings.Cut(key, " "); ok && len(number) <= 5 {
			p.bare[rest] = true
		}
	}
	p.text = " " + strings.Join(keysOf(d), " ") + " "
	for _, paragraph := range d {
		if has(paragraph.words, formerly.has) { // the expression alone would take as long as the rest
			for _, m := range formerName.FindAllStringSubmatch(paragraph.Text, -1) {
				p.former += " " + newParagraph(m[1]).key + " "
			}
		}
		if paragraph.Column {
			p.columns[paragraph.key] = true
		}
		if strings.Contains(paragraph.key, "@") {
			k := masked(paragraph.key)
			p.hides[k] = p.hides[k] || strings.Contains(paragraph.key, hiddenAddress)
		}
	}
	for i := range c.rows {
		if c.rows[i].fate == same {
			continue // nothing of it is looked for
		}
		for _, index := range c.rows[i].in(isNew) {
			for _, key := range sentenceKeys(d[index].Text) {
				p.said[key], p.masked[masked(key)] = true, true
			}
		}
	}
	return p
}

// terms reports whether a page calls itself terms, not a privacy policy.
func (p page) terms() bool { return p.nature == "terms" }

// beyond reports whether a paragraph stands off the policy's text, and more than one of
// the site's between them.
func (p page) beyond(index int) bool { return index < p.upTo || index > p.from }

// sites are where the second of the site's stands before the policy's text and behind it.
func (p page) sites() (upTo, from int) {
	second := func(at, way int) int {
		for n := 0; at >= 0 && at < len(p.Document); at += way {
			if d := p.Document[at]; d.Linked && !d.addressed() || d.copyright() || d.adorned() {
				if n++; n == 2 {
					break
				}
			}
		}
		return at
	}
	return second(p.body.first-1, -1), second(p.body.last+1, 1)
}

// saidWords is how long a sentence is at least that is recognised elsewhere.
const saidWords = 5

// sentenceKeys are the longer sentences of a text, as keys, without the numbers lists
// count by.
func sentenceKeys(text string) (out []string) {
	for _, s := range sentences(text) {
		if p := newParagraph(leadingMark.ReplaceAllString(s, "")); letterWords(p.words) >= saidWords {
			out = append(out, p.key)
		}
	}
	return out
}

// heads reports whether a page has a heading of these words, numbered or not.
func (p page) heads(key string) bool { return key != "" && p.bare[key] }

// holds reports whether a page has some words in a row.
func (p page) holds(key string) bool { return strings.Contains(p.text, " "+key+" ") }

// says reports whether a page says every sentence of a paragraph, somewhere among what
// differs, if with an address hidden.
func (p page) says(other Paragraph) bool {
	if hidden, ok := p.hides[masked(other.key)]; ok && (hidden || strings.Contains(other.key, hiddenAddress)) {
		return true
	}
	keys := sentenceKeys(other.Text)
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k string) bool {
		return !p.said[k] && !p.said[masked(k)] && !(p.masked[k] && strings.Contains(k, hiddenAddress))
	})
}

// formerName is a name that somebody or something had before.
var formerName = regexp.MustCompile(`(?i)\b(?:formerly|previously|anciennement|ehemals|vormals|anteriormente|precedentemente|voorheen)(?: (?:known as|called|named|connue? sous le nom de|bekannt als|conocid[oa] como|nota come|bekend als))? ([^().,;:]{2,60})`)

// masked is a key with its addresses hidden.
func masked(key string) string {
	if !strings.Contains(key, "@") {
		return key
	}
	return wholeAddress.ReplaceAllString(key, hiddenAddress)
}

var wholeAddress = regexp.MustCompile(`\S+@\S+`)

// sameHidden reports whether two lines differ in nothing but that one hides its address.
func (p Paragraph) sameHidden(other Paragraph) bool {
	return masked(p.key) == masked(other.key) && strings.Contains(p.key+other.key, hiddenAddress)
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

// body is the part of a page that is its policy: from the first to the last sentence
// about the subject that both readings hold. What lies outside may be the site's.
type body struct {
	first, last int
	title       int // the heading both readings begin with, if it stands before first
}

func (b body) outside(paragraph int) bool { return paragraph < b.first || paragraph > b.last }

func bodyOf(c Comparison, isNew, siteless bool, nature string) body {
	b := body{first: -1, title: -1}
	d := c.text(isNew)
	about := Paragraph.subject
	if nature == "privacy" || nature == "cookies" {
		about = Paragraph.core
	}
	kept := map[int]bool{}
	var prose []int // paragraphs about the subject that both readings hold
	for _, r := range c.rows {
		if r.fate != same && r.fate != edited {
			continue
		}
		indexes := r.in(isNew)
		if b.title < 0 && len(prose) == 0 && d[indexes[0]].Heading > 0 {
			b.title = indexes[0]
		}
		for _, p := range indexes {
			kept[p] = true
			if (d[p].sentence() || strings.HasSuffix(d[p].Text, ":") && d[p].Heading == 0) && about(d[p]) > 0 {
				prose = append(prose, p)
			}
		}
	}
	for t, p := range d[:min(len(d), 12)] { // what stands above the title is the site's, however long
		if p.Heading == 1 && kept[t] && natureOf(d[t:t+1]) != "" {
			prose, b.title = slices.DeleteFunc(prose, func(i int) bool { return i < t }), t
			break
		}
	}
	if len(prose) == 0 {
		return body{0, max(len(c.old), len(c.new)), -1}
	}
	b.first, b.last = prose[0], prose[len(prose)-1]
	// Behind it may come sentences that do without its words, until the site begins.
	for next, i := b.last, b.last+1; i < len(d) && i <= next+3 && !d[i].Linked && !d[i].adorned() && !d[i].copyright(); i++ {
		if n := d[i].subject(); kept[i] && d[i].sentence() && n > 0 && n*10 >= letterWords(d[i].words) {
			b.last, next = i, i
		}
	}
	// Of a page that shows nothing of a site all that both readings hold is policy.
	if b.last < len(d)-1 && siteless {
		for i := range d {
			if kept[i] && d[i].sentence() {
				b.last = max(b.last, i)
			}
		}
	}
	named := b.title >= 0 && natureOf(d[b.title:b.title+1]) != ""
	// Below its own title a policy begins with the first sentences about the subject, though
	// they do without the words about data.
	for i := b.title + 1; named && d[b.title].Heading == 1 && i < b.first; i++ {
		if kept[i] && d[i].sentence() && d[i].subject() >= 2 && !d[i].adorned() {
			b.first = i
		}
	}
	for named && b.first-1 > b.title && (d[b.first-1].Item || d[b.first-1].Heading > 0) && !d[b.first-1].Linked {
		b.first-- // a list, with its heading, before the first sentence
	}
	if opens := strings.HasSuffix(strings.TrimSpace(d[b.last].Text), ":"); opens { // partners, each with a link
		for b.last+1 < len(d) && d[b.last+1].Item && d[b.last+1].Linked {
			b.last++
		}
	}
	for b.last+1 < len(d) && d[b.last+1].listed() && !d[b.last+1].adorned() && (d[b.last+1].Item || strings.HasSuffix(strings.TrimSpace(d[prose[len(prose)-1]].Text), ":")) {
		b.last++ // the list its last sentence opens
	}
	return b
}

// siteless reports whether nothing in a text looks like a site's.
func (d Document) siteless() bool {
	for _, p := range d { // most pages show it at once
		if p.Linked && !p.addressed() || p.copyright() {
			return false
		}
	}
	return !slices.ContainsFunc(d, func(p Paragraph) bool {
		return p.adorned() && !price.MatchString(p.Text) && !p.dateLine() && !p.timeStamp()
	})
}
