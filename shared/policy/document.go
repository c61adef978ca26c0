package policy

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"

	"policymail/shared/notice"
)

// Document is a text as it is compared: its paragraphs in order, without layout.
type Document []Paragraph

// Paragraph is one block of text and what its layout said about it.
type Paragraph struct {
	Text    string
	Heading int  // level 1 to 6; 7 for a short paragraph all in bold; 0 for none
	Linked  bool // nothing but links: a menu, a table of contents, a button
	Item    bool // of a list or a table
	Cell    bool // of a table
	Column  bool // the name of a column

	words []word
	key   string   // the words' keys; paragraphs with the same key say the same
	of    []string // keys of what an entry belongs to: its list, or its row and column
	// foreign is a paragraph of a text in a language the word lists do not cover.
	foreign bool
}

// Plain is the document as text, one paragraph a line.
func (d Document) Plain() string {
	var b strings.Builder
	for _, p := range d {
		b.WriteString(p.Text + "\n")
	}
	return b.String()
}

// ReadHTML reads a sanitised page, like notice.Version.HTML, as a document.
func ReadHTML(page string) (Document, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return nil, err
	}
	r := reader{}
	r.walk(root, inside{})
	r.flush(inside{})
	r.out.markForeign()
	return r.out, nil
}

// DocumentOf is the text of a version, read from its page by the rules of today, so
// that versions stored under older rules compare with new ones.
func DocumentOf(v notice.Version) (Document, error) { return ReadHTML(v.HTML) }

// covered are the languages of Latin script that the word lists are written for.
var covered = set("en fr de es it pt nl")

// markForeign marks the paragraphs of a text whose language the word lists do not
// cover. In those they do cover two words of five are small ones; where it is fewer
// the language is looked at, for some share their smallest words with others.
func (d Document) markForeign() {
	small, all := 0, 0
	for _, p := range d {
		if !p.sentence() {
			continue
		}
		for _, w := range p.words {
			if !w.mark() {
				all++
				if stopwords[plainKey(w.key)] {
					small++
				}
			}
		}
	}
	if all < 30 || small*3 >= all {
		return
	}
	if language := Language(d); small*5 >= all && (language == "" || covered[language]) {
		return
	}
	for i := range d {
		d[i].foreign = true
	}
}

// newParagraph cuts a text into words once; everything that compares reads them.
func newParagraph(text string) Paragraph {
	p := Paragraph{Text: text, words: words(text)}
	keys := make([]string, 0, len(p.words))
	for _, w := range p.words {
		if !w.mark() {
			keys = append(keys, w.key)
		}
	}
	if p.key = strings.Join(keys, " "); p.key == "" {
		p.key = text
	}
	return p
}

// unmarked is the key of a paragraph without what a list counts it by.
func (p Paragraph) unmarked() string {
	if rest := leadingMark.ReplaceAllString(p.Text, ""); rest != p.Text {
		return newParagraph(rest).key
	}
	return p.key
}

// Marks for the beginning and the end of a link while a paragraph is put together;
// they are of a range Unicode leaves to programs.
const linkBegin, linkEnd = "\ue000", "\ue001"

// newLinked is newParagraph for a text with marks of links.
func newLinked(marked string) Paragraph {
	if !strings.Contains(marked, linkBegin) {
		return newParagraph(strings.ReplaceAll(marked, linkEnd, ""))
	}
	var text strings.Builder
	var ranges [][2]int
	for _, r := range marked {
		switch string(r) {
		case linkBegin:
			ranges = append(ranges, [2]int{text.Len(), 1 << 30})
		case linkEnd:
			if n := len(ranges); n > 0 {
				ranges[n-1][1] = text.Len()
			}
		default:
			text.WriteRune(r)
		}
	}
	p := newParagraph(text.String())
	for i := range p.words {
		for _, r := range ranges {
			if at := p.words[i].start; at >= r[0] && at < r[1] {
				p.words[i].linked = true
			}
		}
	}
	return p
}

// guessedHeading is the level of headings that are not marked as such.
const guessedHeading = 7

