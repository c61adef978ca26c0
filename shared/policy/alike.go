package policy

import (
	"hash/maphash"
	"slices"
)

// alike is how much of two paragraphs' shingles is the same, from 0 to 1.
func alike(a, b map[uint64]bool) float64 {
	n := 0
	for s := range a {
		if b[s] {
			n++
		}
	}
	return 2 * float64(n) / float64(max(len(a)+len(b), 1))
}

// sharing are the paragraphs with words that agree with the other text's.
func sharing(d Document, indexes []int, all []hunk, side func(hunk) []word) (out []int) {
	var agrees []bool
	for _, h := range all {
		for range side(h) {
			agrees = append(agrees, h.same)
		}
	}
	at := 0
	for _, p := range indexes {
		n := 0
		for _, w := range d[p].words {
			if agrees[at] && !w.mark() {
				n++
			}
			at++
		}
		if n > 0 {
			out = append(out, p)
		}
	}
	return out
}

// agreeing counts the words both sides have.
func agreeing(all []hunk) (n int) {
	for _, h := range all {
		if h.same {
			n += letterWords(h.new)
		}
	}
	return n
}

func keysOf(d Document) []string {
	keys := make([]string, len(d))
	for i, p := range d {
		keys[i] = p.key
	}
	return keys
}

func count(keys []string) map[string]int {
	n := make(map[string]int, len(keys))
	for _, k := range keys {
		n[k]++
	}
	return n
}

// joined is the words of paragraphs without the spaces between them: a break of a line
// may stand where the other text has nothing.
func joined(d Document, indexes []int) string {
	var b []byte
	for _, w := range wordsOf(d, indexes) {
		if !w.mark() {
			b = append(b, w.key...)
		}
	}
	return string(b)
}

// letterCount is how long that is; most gaps need no closer look.
func letterCount(d Document, indexes []int) (n int) {
	for _, p := range indexes {
		for _, w := range d[p].words {
			if !w.mark() {
				n += len(w.key)
			}
		}
	}
	return n
}

func wordsOf(d Document, indexes []int) (all []word) {
	for _, p := range indexes {
		for i, w := range d[p].words {
			if i == 0 && len(all) > 0 {
				w.text = "\n" + w.text
			}
			all = append(all, w)
		}
	}
	return all
}

// shingles are the pairs of neighbouring words of a paragraph, hashed; of a short one
// also its words.
func shingles(p Paragraph) map[uint64]bool {
	out := make(map[uint64]bool, len(p.words))
	var before uint64
	short := len(p.words) <= 12
	for _, w := range p.words {
		if w.mark() {
			continue
		}
		h := maphash.String(shingleSeed, w.key)
		if short {
			out[h] = true
		}
		out[before*1099511628211^h] = true
		before = h
	}
	return out
}

var shingleSeed = maphash.MakeSeed()

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

// overlap is how much of two lists is in both, from 0 to 1.
func overlap(a, b []string) float64 {
	n := 0
	for _, s := range a {
		if slices.Contains(b, s) {
			n++
		}
	}
	return float64(2*n) / float64(len(a)+len(b))
}
