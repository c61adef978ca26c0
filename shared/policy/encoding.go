package policy

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"
)

// A misreading is UTF-8 that was taken for a table of 256 characters: "â€™" for an
// apostrophe and "Ã©" for é by Windows-1252, "Ĺ›" for ś by Windows-1250.
type misreading struct {
	signs string // characters it cannot do without
	runs  *regexp.Regexp
	table *charmap.Charmap
}

var misreadings = []misreading{
	{"ÂÃÄÅÐÑâð", regexp.MustCompile(`ð[Ÿ\x{9F}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2}|[ÂÃÄÅÐÑâ][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{1,2}`), charmap.Windows1252},
	{"ĂĹ", regexp.MustCompile(`â[\x{80}-\x{9F}€„”][\x{80}-\x{BF}‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘Ł¤Ą¦§¨©Ş«¬®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż]|[ĂÄĹÂ][\x{80}-\x{BF}€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘Ł¤Ą¦§¨©Ş«¬®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż]`), charmap.Windows1250},
}

// repair gives such characters back what they were; a page is served so for a day.
func repair(text string) string {
	for _, m := range misreadings {
		if strings.ContainsAny(text, m.signs) {
			text = m.runs.ReplaceAllStringFunc(text, m.undo)
		}
	}
	return text
}

// undo is a run as it was, or as it is if it was not misread.
func (m misreading) undo(run string) string {
	raw := make([]byte, 0, 4)
	for _, r := range run {
		b, ok := m.table.EncodeRune(r)
		if !ok && r > 0xff {
			return run
		} else if !ok {
			b = byte(r) // a few positions have no character
		}
		raw = append(raw, b)
	}
	// The run may hold one character more than the first byte asks for.
	r, size := utf8.DecodeRune(raw)
	if r == utf8.RuneError {
		return run
	}
	return string(r) + string([]rune(run)[size:])
}

// What a page does to its text on the way: an apostrophe that an encoding made a question
// mark of, or a space, and what was escaped twice.
var (
	lostApostrophe  = regexp.MustCompile(`(\p{L})\?(t|s|re|ll|ve|d|m)([^\w=]|$)`)
	spaceApostrophe = regexp.MustCompile(`\b((?i:do|does|did|is|are|was|were|has|have|had|wo|ca|could|would|should)n) t\b`)
	entity          = regexp.MustCompile(`&(?:[A-Za-z][a-z0-9]{1,9}|#x?[0-9A-Fa-f]{2,5});`)
)

// mend takes that back.
func mend(text string) string {
	if strings.Contains(text, "?") {
		text = lostApostrophe.ReplaceAllString(text, "$1'$2$3")
	}
	if strings.Contains(text, "n t") {
		text = spaceApostrophe.ReplaceAllString(text, "$1't")
	}
	if strings.Contains(text, "&") && entity.MatchString(text) {
		text = html.UnescapeString(text)
	}
	return text
}
