package policy

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// edit is one hunk of an edited paragraph, where it stands.
type edit struct {
	hunk hunk

	gone, came []string // its words with content, of the old text and of the new
	both       []string
	size       int // of the longer of the two

	was, is           Paragraph
	wasWords, isWords []word // of the paragraphs, one or several
	wasAt, isAt       int    // where the hunk begins in them
	heading           bool
	linked            bool
	outside           bool
	addressee         bool // the line above an address

	oldPage, newPage page
}

// of is the edit that a hunk of the same paragraph is.
func (e edit) of(h hunk) edit {
	e.hunk, e.gone, e.came = h, content(h.old), content(h.new)
	e.both, e.size = slices.Concat(e.gone, e.came), max(len(e.gone), len(e.came))
	return e
}

func (e edit) quoteInContext() string {
	q := quote(e.hunk.old, e.hunk.new)
	before := e.before(4)
	after := e.after()
	after = after[:min(4, len(after))]
	if b, a := textOfWords(before), textOfWords(after); len(content(e.hunk.old)) <= 3 && len(content(e.hunk.new)) <= 3 && (b != "" || a != "") {
		q += " between “" + b + "” and “" + a + "”"
	}
	return q
}

// whole reports whether nothing of the paragraph remained.
func (e edit) whole() bool {
	return len(e.hunk.new) > 0 && len(content(e.hunk.new)) == len(content(e.isWords)) && len(content(e.hunk.old)) == len(content(e.wasWords))
}

// before are up to n words that stand before the hunk in the new text.
func (e edit) before(n int) []word { return e.isWords[max(e.isAt-n, 0):e.isAt] }

// after are the words that follow the hunk.
func (e edit) after() []word { return e.isWords[min(e.isAt+len(e.hunk.new), len(e.isWords)):] }

// near are the words around the hunk in the new text.
func (e edit) near(n int) []word {
	after := e.after()
	return slices.Concat(e.before(n), after[:min(n, len(after))])
}

// content are the words that carry meaning: no marks, no articles and the like.
func content(all []word) (out []string) {
	for _, w := range all {
		if k := plainKey(w.key); !w.mark() && !stopwords[k] {
			out = append(out, k)
		}
	}
	return out
}

// editRules are tried in order; the first that fits decides. Those that take a
// difference for nothing or for an edit say exactly when; what no rule explains is
// substantive if it is long or speaks of the subject.
var editRules = slices.Concat(outwardRules, stampRules, []rule[edit]{
	when(Editorial, 0.7, "what is said elsewhere, too, differs", edit.elsewhere),
	edit.numbers,

	// Names, addresses and signs for the same things.
	when(Editorial, 0.7, "another word for the same", edit.synonym),
	edit.abbreviation,
	when(Editorial, 0.6, "the label of a link differs", edit.linkLabel),
	edit.otherBasis,
	when(Editorial, 0.6, "the name of a link differs", edit.statutoryLink),
	edit.optedOver,
	when(Editorial, 0.85, "a word stood twice", edit.doubled),
	edit.negated,
	when(Editorial, 0.85, "spelling or grammar differs", edit.slip),
	when(Editorial, 0.75, "the new name of a section, or of somebody, differs", edit.renamed),
	edit.entity,
	when(Editorial, 0.92, "contact details differ", edit.address),
	when(Editorial, 0.6, "the way to get in touch differs", edit.otherWay),
	when(Editorial, 0.88, "spelling or grammar differs", edit.typo),
	edit.sense,
	when(Editorial, 0.85, "small words differ", func(e edit) bool { return len(e.both) == 0 }),

	// What the paragraph is.
	when(Substantive, 0.6, "an entry of a list or table differs", func(e edit) bool { return e.is.Item && !e.outside && e.whole() }),
	when(Editorial, 0.75, "the wording of a heading differs", func(e edit) bool { return e.heading && !e.statement() }),
	when(Editorial, 0.85, "contact details differ", func(e edit) bool {
		return e.contact() && !slices.ContainsFunc(e.both, e.strong) || e.is.contactLine() && e.was.contactLine()
	}),
	when(Editorial, 0.8, dateLineDiffers, func(e edit) bool { return e.is.dateLine() || e.was.dateLine() }),
	when(Editorial, 0.6, "the label of a link differs", func(e edit) bool { return e.linked }),
	when(Editorial, 0.65, "a reference differs", edit.reference),

	// Names of others.
	when(Editorial, 0.7, "the name of the authority differs", edit.authority),
	when(Editorial, 0.7, "the name of a person differs", func(e edit) bool {
		return e.names() && e.size <= 6 && has(e.hunk.old, honorifics.has) && has(e.hunk.new, honorifics.has)
	}),
	when(Substantive, 0.6, "an entry of a list names another", edit.otherEntry),
	when(Substantive, 0.7, "another is named as the controller", func(e edit) bool {
		return e.otherNames() && controller.MatchString(textOfWords(e.before(10)))
	}),
	when(Editorial, 0.7, "the name of who answers differs", func(e edit) bool { return e.names() && has(e.near(8), officers.has) && e.size <= 6 }),
	func(e edit) (Finding, bool) { return decide(oneSidedRules, e), len(e.gone) == 0 || len(e.came) == 0 },
	func(e edit) (Finding, bool) { return decide(wordingRules, e), true },
})

