package policy

import (
	"slices"
	"strings"
)

// oneSidedRules judge words that only one of the texts has.
var oneSidedRules = []rule[edit]{
	when(Editorial, 0.65, "both genders are named, or one for both", edit.bothGenders),
	when(Editorial, 0.65, "the way to get in touch differs", func(e edit) bool { return slices.ContainsFunc(e.near(3), word.address) && e.onlyLinks() }),
	when(Editorial, 0.6, "hours differ", func(e edit) bool { return e.opening() && !slices.ContainsFunc(e.both, e.strong) }),
	when(Editorial, 0.7, "a reference differs", func(e edit) bool {
		return has(e.near(6), references.has) && every(e.both, func(k string) bool { return dotted.MatchString(k) || references[k] || letterWord[k] })
	}),
	when(Editorial, 0.65, "a name is explained", func(e edit) bool { return e.names() && e.unbalanced() }),
	when(Substantive, 0.65, "a name came or went", func(e edit) bool { return e.entry() && e.names() && e.joins() }),
	edit.joined,
	when(Substantive, 0.8, "an entry of an enumeration came or went", func(e edit) bool {
		return e.enumeration() && e.size <= 8 && !(e.names() && e.contact())
	}),
	edit.practice,
	when(Substantive, 0.5, "a word came or went, in a language without word lists", func(e edit) bool {
		return e.size <= 2 && e.is.foreign && (!e.names() || e.isAt == 0 || sentenceEnd(e.isWords[e.isAt-1].key))
	}),
	when(Editorial, 0.6, "a word came or went", func(e edit) bool { return e.size <= 2 }),
	func(e edit) (Finding, bool) { return as(Substantive, e.surer(0.5, 0.9), "words came or went"), true },
}

// surer is a weight that grows with the size of the hunk.
func (e edit) surer(from, to float64) float64 { return min(from+0.05*float64(e.size), to) }

// entry reports whether it may be one among others: it is in no address and no heading.
func (e edit) entry() bool { return !e.contact() && !e.heading }

// onlyLinks reports whether all its words are small, or links.
func (e edit) onlyLinks() bool {
	return !slices.ContainsFunc(slices.Concat(e.hunk.old, e.hunk.new), func(w word) bool {
		return !w.linked && !w.mark() && !stopwords[plainKey(w.key)] && !conjunctions[w.key]
	})
}

// joined judges one more of a kind beside what is done with data.
func (e edit) joined() (Finding, bool) {
	return firm(0.55, "what is joined by “and” or “or” came or went"), e.entry() && e.conjoined() && e.size <= 8 &&
		has(slices.Concat(e.near(6), e.hunk.old, e.hunk.new), e.strong)
}

// practice judges words about what is done with data.
func (e edit) practice() (Finding, bool) {
	return as(Substantive, e.surer(0.6, 0.95), "words about the use of data or the terms came or went"),
		slices.ContainsFunc(e.both, e.strong) && (e.size > 1 || !e.names())
}

// wordingRules judge a wording that took another's place.
var wordingRules = []rule[edit]{
	when(Substantive, 0.55, "an entry of a list or table reads otherwise", func(e edit) bool {
		return e.is.Item && letterWords(e.is.words) <= 20 && overlap(e.gone, e.came) == 0 && !e.names() && !e.outside && !e.contact() && e.is.subject() > 0
	}),
	when(Editorial, 0.7, "what the document is called differs", func(e edit) bool { return every(e.both, documents.has) }),
	when(Substantive, 0.75, "a name beside the law or the court differs", func(e edit) bool {
		return e.size <= 6 && has(e.near(12), lawWords.has) && namesOf(e.hunk.old, e.hunk.new)
	}),
	when(Substantive, 0.6, "a name among those data go to differs", func(e edit) bool {
		return e.otherNames() && !e.partOfName() && slices.ContainsFunc(e.near(12), word.party)
	}),
	when(Editorial, 0.65, "a name differs", func(e edit) bool { return e.names() && e.size <= 4 }),
	when(Substantive, 0.65, "a name came or went", func(e edit) bool { return e.joins() && e.newcomers(len(e.gone) < len(e.came)) }),
	when(Editorial, 0.6, "the wording differs", func(e edit) bool { return overlap(e.gone, e.came) >= 0.6 }),
	edit.otherPractice,
	when(Editorial, 0.6, "the wording differs", func(e edit) bool { return e.size <= 3 }),
	func(e edit) (Finding, bool) { return as(Substantive, e.surer(0.45, 0.9), "the wording differs"), true },
}

// otherPractice judges other words about what is done with data.
func (e edit) otherPractice() (Finding, bool) {
	return as(Substantive, min(0.5+0.07*float64(e.size), 0.95), "words about the use of data or the terms differ"),
		difference(stemsOf(filter(e.gone, e.strong)), stemsOf(filter(e.came, e.strong))) != ""
}

// enumeration reports whether a hunk is an entry among others: it brings or takes a
// comma, a slash or an "and" between two of a kind.
func (e edit) enumeration() bool {
	words := e.hunk.new
	at, all := e.isAt, e.isWords
	if len(content(words)) == 0 {
		words, at, all = e.hunk.old, e.wasAt, e.wasWords
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
func (e edit) conjoined() bool {
	all := slices.Concat(e.hunk.old, e.hunk.new)
	words := slices.DeleteFunc(slices.Clone(all), word.mark)
	return len(content(words)) > 0 && (conjunctions[words[0].key] || conjunctions[words[len(words)-1].key] || all[0].key == "/" || all[len(all)-1].key == "/")
}

var conjunctions = set("and or et ou und oder y o e ed en 和 及 或 と")
