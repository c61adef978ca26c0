package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Comparison is how one text became another, section by section.
type Comparison struct {
	Sections []Section `json:"sections"`
	alignment
}

// Section is what stands under one heading of the new text, matched with the old
// section it came from though that may be called otherwise or stand elsewhere; or a
// section of the old text that is gone.
type Section struct {
	ID      string  `json:"id"` // stable within the comparison, for links
	Heading string  `json:"heading"`
	Was     string  `json:"was,omitempty"`   // the old heading, if it was another
	Moved   bool    `json:"moved,omitempty"` // it stands elsewhere now
	Change  string  `json:"change"`          // same, edited, added or removed
	Blocks  []Block `json:"blocks,omitempty"`
}

// Block is a paragraph and its fate.
type Block struct {
	Change string  `json:"change"` // same, moved, edited, added or removed
	Old    string  `json:"old,omitempty"`
	New    string  `json:"new,omitempty"`
	Words  []Piece `json:"words,omitempty"` // of an edited paragraph
}

// Piece is a run of words with the same fate.
type Piece struct {
	Change string `json:"change"` // same, added or removed
	Text   string `json:"text"`
}

// Compare compares two texts: sections matched though renamed or moved, the
// paragraphs in them, and the words of those that were edited.
func Compare(old, new Document) Comparison {
	c := Comparison{alignment: align(old, new)}
	c.sections()
	return c
}

// sections gathers the rows under the headings of the new text.
func (c *Comparison) sections() {
	oldSections, newSections := split(c.old), split(c.new)
	// Every paragraph that stayed is a vote for the old section it stood in.
	votes := make([]map[int]int, len(newSections.start))
	for i := range votes {
		votes[i] = map[int]int{}
	}
	for _, r := range c.rows {
		if r.fate == same || r.fate == edited {
			votes[newSections.of[r.new[0]]][oldSections.of[r.old[0]]] += 1 + len(c.new[r.new[0]].words)
		}
	}
	from := make([]int, len(votes)) // old section of each new one, or -1
	to := map[int]int{}
	for i, v := range votes {
		from[i] = -1
		best := 0
		for o, n := range v {
			if n > best || n == best && from[i] > o {
				from[i], best = o, n
			}
		}
		if o := from[i]; o >= 0 {
			if j, taken := to[o]; !taken || votes[j][o] < best {
				to[o] = i
			}
		}
	}
	inOrder := increasing(from)
	c.Sections = make([]Section, len(votes))
	for i := range votes {
		s := &c.Sections[i]
		s.Heading = newSections.heading(c.new, i)
		if o := from[i]; o >= 0 {
			if was := oldSections.heading(c.old, o); to[o] == i && newParagraph(was).key != newParagraph(s.Heading).key {
				s.Was = was
			}
			s.Moved = !inOrder[i]
		}
	}
	var gone []int // old sections nothing came from, in order
	goneBlocks := map[int][]Block{}
	goneAfter := map[int]int{} // the new section each stood after
	current := 0
	for _, r := range c.rows {
		b := c.block(r)
		if len(r.new) > 0 {
			current = newSections.of[r.new[0]]
		} else if o := oldSections.of[r.old[0]]; r.fate == removed {
			if i, ok := to[o]; ok {
				c.Sections[i].Blocks = append(c.Sections[i].Blocks, b)
				continue
			}
			if _, ok := goneAfter[o]; !ok {
				gone, goneAfter[o] = append(gone, o), current
			}
			goneBlocks[o] = append(goneBlocks[o], b)
			continue
		} else {
			continue // moved away; it is shown where it stands now
		}
		c.Sections[current].Blocks = append(c.Sections[current].Blocks, b)
	}
	for i := range c.Sections {
		c.Sections[i].Change = fateOf(c.Sections[i], from[i] < 0)
	}
	// What is gone is shown behind the section it stood behind.
	var merged []Section
	next := 0
	lost := func(after int) {
		for ; next < len(gone) && goneAfter[gone[next]] <= after; next++ {
			merged = append(merged, Section{Heading: oldSections.heading(c.old, gone[next]), Change: removed, Blocks: goneBlocks[gone[next]]})
		}
	}
	slices.SortStableFunc(gone, func(x, y int) int { return cmp.Compare(goneAfter[x], goneAfter[y]) })
	for i, s := range c.Sections {
		lost(i - 1)
		merged = append(merged, s)
	}
	lost(len(c.Sections))
	c.Sections = merged
	for i := range c.Sections {
		c.Sections[i].ID = "s" + strconv.Itoa(i+1)
	}
}

func fateOf(s Section, isNew bool) string {
	fresh, old := 0, 0
	for _, b := range s.Blocks {
		switch b.Change {
		case same, moved:
			old++
		default:
			fresh++
		}
	}
	switch {
	case fresh == 0:
		return same
	case isNew && old == 0:
		return added
	}
	return edited
}

func (c *Comparison) block(r row) Block {
	b := Block{Change: r.fate, Old: textOfRows(c.old, r.old), New: textOfRows(c.new, r.new)}
	for _, h := range r.hunks {
		piece := func(change string, words []word) {
			if len(words) == 0 {
				return
			}
			var text strings.Builder
			for _, w := range words {
				text.WriteString(w.text)
			}
			b.Words = append(b.Words, Piece{Change: change, Text: text.String()})
		}
		if h.same {
			piece(same, h.new)
		} else {
			piece(removed, h.old)
			piece(added, h.new)
		}
	}
	return b
}

func textOfRows(d Document, indexes []int) (text string) {
	for i, p := range indexes {
		if i > 0 {
			text += "\n"
		}
		text += d[p].Text
	}
	return text
}

// outline is a document cut at its headings.
type outline struct {
	start []int // first paragraph of each section
	of    []int // section of each paragraph
}

func split(d Document) (o outline) {
	o.of = make([]int, len(d))
	for i, p := range d {
		// Headings that follow each other open one section.
		if i == 0 || p.Heading > 0 && (d[i-1].Heading == 0 || p.Heading <= d[i-1].Heading && d[i-1].Heading < guessedHeading) {
			o.start = append(o.start, i)
		}
		o.of[i] = len(o.start) - 1
	}
	if len(d) == 0 {
		o.start = []int{0}
	}
	return o
}

func (o outline) heading(d Document, section int) string {
	if i := o.start[section]; i < len(d) && d[i].Heading > 0 {
		return d[i].Text
	}
	return ""
}

// increasing marks a longest run of entries that stand in order; the others moved.
func increasing(from []int) []bool {
	before := make([]int, len(from))
	var tails []int // index of the last entry of the best run of each length
	for i, v := range from {
		if before[i] = -1; v < 0 {
			continue
		}
		lo, hi := 0, len(tails)
		for lo < hi {
			if mid := (lo + hi) / 2; from[tails[mid]] <= v {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		if lo > 0 {
			before[i] = tails[lo-1]
		}
		if lo == len(tails) {
			tails = append(tails, i)
		} else {
			tails[lo] = i
		}
	}
	in := make([]bool, len(from))
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			in[i] = true
		}
	}
	return in
}
