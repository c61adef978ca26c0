package policy

import (
	"regexp"
	"slices"
	"strings"
)

// layout judges what a page writes by itself or a list counts by: the mark of an entry,
// the time the page was made, a figure that lives.
func (e edit) layout() (f Finding, ok bool) {
	enumerates := func(all []word) bool {
		text := textOfWords(all)
		return strings.Trim(text, "*_") == "" || text == "o" || entryMark.MatchString(text)
	}
	if starts(e.wasWords, e.wasAt) && starts(e.isWords, e.isAt) && (!e.heading || len(e.hunk.old) == 0 || len(e.hunk.new) == 0) && enumerates(e.hunk.old) && enumerates(e.hunk.new) {
		return as(None, 0.8, "the marks of a list differ"), true
	}
	if byline.MatchString(e.is.Text) && byline.MatchString(e.was.Text) && letterWords(e.is.words) <= 10 {
		return as(None, 0.8, "who wrote the page differs"), true
	}
	if e.besideNumber() {
		return as(Editorial, 0.7, "contact details differ"), true
	}
	if toggles[strings.Join(slices.Concat(keysOfMarked(e.hunk.old), keysOfMarked(e.hunk.new)), " ")] && (e.isAt > 0 && len(e.after()) == 0 || e.linked || inLink(e.hunk.old) || inLink(e.hunk.new)) {
		return as(None, 0.85, "a button of the page differs"), true
	}
	figures := func(k string) bool { return dateWord(k) || k[0] >= '0' && k[0] <= '9' }
	if len(e.gone)+len(e.came) == 0 || slices.ContainsFunc(e.both, func(k string) bool { return !figures(k) }) {
		return f, false
	}
	before := e.before(16)
	if !e.is.sentence() && has(before, stampWords.has) && !e.opening() && !e.counted() {
		return as(None, 0.85, "the time the page was made differs"), true
	}
	if (e.outside || !e.is.sentence()) && timeOfDay.MatchString(e.is.Text) && timeOfDay.MatchString(e.was.Text) && letterWords(e.is.words) <= 20 && e.is.core() == 0 && !e.opening() {
		return as(None, 0.8, "the time the page was made differs"), true
	}
	if letterWords(e.is.words) <= 15 && e.is.core() == 0 && !e.is.sentence() && has(e.is.words, weekdays.has) &&
		!has(e.is.words, dateContext.has) && !has(e.is.words, contacts.has) && slices.ContainsFunc(e.both, months.has) {
		return as(None, 0.7, "the date of an event differs"), true
	}
	if counts := e.is.live() && e.was.live() || has(e.is.words, stampWords.has) && !has(e.is.words, units.has) && e.is.subject() <= 1; counts && (e.outside || !e.is.sentence() && (!e.is.Item || e.is.discussed())) && letterWords(e.is.words) <= 20 && e.is.core() == 0 {
		return as(None, 0.75, "a figure that lives differs"), true
	}
	if e.outside && !e.is.sentence() && !e.is.Item && letterWords(e.is.words) <= 12 && (e.is.foreign || foreign(e.is.words) || e.is.core() == 0) && !has(slices.Concat(e.is.words, e.was.words), units.has) && !e.is.contactLine() && !e.is.dateLine() && !yearFigure.MatchString(e.is.Text) {
		return as(None, 0.6, "a figure that lives differs"), true
	}
	if strings.Contains(e.is.Text, someTimeAgo) && strings.Contains(e.was.Text, someTimeAgo) && letterWords(e.is.words) <= 25 && e.is.core() == 0 {
		return as(None, 0.8, "a figure that lives differs"), true
	}
	return f, false
}

// byline says who wrote an article.
var byline = regexp.MustCompile(`(?i)^(?:written|posted|published|edited) by\b|^(?:écrit|rédigé) par\b|^(?:geschrieben|verfasst) von\b|^escrito por\b|^scritto da\b|^geschreven door\b`)

// starts reports whether a place is the beginning of a paragraph, of a few joined too.
func starts(all []word, at int) bool {
	return at == 0 || at < len(all) && strings.HasPrefix(all[at].text, "\n")
}

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