// synonym reports whether other words stand for the same things.
func (e edit) synonym() bool {
	return len(e.gone) > 0 && slices.Equal(sameThings(e.gone), sameThings(e.came)) && !slices.Equal(e.gone, e.came)
}

// linkLabel reports whether both texts say it in a link.
func (e edit) linkLabel() bool {
	return inLink(e.hunk.old) && inLink(e.hunk.new) && !slices.ContainsFunc(e.both, isAddress)
}

// otherBasis judges a letter of the article on legal bases.
func (e edit) otherBasis() (Finding, bool) {
	was, is := keysOfMarked(e.hunk.old), keysOfMarked(e.hunk.new)
	return firm(0.7, "another legal basis is named"),
		len(was) == 1 && len(is) == 1 && len(was[0])+len(is[0]) == 2 && legalBasis.MatchString(textOfWords(e.before(12)))
}

// statutoryLink reports whether it is a link whose name a law prescribes, with little
// around it.
func (e edit) statutoryLink() bool {
	old, new := textOfWords(e.hunk.old), textOfWords(e.hunk.new)
	was, is := statutory.ReplaceAllString(old, ""), statutory.ReplaceAllString(new, "")
	return was+is != old+new && len(content(words(was)))+len(content(words(is))) <= 3
}

// optedOver judges “in” and “out” behind “opt”.
func (e edit) optedOver() (Finding, bool) {
	opts := func(w word) bool { return strings.HasPrefix(w.key, "opt") }
	direction := func(k string) bool { return k == "in" || k == "out" }
	return firm(0.85, "opting in became opting out, or the other way round"), slices.ContainsFunc(e.near(2), opts) &&
		difference(filter(keysOfWords(e.hunk.old), direction), filter(keysOfWords(e.hunk.new), direction)) != ""
}

// negated judges a word that turns a sentence round.
func (e edit) negated() (Finding, bool) {
	n := polarity(e.hunk.old, e.hunk.new, e.after())
	return firm(0.85, "“%s” came or went", n), n != "" && !e.stillThere(n) && (!e.heading || e.is.promises() || e.was.promises())
}

// slip reports whether a letter of a longer word differs.
func (e edit) slip() bool {
	return len(e.gone) == 1 && len(e.came) == 1 && e.typo() &&
		distance([]rune(e.gone[0]), []rune(e.came[0])) == 1 && utf8.RuneCountInString(e.gone[0]) >= 7
}

