package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"policymail/shared/notice"
)

// Leads are how many days before it takes effect a change should be told, by class.
type Leads struct{ Substantive, Editorial int }

// UsualLeads tell a change of substance well ahead (WP260 rev.01, paragraph 30, asks
// for that and names no figure), an edit at any time.
var UsualLeads = Leads{Substantive: 30, Editorial: 0}

func (l Leads) of(c Class) (days int, known bool) {
	switch c {
	case Substantive:
		return l.Substantive, true
	case Editorial:
		return l.Editorial, true
	}
	return 0, false
}

// hardLIX is where a text gets hard to read: newspapers lie between 40 and 50 on this
// scale (Björnsson, 1968), official texts above 55.
const hardLIX = 55

// marketing are words that sell; a notice of a change informs and does nothing else
// (WP260 rev.01, paragraph 29).
var marketing = regexp.MustCompile(`(?i)\b(?:excit(?:ed|ing)|thrilled|delighted|great news|good news|amazing|awesome|best[- ]in[- ]class|world[- ]class|cutting[- ]edge|` +
	`special offers?|discounts?|upgrade now|don't miss|valued customers?|enhance your experience|improve your experience|we care deeply|` +
	`ravis|formidable|offres? spéciales?|promotions?|spannend|begeistert|großartig|sonderangebote?|rabatte?|emocionad[oa]s?|increíble|ofertas? especiales?|descuentos?)\b`)

// Lint says what an officer should look at before approving a notice: nothing in it
// is an error of the program's. readers are how many people read each language; without
// them it says nothing of languages that have no summary.
func Lint(v Verdict, leads Leads, summary map[string]string, readers map[string]int, effective, today notice.Date) []string {
	out := []string{}
	note := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if len(summary) == 0 && v.Class == Substantive {
		note("there is no summary of what changed")
	}
	if lead, known := leads.of(v.Class); known && effective != "" {
		switch days := today.DaysUntil(effective); {
		case days < 0:
			note("the day it takes effect, %s, lies in the past", effective)
		case days < lead:
			note("it takes effect in %d days; a change of this class is told at least %d days ahead", days, lead)
		}
	}
	for _, locale := range slices.Sorted(maps.Keys(summary)) {
		text := summary[locale]
		if found := marketing.FindString(text); found != "" {
			note("the summary for %s says “%s”: a notice informs and does not advertise", locale, found)
		}
		if n := lix(text); n > hardLIX {
			note("the summary for %s is hard to read (LIX %d; newspapers have 40 to 50): use shorter sentences and words", locale, n)
		}
	}
	if missing := Unwritten(slices.Collect(maps.Keys(summary)), readers); missing != "" {
		note("%s", missing)
	}
	for _, heading := range v.untold(summary) {
		note("the section “%s” changed and no summary names what", shorten(heading, 80))
	}
	return out
}

// Unwritten says how many people read a language other than those written, the most first,
// or "".
func Unwritten(written []string, readers map[string]int) string {
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(readers)), func(tag string) bool {
		return slices.Contains(written, tag) || readers[tag] == 0
	})
	if len(written) == 0 || len(missing) == 0 {
		return ""
	}
	slices.SortStableFunc(missing, func(a, b string) int { return readers[b] - readers[a] })
	for i, tag := range missing {
		missing[i] = fmt.Sprintf("%d in %s", readers[tag], tag)
	}
	return "readers get the summary in another language, and are told so: " + strings.Join(missing, ", ")
}

// lix is a figure of how hard a text reads, in any language with spaces: words a
// sentence plus the share of words above six letters (Björnsson, 1968). It is 0 for
// texts too short to measure.
func lix(text string) int {
	count, long, ends := 0, 0, 0
	for _, w := range words(text) {
		switch {
		case !w.mark():
			count++
			if letters(w.key) > 6 {
				long++
			}
		case strings.ContainsAny(w.key, ".:!?"):
			ends++
		}
	}
	if count < 8 {
		return 0
	}
	return count/max(ends, 1) + 100*long/count
}

// untold are the sections that changed in substance and of whose new words no summary
// in the language of the text holds any.
func (v Verdict) untold(summary map[string]string) (out []string) {
	if len(summary) == 0 || v.Class != Substantive {
		return nil
	}
	said := map[string]bool{}
	for locale, text := range summary {
		if language := v.Language(); language != "" && !strings.HasPrefix(locale, language) && len(summary) > 1 {
			continue
		}
		for _, k := range content(words(text)) {
			said[k] = true
		}
	}
	told := map[string]bool{}
	var sections []string
	for _, f := range v.Findings {
		if f.Class != Substantive || f.Section == "" {
			continue
		}
		if !slices.Contains(sections, f.Section) {
			sections = append(sections, f.Section)
		}
		for _, k := range content(words(f.Quote + " " + f.Section)) {
			told[f.Section] = told[f.Section] || said[k] && len(k) > 3
		}
	}
	for _, s := range sections {
		if !told[s] {
			out = append(out, s)
		}
	}
	return out
}
