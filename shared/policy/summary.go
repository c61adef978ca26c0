package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// SummaryLabels word the lines of a drafted summary in the language of the policy.
type SummaryLabels struct {
	New, Gone string // {text}
	Now       string // {now} {before}
}

// Limits of a drafted summary: an officer shortens it; nobody reads a second policy.
const (
	maxSentence = 280
	maxPerPart  = 6
)

// Summarise drafts what changed, section by section, in sentences of the two texts
// and no others: what is said of a policy must be in it. It takes the places that are
// substantive, or all that count when none is.
func (v Verdict) Summarise(l SummaryLabels) string {
	least := Substantive
	if v.Class != Substantive {
		least = Editorial
	}
	rows := map[int]bool{}
	for _, f := range v.Findings {
		if f.Class.rank() >= least.rank() {
			rows[f.row] = true
		}
	}
	v.takeNames(rows)
	var b strings.Builder
	section, lines := "\x00", 0
	for i, r := range v.Comparison.rows {
		if !rows[i] {
			continue
		}
		heading := v.sectionOf(i)
		if heading != section {
			section, lines = heading, 0
			if heading != "" {
				b.WriteString("\n" + heading + "\n")
			}
		}
		for _, line := range v.lines(r, l) {
			if lines++; lines <= maxPerPart {
				b.WriteString("- " + line + "\n")
			}
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// maxName is how long, in characters, a line is that names what the next one describes.
const maxName = 80

// takeNames adds to what is told the short new line right before a new paragraph: the
// category, the recipient or the right that the paragraph describes.
func (v Verdict) takeNames(rows map[int]bool) {
	added := func(i int) (string, bool) {
		r := v.Comparison.rows[i]
		return textOfRows(v.Comparison.new, r.new), len(r.old) == 0 && len(r.new) > 0
	}
	for i := len(v.Comparison.rows) - 1; i > 0; i-- {
		if _, new := added(i); !rows[i] || !new {
			continue
		}
		name, new := added(i - 1)
		if new && utf8.RuneCountInString(name) <= maxName && name != v.sectionOf(i) {
			rows[i-1] = true
		}
	}
}

// sectionOf is the section of a row; a name has that of what it names.
func (v Verdict) sectionOf(row int) string {
	for ; row < len(v.Comparison.rows); row++ {
		for _, f := range v.Findings {
			if f.row == row && f.Section != "" {
				return f.Section
			}
		}
	}
	return ""
}

// lines words one row by its sentences.
func (v Verdict) lines(r row, l SummaryLabels) (out []string) {
	old, new := sentences(textOfRows(v.Comparison.old, r.old)), sentences(textOfRows(v.Comparison.new, r.new))
	gone, came := without(old, new), without(new, old)
	if len(gone) == len(came) {
		for i := range came {
			out = append(out, strings.NewReplacer("{now}", shorten(came[i], maxSentence), "{before}", shorten(gone[i], maxSentence)).Replace(l.Now))
		}
		return out
	}
	for _, s := range came {
		out = append(out, strings.ReplaceAll(l.New, "{text}", shorten(s, maxSentence)))
	}
	for _, s := range gone {
		out = append(out, strings.ReplaceAll(l.Gone, "{text}", shorten(s, maxSentence)))
	}
	return out
}

// enumerator is how long, in bytes, a line's number is at most: "L.", "12.", "iii.".
const enumerator = 4

// sentences cuts a text behind full stops that a space and no lower-case letter
// follow, and behind those of scripts without spaces. The stop of a number that begins
// a line ends nothing.
func sentences(text string) (out []string) {
	start := 0
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:]) // one byte of a broken character
		end := i + size
		rest := text[end:]
		if strings.ContainsRune("。！？", r) || r == '\n' ||
			strings.ContainsRune(".!?", r) && strings.HasPrefix(rest, " ") && end-start > enumerator && !(len(rest) > 1 && rest[1] >= 'a' && rest[1] <= 'z') {
			if s := strings.TrimSpace(text[start:end]); s != "" {
				out = append(out, s)
			}
			start = end
		}
	}
	if s := strings.TrimSpace(text[start:]); s != "" {
		out = append(out, s)
	}
	return out
}

func without(list, other []string) (out []string) {
	for _, s := range list {
		if !slices.ContainsFunc(other, func(o string) bool { return newParagraph(o).key == newParagraph(s).key }) {
			out = append(out, s)
		}
	}
	return out
}
