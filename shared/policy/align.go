package policy

import (
	"cmp"
	"slices"
)

// How a paragraph fared.
const (
	same    = "same"
	moved   = "moved" // said elsewhere in the other text, too
	edited  = "edited"
	added   = "added"
	removed = "removed"
)

// alignment says which paragraphs took each other's place.
type alignment struct {
	old, new Document
	rows     []row
}

// row is a paragraph, or a few that were cut or joined, with its fate. A row of one
// text only has no paragraphs of the other.
type row struct {
	fate     string
	old, new []int // indexes
	hunks    []hunk
	gap      int // rows between the same two unchanged paragraphs share it
}

// in are a row's paragraphs in one of the texts.
func (r row) in(isNew bool) []int {
	if isNew {
		return r.new
	}
	return r.old
}

// text is one of the two texts.
func (a alignment) text(isNew bool) Document {
	if isNew {
		return a.new
	}
	return a.old
}

// hunk is a place where the words of two paragraphs differ, or agree.
type hunk struct {
	same     bool
	old, new []word
}

// align pairs the paragraphs of two texts: first those that are equal and in order,
// then, in the gaps, those that were moved, cut, joined or edited. It is linear in
// what is equal, and near it in the rest.
func align(old, new Document) alignment {
	a := alignment{old: old, new: new}
	var gaps []gap
	oldKeys, newKeys := keysOf(old), keysOf(new)
	for _, d := range diff(oldKeys, newKeys) {
		if d.same {
			if n := len(gaps); n > 0 && !gaps[n-1].closed {
				gaps[n-1].closed = true
			}
			for i := range d.n {
				gaps = append(gaps, gap{same: true, old: []int{d.old + i}, new: []int{d.new + i}, closed: true})
			}
			continue
		}
		if n := len(gaps); n == 0 || gaps[n-1].closed {
			gaps = append(gaps, gap{})
		}
		g := &gaps[len(gaps)-1]
		for i := range d.n {
			if d.removed {
				g.old = append(g.old, d.old+i)
			} else {
				g.new = append(g.new, d.new+i)
			}
		}
	}
	elsewhereOld, elsewhereNew := count(oldKeys), count(newKeys)
	var pool []int // gaps with paragraphs of either text still without a fate
	for i := range gaps {
		g := &gaps[i]
		if g.same {
			g.rows = []row{{fate: same, old: g.old, new: g.new, gap: i}}
			continue
		}
		g.old0, g.new0 = len(g.old), len(g.new)
		if g.sameJoined(old, new, i) {
			continue
		}
		g.old = g.takeMoved(old, g.old, elsewhereNew, elsewhereOld, false, i)
		g.new = g.takeMoved(new, g.new, elsewhereOld, elsewhereNew, true, i)
		if g.sameJoined(old, new, i) {
			continue
		}
		pool = append(pool, i)
	}
	pairUp(old, new, gaps, pool)
	for i := range gaps {
		a.rows = append(a.rows, inPlace(gaps[i].rows)...)
	}
	return a
}

