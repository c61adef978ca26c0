package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// as is a finding whose reason is put together as fmt does.
func as(class Class, weight float64, reason string, args ...any) Finding {
	return Finding{Class: class, Weight: weight, Reason: fmt.Sprintf(reason, args...)}
}

// firm is a substantive one that no paraphrase takes back.
func firm(weight float64, reason string, args ...any) Finding {
	f := as(Substantive, weight, reason, args...)
	f.firm = true
	return f
}

// place is one hunk where it stands.
type place struct {
	hunk
	p, was       Paragraph
	old, new     []word // of the paragraphs
	oldAt, newAt int    // where the hunk begins in them
	heading      bool
	linked       bool
	outside      bool
	addressee    bool // the line above an address
	oldPage      page
	newPage      page
}

func (e place) quoteInContext() string {
	q := quote(e.hunk.old, e.hunk.new)
	before := e.before(4)
	after := e.after()
	after = after[:min(4, len(after))]
	if b, a := textOfWords(before), textOfWords(after); len(content(e.hunk.old)) <= 3 && len(content(e.hunk.new)) <= 3 && (b != "" || a != "") {
		q += " between “" + b + "” and “" + a + "”"
	}
	return q
}

// whole reports whether nothing of the paragraph remained.
func (e place) whole() bool {
	return len(e.hunk.new) > 0 && len(content(e.hunk.new)) == len(content(e.new)) && len(content(e.hunk.old)) == len(content(e.old))
}

// before are up to n words that stand before the hunk in the new text.
func (e place) before(n int) []word { return e.new[max(e.newAt-n, 0):e.newAt] }

// after are the words that follow the hunk.
func (e place) after() []word { return e.new[min(e.newAt+len(e.hunk.new), len(e.new)):] }

// near are the words around the hunk in the new text.
func (e place) near(n int) []word {
	after := e.after()
	return slices.Concat(e.before(n), after[:min(n, len(after))])
}

// content are the words that carry meaning: no marks, no articles and the like.
func content(all []word) (out []string) {
	for _, w := range all {
		if k := plainKey(w.key); !w.mark() && !stopwords[k] {
			out = append(out, k)
		}
	}
	return out
}