// guessHeadings finds headings in a text that marks none.
func (d Document) guessHeadings() {
	for _, p := range d {
		if p.Heading > 0 {
			return
		}
	}
	for i := range d[:max(len(d)-1, 0)] {
		p := &d[i]
		if len(p.words) > 0 && negations[plainKey(p.words[0].key)] != "" {
			continue // "Yes" and "No" are answers
		}
		if n := letterWords(p.words); n > 0 && n <= 12 && !sentenceEnd(p.Text) && !strings.HasSuffix(p.Text, ":") && letterWords(d[i+1].words) > n {
			p.Heading = guessedHeading
		}
	}
}

// inside is where in a page the reader is.
type inside struct {
	heading int
	link    bool
	bold    bool
	item    bool
	cell    bool
	column  bool
}

// reader collects paragraphs from a page.
type reader struct {
	out                 Document
	line                strings.Builder
	linked, bold, loose int // letters of the line in links, in bold, outside links
	linePlain           int // letters not in bold
	owners              owners
}

var headings = map[atom.Atom]int{atom.H1: 1, atom.H2: 2, atom.H3: 3, atom.H4: 4, atom.H5: 5, atom.H6: 6}

func (r *reader) walk(n *html.Node, at inside) {
	if n.Type == html.TextNode {
		rest := n.Data
		for next := entryLine.FindStringIndex(rest); next != nil; next = entryLine.FindStringIndex(rest) {
			r.text(rest[:next[0]], at)
			r.flush(at)
			rest = strings.TrimLeft(rest[next[0]:], "\n \t")
		}
		r.text(rest, at)
	}
	block := n.Type == html.ElementNode && blocks[n.DataAtom]
	if n.DataAtom == atom.Br && at.heading > 0 {
		r.text(" ", at) // a title over two lines is one
		block = false
	}
	if block {
		r.flush(at)
	}
	inner := at
	if n.Type == html.ElementNode {
		if level := headings[n.DataAtom]; level > 0 {
			inner.heading = level
		}
		switch n.DataAtom {
		case atom.A, atom.Button:
			inner.link = true
		case atom.B, atom.Strong:
			inner.bold = true
		case atom.Li, atom.Td, atom.Th, atom.Dd, atom.Dt:
			inner.item = true
			inner.cell = n.DataAtom == atom.Td
			inner.column = n.DataAtom == atom.Th
		}
		last := ""
		if len(r.out) > 0 {
			last = r.out[len(r.out)-1].key
		}
		r.owners.enter(n, at.item, last)
	}
	link := n.Type == html.ElementNode && n.DataAtom == atom.A
	if link {
		r.line.WriteString(linkBegin)
	}
	lead := r.owners.lead
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c, inner)
	}
	if n.DataAtom == atom.Li {
		r.owners.lead = lead // of the list it is in
	}
	if link {
		r.line.WriteString(linkEnd)
	}
	if block {
		r.flush(inner)
	}
}

// text adds to the line.
func (r *reader) text(s string, at inside) {
	if joins(r.line.String(), s) {
		r.line.WriteString(" ")
	}
	r.line.WriteString(s)
	count := letters(s)
	if at.link {
		r.linked += count
	} else {
		r.loose += count
	}
	if at.bold {
		r.bold += count
	} else {
		r.linePlain += count
	}
}

// joins reports whether two texts are labels that a page lays out beside each other, as
// "Log in" and "Cart 2", and not parts of a word.
func joins(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, linkBegin+linkEnd))
	first, _ := utf8.DecodeRuneInString(after)
	return (unicode.IsLower(last) || unicode.IsDigit(last) || last == ')') && unicode.IsUpper(first)
}

// maxParagraph is how many words a paragraph may have that is compared as one; a
// longer one, of a page that knows no paragraphs, is cut into its sentences.
const maxParagraph = 600

