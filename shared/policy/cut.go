package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutShort asks whether the shorter text is the longer one with a piece missing. A
// page that loses half of its policy is cut, whatever date it carries; one that loses
// less is cut if what is missing has the shape of a failure, not of an edit: it ends in
// the middle of something, lost its end with the address to write to, or kept headings
// without what stood under them. The piece is named as what is missing.
func cutShort(longer, shorter side, findings []Finding, c Comparison, fate string, idle map[int]bool) (piece string, weight float64, ok bool) {
	missing := 1 - longer.kept
	p := pieces(c, fate, idle)
	if longer.words >= 60 && shorter.kept >= 0.6 && p.unfinished(missing) {
		return "the end, from the middle of something", 0.85, true
	}
	clipped := p.clipped()
	if shorter.kept < 0.85 && !(shorter.kept >= 0.7 && missing > 0.5) && len(clipped) < 3 || longer.words < 60 {
		return "", 0, false
	}
	others, dated := 0, false
	for _, f := range findings {
		r := c.rows[f.row]
		dated = dated || r.fate != fate && f.dated()
		if f.Class == Substantive && r.fate != fate && !r.torn(fate) && !clipped[f.row] { // where it is torn the cut goes through
			others++
		}
	}
	if n := p.collapsed(); n >= 2 && (missing > 0.1 || p.failures() >= 2) {
		return "the text under " + strconv.Itoa(n) + " headings", 0.8, true
	}
	if others > 0 && missing <= 0.5 {
		return "", 0, false
	}
	if len(clipped) >= 3 && others == 0 {
		return "the ends of " + strconv.Itoa(len(clipped)) + " paragraphs", 0.85, true
	}
	if p.emptied() {
		return "what stood in the tables", 0.75, true
	}
	if longer.words < 150 {
		return "", 0, false
	}
	tail, titles, reaches := p.tail()
	switch {
	case missing > 0.5:
		return "more than half of the text", 0.9, true
	case p.headless():
		return "the beginning, with the title", 0.75, true
	case missing > 0.25 && (p.titles >= 2 || fate == removed && p.count <= 2):
		return "a large part of the text, where nothing else differs", 0.8, true
	case tail && reaches && missing > 0.03 && (!dated || titles >= 2):
		return "the end, with the address to write to", 0.7, true
	case tail && titles >= 2 && missing > 0.06 && (!dated || missing > 0.1 && titles >= 3):
		return "the end, several sections of it", 0.7, true
	case missing > 0.06 && p.largest >= 300 && !dated && p.titles >= 3 && p.count <= 2 && p.largest*10 > int(missing*float64(longer.words)*7):
		return "several sections in one piece, where nothing else differs, not even the date", 0.7, true
	}
	return "", 0, false
}

// missingPieces is what one text of a pair lacks of the other, looked over.
type missingPieces struct {
	c              Comparison
	fate           string
	long, short    Document
	gone, kept     map[int]bool // paragraphs of the longer text
	site           map[int]bool // paragraphs of the shorter that are not the policy's
	own            map[int]bool // paragraphs only the shorter has
	idle           map[int]bool // rows that are not
	count, largest int          // runs of them, and the words of the largest
	titles         int          // headings among them, of the level that has most
}

func pieces(c Comparison, fate string, idle map[int]bool) missingPieces {
	m := missingPieces{c: c, fate: fate, long: c.text(fate == added), short: c.text(fate != added), gone: map[int]bool{}, kept: map[int]bool{}, site: map[int]bool{}, own: map[int]bool{}, idle: idle}
	levels := map[int]int{}
	current, inPiece := 0, false
	headings := headingKeys(m.short)
	for i, r := range c.rows {
		if idle[i] { // the site's: nobody misses it
			for _, p := range r.in(fate != added) {
				m.site[p] = true
			}
			continue
		}
		if len(r.old) == 0 || len(r.new) == 0 {
			for _, p := range r.in(fate != added) {
				m.own[p] = r.fate != moved
			}
		}
		// A heading of which only the line in the contents is left is gone as well.
		here := m.indexes(r)
		listed := r.fate == moved && len(here) > 0 && m.long[here[0]].Heading > 0 && headings[m.long[here[0]].key] == 0
		if r.fate != fate && !listed {
			for _, p := range here {
				m.kept[p] = r.fate == same || r.fate == moved
			}
			if r.fate != moved {
				inPiece, current = false, 0
			}
			continue
		}
		for _, p := range here {
			m.gone[p] = true
			current += letterWords(m.long[p].words)
			if m.long[p].title() {
				levels[m.long[p].Heading]++
			}
		}
		if !inPiece {
			m.count++
			inPiece = true
		}
		m.largest = max(m.largest, current)
	}
	m.titles = most(levels)
	return m
}

// indexes are the paragraphs of a row in the longer text.
func (m missingPieces) indexes(r row) []int { return r.in(m.fate == added) }

