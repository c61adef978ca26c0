package policy

import (
	"regexp"
	"slices"
	"strings"
)

// dialled reports whether a hunk stands within a telephone number, or right behind the
// word for one.
func (e edit) dialled() bool {
	digits := 0
	count := func(w word) bool {
		if !w.number() && !(w.mark() && strings.Trim(w.key, "+-()/. ") == "") {
			return false
		}
		for _, r := range w.key {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		return true
	}
	at := e.isAt - 1
	for ; at >= 0 && count(e.isWords[at]); at-- {
	}
	for _, w := range e.hunk.new {
		count(w)
	}
	for _, w := range e.after() {
		if !count(w) {
			break
		}
	}
	if digits >= 7 && digits <= 16 && !slices.ContainsFunc(e.hunk.new, func(w word) bool { return dateLike.MatchString(w.key) && strings.Count(w.key, ".") == 2 }) {
		return true
	}
	for i := at; i >= max(at-2, 0); i-- {
		if k := plainKey(e.isWords[i].key); dialWords[k] && (digits >= 5 || extensions[k]) {
			return true
		}
	}
	return false
}

// refersTo reports whether nothing differs but which section is meant: "Sections 6(d) and
// 7(e)".
func (e edit) refersTo() bool {
	section := func(k string) bool { return references[k] || references[strings.TrimSuffix(k, "s")] }
	numbered := len(e.both) > 0 && every(e.both, func(k string) bool { return section(k) || dotted.MatchString(k) })
	next := e.after()
	lettered := len(next) > 1 && next[0].key == "(" && letters(next[1].key) == 1 && !next[1].number()
	return numbered && (slices.ContainsFunc(e.both, section) || lettered && has(e.before(10), section))
}

// reported is a count of what was, as some laws ask for once a year.
var reported = regexp.MustCompile(`(?i)\b(?:total )?(?:number of|nombre de|anzahl (?:der)?|número de|numero di)\b[^.:]{3,90}: ?\d[\d.,]*\W*$`)

// counted reports whether a hunk ends with a figure whose unit follows: "30 calendar
// days".
func (e edit) counted() bool {
	last := slices.IndexFunc(e.hunk.new, word.number)
	if last < 0 || slices.IndexFunc(e.hunk.old, word.number) < 0 || has(e.before(3), shareCapital.has) {
		return false
	}
	return unitFollows(slices.Concat(e.hunk.new[last+1:], e.after()))
}

// unitFollows reports whether a unit is among the next two words, behind a figure in
// brackets perhaps: "thirty (30) days".
func unitFollows(next []word) bool {
	n := 0
	for _, w := range next {
		switch {
		case w.key == "(" || w.key == ")":
		case w.number() && n == 0:
		case units.has(plainKey(w.key)):
			return true
		case w.mark() || w.number() || n > 0:
			return false
		default:
			n++
		}
	}
	return false
}

// spelled reports whether numbers came or went beside the same in figures: "thirty (30)".
func (e edit) spelled(values []string) bool {
	next := e.near(2)
	return every(values, func(v string) bool {
		return slices.ContainsFunc(next, func(w word) bool { return valueOf(plainKey(w.key)) == v })
	})
}

// aged reports whether a hunk stands behind a word for how old somebody is.
func (e edit) aged() bool {
	return has(e.before(3), ageWords.has)
}

// oneOrMore reports whether a number of things became one of them, or the other way
// round: "two requests" and "a request". An article says "one" beside such a number
// only.
func (e edit) oneOrMore() bool {
	test := func(many, one []word) bool {
		for i, w := range many {
			if k := plainKey(w.key); i+1 < len(many) && isNumberWord(k) && !articles[k] {
				for n := range len(one) - 1 {
					if articles[plainKey(one[n].key)] && stemOf(plainKey(one[n+1].key)) == stemOf(plainKey(many[i+1].key)) {
						return true
					}
				}
			}
		}
		return false
	}
	return len(e.hunk.old)+len(e.hunk.new) <= 40 && (test(e.hunk.old, e.hunk.new) || test(e.hunk.new, e.hunk.old))
}

// figured is an edit with the figures in it.
type figured struct {
	edit
	gone, came   []string // figures
	before, next []word   // up to three words each
}

// numbers judges hunks in which figures, or words for figures, differ.
func (e edit) numbers() (f Finding, ok bool) {
	next := e.after()
	x := figured{edit: e, gone: filter(e.gone, isFigure), came: filter(e.came, isFigure), before: e.before(3), next: next[:min(3, len(next))]}
	f, ok = first(countRules, x)
	// "May" and "march" are verbs, too.
	month := slices.ContainsFunc(e.both, months.has) && slices.ContainsFunc(e.near(2), word.number)
	if !ok && (len(x.gone)+len(x.came) > 0 || month) {
		f, ok = first(figureRules, x)
	}
	f.firm = f.Class == Substantive // no paraphrase takes a figure back
	return f, ok
}

// countRules judge how many, how long, how old and how often.
var countRules = []rule[figured]{
	when(Editorial, 0.8, "a figure is written otherwise", figured.sameValue),
	when(Editorial, 0.8, "a figure is spelled out, or no longer", figured.spelledOut),
	when(Substantive, 0.85, figureDiffers, figured.otherWord),
	when(Substantive, 0.9, "an age differs", figured.otherAge),
	when(Substantive, 0.75, "how many differs", func(x figured) bool { return x.oneOrMore() }),
	when(Editorial, 0.75, "a reference differs", func(x figured) bool { return x.refersTo() }),
	when(Editorial, 0.75, "a time is written otherwise", func(x figured) bool { return x.lastsAsLong() }),
	when(Editorial, 0.65, "a figure that is reported differs", func(x figured) bool {
		return len(x.is.Text) <= longLabel && reported.MatchString(x.is.Text) && reported.MatchString(x.was.Text)
	}),
	when(Editorial, 0.75, "hours differ", func(x figured) bool {
		return x.onTheClock(x.gone, x.came) && len(x.next) > 0 && x.opening()
	}),
	when(Substantive, 0.9, figureDiffers, func(x figured) bool { return difference(x.gone, x.came) != "" && x.counted() }),
	when(Editorial, 0.75, "hours differ", func(x figured) bool {
		return len(x.gone)+len(x.came) > 0 && x.opening() && every(x.both, func(k string) bool { return isFigure(k) || weekdays.has(k) || hourWords[k] })
	}),
	when(Substantive, 0.8, "how often differs", figured.otherOften),
	when(Substantive, 0.85, "the unit of a figure differs", figured.otherUnit),
}

// figureRules judge dates, and figures that count nothing.
var figureRules = []rule[figured]{
	when(Editorial, 0.85, dateDiffers, func(x figured) bool {
		text := textOfWords(x.hunk.old) + " " + textOfWords(x.hunk.new)
		return hanDate.MatchString(text) && len(words(hanDate.ReplaceAllString(text, ""))) <= 4
	}),
	when(Editorial, 0.93, dateDiffers, func(x figured) bool {
		return x.date() && (x.nearDate() || x.is.dateLine() || len(x.is.words) <= 15)
	}),
	when(Editorial, 0.7, dateInTextDiffers, figured.date),
	when(Editorial, 0.8, dateDiffers, func(x figured) bool { return x.withinDate() || x.yearSpan() }),
	when(Editorial, 0.85, dateDiffers, func(x figured) bool { return x.onlyDates() && x.nearDate() && x.month() }),
	when(Editorial, 0.8, "contact details differ", func(x figured) bool {
		return len(x.both)-len(x.gone)-len(x.came) <= 1 && len(x.gone)+len(x.came) > 0 && (x.dialled() || x.opening())
	}),
	when(Editorial, 0.7, "the details of a company differ", func(x figured) bool { return has(x.before, shareCapital.has) }),
	when(Editorial, 0.75, "contact details differ", figured.houseNumber),
	when(Substantive, 0.9, figureDiffers, func(x figured) bool { return !x.inAddress() && x.unit() && difference(x.gone, x.came) != "" }),
	when(Editorial, 0.88, "a reference differs", func(x figured) bool {
		return !x.inAddress() && len(x.gone)+len(x.came) > 0 && slices.ContainsFunc(x.before, func(w word) bool { return references[plainKey(w.key)] || w.key == "§" })
	}),
	when(Editorial, 0.88, "numbering differs", figured.numbering),
	when(Substantive, 0.6, "a figure differs", func(x figured) bool {
		return !x.contact() && len(x.both) > 0 && len(x.both) == len(x.gone)+len(x.came) && difference(x.gone, x.came) != ""
	}),
}

// isFigure reports whether a word begins with a digit.
func isFigure(k string) bool { return k != "" && k[0] >= '0' && k[0] <= '9' }

// isCount reports whether a word is a figure or a word for one.
func isCount(k string) bool { return isFigure(k) || isNumberWord(k) }

// counts are the figures in it, words for figures among them.
func (x figured) counts() (gone, came []string) {
	return filter(x.edit.gone, isCount), filter(x.edit.came, isCount)
}

// rewritten reports whether nothing differs but figures and their units.
func (x figured) rewritten() bool {
	n := len(filter(x.both, isCount))
	return n > 0 && (n == len(x.both) && !x.aged() || every(x.both, func(k string) bool { return isCount(k) || units.has(k) }))
}

// sameValue reports whether figures of the same value and unit are written otherwise.
func (x figured) sameValue() bool {
	gone, came := x.counts()
	was, is := x.valuesOf(gone), x.valuesOf(came)
	return x.rewritten() && len(was) > 0 && slices.Equal(was, is) &&
		difference(stemsOf(filter(x.edit.gone, units.has)), stemsOf(filter(x.edit.came, units.has))) == ""
}

// spelledOut reports whether a figure came or went beside the word for it.
func (x figured) spelledOut() bool {
	return x.rewritten() && x.spelled(x.valuesOf(filter(x.both, isCount)))
}

// otherWord reports whether a word for a figure differs, of an age or before a unit.
func (x figured) otherWord() bool {
	gone, came := x.counts()
	return difference(gone, came) != "" && len(x.gone)+len(x.came) == 0 &&
		(x.aged() || has(x.next, units.has) || unitFollows(x.after()) || slices.ContainsFunc(x.both, units.has))
}

// otherAge reports whether another age took the place of one.
func (x figured) otherAge() bool {
	years := func(k string) bool { return len(k) <= 2 }
	return x.aged() && len(x.gone) > 0 && len(x.came) > 0 && difference(x.gone, x.came) != "" && every(x.gone, years) && every(x.came, years)
}

// otherOften reports whether once or twice became another figure, or the other way round.
func (x figured) otherOften() bool {
	often := func(k string) bool { return k == "once" || k == "twice" }
	gone, came := x.counts()
	return difference(gone, came) != "" && (slices.ContainsFunc(x.edit.gone, often) && len(came) > 0 || slices.ContainsFunc(x.edit.came, often) && len(gone) > 0)
}

// otherUnit reports whether the unit behind a figure that stayed differs.
func (x figured) otherUnit() bool {
	at := x.isAt - 1
	return at >= 0 && x.isWords[at].number() && difference(filter(x.edit.gone, units.has), filter(x.edit.came, units.has)) != "" &&
		len(x.edit.gone) > 0 && len(x.edit.came) > 0
}

// unit reports whether a unit or a sign of money is beside or among the words.
func (x figured) unit() bool {
	return slices.ContainsFunc(slices.Concat(x.next, x.hunk.new, x.hunk.old), func(w word) bool {
		return units.has(plainKey(w.key)) || strings.ContainsAny(w.key, "%€$£¥")
	}) || slices.ContainsFunc(x.before, func(w word) bool { return strings.ContainsAny(w.key, "€$£¥") || ageWords[plainKey(w.key)] })
}

func (x figured) onlyDates() bool {
	return every(x.both, func(k string) bool { return dateWord(k) || dateContext.has(k) })
}

func (x figured) month() bool {
	return has(slices.Concat(x.before, x.next, x.hunk.new, x.hunk.old), months.has)
}

func (x figured) nearDate() bool { return has(x.near(12), dateContext.has) }

// date reports whether nothing but a date differs, by a month, a year, its form or the
// words before it.
func (x figured) date() bool {
	year := func(k string) bool { return len(k) == 4 && (k[:2] == "19" || k[:2] == "20") }
	full := func(k string) bool { return len(k) >= 8 && dateLike.MatchString(k) }
	return x.onlyDates() && !x.unit() && (x.month() || slices.ContainsFunc(x.both, year) || slices.ContainsFunc(x.both, full) || has(x.before, dateContext.has))
}

// yearSpan reports whether it is of a year that ends in the next one: 2025/26.
func (x figured) yearSpan() bool {
	return len(x.both) > 0 && every(x.both, isFigure) && span.MatchString(textOfWords(slices.Concat(x.edit.before(2), x.hunk.new, x.next[:min(2, len(x.next))])))
}

var span = regexp.MustCompile(`\b(?:19|20)\d\d ?/ ?(?:(?:19|20)\d\d|\d\d)\b`)

// houseNumber reports whether a street or a town follows at the beginning of a line.
func (x figured) houseNumber() bool {
	return x.isAt == 0 && slices.ContainsFunc(x.next, func(w word) bool {
		return w.capital() && (places.has(plainKey(w.key)) || street(plainKey(w.key)))
	})
}

// inAddress reports whether the words around say where to write, and no unit follows.
func (x figured) inAddress() bool {
	return x.contact() && !slices.ContainsFunc(x.both, units.has) && (len(x.next) == 0 || !units.has(plainKey(x.next[0].key)))
}

// numbering reports whether it only counts sections or entries.
func (x figured) numbering() bool {
	inner := func(k string) bool { return strings.Contains(k, ".") }
	return !x.inAddress() && len(x.gone)+len(x.came) > 0 && every(x.both, dotted.MatchString) &&
		(x.isAt <= 1 || x.heading || slices.ContainsFunc(x.both, inner))
}

// isNumberWord reports whether a word is one for a number.
func isNumberWord(k string) bool { return numberValues[k] != "" || numberWords[k] }

var (
	thousands = regexp.MustCompile(`^\d{1,3}(?:[.,']\d{3})+$`)
	decimals  = regexp.MustCompile(`^(\d+)[.,](\d*?)0*$`)
)

// valueOf is a number however it is written: thirty and 30, 5,000 and 5000.
func valueOf(k string) string {
	if v := numberValues[k]; v != "" {
		return v
	}
	if thousands.MatchString(k) {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, k)
	}
	return k
}

// valuesOf are the values of some numbers. Of money and shares 2.50 is 2.5, of clauses
// and days it is another.
func (e edit) valuesOf(keys []string) (out []string) {
	amount := slices.ContainsFunc(slices.Concat(e.near(2), e.hunk.new), func(w word) bool { return strings.ContainsAny(w.key, "%€$£¥") || currencies[plainKey(w.key)] })
	for _, k := range keys {
		v := valueOf(k)
		if m := decimals.FindStringSubmatch(v); m != nil && amount {
			v = strings.TrimSuffix(m[1]+"."+m[2], ".")
		}
		out = append(out, v)
	}
	return out
}

// figuresOf are the numbers among some words.
func figuresOf(all []word) (out []string) {
	for _, w := range all {
		if w.number() {
			out = append(out, w.key)
		}
	}
	return out
}
