package policy

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// owners tells, while a page is read, what an entry belongs to: one of a list to the
// words that open it, a cell to the first of its row and to the name of its column.
type owners struct {
	lead    string   // the last paragraph that is no entry
	columns []string // of the table, their names
	column  int      // the one at hand, from 0; -1 before the first
	row     string   // what the first cell of the row says, or of one above if it is empty
	headed  bool     // that cell has been read
	merged  bool     // cells go over several rows or columns: nobody knows whose they are
}

// enter notes the beginning of a table, a row, a cell or a list; a nested list belongs to
// the last paragraph before it.
func (o *owners) enter(n *html.Node, nested bool, last string) {
	switch n.DataAtom {
	case atom.Ul, atom.Ol:
		if nested {
			o.lead = last // the entry it stands in
		}
	case atom.Table:
		*o = owners{lead: o.lead}
	case atom.Tr:
		o.column, o.headed = -1, false
	case atom.Td, atom.Th:
		o.column++
		o.merged = o.merged || slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
			return (a.Key == "rowspan" || a.Key == "colspan") && a.Val != "1"
		})
	}
}

// of is whose a paragraph is, as the keys of the words that say so; nothing if it is
// nobody's.
func (o *owners) of(p Paragraph) []string {
	switch {
	case p.Column && o.column >= 0:
		for len(o.columns) <= o.column {
			o.columns = append(o.columns, "")
		}
		o.columns[o.column] = p.key
	case p.Cell && o.column == 0 && !o.headed:
		o.row, o.headed = p.key, true
	case p.Cell:
		if !o.merged && o.column > 0 && o.column < len(o.columns) {
			return []string{o.row, o.columns[o.column]}
		}
	case p.Item:
		return []string{o.lead}
	default:
		o.lead = p.unmarked()
	}
	return nil
}

// displaced finds entries that both texts have but not of the same list or row, though
// both have those, too: what was said to be shared is said to be sold. It answers with
// the places in the new text and what they belonged to.
func (j *judge) displaced() map[int]string {
	type entries map[string][]int // by what they say
	list := func(own page, owners map[string]int) entries {
		out := entries{}
		for i, p := range own.Document {
			if len(p.of) > 0 && !p.Linked && !own.body.outside(i) && !slices.ContainsFunc(p.of, func(k string) bool { return owners[k] < 2 }) {
				out[p.key] = append(out[p.key], i)
			}
		}
		return out
	}
	owners := map[string]int{} // in how many of the texts they own something
	for _, d := range []Document{j.old.Document, j.new.Document} {
		for k := range d.owning() {
			owners[k]++
		}
	}
	out := map[int]string{}
	// Few pairs ask for them.
	old := sync.OnceValue(func() leads { return leadsOf(j.old.Document) })
	new := sync.OnceValue(func() leads { return leadsOf(j.new.Document) })
	was, is := list(j.old, owners), list(j.new, owners)
	for key, now := range is {
		left := map[string][]int{} // of the old text, by owner
		for _, i := range was[key] {
			k := strings.Join(j.old.Document[i].of, "\n")
			left[k] = append(left[k], i)
		}
		var came, went []int
		for _, i := range now {
			if k := strings.Join(j.new.Document[i].of, "\n"); len(left[k]) > 0 {
				left[k] = left[k][1:]
			} else {
				came = append(came, i)
			}
		}
		for _, rest := range left {
			went = append(went, rest...)
		}
		slices.Sort(went)
		for n := range min(len(came), len(went)) {
			from, to := j.old.Document[went[n]].of, j.new.Document[came[n]].of
			if len(from) == 1 && len(to) == 1 && old().order(from[0], to[0], went[n]) == new().order(from[0], to[0], came[n]) {
				continue // it reads as it did; a list is nested otherwise
			}
			out[came[n]] = from[0]
		}
	}
	return out
}

// leads are where the words stand that entries belong to, by key.
type leads map[string][]int

func leadsOf(d Document) leads {
	out := leads{}
	for i, p := range d {
		k := p.unmarked()
		out[k] = append(out[k], i)
	}
	return out
}

// order is in which order two of them and an entry are read, each the nearest one before
// the entry or else the first.
func (l leads) order(a, b string, entry int) (order [3]bool) {
	nearest := func(key string) int {
		at := l[key]
		if n, _ := slices.BinarySearch(at, entry); n > 0 {
			return at[n-1]
		} else if len(at) > 0 {
			return at[0]
		}
		return -1
	}
	x, y := nearest(a), nearest(b)
	return [3]bool{x < y, x < entry, y < entry}
}

// owning are the keys entries of a text belong to.
func (d Document) owning() map[string]bool {
	out := map[string]bool{}
	for _, p := range d {
		for _, k := range p.of {
			out[k] = true
		}
	}
	return out
}

// amongEntries reports whether a short line stands beside others like it that stayed.
func (j *judge) amongEntries(row int) bool {
	entry := func(p Paragraph) bool {
		return p.listed() && !p.dateLine() && !p.contactLine() && !sentenceEnd(p.Text)
	}
	if !entry(j.c.only(row)) {
		return false
	}
	stayed := 0
	for _, way := range []int{-1, 1} {
		for i := row + way; i >= 0 && i < len(j.c.rows) && i >= row-2 && i <= row+2; i += way {
			r := j.c.rows[i]
			if r.fate != same || !entry(j.c.new[r.new[0]]) || j.c.new[r.new[0]].adorned() {
				break
			}
			stayed++
		}
	}
	return stayed >= 2
}

// amongHeadings reports whether a heading stands between two of its level that stayed: a
// list that is set as headings.
func (j *judge) amongHeadings(row int) bool {
	n := 0
	for _, r := range j.c.stayedBeside(row) {
		if p := j.c.new[r.new[0]]; p.Heading == j.c.only(row).Heading {
			n++
		}
	}
	return n == 2
}

// amongOthers reports whether a row is an entry of a list whose other entries are no
// headings: no table of contents, though a heading has its name.
func (j *judge) amongOthers(own page, row int) bool {
	for _, r := range j.c.stayedBeside(row) {
		if p := j.c.new[r.new[0]]; p.Item && !own.heads(p.key) {
			return true
		}
	}
	return false
}

// maxRun is how many rows away the end of a run of them is looked for.
const maxRun = 400

// withinTable reports whether a row, with those beside it of its fate, stands between
// entries that stayed and are no links.
func (j *judge) withinTable(row int) bool {
	fate := j.c.rows[row].fate
	for _, way := range []int{-1, 1} {
		i := row
		for i >= 0 && i < len(j.c.rows) && j.c.rows[i].fate == fate && max(i-row, row-i) < maxRun {
			i += way
		}
		if i < 0 || i >= len(j.c.rows) || j.c.rows[i].fate != same {
			return false
		}
		if p := j.c.new[j.c.rows[i].new[0]]; !p.Cell || p.Linked {
			return false
		}
	}
	return true
}

// extends reports whether a row is an entry of a list of the policy's that both texts
// have: right before or behind it stands one that stayed.
func (j *judge) extends(row int) bool {
	own, index := j.own(row)
	if !own.Document[index].Item || own.body.outside(index) {
		return false
	}
	for _, r := range j.c.stayedBeside(row) {
		beside := r.in(len(j.c.rows[row].new) > 0)
		if own.Document[beside[0]].Item || own.Document[beside[len(beside)-1]].Item {
			return true
		}
	}
	return false
}
