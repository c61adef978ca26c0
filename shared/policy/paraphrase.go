package policy

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// reworded takes the findings of an edited paragraph back to edits when all its
// sentences that differ say the same in other words.
func reworded(was, is Paragraph, findings []Finding) []Finding {
	if slices.ContainsFunc(findings, func(f Finding) bool { return f.firm }) {
		return findings // figures, and what turns a sentence round
	}
	grave := slices.ContainsFunc(findings, func(f Finding) bool { return f.Class == Substantive })
	if !grave {
		return findings
	}
	var old, new []string
	oldAll, newAll := sentences(was.Text), sentences(is.Text)
	old, new = without(oldAll, newAll), without(newAll, oldAll)
	if len(old) == 0 || len(new) == 0 || len(old) > 3 || len(new) > 3 || !paraphrase(strings.Join(old, " "), strings.Join(new, " ")) {
		return findings
	}
	out := slices.Clone(findings)
	for i := range out {
		if out[i].Class == Substantive {
			out[i].Class, out[i].Weight, out[i].Reason = Editorial, 0.55, "the same is said in other words"
		}
	}
	return out
}

// paraphrase reports whether two texts say the same as far as words tell: those about
// data and terms, figures, names, and how much is allowed and denied are the same, and
// of the others each side has few the other lacks.
func paraphrase(old, new string) bool {
	a, b := newParagraph(old), newParagraph(new)
	if !maps.Equal(a.weight(), b.weight()) {
		return false
	}
	x, y := unlike(a.words, b.words), unlike(b.words, a.words)
	n, m := len(content(a.words)), len(content(b.words))
	// What only came, or only went, is no other wording.
	return x > 0 == (y > 0) && x*20 <= n*9 && y*20 <= m*9
}

// weight is what a text cannot lose without saying something else.
func (p Paragraph) weight() map[string]bool {
	out := map[string]bool{}
	senses := map[string]int{}
	for i, w := range p.words {
		k := plainKey(w.key)
		switch {
		case w.mark():
		case w.number() || isNumberWord(k) || units.has(k) || w.address():
			out[k] = true
		case negation(p.words, i) != "":
			senses[negation(p.words, i)]++
		case modal(k) != "":
			out["modal "+modal(k)] = true
		case opposites[k] != "":
			out["than "+opposites[k]] = true
		case contacts.has(k):
		case practiceStems.has(k) || parties.has(k) || deeds.has(k):
			out[stemOf(k)] = true
		case w.capital() && i > 0 && !stopwords[k] && !sentenceEnd(p.words[i-1].key):
			out[k] = true
		}
	}
	for sense, n := range senses {
		out[sense+" "+strconv.Itoa(n)] = true
	}
	return out
}

// stemOf is the beginning of a word that its other forms share, roughly.
func stemOf(k string) string {
	r := []rune(strings.TrimSuffix(k, "s"))
	return string(r[:min(len(r), 5)])
}

func stemsOf(keys []string) (out []string) {
	for _, k := range keys {
		out = append(out, stemOf(k))
	}
	return out
}

// unlike counts the words with content that have no like among others.
func unlike(all, others []word) (n int) {
	has := map[string]bool{}
	for _, k := range content(others) {
		has[stemOf(k)] = true
	}
	for _, k := range content(all) {
		if !has[stemOf(k)] {
			n++
		}
	}
	return n
}

// statement reports whether a hunk is a sentence about what is done with data, whatever it
// stands in.
func (e edit) statement() bool {
	return slices.ContainsFunc([][]word{e.hunk.old, e.hunk.new}, func(all []word) bool {
		return letterWords(all) >= 6 && sentenceEnd(textOfWords(all)) && has(all, pronouns.has) && has(all, e.strong)
	})
}

// bothGenders reports whether words only name women beside men, as German does: "Kundinnen
// und Kunden".
func (e edit) bothGenders() bool {
	keys := content(slices.Concat(e.hunk.old, e.hunk.new))
	if len(keys) != 1 || !e.conjoined() {
		return false
	}
	stem, ok := strings.CutSuffix(keys[0], "innen")
	return ok && len(stem) >= 3 && has(e.near(2), func(k string) bool { return strings.HasPrefix(k, stem) && k != keys[0] })
}

// sameThings are words, those for the same thing by one name.
func sameThings(keys []string) (out []string) {
	for _, k := range keys {
		if cookieNames.has(k) {
			k = "cookie"
		}
		if k = cmp.Or(synonyms[k], k); len(out) == 0 || k != out[len(out)-1] { // a cookie is called a cookie file, too
			out = append(out, k)
		}
	}
	return out
}
