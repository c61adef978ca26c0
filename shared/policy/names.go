package policy

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// controller is what a policy calls who decides about the data (GDPR, Art. 4 (7)).
var controller = regexp.MustCompile(`(?i)\bcontrollers?\b|\bverantwortliche[rn]?\b|\bresponsab\w+ (?:du|des?|del|della|dei|do|dos) (?:trait|tratt|trata)|\bverwerkingsverantwoordelijke\b`)

// partOfName reports whether a hunk is within a name that begins before it, or begins one
// with words any tool may be called by: the Cookie Settings, the Privacy Settings.
func (e edit) partOfName() bool {
	next := e.isAt + len(e.hunk.new)
	begins := next < len(e.isWords) && e.isWords[next].capital()
	return e.isAt > 0 && e.isWords[e.isAt-1].capital() || begins && has(slices.Concat(e.hunk.old, e.hunk.new), coreStems.has)
}

// legalBasis is where the GDPR lists what allows processing; the letter says which.
var legalBasis = regexp.MustCompile(`(?i)\b(?:art\.?|article|artikel|articolo|art[ií]culo|artigo) ?6\b[^;]{0,40}$`)

// renamed reports whether the words are the headings of a section, before and now, or
// say what somebody was called before.
func (e edit) renamed() bool {
	if was, is := keyOfWords(e.hunk.old), keyOfWords(e.hunk.new); strings.Contains(was, " ") && e.oldPage.heads(was) && e.newPage.heads(is) {
		return true
	}
	if e.completesTitle(e.hunk.new, e.hunk.old, e.is, e.newPage, e.oldPage) || e.completesTitle(e.hunk.old, e.hunk.new, e.was, e.oldPage, e.newPage) {
		return true
	}
	if refers := func(all []word) bool {
		return len(all) > 0 && !slices.ContainsFunc(content(all), func(k string) bool { return !references[k] && !dotted.MatchString(k) })
	}; refers(e.hunk.old) && e.newPage.heads(keyOfWords(e.hunk.new)) || refers(e.hunk.new) && e.oldPage.heads(keyOfWords(e.hunk.old)) {
		return true
	}
	if pathMark := func(i int) bool { return i >= 0 && i < len(e.isWords) && strings.Contains(">›→", e.isWords[i].key) }; !e.joins() && min(letterWords(e.hunk.old), letterWords(e.hunk.new)) > 0 && letterWords(e.hunk.old)+letterWords(e.hunk.new) <= 8 && (pathMark(e.isAt-1) || pathMark(e.isAt+len(e.hunk.new))) {
		return true // the way to a page of the site
	}
	former := func(p page, name []word) bool {
		return len(name) > 0 && strings.Contains(p.former, " "+keyOfWords(name)+" ")
	}
	if e.names() && (former(e.newPage, e.hunk.old) || former(e.oldPage, e.hunk.new)) {
		return true
	}
	return e.names() && !e.joins() && (has(slices.Concat(e.hunk.old, e.hunk.new), formerly.has) || succeeds(e.hunk.old, e.hunk.new) || succeeds(e.hunk.new, e.hunk.old))
}

// completesTitle reports whether words that only one text has are the rest of a title that
// only it has, and that the paragraph names.
func (e edit) completesTitle(words, none []word, p Paragraph, own, other page) bool {
	k := " " + keyOfWords(words) + " "
	if len(none) > 0 || letterWords(words) == 0 || letterWords(words) > 6 || p.Heading > 0 || len(own.headings) > 200 {
		return false
	}
	for title := range own.headings {
		if t := " " + title + " "; !other.heads(title) && strings.Contains(t, k) && t != k && strings.Contains(" "+p.key+" ", t) {
			return true
		}
	}
	return false
}

// succeeds reports whether a company goes by another name now.
func succeeds(old, new []word) bool {
	return slices.ContainsFunc(old, func(w word) bool {
		now := successors[w.key]
		return now != "" && slices.ContainsFunc(new, func(w word) bool { return w.key == now })
	})
}

// unbalanced reports whether the words open a bracket and do not close it: what stood
// there stands in brackets now.
func (e edit) unbalanced() bool {
	text := textOfWords(e.hunk.old) + textOfWords(e.hunk.new)
	return strings.Count(text, "(") != strings.Count(text, ")")
}