// inPlace orders the rows of a gap as the new text has them, what is gone after what
// it stood behind.
func inPlace(rows []row) (out []row) {
	var gone []row
	for _, r := range rows {
		if len(r.new) == 0 {
			gone = append(gone, r)
		} else {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(x, y row) int { return cmp.Compare(x.new[0], y.new[0]) })
	slices.SortStableFunc(gone, func(x, y row) int { return cmp.Compare(x.old[0], y.old[0]) })
	type place struct{ old, at int }
	var stayed []place
	for i, r := range out {
		if len(r.old) > 0 {
			stayed = append(stayed, place{r.old[0], i + 1})
		}
	}
	slices.SortFunc(stayed, func(x, y place) int { return cmp.Compare(x.old, y.old) })
	behind := make([][]row, len(out)+1)
	at, next := 0, 0
	for _, r := range gone {
		for ; next < len(stayed) && stayed[next].old < r.old[0]; next++ {
			at = max(at, stayed[next].at)
		}
		behind[at] = append(behind[at], r)
	}
	merged := behind[0]
	for i, r := range out {
		merged = append(append(merged, r), behind[i+1]...)
	}
	return merged
}

// gap is what lies between two unchanged paragraphs.
type gap struct {
	same, closed bool
	old0, new0   int // how many paragraphs it has of each text
	old, new     []int
	rows         []row
}

// sameJoined pairs all that is left of a gap if the texts only break their lines
// elsewhere.
func (g *gap) sameJoined(old, new Document, at int) bool {
	if len(g.old) == 0 || len(g.new) == 0 || letterCount(old, g.old) != letterCount(new, g.new) || joined(old, g.old) != joined(new, g.new) || !slices.Equal(figuresOf(wordsOf(old, g.old)), figuresOf(wordsOf(new, g.new))) {
		return false
	}
	g.rows = append(g.rows, row{fate: same, old: g.old, new: g.new, gap: at})
	g.old, g.new = nil, nil
	return true
}

// movedWords is how long a paragraph is at least that is recognised elsewhere by
// itself; "Yes" in another cell of a table is not the same answer.
const movedWords = 4

// takeMoved gives rows to the paragraphs that the other text holds elsewhere, and
// returns the others. A short one counts if it stands as often in both texts or next
// to another that is found.
func (g *gap) takeMoved(d Document, indexes []int, other, own map[string]int, isNew bool, at int) (left []int) {
	found := make([]bool, len(indexes))
	inPlace := g.old0 > 0 && g.new0 > 0
	// A few that came, or went, between two that stayed, and no box with a heading.
	alone := (g.old0 == 0 || g.new0 == 0) && g.old0+g.new0 <= 3 && !slices.ContainsFunc(indexes, func(p int) bool { return d[p].Heading > 0 })
	for i, p := range indexes {
		k := d[p].key
		found[i] = other[k] > 0 && (letterWords(d[p].words) >= movedWords || other[k] == own[k])
		if (inPlace && d[p].Item || g.old0 == 1 && g.new0 == 1) && other[k] != own[k] {
			found[i] = false // it took another's place, and says what others say, too
		}
		if alone && other[k] != own[k] && (d[p].Item && len(d[p].of) > 0 || d[p].sentence()) && !twin(d, p) {
			found[i] = false // said of something else here
		}
	}
	// Both ways along the gap, for a list of short lines between two that are found.
	for i := 1; i < len(found); i++ {
		found[i] = found[i] || found[i-1] && other[d[indexes[i]].key] > 0
	}
	for i := len(found) - 2; i >= 0; i-- {
		found[i] = found[i] || found[i+1] && other[d[indexes[i]].key] > 0
	}
	for i, p := range indexes {
		if !found[i] {
			left = append(left, p)
			continue
		}
		r := row{fate: moved, gap: at}
		if isNew {
			r.new = []int{p}
		} else {
			r.old = []int{p}
		}
		g.rows = append(g.rows, r)
	}
	return left
}

// twin reports whether the same paragraph stands right beside one, under the same
// heading.
func twin(d Document, index int) bool {
	for _, way := range []int{-1, 1} {
		for i := index + way; i >= 0 && i < len(d) && i-index >= -2 && i-index <= 2 && d[i].Heading == 0; i += way {
			if d[i].key == d[index].key {
				return true
			}
		}
	}
	return false
}

// pair is two paragraphs that may have taken each other's place.
type pair struct {
	old, new       int
	oldGap, newGap int
	score          float64
}

// How alike the words of two paragraphs must be to be an edit of one: less in one
// place than far apart.
const (
	alikeNear = 0.35
	alikeFar  = 0.6
)

// pairUp finds, among the paragraphs without a fate, those that were edited.
func pairUp(old, new Document, gaps []gap, pool []int) {
	type place struct{ paragraph, gap int }
	index := map[uint64][]place{}
	sizes := map[int]int{}
	for _, g := range pool {
		for _, p := range gaps[g].old {
			grams := shingles(old[p])
			sizes[p] = len(grams)
			for s := range grams {
				index[s] = append(index[s], place{p, g})
			}
		}
	}
	var pairs []pair
	for _, g := range pool {
		for _, p := range gaps[g].new {
			grams := shingles(new[p])
			shared := map[place]int{}
			for s := range grams {
				if at := index[s]; len(at) <= 64 { // what stands everywhere tells nothing
					for _, o := range at {
						shared[o]++
					}
				}
			}
			for o, n := range shared {
				score := 2 * float64(n) / float64(sizes[o.paragraph]+len(grams))
				if least := min(sizes[o.paragraph], len(grams)); o.gap == g && least >= 3 && n*10 >= least*8 {
					score = max(score, alikeNear) // a piece of the other
				}
				if o.gap == g && score >= alikeNear || score >= alikeFar {
					if o.gap == g {
						score += 0.5
					}
					pairs = append(pairs, pair{o.paragraph, p, o.gap, g, score})
				}
			}
		}
		if len(gaps[g].old) == 1 && len(gaps[g].new) == 1 {
			o, n := gaps[g].old[0], gaps[g].new[0]
			short := max(letterWords(old[o].words), letterWords(new[n].words)) <= 6
			if short || old[o].Heading > 0 && new[n].Heading > 0 {
				pairs = append(pairs, pair{o, n, g, g, 0.3})
			}
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.new, y.new), cmp.Compare(x.old, y.old))
	})
	oldTaken, newTaken := map[int]bool{}, map[int]bool{}
	for _, p := range pairs {
		if oldTaken[p.old] || newTaken[p.new] {
			continue
		}
		oldTaken[p.old], newTaken[p.new] = true, true
		g := &gaps[p.newGap]
		g.rows = append(g.rows, row{fate: edited, old: []int{p.old}, new: []int{p.new}, gap: p.newGap,
			hunks: hunks(old[p.old].words, new[p.new].words)})
	}
	for _, i := range pool {
		g := &gaps[i]
		loose := func(taken map[int]bool) func(int) bool { return func(p int) bool { return taken[p] } }
		oldLeft := slices.DeleteFunc(slices.Clone(g.old), loose(oldTaken))
		newLeft := slices.DeleteFunc(slices.Clone(g.new), loose(newTaken))
		if len(oldLeft)+len(newLeft) > 0 && g.joinsBetter(old, new, i, oldTaken) {
			continue
		}
		oldLeft, newLeft = g.twins(old, new, i, oldLeft, newLeft)
		for _, p := range oldLeft {
			g.rows = append(g.rows, row{fate: removed, old: []int{p}, gap: i})
		}
		for _, p := range newLeft {
			g.rows = append(g.rows, row{fate: added, new: []int{p}, gap: i})
		}
	}
}