// flush ends a paragraph.
func (r *reader) flush(at inside) {
	raw := r.line.String()
	text := fold(raw)
	if strings.Contains(raw, "|") && at.heading == 0 {
		if rest := tableMarks.ReplaceAllString(raw, ""); len(rest) < len(raw) && !strings.Contains(rest, "|") {
			at.heading = guessedHeading // the caption of a table that is none
		}
	}
	p := Paragraph{}
	if text != "" {
		p = newLinked(text)
	}
	if len(p.words) > 0 {
		p.Cell, p.Column = at.cell, at.column
		p.Heading, p.Item = at.heading, at.item || at.heading == 0 && bullet.MatchString(strings.TrimSpace(raw))
		p.Linked = strings.Contains(raw, "](") && opensLink.MatchString(raw) && len(p.words) < 20 && halfLink.MatchString(raw) || r.linked > 0 && r.loose <= r.linked/20
		if p.Heading == 0 && !p.Item && r.bold > 0 && r.linePlain == 0 && len(p.words) <= 14 && !sentenceEnd(p.Text) {
			p.Heading = guessedHeading
		}
		if len(p.words) > maxParagraph && p.Heading == 0 {
			for _, sentence := range sentences(p.Text) {
				part := newParagraph(sentence)
				part.Item = p.Item
				r.out = append(r.out, part)
			}
		} else {
			p.of = r.owners.of(p)
			r.out = append(r.out, p)
		}
	}
	r.line.Reset()
	r.linked, r.bold, r.loose, r.linePlain = 0, 0, 0, 0
}

// fold is a paragraph in one Unicode form (NFKC), without white space that only
// lays out, invisible characters, bullets and what hides addresses from robots.
func fold(s string) string {
	s = invisible.Replace(norm.NFKC.String(mend(s)))
	if strings.Contains(s, "×") {
		s = times.ReplaceAllString(s, "${1}x$2")
	}
	s = strings.Join(strings.Fields(s), " ")
	if strings.Contains(s, "](") {
		s = strings.Join(strings.Fields(halfLink.ReplaceAllString(s, "")), " ")
	}
	if strings.ContainsAny(s, "<>") {
		s = strings.Join(strings.Fields(strayTag.ReplaceAllString(s, " ")), " ")
	}
	s = strings.TrimSpace(bullet.ReplaceAllString(s, ""))
	s = strings.TrimSpace(strings.TrimRight(s, "¶🔗"))
	if strings.HasSuffix(s, "}") {
		s = strings.TrimSpace(headingID.ReplaceAllString(s, ""))
	}
	if strings.Contains(s, "ink") {
		s = anchorHint.ReplaceAllString(s, "")
	}
	if strings.Contains(s, "|") {
		s = strings.TrimSpace(tableMarks.ReplaceAllString(s, " | "))
		s = strings.TrimSpace(strings.Trim(s, "|"))
	}
	if strings.ContainsAny(s, "[("+linkEnd) {
		lower := strings.ToLower(s)
		if slices.ContainsFunc(hinted, func(part string) bool { return strings.Contains(lower, part) }) {
			s = linkHint.ReplaceAllString(s, "$1")
		}
	}
	if strings.ContainsAny(s, "[({<") {
		s = respell(s, spelledOut, spelledDot)
	}
	if strings.Contains(s, " DOT ") {
		s = respell(s, shoutedAt, shoutedDot)
	}
	if strings.Contains(s, "ay@") {
		s = pigLatin.ReplaceAllStringFunc(s, unpigged)
	}
	if strings.Contains(s, "email-protection") {
		s = hiddenLink.ReplaceAllString(s, hiddenAddress)
	}
	if strings.Contains(s, "protected") {
		s = hiddenText.ReplaceAllString(s, hiddenAddress)
	}
	if strings.Contains(s, "JavaScript") {
		s = spamText.ReplaceAllString(s, hiddenAddress)
	}
	if strings.Contains(s, "_") {
		s = strings.TrimSpace(iconNames.ReplaceAllString(s, ""))
	}
	if len(s) < 160 && agoWords.MatchString(s) && !atLeast.MatchString(s) {
		// A line that says when something was; a sentence of the policy may count so, too.
		if rest := len(strings.Fields(relativeDate.ReplaceAllString(s, ""))); rest <= 5 || rest <= 14 && !sentenceEnd(s) {
			s = relativeDate.ReplaceAllString(s, someTimeAgo)
		}
	}
	return s
}
