package policy

import "github.com/sergi/go-diff/diffmatchpatch"

// hunks compares the words of two paragraphs.
func hunks(old, new []word) (out []hunk) {
	keys := func(all []word) []string {
		k := make([]string, len(all))
		for i, w := range all {
			k[i] = w.key
		}
		return k
	}
	for _, d := range diff(keys(old), keys(new)) {
		n := len(out)
		switch {
		case d.same:
			out = append(out, hunk{same: true, old: old[d.old : d.old+d.n], new: new[d.new : d.new+d.n]})
		case n == 0 || out[n-1].same:
			out = append(out, hunk{})
			n++
			fallthrough
		default:
			if d.removed {
				out[n-1].old = append(out[n-1].old, old[d.old:d.old+d.n]...)
			} else {
				out[n-1].new = append(out[n-1].new, new[d.new:d.new+d.n]...)
			}
		}
	}
	return out
}

// run is a stretch of equal, removed or added items.
type run struct {
	same, removed bool
	old, new, n   int
}

// maxMyers is how many items are compared by Myers' algorithm at once, whose time
// grows with the square of what differs.
const maxMyers = 3000

// diff compares two lists. Long ones are first cut at the items that stand once in
// each, as patience diff does, so that a text of any size and shape is compared in
// time about proportional to it.
func diff(old, new []string) []run {
	var out []run
	add := func(same, removed bool, o, n, count int) {
		if count == 0 {
			return
		}
		if last := len(out) - 1; last >= 0 && out[last].same == same && out[last].removed == removed {
			out[last].n += count
			return
		}
		out = append(out, run{same, removed, o, n, count})
	}
	var compare func(a, b, c, d int) // old[a:b] with new[c:d]
	compare = func(a, b, c, d int) {
		head := 0
		for a+head < b && c+head < d && old[a+head] == new[c+head] {
			head++
		}
		add(true, false, a, c, head)
		a, c = a+head, c+head
		tail := 0
		for a < b-tail && c < d-tail && old[b-tail-1] == new[d-tail-1] {
			tail++
		}
		b, d = b-tail, d-tail
		switch {
		case a == b || c == d:
			add(false, true, a, c, b-a)
			add(false, false, b, c, d-c)
		case b-a+d-c <= maxMyers:
			for _, r := range myers(old[a:b], new[c:d]) {
				add(r.same, r.removed, a+r.old, c+r.new, r.n)
			}
		default:
			anchors := unique(old[a:b], new[c:d])
			if len(anchors) == 0 {
				add(false, true, a, c, b-a)
				add(false, false, b, c, d-c)
				break
			}
			o, n := a, c
			for _, at := range anchors {
				compare(o, a+at[0], n, c+at[1])
				add(true, false, a+at[0], c+at[1], 1)
				o, n = a+at[0]+1, c+at[1]+1
			}
			compare(o, b, n, d)
		}
		add(true, false, b, d, tail)
	}
	compare(0, len(old), 0, len(new))
	return out
}

// unique pairs the items that stand once in each list, those of them that are in the
// same order.
func unique(old, new []string) (pairs [][2]int) {
	inOld, inNew := count(old), count(new)
	at := map[string]int{}
	for i, item := range new {
		if inNew[item] == 1 {
			at[item] = i
		}
	}
	var from, to []int
	for i, item := range old {
		if n, ok := at[item]; ok && inOld[item] == 1 {
			from, to = append(from, i), append(to, n)
		}
	}
	for i, in := range increasing(to) {
		if in {
			pairs = append(pairs, [2]int{from[i], to[i]})
		}
	}
	return pairs
}

// myers compares two short lists, as the library does it for runes: each distinct
// item becomes one.
func myers(old, new []string) (out []run) {
	known := map[string]rune{}
	runes := func(items []string) []rune {
		r := make([]rune, len(items))
		for i, item := range items {
			c, ok := known[item]
			if !ok {
				if c = rune(len(known) + 1); c >= 0xD800 {
					c += 0x800 // no surrogates: they would not survive as text
				}
				known[item] = c
			}
			r[i] = c
		}
		return r
	}
	d := diffmatchpatch.New()
	d.DiffTimeout = 0 // the same result on every machine
	a, b := 0, 0
	for _, part := range d.DiffMainRunes(runes(old), runes(new), false) {
		n := len([]rune(part.Text))
		switch part.Type {
		case diffmatchpatch.DiffEqual:
			out = append(out, run{same: true, old: a, new: b, n: n})
			a, b = a+n, b+n
		case diffmatchpatch.DiffDelete:
			out = append(out, run{removed: true, old: a, new: b, n: n})
			a += n
		case diffmatchpatch.DiffInsert:
			out = append(out, run{old: a, new: b, n: n})
			b += n
		}
	}
	return out
}