// joins reports whether the words add something by a conjunction or a comma.
func (e edit) joins() bool {
	return slices.ContainsFunc(slices.Concat(e.hunk.old, e.hunk.new), func(w word) bool { return conjunctions[w.key] || w.key == "," })
}

// newcomers reports whether one side says what the other does, in the plural perhaps,
// and names beside.
func (e edit) newcomers(isNew bool) bool {
	few, many := e.hunk.old, e.hunk.new
	if !isNew {
		few, many = many, few
	}
	if unlike(few, many) > 0 {
		return false
	}
	known := map[string]bool{}
	for _, k := range content(few) {
		known[stemOf(k)] = true
	}
	return namesOf(slices.DeleteFunc(slices.Clone(many), func(w word) bool { return known[stemOf(plainKey(w.key))] }))
}

// cutOff reports whether one of two words is the other cut off with a full stop: "tel."
func cutOff(a, b string) bool {
	short, long := shorterFirst(a, b)
	head, dotted := strings.CutSuffix(short, ".")
	return dotted && len(head) >= 3 && strings.HasPrefix(long, head)
}

func undotted(k string) string { return strings.ReplaceAll(k, ".", "") }

// abbreviation judges words added before or after their own abbreviation, or taken
// from there: "non-fungible tokens (NFT)".
func (e edit) abbreviation() (f Finding, ok bool) {
	found := as(Editorial, 0.8, "an abbreviation is spelled out, or a name abbreviated")
	if was, is := keysOfMarked(e.hunk.old), keysOfMarked(e.hunk.new); len(was) == 1 && len(is) > 1 && initialsOf(is) == undotted(was[0]) || len(is) == 1 && len(was) > 1 && initialsOf(was) == undotted(is[0]) {
		return found, true
	}
	if was, is := keyOfWords(e.hunk.old), keyOfWords(e.hunk.new); cutOff(was, is) {
		return found, true
	}
	long, at, all := e.hunk.new, e.isAt, e.isWords
	if len(content(long)) == 0 {
		long, at, all = e.hunk.old, e.wasAt, e.wasWords
	} else if len(content(e.hunk.old)) > 0 {
		return f, false
	}
	var keys []string
	for _, w := range long {
		if !w.mark() {
			keys = append(keys, w.key)
		}
	}
	if len(keys) < 2 || len(keys) > 12 {
		return f, false
	}
	initials := []rune(initialsOf(keys))
	next := min(at+len(long), len(all))
	bracketed := strings.ContainsAny(textOfWords(long), "()") || next < len(all) && all[next].key == "(" || at > 0 && all[at-1].key == "("
	before := all[max(at-4, 0):at]
	for i, w := range slices.Concat(before, all[next:min(next+4, len(all))]) {
		short := strings.TrimSpace(w.text)
		if len(short) < 2 || len(short) > 8 || strings.ToLower(short) == short || w.mark() {
			continue
		}
		letters := []rune(strings.TrimSuffix(strings.ToLower(short), "s"))
		if beside := i == len(before)-1 || i == len(before); beside && (string(letters) == string(initials) || string(letters) == initialsOf(content(long))) {
			return found, true
		}
		// In brackets an abbreviation may leave words out, or take letters within one.
		fit := 0
		for _, r := range initials {
			if fit < len(letters) && letters[fit] == r {
				fit++
			}
		}
		if bracketed && fit == len(letters) && fit >= 2 && fit*3 >= len(keys) {
			return found, true
		}
	}
	return f, false
}

// initialsOf are the first letters of some words in a row.
func initialsOf(keys []string) string {
	var out []rune
	for _, k := range keys {
		r, _ := utf8.DecodeRuneInString(k)
		out = append(out, r)
	}
	return string(out)
}

// formAt reports whether a word is the legal form of a company. "Co." before a name is
// a county.
func formAt(all []word, i int) bool {
	if i >= len(all) || !legalForms[strings.TrimSuffix(plainKey(all[i].key), ".")] {
		return false
	}
	next := i + 1
	if next < len(all) && all[next].mark() {
		next++
	}
	return strings.TrimSuffix(all[i].key, ".") != "co" || next >= len(all) || !all[next].capital() || formAt(all, next)
}

// sameForms writes legal forms one way: Limited and Ltd.
func sameForms(keys []string) (out []string) {
	for _, k := range keys {
		k = strings.TrimSuffix(k, ".")
		out = append(out, cmp.Or(shortForms[k], k))
	}
	return out
}

