package policy

import (
	"slices"
	"strings"
)

// typo reports whether a hunk corrects a word: a letter or two, an ending, a word
// that stood twice.
func typo(e place, old, new []string) bool {
	if len(old) == 0 && len(new) == 0 {
		return false
	}
	if len(old)+len(new) == 1 {
		at, all, hunk := e.newAt, e.new, e.hunk.new
		if len(new) == 0 {
			at, all, hunk = e.oldAt, e.old, e.hunk.old
		}
		w := append(slices.Clone(old), new...)[0]
		twice := func(i int) bool { return i >= 0 && i < len(all) && plainKey(all[i].key) == w }
		return twice(at-1) || twice(at+len(hunk))
	}
	if len(old) != len(new) || len(old) > 2 {
		return false
	}
	for i := range old {
		if !misspelt(old[i], new[i]) {
			return false
		}
	}
	return true
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
	return d == 1 && longest >= 4 || d == 2 && longest >= 6 || common >= 4 && longest-common <= 3 && d <= 3
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