// tail reports whether the end of the longer text is among what is missing, how many
// headings it has, and whether it is where people may write to.
func (m missingPieces) tail() (ok bool, titles int, reaches bool) {
	at := len(m.long)
	other := 0 // a line at the foot of the page may still be there
	for at > 0 && (m.gone[at-1] || m.long[at-1].Linked || other < 3 && letterWords(m.long[at-1].words) <= 12) {
		if at--; !m.gone[at] && !m.long[at].Linked {
			other++
		}
	}
	words, links := 0, false
	for p := at; p < len(m.long); p++ {
		if !m.gone[p] {
			continue
		}
		words += m.long[p].prose()
		if m.long[p].title() {
			titles++
		}
		reaches = reaches || m.long[p].sentence() && m.long[p].addressed()
		links = links || m.long[p].Linked
	}
	if reaches { // and no longer elsewhere
		reaches = !slices.ContainsFunc(m.short, Paragraph.addressed)
	}
	reaches = reaches && titles > 0 && !links // and no foot of a page
	return (words >= 20 || reaches) && words*2 >= m.prose(), titles, reaches
}

// prose are the words of all sentences about the subject that are missing.
func (m missingPieces) prose() (n int) {
	for p := range m.gone {
		n += m.long[p].prose()
	}
	return n
}

// collapsed counts headings both texts have whose text one lacks: a section that opens
// on a click.
func (m missingPieces) collapsed() (n int) {
	kept := map[int]bool{}
	bare := map[int]bool{} // nothing stands under it in the shorter text
	for _, r := range m.c.rows {
		if r.fate == same || r.fate == edited {
			for _, p := range m.indexes(r) {
				kept[p] = true
			}
			there := r.in(m.fate != added)
			last := there[len(there)-1]
			bare[m.indexes(r)[0]] = last+1 == len(m.short) || m.short[last+1].title() || m.short[last+1].failed()
		}
	}
	for i := 0; i+1 < len(m.long); i++ {
		if !kept[i] || !bare[i] || !m.long[i].title() || !m.gone[i+1] || m.long[i+1].title() {
			continue
		}
		k := i + 1
		for k < len(m.long) && m.gone[k] {
			k++
		}
		if k == len(m.long) || kept[k] && m.long[k].title() {
			n++
		}
	}
	return n
}

// failures counts lines of the shorter text that say that a part did not load.
func (m missingPieces) failures() (n int) {
	for _, p := range m.short {
		if p.failed() {
			n++
		}
	}
	return n
}

// failed reports whether a line says that a part of the page did not load.
func (p Paragraph) failed() bool { return letterWords(p.words) <= 12 && failure.MatchString(p.Text) }

var failure = regexp.MustCompile(`(?i)\bsomething went wrong\b|\b(?:failed to|could not|couldn['’]t|unable to) load\b|\bcould(?: not|n['’]t) be loaded\b|\btry again(?: later)?\b|^loading\b|une erreur (?:est survenue|s['’]est produite)|ist ein fehler aufgetreten|algo (?:salió mal|ha ido mal)|si è verificato un errore|ocorreu um erro|er is iets misgegaan`)

// clipped are the rows of paragraphs that end early, with an ellipsis or in a sentence.
func (m missingPieces) clipped() map[int]bool {
	out := map[int]bool{}
	for i, r := range m.c.rows {
		if r.fate != edited || len(r.old) != 1 || len(r.new) != 1 {
			continue
		}
		long, short := m.c.old[r.old[0]], m.c.new[r.new[0]]
		if m.fate == added {
			long, short = short, long
		}
		n := 0
		for n < min(len(long.words), len(short.words)) && long.words[n].key == short.words[n].key {
			n++
		}
		open := strings.Contains(short.Text, "…") || strings.Contains(short.Text, "...") || !sentenceEnd(short.Text) && !short.Item
		if open && letterWords(short.words[:n]) >= 5 && letterWords(short.words[n:]) <= 3 && letterWords(long.words[n:]) >= 5 {
			out[i] = true
		}
	}
	return out
}

// emptied reports whether the entries of the tables and lists are gone, nearly all of
// them, and hardly anything else.
func (m missingPieces) emptied() bool {
	entries, gone, others := 0, 0, 0
	for p := range m.long {
		if m.long[p].Linked {
			continue
		}
		switch {
		case m.long[p].Item:
			entries++
			if m.gone[p] && (m.long[p].Cell || m.long[p].subject() > 0) { // and no menu
				gone++
			}
		case m.gone[p] && m.long[p].sentence():
			others++
		}
	}
	return gone >= 12 && gone*10 >= entries*7 && others == 0
}

