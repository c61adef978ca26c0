package policy

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/charmap"
)

// misread is UTF-8 that was taken for Windows-1252: "â€™" for an apostrophe, "Ã©" for é.
var misread = regexp.MustCompile(`ð[Ÿ\x{9F}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2}|[ÂÃÄÅÐÑâ][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{1,2}`)

// repair gives such characters back what they were; a page is served so for a day.
func repair(text string) string {
	if !strings.ContainsAny(text, "ÂÃÄÅÐÑâð") {
		return text
	}
	return misread.ReplaceAllStringFunc(text, func(run string) string {
		raw := make([]byte, 0, 3)
		for _, r := range run {
			b, ok := charmap.Windows1252.EncodeRune(r)
			if !ok && r > 0xff {
				return run
			} else if !ok {
				b = byte(r) // five positions have no character
			}
			raw = append(raw, b)
		}
		// The run may hold one character more than the first byte asks for.
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError {
			return run
		}
		rest := []rune(run)[size:]
		return string(r) + string(rest)
	})
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
