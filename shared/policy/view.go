package policy

import (
	"html"
	"html/template"
	"strings"
)

// Labels are the words of a comparison in the reader's language.
type Labels struct {
	Added, Removed, Moved, Unchanged, Contents string
	Language                                   string // of these words (BCP 47); empty where it is that of the text
	Text                                       string // language of the text that is compared; empty when it cannot be told
}

// HTML shows the comparison: first links to the sections that changed, then the
// sections. What was added and removed is underlined and struck through, and named
// for those who do not see that; unchanged parts are folded. A label in another language
// than the text says so (WCAG 2.2 § 3.1.2), and has a direction of its own: the
// paragraph it stands in goes by its first letter.
func (c Comparison) HTML(l Labels) template.HTML {
	v := view{labels: l}
	if l.Language != "" {
		v.label, v.text = spoken(l.Language), spoken(l.Text)
	}
	v.contents(c.Sections)
	for i := 0; i < len(c.Sections); {
		// Sections that did not change are folded together.
		n := i
		for n < len(c.Sections) && !c.Sections[n].changed() {
			n++
		}
		if n > i {
			v.fold(c.Sections[i:n])
		}
		if i = n; i < len(c.Sections) {
			v.section(c.Sections[i])
			i++
		}
	}
	return template.HTML(v.String())
}

// changed reports whether there is something to show of a section.
func (s Section) changed() bool { return s.Change != same || s.Was != "" }

type view struct {
	strings.Builder
	labels      Labels
	label, text string // attributes of elements that hold a label, and of text inside these
}

// spoken are the attributes of an element in a language.
func spoken(language string) string {
	return ` lang="` + html.EscapeString(language) + `" dir="auto"`
}

func (v *view) contents(sections []Section) {
	var items strings.Builder
	for _, s := range sections {
		if s.changed() && s.Heading != "" {
			items.WriteString(`<li><a href="#` + s.ID + `">` + html.EscapeString(s.Heading) + "</a></li>\n")
		}
	}
	if items.Len() > 0 {
		v.WriteString("<nav" + v.label + ` aria-label="` + html.EscapeString(v.labels.Contents) + `"><ul` + v.text + ">\n" + items.String() + "</ul></nav>\n")
	}
}

func (v *view) fold(sections []Section) {
	v.WriteString("<details><summary" + v.label + ">" + html.EscapeString(v.labels.Unchanged) + "</summary>\n")
	for _, s := range sections {
		for _, b := range s.Blocks {
			v.paragraph(escape(b.New))
		}
	}
	v.WriteString("</details>\n")
}

func (v *view) section(s Section) {
	v.WriteString(`<section id="` + s.ID + `">` + "\n")
	if s.Heading != "" {
		heading := html.EscapeString(s.Heading)
		switch {
		case s.Was != "":
			heading = v.mark("del", v.labels.Removed, s.Was) + " " + v.mark("ins", v.labels.Added, s.Heading)
		case s.Change == added:
			heading = v.mark("ins", v.labels.Added, s.Heading)
		case s.Change == removed:
			heading = v.mark("del", v.labels.Removed, s.Heading)
		}
		if s.Moved {
			heading += " <small" + v.label + ">(" + html.EscapeString(v.labels.Moved) + ")</small>"
		}
		v.WriteString("<h2>" + heading + "</h2>\n")
	}
	blocks := s.Blocks
	if len(blocks) > 0 && (blocks[0].New == s.Heading || blocks[0].Old == s.Heading || s.Was != "" && blocks[0].Old == s.Was) {
		blocks = blocks[1:]
	}
	for i := 0; i < len(blocks); {
		n := i
		for n < len(blocks) && (blocks[n].Change == same || blocks[n].Change == moved) {
			n++
		}
		if n > i {
			v.fold([]Section{{Blocks: blocks[i:n]}})
		}
		if i = n; i < len(blocks) {
			v.block(blocks[i])
			i++
		}
	}
	v.WriteString("</section>\n")
}

func (v *view) block(b Block) {
	switch b.Change {
	case added:
		v.paragraph(v.mark("ins", v.labels.Added, b.New))
	case removed:
		v.paragraph(v.mark("del", v.labels.Removed, b.Old))
	case edited:
		var line strings.Builder
		for _, w := range b.Words {
			switch w.Change {
			case added:
				line.WriteString(v.mark("ins", v.labels.Added, w.Text))
			case removed:
				line.WriteString(v.mark("del", v.labels.Removed, w.Text))
			default:
				line.WriteString(escape(w.Text))
			}
		}
		v.paragraph(line.String())
	}
}

func (v *view) paragraph(marked string) {
	v.WriteString(`<p dir="auto">` + marked + "</p>\n")
}

// mark marks words up and names what became of them for screen readers.
func (v *view) mark(tag, label, text string) string {
	return "<" + tag + `><span class="hidden"` + v.label + ">" + html.EscapeString(label) + ": </span>" + escape(text) + "</" + tag + ">"
}

func escape(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>")
}

// Text shows what changed, section by section, with a sign before each line: + added,
// - removed.
func (c Comparison) Text() string {
	var b strings.Builder
	for _, s := range c.Sections {
		if !s.changed() {
			continue
		}
		if s.Heading != "" {
			b.WriteString("\n" + s.Heading + "\n")
		}
		for _, block := range s.Blocks {
			if block.Change != same && block.Change != moved {
				signed(&b, "- ", block.Old)
				signed(&b, "+ ", block.New)
			}
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

func signed(b *strings.Builder, sign, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(sign + line + "\n")
	}
}

// Changes are the sections without what did not change in them, for JSON.
func (c Comparison) Changes() []Section {
	out := []Section{}
	for _, s := range c.Sections {
		blocks := s.Blocks
		s.Blocks = nil
		for _, b := range blocks {
			if b.Change != same && b.Change != moved {
				s.Blocks = append(s.Blocks, b)
			}
		}
		out = append(out, s)
	}
	return out
}
