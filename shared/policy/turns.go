package policy

import (
	"slices"
	"strings"
)

// sense judges words that turn a sentence though they are few and small: one modal
// verb for another, more for less, up to for at least, we for you, and for or, payer
// for payee.
func (e edit) sense() (f Finding, ok bool) {
	old, new := textOfWords(e.hunk.old), textOfWords(e.hunk.new)
	became := func(weight float64, from, to string) (Finding, bool) {
		return firm(weight, "“%s” became “%s”", shorten(from, 60), shorten(to, 60)), true
	}
	verb := func(k string) bool { return modal(k) != "" }
	binds := func(k string) bool { return !futures[k] && !strings.HasSuffix(k, "'ll") }
	oldVerbs, newVerbs := filter(keysOfWords(e.hunk.old), verb), filter(keysOfWords(e.hunk.new), verb)
	if len(oldVerbs) > 0 && len(newVerbs) > 0 && strengths(oldVerbs) != strengths(newVerbs) {
		return firm(0.65, "“%s” took another's place", difference(oldVerbs, newVerbs)), true
	}
	if was, is := sensesOf(e.hunk.old, opposites), sensesOf(e.hunk.new, opposites); len(was) > 0 && len(is) > 0 && !slices.Equal(was, is) && len(e.both) <= 12 {
		return became(0.7, old, new)
	}
	if was, is := bound(e.hunk.old), bound(e.hunk.new); was != is && was != "" && is != "" {
		return became(0.75, was, is)
	}
	if len(e.gone) == 1 && len(e.came) == 1 && turned(e.gone[0], e.came[0]) {
		return became(0.6, old, new)
	}
	if len(e.both) <= 1 && !e.heading {
		for _, list := range turns {
			if was, is := sensesOf(e.hunk.old, list), sensesOf(e.hunk.new, list); len(was) == 1 && len(is) == 1 && was[0] != is[0] {
				return became(0.6, old, new)
			}
		}
		if len(e.hunk.old) > 0 && len(e.hunk.new) > 0 && has(e.hunk.old, either.has) != has(e.hunk.new, either.has) && has(e.near(4), conditions.has) {
			return firm(0.55, "“%s” became “%s” beside a condition", shorten(old, 60), shorten(new, 60)), true
		}
	}
	weighs := has(e.near(3), e.strong) && len(e.both) <= 2 && !e.heading
	was, is := filter(keysOfWords(e.hunk.old), qualifiers.has), filter(keysOfWords(e.hunk.new), qualifiers.has)
	if q := slices.Concat(was, is); weighs && len(q) > 0 && (len(was) == 0 || len(is) == 0) {
		return firm(0.55, "“%s” came or went", q[0]), true
	}
	if verbs := filter(slices.Concat(oldVerbs, newVerbs), binds); weighs && len(verbs) > 0 && (len(oldVerbs) == 0 || len(newVerbs) == 0) {
		return firm(0.55, "“%s” came or went", verbs[0]), true
	}
	return f, false
}

// polarity names a word that turns a sentence round and that one side has more of; one
// negation for another turns nothing.
func polarity(old, new, after []word) string {
	count := func(all []word) (map[string]int, map[string]string) {
		n, said := map[string]int{}, map[string]string{}
		on := slices.Concat(all, after[:min(8, len(after))])
		for i, w := range all {
			k := plainKey(w.key)
			next := on[i+1 : min(i+9, len(on))]
			sense := negation(on, i)
			if sense == "not" && has(next[:min(len(next), 1)], costs.has) {
				sense = "free" // at no charge
			}
			if sense == "not" && has(next[:min(len(next), 4)], delays.has) {
				continue // "without undue delay" is "at once"
			}
			if sense == "" || len(next) > 0 && next[0].key == "-" && next[0].text == "-" && i+2 < len(all) { // non-fungible, all of it
				continue
			}
			n[sense]++
			said[sense] = k
		}
		return n, said
	}
	o, oldSaid := count(old)
	n, newSaid := count(new)
	for _, sense := range []string{"not", "only", "except", "always", "free", "usually"} {
		switch {
		case o[sense] > n[sense]:
			return oldSaid[sense]
		case n[sense] > o[sense]:
			return newSaid[sense]
		}
	}
	return ""
}

