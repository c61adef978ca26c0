package policy

import (
	"regexp"
	"slices"
	"strings"
)

// stampRules judge what a page writes by itself or a list counts by: the mark of an entry,
// the time the page was made, a figure that lives.
var stampRules = []rule[edit]{
	when(None, 0.8, "the marks of a list differ", edit.enumerates),
	when(None, 0.8, "who wrote the page differs", func(e edit) bool {
		return byline.MatchString(e.is.Text) && byline.MatchString(e.was.Text) && letterWords(e.is.words) <= 10
	}),
	when(Editorial, 0.7, "contact details differ", edit.besideNumber),
	when(None, 0.85, "a button of the page differs", edit.toggles),
	when(None, 0.85, "the time the page was made differs", edit.stamped),
	when(None, 0.8, "the time the page was made differs", edit.timed),
	when(None, 0.7, "the date of an event differs", edit.event),
	when(None, 0.75, "a figure that lives differs", edit.lives),
	when(None, 0.6, "a figure that lives differs", edit.livesApart),
	when(None, 0.8, "a figure that lives differs", func(e edit) bool {
		ago := strings.Contains(e.is.Text, someTimeAgo) && strings.Contains(e.was.Text, someTimeAgo)
		return e.onlyFigures() && ago && letterWords(e.is.words) <= 25 && e.is.core() == 0
	}),
}

// enumerates reports whether it is the mark of an entry, before and now.
func (e edit) enumerates() bool {
	mark := func(all []word) bool {
		text := textOfWords(all)
		return strings.Trim(text, "*_") == "" || text == "o" || entryMark.MatchString(text)
	}
	return starts(e.wasWords, e.wasAt) && starts(e.isWords, e.isAt) && (!e.heading || len(e.hunk.old) == 0 || len(e.hunk.new) == 0) &&
		mark(e.hunk.old) && mark(e.hunk.new)
}

// starts reports whether a place is the beginning of a paragraph, of a few joined too.
func starts(all []word, at int) bool {
	return at == 0 || at < len(all) && strings.HasPrefix(all[at].text, "\n")
}

// byline says who wrote an article.
var byline = regexp.MustCompile(`(?i)^(?:written|posted|published|edited) by\b|^(?:écrit|rédigé) par\b|^(?:geschrieben|verfasst) von\b|^escrito por\b|^scritto da\b|^geschreven door\b`)

// toggles reports whether it is a button at the end of a line or in a link.
func (e edit) toggles() bool {
	label := strings.Join(slices.Concat(keysOfMarked(e.hunk.old), keysOfMarked(e.hunk.new)), " ")
	return toggles[label] && (e.isAt > 0 && len(e.after()) == 0 || e.linked || inLink(e.hunk.old) || inLink(e.hunk.new))
}

// onlyFigures reports whether nothing but figures and dates differs.
func (e edit) onlyFigures() bool {
	return len(e.both) > 0 && every(e.both, func(k string) bool { return dateWord(k) || isFigure(k) })
}

// stamped reports whether it stands behind words that say when the page was made.
func (e edit) stamped() bool {
	return e.onlyFigures() && !e.is.sentence() && has(e.before(16), stampWords.has) && !e.opening() && !e.counted()
}

// timed reports whether it is the time of day in a short line about nothing else.
func (e edit) timed() bool {
	return e.onlyFigures() && (e.outside || !e.is.sentence()) && timeOfDay.MatchString(e.is.Text) && timeOfDay.MatchString(e.was.Text) &&
		letterWords(e.is.words) <= 20 && e.is.core() == 0 && !e.opening()
}

// event reports whether it is the date of something that takes place.
func (e edit) event() bool {
	return e.onlyFigures() && letterWords(e.is.words) <= 15 && e.is.core() == 0 && !e.is.sentence() && has(e.is.words, weekdays.has) &&
		!has(e.is.words, dateContext.has) && !has(e.is.words, contacts.has) && slices.ContainsFunc(e.both, months.has)
}

// lives reports whether it is a figure a line counts readers, comments or visits by.
func (e edit) lives() bool {
	counts := e.is.live() && e.was.live() || has(e.is.words, stampWords.has) && !has(e.is.words, units.has) && e.is.subject() <= 1
	where := e.outside || !e.is.sentence() && (!e.is.Item || e.is.discussed())
	return e.onlyFigures() && counts && where && letterWords(e.is.words) <= 20 && e.is.core() == 0
}

// livesApart reports whether it is a figure of a short line off the policy's text that is
// no period, no year and no address.
func (e edit) livesApart() bool {
	strange := e.is.foreign || foreign(e.is.words) || e.is.core() == 0
	return e.onlyFigures() && e.outside && !e.is.sentence() && !e.is.Item && letterWords(e.is.words) <= 12 && strange &&
		!has(slices.Concat(e.is.words, e.was.words), units.has) && !e.is.contactLine() && !e.is.dateLine() && !yearFigure.MatchString(e.is.Text)
}