// twins pairs what is left with a paragraph of the same gap that counted as moved: of
// a passage that stands twice, one copy was edited to read as the other.
func (g *gap) twins(old, new Document, at int, oldLeft, newLeft []int) (o, n []int) {
	if len(g.rows)*(len(oldLeft)+len(newLeft)) > 10_000 {
		return oldLeft, newLeft
	}
	match := func(p int, isNew bool) bool {
		for i := range g.rows {
			r := &g.rows[i]
			if r.fate != moved || isNew != (len(r.new) == 0) {
				continue
			}
			was, is := p, 0
			if isNew {
				was, is = r.old[0], p
			} else {
				is = r.new[0]
			}
			if alike(shingles(old[was]), shingles(new[is])) >= alikeFar {
				*r = row{fate: edited, old: []int{was}, new: []int{is}, gap: at, hunks: hunks(old[was].words, new[is].words)}
				return true
			}
		}
		return false
	}
	for _, p := range oldLeft {
		if !match(p, false) {
			o = append(o, p)
		}
	}
	for _, p := range newLeft {
		if !match(p, true) {
			n = append(n, p)
		}
	}
	return o, n
}

// maxJoin is how many words a gap may hold to be compared as one text.
const maxJoin = 2000

// joinsBetter compares a gap as one text, for paragraphs that were cut in two or
// joined, and takes the result when it explains clearly more than the pairs do.
func (g *gap) joinsBetter(old, new Document, at int, oldTaken map[int]bool) bool {
	if len(g.old) == 0 || len(g.new) == 0 {
		return false
	}
	oldWords, newWords := wordsOf(old, g.old), wordsOf(new, g.new)
	if len(oldWords) > maxJoin || len(newWords) > maxJoin {
		return false
	}
	inPairs := 0
	for _, r := range g.rows {
		if r.fate != edited {
			continue
		}
		if !slices.Contains(g.old, r.old[0]) {
			return false // one came from elsewhere
		}
		inPairs += agreeing(r.hunks)
	}
	for _, p := range g.old {
		if oldTaken[p] && !slices.ContainsFunc(g.rows, func(r row) bool { return r.fate == edited && r.old[0] == p }) {
			return false // one went elsewhere
		}
	}
	h := hunks(oldWords, newWords)
	agree := agreeing(h)
	o, n := letterWords(oldWords), letterWords(newWords)
	if agree < inPairs+3 || agree*10 < inPairs*11 || agree*2 < min(o, n) || agree*5 < max(o, n) {
		return false // the small words of any text stand in one many times as long
	}
	g.rows = slices.DeleteFunc(g.rows, func(r row) bool { return r.fate == edited })
	// A paragraph none of whose words agree came or went by itself.
	oldIn, newIn := sharing(old, g.old, h, func(h hunk) []word { return h.old }), sharing(new, g.new, h, func(h hunk) []word { return h.new })
	for _, p := range g.old {
		if !slices.Contains(oldIn, p) {
			g.rows = append(g.rows, row{fate: removed, old: []int{p}, gap: at})
		}
	}
	for _, p := range g.new {
		if !slices.Contains(newIn, p) {
			g.rows = append(g.rows, row{fate: added, new: []int{p}, gap: at})
		}
	}
	if len(oldIn) < len(g.old) || len(newIn) < len(g.new) {
		h = hunks(wordsOf(old, oldIn), wordsOf(new, newIn))
	}
	g.rows = append(g.rows, row{fate: edited, old: oldIn, new: newIn, gap: -1, hunks: h})
	return true
}
