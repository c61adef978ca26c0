package policy

import (
	_ "embed" // the template
	"html/template"
	"strings"
	"sync"
)

// Labels are the words of a comparison in the reader's language.
type Labels struct {
	Added, Removed, Moved, Unchanged, Contents string
	Language                                   string // of these words (BCP 47); empty where it is that of the text
	Text                                       string // language of the text that is compared; empty when it cannot be told
}

//go:embed templates/comparison.html
var comparisonPage string

var comparisonTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("comparison").Parse(comparisonPage))
})

// HTML shows the comparison: first links to the sections that changed, then the
// sections. What was added and removed is underlined and struck through, and named
// for those who do not see that; unchanged parts are folded. A label in another language
// than the text says so (WCAG 2.2 § 3.1.2), and has a direction of its own: the
// paragraph it stands in goes by its first letter.
func (c Comparison) HTML(l Labels) template.HTML {
	page := shown{Labels: l}
	for _, s := range c.Sections {
		if s.changed() && s.Heading != "" {
			page.Contents = append(page.Contents, s)
		}
	}
	var unchanged [][]string
	fold := func() {
		if len(unchanged) > 0 {
			page.Parts = append(page.Parts, shownPart{Folded: unchanged})
		}
		unchanged = nil
	}
	for _, s := range c.Sections {
		if s.changed() {
			fold() // sections that did not change are folded together
			page.Parts = append(page.Parts, shownPart{Section: l.section(s)})
			continue
		}
		for _, b := range s.Blocks {
			unchanged = append(unchanged, lines(b.New))
		}
	}
	fold()
	var b strings.Builder
	if err := comparisonTemplate().Execute(&b, page); err != nil {
		panic(err) // it fails for no comparison: the writer cannot
	}
	return template.HTML(strings.TrimSuffix(b.String(), "\n"))
}

// changed reports whether there is something to show of a section.
func (s Section) changed() bool { return s.Change != same || s.Was != "" }

// shown is a comparison, or a section of one, as its template shows it.
type shown struct {
	Labels
	Contents  []Section // to link to
	ID        string
	Heading   []mark
	Elsewhere bool // it stood elsewhere before
	Parts     []shownPart
}

// shownPart is one of these: paragraphs that did not change, one that did, a section.
type shownPart struct {
	Folded  [][]string // lines of each
	Marks   []mark
	Section *shown
}

// mark is some words of a text and what became of them.
type mark struct {
	Came, Went bool
	Name       string // of what became of them, for those who do not see it
	Language   string // of the name
	Lines      []string
}

func (l Labels) came(text string) mark {
	return mark{Came: true, Name: l.Added, Language: l.Language, Lines: lines(text)}
}

func (l Labels) went(text string) mark {
	return mark{Went: true, Name: l.Removed, Language: l.Language, Lines: lines(text)}
}

func lines(text string) []string { return strings.Split(text, "\n") }

func (l Labels) section(s Section) *shown {
	out := &shown{Labels: l, ID: s.ID, Elsewhere: s.Moved}
	switch {
	case s.Heading == "":
	case s.Was != "":
		out.Heading = []mark{l.went(s.Was), {Lines: []string{" "}}, l.came(s.Heading)}
	case s.Change == added:
		out.Heading = []mark{l.came(s.Heading)}
	case s.Change == removed:
		out.Heading = []mark{l.went(s.Heading)}
	default:
		out.Heading = []mark{{Lines: lines(s.Heading)}}
	}
	blocks := s.Blocks
	if len(blocks) > 0 && (blocks[0].New == s.Heading || blocks[0].Old == s.Heading || s.Was != "" && blocks[0].Old == s.Was) {
		blocks = blocks[1:]
	}
	for i, b := range blocks {
		switch b.Change {
		case same, moved:
			if i == 0 || len(out.Parts) == 0 || out.Parts[len(out.Parts)-1].Folded == nil {
				out.Parts = append(out.Parts, shownPart{})
			}
			last := &out.Parts[len(out.Parts)-1]
			last.Folded = append(last.Folded, lines(b.New))
		default:
			out.Parts = append(out.Parts, shownPart{Marks: l.marks(b)})
		}
	}
	return out
}

// marks are the words of a paragraph that changed.
func (l Labels) marks(b Block) (out []mark) {
	switch b.Change {
	case added:
		return []mark{l.came(b.New)}
	case removed:
		return []mark{l.went(b.Old)}
	}
	for _, w := range b.Words {
		switch w.Change {
		case added:
			out = append(out, l.came(w.Text))
		case removed:
			out = append(out, l.went(w.Text))
		default:
			out = append(out, mark{Lines: lines(w.Text)})
		}
	}
	return out
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
