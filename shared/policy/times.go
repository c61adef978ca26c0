package policy

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var timeOfDay = regexp.MustCompile(`(?i)\b[0-2]?\d:[0-5]\d\b|\b[0-2]?\d[.h][0-5]\d ?(?:u|uur|am|pm|cet|cest|est|edt|gmt|utc|pst|pdt|bst|uhr)\b`)

// hourOfDay is that, or a bare hour, beside the days it is for.
var hourOfDay = regexp.MustCompile(timeOfDay.String() + `|\b[0-2]?\d ?(?:h|uhr|am|pm|a\.m|p\.m)\b`)

// opening reports whether a hunk is about the hours at which somebody is there.
func (e edit) opening() bool {
	hours := func(p Paragraph) bool { return hourOfDay.MatchString(p.Text) || fromTo.MatchString(p.Text) }
	return has(e.near(20), weekdays.has) && (hours(e.is) || hours(e.was)) && (!e.is.sentence() || has(e.is.words, contacts.has) || has(e.is.words, places.has) || phoneNumber.MatchString(e.is.Text))
}

var phoneNumber = regexp.MustCompile(`(?:\+\d|\b0\d)(?:[ ./()-]*\d){6,}`)

// besideNumber reports whether a hunk stands in brackets right behind a telephone number:
// what the call costs.
func (e edit) besideNumber() bool {
	before := textOfWords(e.before(24))
	open := strings.LastIndex(before, "(")
	return open >= 0 && len(before)-open < 40 && !strings.Contains(before[open:], ")") && len(content(e.hunk.new)) <= 5 && len(content(e.hunk.old)) <= 5 && endsInNumber.MatchString(strings.TrimSpace(before[:open]))
}

var endsInNumber = regexp.MustCompile(`(?:\+\d|\b0\d)(?:[ ./()-]*\d){6,}$`)

// onTheClock reports whether the figures that differ are times of day.
func (e edit) onTheClock(old, new []string) bool {
	all := slices.Concat(old, new)
	return len(all) > 0 && every(all, func(k string) bool {
		return clockTime.MatchString(k) || clockTime.MatchString(k+":00") && has(e.after()[:min(1, len(e.after()))], clockWords.has)
	})
}

var clockTime = regexp.MustCompile(`^(?:[01]?\d|2[0-4])[.:h][0-5]\d$`)

// fromTo are two bare hours.
var fromTo = regexp.MustCompile(`(?i)\b\d{1,2}(?: ?(?:h|heures?|uhr|horas?|ore))? ?(?:-|–|to|until|à|a|bis|hasta|alle|às|tot) ?\d{1,2}\b`)

// lastsAsLong reports whether a time took the place of the same in another unit: two years
// and 24 months.
func (e edit) lastsAsLong() bool {
	timed := func(all []word) bool {
		return slices.ContainsFunc(all, func(w word) bool { return isNumberWord(plainKey(w.key)) || w.number() || units.has(plainKey(w.key)) })
	}
	if !timed(e.hunk.old) || !timed(e.hunk.new) {
		return false
	}
	old := e.wasWords[e.wasAt:]
	was, is := timeOf(old[:min(len(old), len(e.hunk.old)+2)]), timeOf(e.isWords[e.isAt:min(len(e.isWords), e.isAt+len(e.hunk.new)+2)])
	return was != "" && was == is
}

// timeOf is the first figure with a unit of time among some words, in months or hours.
func timeOf(all []word) string {
	for i, w := range all {
		if i+1 >= len(all) {
			break
		}
		n, err := strconv.Atoi(valueOf(plainKey(w.key)))
		if err != nil {
			continue
		}
		if unit, ok := timeUnits[plainKey(all[i+1].key)]; ok {
			return strconv.Itoa(n*unit.factor) + unit.in
		}
	}
	return ""
}

// withinDate reports whether a hunk is part of a date in figures: the day of 9/28/2019.
func (e edit) withinDate() bool {
	return datePart(e.wasWords, e.wasAt, len(e.hunk.old)) && datePart(e.isWords, e.isAt, len(e.hunk.new))
}

// datePart reports whether n words are part of a date in figures.
func datePart(all []word, at, n int) bool {
	from, to := max(at-4, 0), min(at+n+4, len(all))
	if at+n > len(all) || n == 0 {
		return false
	}
	written := func(words []word) (text string) {
		for _, w := range words {
			text += w.text
		}
		return text
	}
	begin, end := len(written(all[from:at])), len(written(all[from:at+n]))
	for _, found := range figuredDate.FindAllStringIndex(written(all[from:to]), -1) {
		if found[0] <= begin+1 && end <= found[1] {
			return true
		}
	}
	return false
}

var figuredDate = regexp.MustCompile(`\b(?:\d{1,2}[/.-]\d{1,2}[/.-](?:20|19)\d\d|(?:20|19)\d\d[/.-]\d{1,2}[/.-]\d{1,2})\b`)

// yearFigure is the year of a date.
var yearFigure = regexp.MustCompile(`(?:19|20)\d\d`)

type timeUnit struct {
	in     string
	factor int
}

// timeUnits are those that others consist of.
var timeUnits = func() map[string]timeUnit {
	out := map[string]timeUnit{}
	for words, u := range map[string]timeUnit{
		"year years an ans annee annees jahr jahre jahren ano anos anno anni jaar":          {" months", 12},
		"month months mois monat monate monaten mes meses mese mesi maand maanden":          {" months", 1},
		"week weeks semaine semaines woche wochen semana semanas settimana settimane weken": {" hours", 7 * 24},
		"day days jour jours tag tage tagen dia dias giorno giorni dag dagen":               {" hours", 24},
		"hour hours heure heures stunde stunden hora horas ora ore uur uren":                {" hours", 1},
	} {
		for _, w := range strings.Fields(words) {
			out[w] = u
		}
	}
	return out
}()