// sensesOf are the senses some words have in a list, each once.
func sensesOf(all []word, list map[string]string) (out []string) {
	for _, w := range all {
		if sense := list[plainKey(w.key)]; sense != "" {
			out = append(out, sense)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bound is which way some words limit a figure: up to it, or from it on.
func bound(all []word) string {
	text := " " + strings.Join(keysOfWords(all), " ") + " "
	holds := func(phrase string) bool { return strings.Contains(text, " "+phrase+" ") }
	switch {
	case slices.ContainsFunc(upTo, holds):
		return "up to"
	case slices.ContainsFunc(atMinimum, holds):
		return "at least"
	}
	return ""
}

var (
	upTo      = []string{"up to", "at most", "no more than", "not more than", "maximum", "bis zu", "hochstens", "maximal", "jusqu'a", "au plus", "hasta", "como maximo", "fino a", "al massimo", "ate", "no maximo", "tot", "maximaal"}
	atMinimum = []string{"at least", "no less than", "not less than", "minimum", "mindestens", "au moins", "al menos", "como minimo", "almeno", "pelo menos", "no minimo", "ten minste", "minstens"}
)

// strengths are how strong some modal verbs are: "will" and "shall" bind alike.
func strengths(verbs []string) string {
	var all []string
	for _, v := range verbs {
		all = append(all, modal(v))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// stillThere reports whether a word that limits, like "only", only changed its place in
// the paragraph. A "not" that does must turn the same verbs: "is not collected".
func (e edit) stillThere(said string) bool {
	sense := negations[said]
	if sense == "" {
		return false
	}
	if sense == "not" {
		was, is := denied(e.wasWords), denied(e.isWords)
		return len(was) > 0 && slices.Equal(was, is)
	}
	count := func(all []word) (n int) {
		for i := range all {
			if negation(all, i) == sense {
				n++
			}
		}
		return n
	}
	return count(e.wasWords) == count(e.isWords)
}

// denied are the words a "not" stands before, as stems and in order of the alphabet.
func denied(all []word) (out []string) {
	for i := range all {
		if negation(all, i) == "not" {
			if next := content(all[i+1 : min(i+4, len(all))]); len(next) > 0 {
				out = append(out, stemOf(next[0]))
			}
		}
	}
	slices.Sort(out)
	return out
}

// modal is how strong a verb is, or nothing for a word that is none.
func modal(k string) string {
	if strings.HasSuffix(k, "'ll") {
		return "must"
	}
	return modals[k]
}

// negation is what a word among others does to its sentence, or nothing: "mai" is a month
// beside a figure, "No." stands before one, French "ne" needs its other half, and
// "free" may be said of no price.
func negation(all []word, i int) string {
	k := plainKey(all[i].key)
	if months[k] && (i > 0 && all[i-1].number() || i+1 < len(all) && all[i+1].number()) {
		return ""
	}
	if strings.HasSuffix(k, "n't") {
		return "not"
	}
	if k == "no" && (i+1 < len(all) && all[i+1].number() || i+2 < len(all) && all[i+1].key == "." && all[i+2].number()) {
		return "" // No. 5
	}
	if k == "ni" && all[i].capital() && i+1 < len(all) && all[i+1].capital() {
		return "" // of a name: Ní Bhriain
	}
	if k == "ne" && !slices.ContainsFunc(all[i+1:min(i+8, len(all))], func(w word) bool { return negatives[plainKey(w.key)] }) {
		return "" // "à moins que vous ne refusiez"
	}
	if k == "free" && i > 0 && (all[i-1].mark() || all[i-1].key == "feel" || all[i-1].key == "toll") {
		return "" // not said of a price
	}
	return negations[k]
}
