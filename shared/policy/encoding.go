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

// lostApostrophe is one that an encoding made a question mark of, or a space.
var (
	lostApostrophe  = regexp.MustCompile(`(\p{L})\?(t|s|re|ll|ve|d|m)\b`)
	spaceApostrophe = regexp.MustCompile(`\b((?i:do|does|did|is|are|was|were|has|have|had|wo|ca|could|would|should)n) t\b`)
	entity          = regexp.MustCompile(`&(?:[a-z]{2,8}|#\d{2,5});`)
)

// mend writes such apostrophes back, and what was escaped twice.
func mend(text string) string {
	if strings.Contains(text, "?") {
		text = lostApostrophe.ReplaceAllString(text, "$1'$2")
	}
	if strings.Contains(text, "n t ") {
		text = spaceApostrophe.ReplaceAllString(text, "$1't")
	}
	if strings.Contains(text, "&") && entity.MatchString(text) {
		text = html.UnescapeString(text)
	}
	return text
}
