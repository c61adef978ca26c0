package notice

import (
	"strings"
	"unicode"
)

// Typed is a text as somebody typed it into a form, the way it is kept and counted: its
// lines end in \n, where forms send \r\n, nothing in it is a control character that cannot
// be seen, and no space is around it.
func Typed(text string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c != '\n' && unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ReplaceAll(text, "\r\n", "\n")))
}