// address reports whether an address differs and hardly more.
func (e edit) address() bool {
	return slices.ContainsFunc(e.both, isAddress) && every(e.both, func(k string) bool { return isAddress(k) || contacts.has(k) || len(k) < 3 })
}

// otherWay reports whether a form took an address's place, or the other way round.
func (e edit) otherWay() bool {
	way := func(k string) bool { return contacts.has(k) && !isAddress(k) }
	instead := func(address, form []string) bool {
		return slices.ContainsFunc(address, isAddress) && slices.ContainsFunc(form, way)
	}
	return (instead(e.gone, e.came) || instead(e.came, e.gone)) &&
		len(e.both) <= 8 && every(e.both, func(k string) bool { return isAddress(k) || way(k) || !e.strong(k) })
}

// reference reports whether it only says where, or as of when, something is said.
func (e edit) reference() bool {
	return every(e.both, func(k string) bool {
		return references[k] || dateContext.has(k) || k == "date" || k == "last" || k == "stated" || k == "set"
	})
}

// authority reports whether it is the name of an authority.
func (e edit) authority() bool {
	return e.names() && e.size <= 6 && slices.ContainsFunc(slices.Concat(e.near(4), e.hunk.new), func(w word) bool {
		return authorities[plainKey(w.key)] && w.capital()
	})
}

// otherNames reports whether names took the place of others.
func (e edit) otherNames() bool {
	return e.names() && overlap(e.gone, e.came) == 0 && len(e.gone) > 0 && len(e.came) > 0
}

// otherEntry reports whether an entry begins with another name.
func (e edit) otherEntry() bool {
	names := named(e.hunk.old) && named(e.hunk.new) || e.is.capitals() && e.was.capitals()
	return e.is.Item && e.isAt == 0 && names && e.otherNames() && !e.outside && !e.contact() &&
		!slices.ContainsFunc(e.both, isFigure) && len(content(e.is.words)) > len(e.came)
}

// outwardRules judge what differs in no word: characters, marks, an address that is
// hidden, the label of a link beside the text.
var outwardRules = []rule[edit]{
	when(None, 0.95, "broken characters differ", edit.garbled),
	edit.marks,
	when(None, 0.8, "the label of a link in a menu differs", func(e edit) bool {
		if has(e.is.words, dateContext.has) || e.is.dateLine() || slices.ContainsFunc(e.both, dateWord) {
			return false // a line about the text
		}
		return (e.is.menu() || e.was.menu()) && inLink(e.hunk.old) && inLink(e.hunk.new) ||
			e.outside && e.is.labels() >= 3 && e.was.labels() >= 3 && e.is.core()+e.was.core() == 0
	}),
	when(None, 0.8, "whose the trademarks of the site are differs", func(e edit) bool {
		return e.outside && e.is.core()+e.was.core() == 0 && trademark.MatchString(textOfWords(e.hunk.old)+textOfWords(e.hunk.new))
	}),
	when(None, 0.97, "the year of the copyright line differs", func(e edit) bool {
		return e.is.copyright() && every(e.both, dateLike.MatchString)
	}),
	when(None, 0.97, "an address is hidden or shown", edit.hides),
	when(None, 0.8, "an address is hidden or shown", edit.clipsAddress),
	when(Substantive, 0.55, "an entry of a list names another", func(e edit) bool {
		return e.linked && e.is.Item && !e.outside && e.whole() && e.names() && overlap(e.gone, e.came) == 0
	}),
	when(None, 0.85, "the label of a link outside the text differs", func(e edit) bool {
		return e.linked && (e.outside || e.is.subject() == 0)
	}),
}

// trademark is what the foot of a page says of the names on it.
var trademark = regexp.MustCompile(`(?i)\b(?:registered )?trademarks? of\b|\bmarques? déposées?\b|\b(?:eingetragene )?marken? de[rs]\b`)

