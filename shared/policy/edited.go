package policy

import (
	"maps"
	"strings"
)

// edits judges an edited paragraph: as a whole, if it is one the page writes by itself,
// and otherwise hunk by hunk.
func (j *judge) edits(r row) (out []Finding) {
	p, was := j.c.new[r.new[0]], j.c.old[r.old[0]]
	single := len(r.new) == 1 && len(r.old) == 1
	outside := j.new.body.outside(r.new[0]) && j.old.body.outside(r.old[0])
	if f, ok := j.unwritten(r, p, was, outside); ok {
		f.Quote = quote(was.words, p.words)
		return []Finding{f}
	}
	next := r.new[len(r.new)-1] + 1
	e := edit{is: p, was: was, outside: outside, linked: single && p.Linked && was.Linked, oldPage: j.old, newPage: j.new,
		heading:   single && p.Heading > 0 && !strings.Contains(p.Text, ": "),
		addressee: single && letterWords(p.words) <= 12 && p.capitals() && next < len(j.c.new) && j.c.new[next].contactLine()}
	for _, h := range r.hunks {
		e.wasWords, e.isWords = append(e.wasWords, h.old...), append(e.isWords, h.new...)
	}
	off := outside && j.offText(r.new[0], p, was)
	for _, h := range r.hunks {
		if !h.same {
			at := e.of(h)
			f := decide(editRules, at)
			f.Quote = at.quoteInContext()
			if off && !at.counts(f) {
				f.Class, f.Weight, f.Reason = None, 0.7, "text outside the policy's differs"
			}
			out = append(out, f)
		}
		e.wasAt, e.isAt = e.wasAt+len(h.old), e.isAt+len(h.new)
	}
	if single && !p.Item && !p.foreign && !foreign(p.words) {
		return reworded(was, p, out)
	}
	return out
}

// unwritten judges what nobody wrote: lines of the site, stamps, the path to the page,
// another layout of the same words.
func (j *judge) unwritten(r row, p, was Paragraph, outside bool) (f Finding, ok bool) {
	switch {
	case siteLine(p, was, outside):
		return as(None, 0.75, "the frame of the page differs"), true
	case toggles[p.key] && toggles[was.key] || p.timeStamp() && was.timeStamp():
		return as(None, 0.85, "what the page writes by itself differs"), true
	case outside && (pathInstead(was, p) || pathInstead(p, was)):
		return as(None, 0.8, "the path to the page differs"), true
	case r.rearranged() || p.Text == was.Text:
		return as(None, 0.7, "the layout of a list or table differs"), true
	case hanDate.ReplaceAllString(p.Text, "") == hanDate.ReplaceAllString(was.Text, ""):
		return as(Editorial, 0.9, dateDiffers), true
	}
	return f, false
}

// pathInstead reports whether a line is the path to the page and the other is, too, or a
// label of the site.
func pathInstead(other, p Paragraph) bool {
	return p.breadcrumb() && (other.breadcrumb() || other.idle() && letterWords(other.words) <= 6)
}

// siteLine reports whether a short line is the site's, before and now.
func siteLine(p, was Paragraph, outside bool) bool {
	if max(letterWords(p.words), letterWords(was.words)) > 15 || p.Linked || was.Linked || p.dateLine() && was.dateLine() || p.contactLine() || has(p.words, units.has) {
		return false
	}
	label := !p.Item && !p.sentence() && p.subject()+was.subject() == 0 && !price.MatchString(p.Text)
	return (outside || label) && p.idle() && was.idle() && (p.adorned() || was.adorned())
}

// offText reports whether a paragraph off the policy's text is the site's: before the
// title, behind other parts of the site, or the print below an offer; it speaks of no
// data, binds nobody and is no address.
func (j *judge) offText(index int, p, was Paragraph) bool {
	body := j.new.body
	where := j.apart(index) && (index < body.first || p.Heading > 0 || p.adorned() || p.offers() || was.offers() || j.new.beyond(index))
	address := p.addressed() || index >= body.title && (p.contactLine() || was.contactLine())
	binds := p.Heading == 0 && (p.binding() || was.binding())
	unheard := p.foreign && index < body.title // no word of it tells
	return where && !address && !binds && (unheard || p.core()+was.core() == 0) && !p.dateLine() && !was.dateLine()
}

// counts reports whether a difference matters off the policy's text, too: a figure in a
// sentence about the subject, the date of the text.
func (e edit) counts(f Finding) bool {
	return f.Reason == figureDiffers && e.is.sentence() && e.is.subject() > 0 ||
		(f.Reason == dateDiffers || f.Reason == dateInTextDiffers) && has(e.near(12), dateContext.has)
}

// apart reports whether a paragraph of the new text stands clearly off the policy:
// above its title, or behind its last sentence under another heading.
func (j *judge) apart(index int) bool {
	for i := j.new.body.last + 1; i < index; i++ {
		if j.c.new[i].Heading > 0 {
			return true
		}
	}
	if p := j.c.new[index]; index > j.new.body.last && p.Heading > 0 && p.subject() == 0 && !contactHeading(p.Text) {
		return true // the title of what stands behind
	}
	return index < j.new.body.title || j.new.body.title < 0 && index < j.new.body.first
}

// rearranged reports whether a few paragraphs say all that others said and no more, as
// a table does that became lines with the names of its columns in each.
func (r row) rearranged() bool {
	if len(r.old)+len(r.new) < 6 {
		return false
	}
	set := func(of func(hunk) []word) map[string]bool {
		out := map[string]bool{}
		for _, h := range r.hunks {
			for _, k := range content(of(h)) {
				out[k] = true
			}
		}
		return out
	}
	return maps.Equal(set(func(h hunk) []word { return h.old }), set(func(h hunk) []word { return h.new }))
}