// numbers judges hunks in which figures differ.
func (e edit) numbers() (f Finding, ok bool) {
	isNumber := func(k string) bool { return k != "" && k[0] >= '0' && k[0] <= '9' }
	o, n := filter(e.gone, isNumber), filter(e.came, isNumber)
	isUnit := func(k string) bool { return units.has(k) }
	isCount := func(k string) bool { return isNumber(k) || isNumberWord(k) }
	if rewritten := filter(e.both, isCount); len(rewritten) > 0 && len(rewritten) == len(e.both) && !e.aged() || len(rewritten) > 0 && every(e.both, func(k string) bool { return isCount(k) || isUnit(k) }) {
		was, is := e.valuesOf(filter(e.gone, isCount)), e.valuesOf(filter(e.came, isCount))
		if len(was) > 0 && slices.Equal(was, is) && difference(stemsOf(filter(e.gone, isUnit)), stemsOf(filter(e.came, isUnit))) == "" {
			return as(Editorial, 0.8, "a figure is written otherwise"), true
		}
		if e.spelled(e.valuesOf(rewritten)) {
			return as(Editorial, 0.8, "a figure is spelled out, or no longer"), true
		}
	}
	before, after := e.before(3), e.after()
	after = after[:min(3, len(after))]
	if difference(filter(e.gone, isCount), filter(e.came, isCount)) != "" && len(o)+len(n) == 0 && (e.aged() || has(after, units.has) || unitFollows(e.after()) || slices.ContainsFunc(e.both, isUnit)) {
		return firm(0.85, figureDiffers), true
	}
	if years := func(k string) bool { return len(k) <= 2 }; e.aged() && len(o) > 0 && len(n) > 0 && difference(o, n) != "" && every(slices.Concat(o, n), years) {
		return firm(0.9, "an age differs"), true
	}
	if e.oneOrMore() {
		return firm(0.75, "how many differs"), true
	}
	if e.refersTo() {
		return as(Editorial, 0.75, "a reference differs"), true
	}
	if e.lastsAsLong() {
		return as(Editorial, 0.75, "a time is written otherwise"), true
	}
	if len(e.is.Text) <= longLabel && reported.MatchString(e.is.Text) && reported.MatchString(e.was.Text) {
		return as(Editorial, 0.65, "a figure that is reported differs"), true
	}
	if e.onTheClock(o, n) && len(after) > 0 && e.opening() {
		return as(Editorial, 0.75, "hours differ"), true
	}
	if difference(o, n) != "" && e.counted() {
		return firm(0.9, figureDiffers), true
	}
	if len(o)+len(n) > 0 && e.opening() && !slices.ContainsFunc(e.both, func(k string) bool { return !isNumber(k) && !weekdays.has(k) && !hourWords[k] }) {
		return as(Editorial, 0.75, "hours differ"), true
	}
	often := func(k string) bool { return k == "once" || k == "twice" }
	if slices.ContainsFunc(e.gone, often) && slices.ContainsFunc(e.came, isCount) || slices.ContainsFunc(e.came, often) && slices.ContainsFunc(e.gone, isCount) {
		if difference(filter(e.gone, isCount), filter(e.came, isCount)) != "" {
			return firm(0.8, "how often differs"), true
		}
	}
	if at := e.isAt - 1; at >= 0 && e.isWords[at].number() && difference(filter(e.gone, isUnit), filter(e.came, isUnit)) != "" && len(e.gone) > 0 && len(e.came) > 0 {
		return firm(0.85, "the unit of a figure differs"), true
	}
	if len(o)+len(n) == 0 && !(slices.ContainsFunc(e.both, months.has) && slices.ContainsFunc(e.near(2), word.number)) {
		return f, false // "may" and "march" are verbs, too
	}
	if text := textOfWords(e.hunk.old) + " " + textOfWords(e.hunk.new); hanDate.MatchString(text) && len(words(hanDate.ReplaceAllString(text, ""))) <= 4 {
		return as(Editorial, 0.85, dateDiffers), true
	}
	unit := false
	for _, w := range slices.Concat(after, e.hunk.new, e.hunk.old) {
		unit = unit || units.has(plainKey(w.key)) || strings.ContainsAny(w.key, "%€$£¥")
	}
	for _, w := range before {
		unit = unit || strings.ContainsAny(w.key, "€$£¥") || ageWords[plainKey(w.key)]
	}
	dates := !slices.ContainsFunc(e.both, func(k string) bool { return !dateWord(k) && !dateContext.has(k) })
	month := has(slices.Concat(before, after, e.hunk.new, e.hunk.old), months.has)
	year := slices.ContainsFunc(e.both, func(k string) bool { return len(k) == 4 && (k[:2] == "19" || k[:2] == "20") })
	full := slices.ContainsFunc(e.both, func(k string) bool { return len(k) >= 8 && dateLike.MatchString(k) })
	context := has(e.near(12), dateContext.has)
	if dates && !unit && (month || year || full || has(before, dateContext.has)) {
		switch {
		case context || e.is.dateLine() || len(e.is.words) <= 15:
			return as(Editorial, 0.93, dateDiffers), true
		default:
			return as(Editorial, 0.7, dateInTextDiffers), true
		}
	}
	if e.withinDate() {
		return as(Editorial, 0.8, dateDiffers), true
	}
	if dates && context && month {
		return as(Editorial, 0.85, dateDiffers), true
	}
	if (len(o) > 0 || len(n) > 0) && len(e.both)-len(o)-len(n) <= 1 && (e.dialled() || e.opening()) {
		return as(Editorial, 0.8, "contact details differ"), true
	}
	if has(before, shareCapital.has) {
		return as(Editorial, 0.7, "the details of a company differ"), true
	}
	if where := after[:min(len(after), 3)]; e.isAt == 0 && slices.ContainsFunc(where, func(w word) bool { return w.capital() && (places.has(plainKey(w.key)) || street(plainKey(w.key))) }) {
		return as(Editorial, 0.75, "contact details differ"), true
	}
	if e.contact() && !slices.ContainsFunc(e.both, isUnit) && (len(after) == 0 || !units.has(plainKey(after[0].key))) {
		return f, false
	}
	if unit && difference(o, n) != "" {
		return firm(0.9, figureDiffers), true
	}
	if len(o)+len(n) == 0 {
		return f, false
	}
	for _, w := range before {
		if references[plainKey(w.key)] || w.key == "§" {
			return as(Editorial, 0.88, "a reference differs"), true
		}
	}
	if onlyNumbering := !slices.ContainsFunc(e.both, func(k string) bool { return !dotted.MatchString(k) }); onlyNumbering && (e.isAt <= 1 || e.heading || slices.ContainsFunc(e.both, func(k string) bool { return strings.Contains(k, ".") })) {
		return as(Editorial, 0.88, "numbering differs"), true
	}
	if e.contact() {
		return f, false
	}
	if len(e.both) == len(o)+len(n) && difference(o, n) != "" {
		return firm(0.6, "a figure differs"), true
	}
	return f, false
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