// unfinished reports whether one text ends in the middle of a paragraph of the other,
// or right after a heading or a colon, and the other goes on with what the first lacks.
// Of a text that lacks little, or less than a fifth before it goes on with what only it
// has, the end must be in the middle of a word.
func (m missingPieces) unfinished(missing float64) bool {
	much := missing > 0.02
	long := make([]string, len(m.long))
	for i, p := range m.long {
		long[i] = openMarks.Replace(p.Text)
	}
	for at := len(m.short) - 1; at >= 0; at-- {
		if m.endsAt(at, long, much) {
			return true
		}
		switch p := m.short[at]; {
		case m.site[at] || m.site[at+1] && p.asksForConsent():
		case len(m.short)-at <= 8 && (p.Linked || p.copyright() || p.adorned() || p.contactLine() && !p.sentence()): // the foot of the page
		case len(m.short)-at <= 8 && m.own[at]:
			much = missing > 0.2
		default:
			return false
		}
	}
	return false
}

// endsAt reports whether the other text, without marks of Markdown in long, goes on where a
// paragraph of the shorter ends.
func (m missingPieces) endsAt(at int, long []string, much bool) bool {
	end := m.short[at]
	if end.Linked || end.copyright() || m.site[at] {
		return false
	}
	announces := end.Heading > 0 && !end.dateLine() && !end.contactLine() || strings.HasSuffix(end.Text, ":")
	whole, text := sentenceEnd(end.Text), cutLink.ReplaceAllString(openMarks.Replace(end.Text), "")
	foot := 0 // words behind the end
	for i := at + 1; i < len(m.short); i++ {
		if !m.site[i] && !m.own[i] {
			foot += letterWords(m.short[i].words)
		}
	}
	gone, all, prose := 0, 0, 0 // words behind i
	for i := len(m.long) - 1; i >= 0; i-- {
		behind, of, words := gone, all-foot, prose
		all += letterWords(m.long[i].words)
		if !m.kept[i] {
			gone += letterWords(m.long[i].words)
			prose += m.long[i].prose()
		}
		rest, found := strings.CutPrefix(long[i], text)
		if !found || strings.TrimSpace(rest) == "" && (!announces || i+1 >= len(m.long) || m.long[i+1].title()) {
			continue
		}
		lacks := letterWords(newParagraph(rest).words)
		inWord := startsInWord(rest) && lacks >= 3 && len(end.Text) >= 4
		switch {
		case (whole || !much) && !inWord:
		case inWord && letterWords(end.words) >= 5:
			return true
		case letterWords(end.words) < 3 && !(i > 0 && at > 0 && m.long[i-1].key == m.short[at-1].key):
			// A word or two may begin many a paragraph.
		case end.Item && behind == 0 && !inWord:
			// An entry was added to, and nothing is missing.
		case behind*10 >= of*8 && (inWord || words+lacks >= 10):
			return true
		}
	}
	return false
}

// startsInWord reports whether a text goes on where a word was cut.
func startsInWord(rest string) bool {
	first, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLower(first)
}

// openMarks are Markdown's that a cut leaves without their other half, and cutLink is a
// link whose address a cut goes through.
var (
	openMarks = strings.NewReplacer("**", "", "[", "", "`", "")
	cutLink   = regexp.MustCompile(`\]\([^)\s]*$`)
)

// prose are the words of a sentence about the subject, none of others.
func (p Paragraph) prose() int {
	if p.sentence() && p.subject() >= 2 {
		return letterWords(p.words)
	}
	return 0
}

// torn reports whether one side of an edited paragraph is a piece of the other: its
// beginning or its end.
func (r row) torn(fate string) bool {
	if r.fate != edited || len(r.hunks) != 2 || r.hunks[0].same == r.hunks[1].same {
		return false
	}
	rest := r.hunks[0]
	if rest.same {
		rest = r.hunks[1]
	}
	longer, shorter := rest.old, rest.new
	if fate == added {
		longer, shorter = rest.new, rest.old
	}
	// The cut may go through a word.
	return len(shorter) == 0 || len(shorter) == 1 && len(longer) > 0 && strings.HasPrefix(longer[0].key, shorter[0].key)
}

// headless reports whether one text begins with a title and prose that the other
// lacks altogether: the first row both hold comes later, and is no such title.
func (m missingPieces) headless() bool {
	titled, prose := false, 0
	names := func(p int) bool { return m.long[p].Heading > 0 && natureOf(m.long[p:p+1]) != "" }
	for i, r := range m.c.rows {
		if m.idle[i] {
			continue
		}
		if r.fate != m.fate {
			if at := m.indexes(r); len(at) > 0 && m.long[at[0]].Heading == 1 && names(at[0]) {
				return false
			}
			break
		}
		for _, p := range m.indexes(r) {
			if titled = titled || names(p); titled {
				prose += m.long[p].prose()
			}
		}
	}
	return titled && prose >= 30
}

// title reports whether a paragraph reads as a heading, marked up as one or not.
func (p Paragraph) title() bool {
	n := letterWords(p.words)
	return p.Heading > 0 || n > 0 && n <= 10 && !p.Item && !p.Linked && !sentenceEnd(p.Text)
}

// most is the largest count of headings of one level.
func most(headings map[int]int) (n int) {
	for _, count := range headings {
		n = max(n, count)
	}
	return n
}