var shortForms = map[string]string{"limited": "ltd", "incorporated": "inc", "corporation": "corp", "company": "co", "private": "pvt"}

// entity judges hunks that touch the name of a company: another legal form, or
// another name before one, is another party; a mark behind it is not.
func (e edit) entity() (f Finding, ok bool) {
	next := e.after()
	forms := func(all []word) (n int) {
		on := slices.Concat(all, next[:min(3, len(next))])
		for i := range all {
			if formAt(on, i) {
				n++
			}
		}
		return n
	}
	form := func(k string) bool { return legalForms[strings.TrimSuffix(k, ".")] }
	if was, is := sameForms(e.gone), sameForms(e.came); len(e.gone) == len(e.came) && slices.Equal(was, is) && !slices.Equal(e.gone, e.came) {
		return as(Editorial, 0.8, "a legal form is written otherwise"), true
	}
	o, n := forms(e.hunk.old), forms(e.hunk.new)
	touches := formAt(next, 0) || len(next) > 1 && next[0].mark() && formAt(next, 1)
	if o+n == 0 && !touches {
		return f, false
	}
	notForm := func(k string) bool { return !form(k) && !formMarks[k] }
	on, nn := filter(e.gone, notForm), filter(e.came, notForm)
	switch {
	case o+n > 0 && len(on)+len(nn) == 0 && (o == 0 || n == 0):
		return as(Editorial, 0.75, "the mark of a company's form differs"), true
	case o+n > 0 && e.names():
		return as(Substantive, 0.8, "another company is named"), true
	case touches && len(on) > 0 && len(nn) > 0 && e.names():
		return as(Substantive, 0.75, "another company is named"), true
	}
	return f, false
}

// contact reports whether the words around a hunk say where to write.
func (e edit) contact() bool {
	if e.is.contactLine() && e.was.contactLine() || e.addressee && (len(e.hunk.old) == 0 || len(e.hunk.new) == 0) {
		return true
	}
	signs, verb := 0, 0
	for _, w := range slices.Concat(e.near(14), e.hunk.new, e.hunk.old) {
		k := plainKey(w.key)
		switch {
		case w.mark():
		case w.address(), street(k):
			signs++
		case places.has(k) && (w.capital() || !venues.has(k)):
			signs++
		case postcode.MatchString(k) && (!dateWord(k) || len(k) == 4 && k[:2] != "19" && k[:2] != "20"):
			signs++
		case contacts.has(k):
			verb = 1
		}
	}
	if signs+verb < 2 || signs == 0 {
		return false
	}
	for _, w := range slices.Concat(e.hunk.old, e.hunk.new) {
		if k := plainKey(w.key); !w.mark() && !stopwords[k] && !bodies[k] && !places.has(k) && !street(k) && !w.capital() && !w.number() && !w.address() {
			return false
		}
	}
	return len(content(e.hunk.old))+len(content(e.hunk.new)) > 0
}

// names reports whether nothing but names differs.
func (e edit) names() bool { return namesOf(e.hunk.old, e.hunk.new) && !shouted(e.isWords) }

// shouted reports whether words are all in capitals, in which a name is written as
// anything else.
func shouted(all []word) bool {
	small, big := 0, 0
	for _, w := range all {
		for _, r := range w.text {
			if unicode.IsLower(r) {
				small++
			} else if unicode.IsUpper(r) {
				big++
			}
		}
	}
	return big >= 20 && big > small*4
}

// namesOf reports whether all words that carry meaning are written like names.
func namesOf(lists ...[]word) bool {
	some := false
	for _, all := range lists {
		for _, w := range all {
			if k := plainKey(w.key); w.mark() || stopwords[k] || bodies[k] || formerly[k] {
				continue
			}
			if !w.capital() && !w.number() && !w.address() {
				return false
			}
			some = true
		}
	}
	return some
}

// named reports whether words that begin a line are a name: a capital letter says so
// behind the first word, or within it.
func named(all []word) bool {
	for i, w := range all {
		text := strings.TrimSpace(w.text)
		if r := []rune(text); len(r) > 1 && strings.ContainsFunc(string(r[1:]), unicode.IsUpper) || i > 0 && w.capital() {
			return true
		}
	}
	return false
}
