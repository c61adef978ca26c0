package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// word is a word of a text, or a mark between words.
type word struct {
	text  string // as written, with the space before it
	key   string // lower case, quotes and dashes alike; words with the same key are the same
	start int
	// linked words are a link's.
	linked bool
}

// words cuts a text by the Unicode word boundaries, which know every script: a Han
// character is a word. Mail and web addresses stay whole.
func words(text string) (out []word) {
	at := 0
	for len(text) > at {
		space := at
		for at < len(text) {
			r, size := utf8.DecodeRuneInString(text[at:])
			if !unicode.IsSpace(r) {
				break
			}
			at += size
		}
		end := at
		for end < len(text) {
			r, size := utf8.DecodeRuneInString(text[end:])
			if unicode.IsSpace(r) {
				break
			}
			end += size
		}
		if end == at {
			break
		}
		field := text[at:end]
		if from, to := addressIn(field); to > from {
			out = cut(out, text, space, at, at+from)
			begin := at + from
			if from == 0 {
				begin = space
			}
			out = append(out, word{text: text[begin : at+to], key: strings.ToLower(field[from:to]), start: at + from})
			out = cut(out, text, at+to, at+to, end)
		} else {
			out = cut(out, text, space, at, end)
		}
		at = end
	}
	return out
}

// cut appends the words of text[from:to]; the first takes the space before it.
func cut(out []word, text string, space, from, to int) []word {
	rest, state := text[from:to], -1
	for at := from; rest != ""; {
		var w string
		w, rest, state = uniseg.FirstWordInString(rest, state)
		begin := at
		if at == from {
			begin = space
		}
		out = append(out, word{text: text[begin : at+len(w)], key: key(w), start: at})
		at += len(w)
	}
	return out
}

// addressIn finds a mail or web address in a field between spaces.
func addressIn(field string) (from, to int) {
	if !strings.ContainsAny(field, "@/.") {
		return 0, 0
	}
	if !strings.Contains(field, "@") && !strings.Contains(field, "://") && !strings.HasPrefix(strings.ToLower(field), "www.") {
		return 0, 0
	}
	from = strings.IndexFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	to = strings.LastIndexFunc(field, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '/' })
	if from < 0 || to <= from {
		return 0, 0
	}
	_, size := utf8.DecodeRuneInString(field[to:])
	return from, to + size
}

var quotes = strings.NewReplacer("’", "'", "‘", "'", "`", "'", "´", "'", "“", `"`, "”", `"`, "«", `"`, "»", `"`, "„", `"`, "–", "-", "—", "-", "‑", "-", "‐", "-", "…", "...", "\ufffd", "",
	"ş", "ș", "ţ", "ț") // Romanian is written with either

func key(w string) string { return strings.Trim(quotes.Replace(strings.ToLower(w)), "_") }

// mark reports whether a word is no word: punctuation, a symbol, what is left of
// broken characters.
func (w word) mark() bool {
	for _, r := range w.key {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

func (w word) number() bool {
	r, _ := utf8.DecodeRuneInString(w.key)
	return unicode.IsDigit(r)
}

// capital reports whether a word is written like a name.
func (w word) capital() bool {
	text := strings.TrimLeft(w.text, " \t")
	upper := func(s string) bool {
		r, _ := utf8.DecodeRuneInString(s)
		return unicode.IsUpper(r)
	}
	before, after, found := strings.Cut(strings.ReplaceAll(text, "’", "'"), "'")
	return upper(text) || found && len(before) <= 2 && upper(after) // l'Institut
}

// party reports whether a word is of those to whom data go, or of keeping them somewhere;
// an App Store is neither.
func (w word) party() bool {
	k := plainKey(w.key)
	return parties.has(k) || k == "store" && !w.capital()
}

func (w word) address() bool {
	return strings.Contains(w.key, "@") || strings.Contains(w.key, "://") || strings.HasPrefix(w.key, "www.") || domain.MatchString(w.key)
}

// letterWords counts the words, marks left out.
func letterWords(all []word) (n int) {
	for _, w := range all {
		if !w.mark() {
			n++
		}
	}
	return n
}

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// sentenceEnd reports whether a text ends as sentences do.
func sentenceEnd(s string) bool {
	s = strings.TrimRight(s, ` )"'”’»*_`)
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?;。！？；؟।", r) && r != utf8.RuneError
}

// has reports whether the plain key of any of some words passes a test.
func has(all []word, test func(key string) bool) bool {
	for _, w := range all {
		if test(plainKey(w.key)) {
			return true
		}
	}
	return false
}

// keysOfMarked are the keys of the words that are no marks.
func keysOfMarked(all []word) (out []string) {
	for _, w := range all {
		if !w.mark() {
			out = append(out, w.key)
		}
	}
	return out
}

// keyOfWords is the key of a text of these words.
func keyOfWords(all []word) string { return strings.Join(keysOfMarked(all), " ") }

// keysOfWords are their plain keys, marks and all.
func keysOfWords(all []word) (out []string) {
	for _, w := range all {
		out = append(out, plainKey(w.key))
	}
	return out
}

// textKeys is what they read without spaces and marks.
func textKeys(all []word) string {
	var b strings.Builder
	for _, w := range all {
		if !w.mark() {
			b.WriteString(w.key)
		}
	}
	return b.String()
}