// judge applies the rules in order; the first that fits decides. Those that take a
// difference for nothing or for an edit say exactly when; what no rule explains is
// substantive if it is long or speaks of the subject.
func (e place) judge() Finding {
	old, new := content(e.hunk.old), content(e.hunk.new)
	both := slices.Concat(old, new)
	if f, ok := e.outward(old, new); ok {
		return f
	}
	if f, ok := e.layout(old, new); ok {
		return f
	}
	if len(old) == 0 && e.elsewhere(e.hunk.new, e.oldPage) || len(new) == 0 && e.elsewhere(e.hunk.old, e.newPage) {
		return as(Editorial, 0.7, "what is said elsewhere, too, differs")
	}
	if f, ok := e.numbers(old, new); ok {
		f.firm = f.Class == Substantive
		return f
	}
	if len(old) > 0 && slices.Equal(sameThings(old), sameThings(new)) && !slices.Equal(old, new) {
		return as(Editorial, 0.7, "another word for the same")
	}
	if f, ok := e.abbreviation(); ok {
		return f
	}
	if inLink(e.hunk.old) && inLink(e.hunk.new) && !slices.ContainsFunc(both, isAddress) {
		return as(Editorial, 0.6, "the label of a link differs")
	}
	if was, is := keysOfMarked(e.hunk.old), keysOfMarked(e.hunk.new); len(was) == 1 && len(is) == 1 && len(was[0])+len(is[0]) == 2 && legalBasis.MatchString(textOfWords(e.before(12))) {
		return firm(0.7, "another legal basis is named")
	}
	if was, is := statutory.ReplaceAllString(textOfWords(e.hunk.old), ""), statutory.ReplaceAllString(textOfWords(e.hunk.new), ""); was+is != textOfWords(e.hunk.old)+textOfWords(e.hunk.new) &&
		len(content(words(was)))+len(content(words(is))) <= 3 {
		return as(Editorial, 0.6, "the name of a link differs")
	}
	if opts := func(w word) bool { return strings.HasPrefix(w.key, "opt") }; slices.ContainsFunc(e.near(2), opts) && difference(filter(keysOfWords(e.hunk.old), direction), filter(keysOfWords(e.hunk.new), direction)) != "" {
		return firm(0.85, "opting in became opting out, or the other way round")
	}
	if e.doubled() {
		return as(Editorial, 0.85, "a word stood twice")
	}
	if n := polarity(e.hunk.old, e.hunk.new, e.after()); n != "" && !e.stillThere(n) && (!e.heading || e.p.promises() || e.was.promises()) {
		return firm(0.85, "“%s” came or went", n)
	}
	if len(old) == 1 && len(new) == 1 && typo(e, old, new) && distance([]rune(old[0]), []rune(new[0])) == 1 && utf8.RuneCountInString(old[0]) >= 7 {
		return as(Editorial, 0.85, "spelling or grammar differs")
	}
	if e.renamed() {
		return as(Editorial, 0.75, "the new name of a section, or of somebody, differs")
	}
	if f, ok := e.entity(old, new); ok {
		return f
	}
	if slices.ContainsFunc(both, isAddress) && every(both, func(k string) bool { return isAddress(k) || contacts.has(k) || len(k) < 3 }) {
		return as(Editorial, 0.92, "contact details differ")
	}
	// A form took an address's place, or the other way round.
	if way := func(k string) bool { return contacts.has(k) && !isAddress(k) }; slices.ContainsFunc(both, isAddress) && (slices.ContainsFunc(old, isAddress) && slices.ContainsFunc(new, way) || slices.ContainsFunc(new, isAddress) && slices.ContainsFunc(old, way)) &&
		len(both) <= 8 && every(both, func(k string) bool { return isAddress(k) || way(k) || !e.strong(k) }) {
		return as(Editorial, 0.6, "the way to get in touch differs")
	}
	if typo(e, old, new) {
		return as(Editorial, 0.88, "spelling or grammar differs")
	}
	if reason := e.sense(old, new); reason.text != "" {
		return firm(reason.weight, "%s", reason.text)
	}
	if len(both) == 0 {
		return as(Editorial, 0.85, "small words differ")
	}
	if e.p.Item && !e.outside && e.whole() {
		return as(Substantive, 0.6, "an entry of a list or table differs")
	}
	if e.heading && !e.statement() {
		return as(Editorial, 0.75, "the wording of a heading differs")
	}
	if e.contact() && !slices.ContainsFunc(both, e.strong) || e.p.contactLine() && e.was.contactLine() {
		return as(Editorial, 0.85, "contact details differ")
	}
	if e.p.dateLine() || e.was.dateLine() {
		return as(Editorial, 0.8, "the date line differs")
	}
	if e.linked {
		return as(Editorial, 0.6, "the label of a link differs")
	}
	if len(both) > 0 && every(both, func(k string) bool {
		return references[k] || dateContext.has(k) || k == "date" || k == "last" || k == "stated" || k == "set"
	}) {
		return as(Editorial, 0.65, "a reference differs")
	}
	size := max(len(old), len(new))
	if e.names() && size <= 6 && slices.ContainsFunc(slices.Concat(e.near(4), e.hunk.new), func(w word) bool { return authorities[plainKey(w.key)] && w.capital() }) {
		return as(Editorial, 0.7, "the name of the authority differs")
	}
	if e.p.Item && e.newAt == 0 && (named(e.hunk.old) && named(e.hunk.new) || e.p.capitals() && e.was.capitals()) && len(old) > 0 && len(new) > 0 && e.names() && overlap(old, new) == 0 && !e.outside && !e.contact() && !slices.ContainsFunc(both, func(k string) bool { return k != "" && k[0] >= '0' && k[0] <= '9' }) && len(content(e.p.words)) > len(new) {
		return as(Substantive, 0.6, "an entry of a list names another")
	}
	if e.names() && overlap(old, new) == 0 && len(old) > 0 && len(new) > 0 && controller.MatchString(textOfWords(e.before(10))) {
		return as(Substantive, 0.7, "another is named as the controller")
	}
	if e.names() && has(e.near(8), officers.has) && size <= 6 {
		return as(Editorial, 0.7, "the name of who answers differs")
	}
	if len(old) == 0 || len(new) == 0 {
		return e.cameOrWent(both, size)
	}
	return e.replaced(old, new, size)
}

