package policy

import (
	"slices"
	"strings"
)

// typo reports whether a hunk corrects a word: a letter or two, an ending.
func (e edit) typo() bool {
	if len(e.gone) == 0 && len(e.came) == 0 {
		return false
	}
	if len(e.gone) != len(e.came) || len(e.gone) > 2 {
		return false
	}
	for i := range e.gone {
		if d := distance([]rune(e.gone[i]), []rune(e.came[i])); e.names() && e.isAt > 0 && d > 1 && !anagram([]rune(e.gone[i]), []rune(e.came[i])) && !strings.HasPrefix(e.came[i], e.gone[i]) && !strings.HasPrefix(e.gone[i], e.came[i]) {
			return false // another name
		}
		if !misspelt(e.gone[i], e.came[i]) || e.is.foreign && distance([]rune(e.gone[i]), []rune(e.came[i])) > 1 && !anagram([]rune(e.gone[i]), []rune(e.came[i])) {
			return false
		}
	}
	return true
}

// doubled reports whether a hunk is a word that stood twice in a row, or does now.
func (e edit) doubled() bool {
	at, all, hunk, other := e.isAt, e.isWords, e.hunk.new, e.hunk.old
	if len(hunk) == 0 {
		at, all, hunk, other = e.wasAt, e.wasWords, e.hunk.old, e.hunk.new
	}
	if len(hunk) != 1 || len(other) > 0 || hunk[0].mark() {
		return false
	}
	twice := func(i int) bool { return i >= 0 && i < len(all) && all[i].key == hunk[0].key }
	return twice(at-1) || twice(at+1)
}

// ordinals are written either way.
var ordinals = map[string]string{"1st": "1", "first": "1", "2nd": "2", "second": "2", "3rd": "3", "third": "3", "4th": "4", "fourth": "4", "5th": "5", "fifth": "5"}

func misspelt(a, b string) bool {
	if a == b || ordinals[a] != "" && ordinals[a] == ordinals[b] {
		return true
	}
	x, y := []rune(a), []rune(b)
	if short, long := shorterFirst(a, b); len(short) >= 2 && !practiceStems.has(short) && !practiceStems.has(long) && strings.HasPrefix(long, short) && modal(a)+modal(b)+negations[a]+negations[b] == "" {
		return true // an abbreviation
	}
	if modal(a) != "" || modal(b) != "" || negations[a] != "" || negations[b] != "" {
		return false
	}
	common := 0
	for common < min(len(x), len(y)) && x[common] == y[common] {
		common++
	}
	d := distance(x, y)
	longest := max(len(x), len(y))
	if turned(a, b) || d > 1 && (practiceStems.has(a) || practiceStems.has(b)) && stemOf(a) != stemOf(b) && !anagram(x, y) {
		return false // another word, not a slip
	}
	return d == 1 && longest >= 4 || d == 2 && longest >= 6 || common >= 4 && longest-common <= 3 && d <= 3
}

// turned reports whether one of two words is the other behind a syllable that turns it
// round, or the two begin with syllables that do: encrypted and unencrypted, includes and
// excludes.
func turned(a, b string) bool {
	short, long := shorterFirst(a, b)
	if head, ok := strings.CutSuffix(long, short); ok && turning[head] {
		return true
	}
	for _, pair := range [][2]string{{"er", "ee"}, {"or", "ee"}, {"ers", "ees"}, {"ors", "ees"}} {
		x, isX := strings.CutSuffix(a, pair[0])
		y, isY := strings.CutSuffix(b, pair[1])
		if u, isU := strings.CutSuffix(b, pair[0]); isU && !isX {
			v, isV := strings.CutSuffix(a, pair[1])
			x, isX, y, isY = u, isU, v, isV
		}
		if isX && isY && x == y && len(x) > 2 {
			return true
		}
	}
	for _, pair := range [][2]string{{"in", "ex"}, {"in", "de"}, {"im", "ex"}, {"einge", "ausge"}, {"ein", "aus"}} {
		for _, p := range [][2]string{pair, {pair[1], pair[0]}} {
			if rest, ok := strings.CutPrefix(a, p[0]); ok && b == p[1]+rest && rest != "" {
				return true
			}
		}
	}
	return false
}

var turning = set("un non ir il dis mis ne nie nem anti onge")

// anagram reports whether two words have the same letters.
func anagram(a, b []rune) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func shorterFirst(a, b string) (short, long string) {
	if len(a) > len(b) {
		return b, a
	}
	return a, b
}

// distance is the edit distance of two words.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range a {
		diagonal := row[0]
		row[0]++
		for k := range b {
			cost := diagonal
			if a[i] != b[k] {
				cost++
			}
			diagonal = row[k+1]
			row[k+1] = min(cost, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}