// garbled reports whether one of the texts has characters that could not be read where
// the other has letters.
func (e edit) garbled() bool {
	old, new := textOfWords(e.hunk.old), textOfWords(e.hunk.new)
	return strings.ContainsRune(old+new, '\ufffd') && len(strings.Fields(old)) == len(strings.Fields(new)) &&
		slices.Equal(figuresOf(e.hunk.old), figuresOf(e.hunk.new))
}

// marks judges a hunk whose words are the same letters.
func (e edit) marks() (f Finding, ok bool) {
	plain := func(all []word) (s string) {
		for _, w := range all {
			if !w.mark() {
				s += strings.ReplaceAll(plainKey(w.key), "'", "")
			}
		}
		return s
	}
	if plain(e.hunk.old) != plain(e.hunk.new) {
		return f, false
	}
	old, new := textOfWords(e.hunk.old), textOfWords(e.hunk.new)
	layout := func(w word) bool { return !w.mark() || strings.Trim(w.key, layoutMarks) == "" }
	switch {
	case weighty(old) != weighty(new) || !slices.Equal(figureRuns.FindAllString(old, -1), figureRuns.FindAllString(new, -1)):
		return firm(0.7, "a figure or a sign that carries meaning differs"), true
	case textKeys(e.hunk.old) != textKeys(e.hunk.new):
		return as(Editorial, 0.9, "spelling differs"), true
	case !slices.ContainsFunc(slices.Concat(e.hunk.old, e.hunk.new), func(w word) bool { return !layout(w) }):
		return as(None, 0.95, "marks of layout differ"), true
	}
	return as(Editorial, 0.85, "punctuation differs"), true
}

// layoutMarks are written by what lays a text out.
const layoutMarks = "_*#|\\<>=-~[](){}/•·\"'+^`¶🔗↑↩›»«→←"

// figureRuns are the figures of a text, those that follow a letter too.
var figureRuns = regexp.MustCompile(`\d+`)

// hides reports whether an address is hidden in one of the texts.
func (e edit) hides() bool {
	words := filter(e.both, func(k string) bool { return !isAddress(k) && !hidden([]word{{key: k}}) })
	old, new := hidden(e.hunk.old), hidden(e.hunk.new)
	return len(words) <= 2 && (old && (new || len(e.came) == 0 || every(e.came, isAddress)) || new && (len(e.gone) == 0 || every(e.gone, isAddress)))
}

// clipsAddress reports whether one of the texts has a piece of the other's address.
func (e edit) clipsAddress() bool {
	return len(e.gone) == 1 && len(e.came) == 1 && strings.Contains(e.gone[0], "@") &&
		(strings.HasPrefix(e.gone[0], e.came[0]) || strings.HasPrefix(e.came[0], e.gone[0]))
}

// elsewhere reports whether words that only one text has are whole sentences that the
// other text has elsewhere.
func (e edit) elsewhere() bool {
	said := func(all []word, other page) bool {
		return letterWords(all) >= saidWords && other.says(newParagraph(textOfWords(all)))
	}
	return len(e.gone) == 0 && said(e.hunk.new, e.oldPage) || len(e.came) == 0 && said(e.hunk.old, e.newPage)
}

// strong reports whether a word speaks of what is done with data or of the terms; in a
// language without lists any longer word may.
func (e edit) strong(k string) bool {
	return practiceStems.has(k) || e.is.foreign && utf8.RuneCountInString(k) >= 5 && !e.names()
}

// inLink reports whether all of some words, and more than none, are a link's.
func inLink(all []word) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(w word) bool { return !w.linked && !w.mark() }) &&
		slices.ContainsFunc(all, func(w word) bool { return w.linked })
}

func isAddress(k string) bool { return word{key: k}.address() }

func hidden(all []word) bool {
	return slices.ContainsFunc(all, func(w word) bool {
		_, host, ok := strings.Cut(w.key, "@")
		return strings.Contains(w.key, hiddenAddress) || ok && !strings.Contains(host, ".") // what hides an address leaves a piece of it
	})
}