// outward judges what differs in no word: characters, marks, an address that is hidden,
// the label of a link beside the text.
func (e place) outward(old, new []string) (f Finding, ok bool) {
	both := slices.Concat(old, new)
	raw := textOfWords(e.hunk.old) + " " + textOfWords(e.hunk.new)
	plain := func(all []word) string {
		var b strings.Builder
		for _, w := range all {
			if !w.mark() {
				b.WriteString(plainKey(w.key))
			}
		}
		return b.String()
	}
	marks := func(all []word) (s string) {
		for _, w := range all {
			if w.mark() {
				s += w.key
			}
		}
		return s
	}
	switch {
	case strings.ContainsRune(raw, '\ufffd') && len(strings.Fields(textOfWords(e.hunk.old))) == len(strings.Fields(textOfWords(e.hunk.new))) && slices.Equal(figuresOf(e.hunk.old), figuresOf(e.hunk.new)):
		return as(None, 0.95, "broken characters differ"), true
	case plain(e.hunk.old) == plain(e.hunk.new):
		if weighty(textOfWords(e.hunk.old)) != weighty(textOfWords(e.hunk.new)) || !slices.Equal(figureRuns.FindAllString(textOfWords(e.hunk.old), -1), figureRuns.FindAllString(textOfWords(e.hunk.new), -1)) {
			return firm(0.7, "a figure or a sign that carries meaning differs"), true
		}
		if textKeys(e.hunk.old) != textKeys(e.hunk.new) {
			return as(Editorial, 0.9, "spelling differs"), true
		}
		if strings.Trim(marks(e.hunk.old)+marks(e.hunk.new), "_*#|\\<>=-~[](){}/•·\"'+^`¶🔗↑↩›»«→←") == "" {
			return as(None, 0.95, "marks of layout differ"), true
		}
		return as(Editorial, 0.85, "punctuation differs"), true
	case e.p.copyright() && every(both, func(k string) bool { return dateLike.MatchString(k) }):
		return as(None, 0.97, "the year of the copyright line differs"), true
	case len(filter(both, func(k string) bool { return !isAddress(k) && !hidden([]word{{key: k}}) })) <= 2 &&
		(hidden(e.hunk.old) && (hidden(e.hunk.new) || len(new) == 0 || every(new, isAddress)) || hidden(e.hunk.new) && (len(old) == 0 || every(old, isAddress))):
		return as(None, 0.97, "an address is hidden or shown"), true
	case len(old) == 1 && len(new) == 1 && strings.Contains(old[0], "@") && (strings.HasPrefix(old[0], new[0]) || strings.HasPrefix(new[0], old[0])):
		return as(None, 0.8, "an address is hidden or shown"), true
	case e.linked && e.p.Item && !e.outside && e.whole() && e.names() && overlap(old, new) == 0:
		return as(Substantive, 0.55, "an entry of a list names another"), true
	case e.linked && (e.outside || e.p.subject() == 0):
		return as(None, 0.85, "the label of a link outside the text differs"), true
	}
	return f, false
}

// figureRuns are the figures of a text, those that follow a letter too.
var figureRuns = regexp.MustCompile(`\d+`)

// cameOrWent judges words that one text only has.
func (e place) cameOrWent(both []string, size int) Finding {
	reference := func(k string) bool { return dotted.MatchString(k) || references[k] || letterWord[k] }
	entry := !e.contact() && !e.heading
	if e.bothGenders() {
		return as(Editorial, 0.65, "both genders are named, or one for both")
	}
	linked := func(w word) bool { return w.linked || w.mark() || stopwords[plainKey(w.key)] || conjunctions[w.key] }
	switch {
	case slices.ContainsFunc(e.near(3), word.address) && !slices.ContainsFunc(slices.Concat(e.hunk.old, e.hunk.new), func(w word) bool { return !linked(w) }):
		return as(Editorial, 0.65, "the way to get in touch differs")
	case e.opening() && !slices.ContainsFunc(both, e.strong):
		return as(Editorial, 0.6, "hours differ")
	case every(both, reference) && has(e.near(6), references.has):
		return as(Editorial, 0.7, "a reference differs")
	case e.names() && e.unbalanced():
		return as(Editorial, 0.65, "a name is explained")
	case entry && e.names() && e.joins():
		return as(Substantive, 0.65, "a name came or went")
	case entry && e.conjoined() && size <= 8 && has(slices.Concat(e.near(6), e.hunk.old, e.hunk.new), e.strong):
		return firm(0.55, "what is joined by “and” or “or” came or went")
	case e.enumeration() && size <= 8 && !(e.names() && e.contact()):
		return as(Substantive, 0.8, "an entry of an enumeration came or went")
	case slices.ContainsFunc(both, e.strong) && (size > 1 || !e.names()):
		return as(Substantive, min(0.6+0.05*float64(size), 0.95), "words about the use of data or the terms came or went")
	case size <= 2 && e.p.foreign && (!e.names() || e.newAt == 0 || sentenceEnd(e.new[e.newAt-1].key)):
		return as(Substantive, 0.5, "a word came or went, in a language without word lists")
	case size <= 2:
		return as(Editorial, 0.6, "a word came or went")
	}
	return as(Substantive, min(0.5+0.05*float64(size), 0.9), "words came or went")
}

// replaced judges a wording that took another's place.
func (e place) replaced(old, new []string, size int) Finding {
	was, is := stemsOf(filter(old, e.strong)), stemsOf(filter(new, e.strong))
	alike, names := overlap(old, new), e.names()
	switch {
	case e.p.Item && letterWords(e.p.words) <= 20 && alike == 0 && !names && !e.outside && !e.contact() && e.p.subject() > 0:
		return as(Substantive, 0.55, "an entry of a list or table reads otherwise")
	case every(slices.Concat(old, new), documents.has):
		return as(Editorial, 0.7, "what the document is called differs")
	case size <= 6 && has(e.near(12), lawWords.has) && namesOf(e.hunk.old, e.hunk.new):
		return as(Substantive, 0.75, "a name beside the law or the court differs")
	case names && alike == 0 && !e.partOfName() && slices.ContainsFunc(e.near(12), word.party):
		return as(Substantive, 0.6, "a name among those data go to differs")
	case names && size <= 4:
		return as(Editorial, 0.65, "a name differs")
	case e.joins() && e.newcomers(len(old) < len(new)):
		return as(Substantive, 0.65, "a name came or went")
	case alike >= 0.6:
		return as(Editorial, 0.6, "the wording differs")
	case difference(was, is) != "":
		return as(Substantive, min(0.5+0.07*float64(size), 0.95), "words about the use of data or the terms differ")
	case size <= 3:
		return as(Editorial, 0.6, "the wording differs")
	}
	return as(Substantive, min(0.45+0.05*float64(size), 0.9), "the wording differs")
}

// elsewhere reports whether words are whole sentences that the other text has, too.
func (e place) elsewhere(all []word, other page) bool {
	return letterWords(all) >= saidWords && other.says(newParagraph(textOfWords(all)))
}

// enumeration reports whether a hunk is an entry among others: it brings or takes a
// comma, a slash or an "and" between two of a kind.
func (e place) enumeration() bool {
	words := e.hunk.new
	at, all := e.newAt, e.new
	if len(content(words)) == 0 {
		words, at, all = e.hunk.old, e.oldAt, e.old
	}
	comma := slices.ContainsFunc(words, func(w word) bool { return strings.ContainsAny(w.key, ",、，;/|") })
	around := 0
	for _, w := range slices.Concat(all[max(at-8, 0):at], all[min(at+len(words), len(all)):min(at+len(words)+8, len(all))]) {
		if strings.ContainsAny(w.key, ",、，;") || conjunctions[w.key] {
			around++
		}
	}
	return comma && around >= 1
}

// conjoined reports whether a hunk begins or ends with a conjunction: one more of a kind.
func (e place) conjoined() bool {
	all := slices.Concat(e.hunk.old, e.hunk.new)
	words := slices.DeleteFunc(slices.Clone(all), word.mark)
	return len(content(words)) > 0 && (conjunctions[words[0].key] || conjunctions[words[len(words)-1].key] || all[0].key == "/" || all[len(all)-1].key == "/")
}

var conjunctions = set("and or et ou und oder y o e ed en 和 及 或 と")

func direction(k string) bool { return k == "in" || k == "out" }

// strong reports whether a word speaks of what is done with data or of the terms; in a
// language without lists any longer word may.
func (e place) strong(k string) bool {
	return practiceStems.has(k) || e.p.foreign && utf8.RuneCountInString(k) >= 5 && !e.names()
}

// inLink reports whether all of some words, and more than none, are a link's.
func inLink(all []word) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(w word) bool { return !w.linked && !w.mark() }) &&
		slices.ContainsFunc(all, func(w word) bool { return w.linked })
}

func isAddress(k string) bool { return word{key: k}.address() }

func hidden(all []word) bool {
	return slices.ContainsFunc(all, func(w word) bool {
		_, host, ok := strings.Cut(w.key, "@")
		return strings.Contains(w.key, hiddenAddress) || ok && !strings.Contains(host, ".") // what hides an address leaves a piece of it
	})
}

// every reports whether all entries pass a test.
func every(list []string, test func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !test(s) })
}

func filter(list []string, keep func(string) bool) (out []string) {
	for _, s := range list {
		if keep(s) {
			out = append(out, s)
		}
	}
	return out
}

// difference is the first entry that stands in one list only.
func difference(a, b []string) string {
	for _, s := range a {
		if !slices.Contains(b, s) {
			return s
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			return s
		}
	}
	return ""
}

func overlap(a, b []string) float64 {
	n := 0
	for _, s := range a {
		if slices.Contains(b, s) {
			n++
		}
	}
	return float64(2*n) / float64(len(a)+len(b))
}

// keysOfMarked are the keys of the words that are no marks.
func keysOfMarked(all []word) (out []string) {
	for _, w := range all {
		if !w.mark() {
			out = append(out, w.key)
		}
	}
	return out
}

func keyOfWords(all []word) string { return strings.Join(keysOfMarked(all), " ") }

func keysOfWords(all []word) (out []string) {
	for _, w := range all {
		out = append(out, plainKey(w.key))
	}
	return out
}

func textKeys(all []word) string {
	var b strings.Builder
	for _, w := range all {
		if !w.mark() {
			b.WriteString(w.key)
		}
	}
	return b.String()
}
