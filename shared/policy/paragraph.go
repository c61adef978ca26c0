package policy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// listed reports whether a paragraph reads as an entry of a list: short, no heading, no
// link.
func (p Paragraph) listed() bool {
	return p.Heading == 0 && !p.Linked && (p.Item || letterWords(p.words) <= 10 && !p.copyright())
}

// sentence reports whether a paragraph is prose rather than a label or a menu.
func (p Paragraph) sentence() bool {
	if p.Linked || p.Heading > 0 {
		return false
	}
	n := letterWords(p.words)
	return n >= 15 || n >= 5 && sentenceEnd(p.Text)
}

// subject counts the words a policy or a contract is made of.
func (p Paragraph) subject() (n int) {
	for _, w := range p.words {
		if w.mark() {
			continue
		}
		if k := plainKey(w.key); subjectStems.has(k) || practiceStems.has(k) {
			n++
		}
	}
	if n == 0 && p.unlisted() {
		return 3
	}
	return n
}

// unlisted reports whether a paragraph may be about the subject for no list of words says
// it is not: any sentence may, in a language the lists do not cover, and any entry or
// heading.
func (p Paragraph) unlisted() bool {
	return (p.foreign || foreign(p.words)) && (p.sentence() || p.Item || p.Heading > 0)
}

// core counts the words a privacy policy is made of.
func (p Paragraph) core() (n int) {
	for _, w := range p.words {
		if coreStems.has(plainKey(w.key)) {
			n++
		}
	}
	if n == 0 && p.unlisted() {
		return 3
	}
	return n
}

// foreign reports whether a text is in a script the word lists do not cover.
func foreign(all []word) bool {
	latin, other := 0, 0
	for _, w := range all {
		for _, r := range w.key {
			switch {
			case unicode.Is(unicode.Latin, r):
				latin++
			case unicode.IsLetter(r):
				other++
			}
		}
	}
	return other > latin
}

// copyrighted is the word where it begins the line or has its year.
var copyrighted = regexp.MustCompile(`^copyright\b|copyright \W*(?:\(c\) ?)?\d{4}`)

// copyright reports whether a paragraph is the line at the end of a page.
func (p Paragraph) copyright() bool {
	k := strings.ToLower(p.Text)
	return len(p.words) <= 30 && (strings.Contains(k, "©") || copyrighted.MatchString(k) || strings.Contains(k, "all rights reserved") || strings.Contains(k, "registered trademark"))
}

// timeStamp reports whether a line is a date with a time of day: the page's, for a
// policy knows none.
func (p Paragraph) timeStamp() bool {
	if !timeOfDay.MatchString(p.Text) || letterWords(p.words) > 14 || p.core() > 0 {
		return false
	}
	date, rest := 0, 0
	for _, w := range p.words {
		switch k := plainKey(w.key); {
		case w.mark() || stopwords[k] || dateContext.has(k):
		case dateWord(k) || w.number():
			date++
		default:
			rest++
		}
	}
	return date >= 2 && rest <= 2
}

// dateLine reports whether a paragraph says no more than when the text is from.
func (p Paragraph) dateLine() bool {
	date, context, rest, right := false, false, 0, false
	for _, w := range p.words {
		k := plainKey(w.key)
		if w.mark() || stopwords[k] {
			continue
		}
		behind := right // a date's context
		right = dateContext.has(k)
		switch {
		case months[k] || dateLike.MatchString(k) && (len(k) > 2 || behind):
			date = true
		case dateLike.MatchString(k):
			// the day of a month, or the number of something else
		case right:
			context = true
		case subjectStems.has(k):
			// "Privacy policy, effective 1 May"
		default:
			rest++
		}
	}
	return date && (context && rest <= 2 || rest == 0 && len(p.words) <= 12)
}

// street reports whether a word is of a street's name.
func street(k string) bool {
	return streetWords[k] || len(k) >= 7 && slices.ContainsFunc(streetEndings, func(end string) bool { return strings.HasSuffix(k, end) })
}

func dateWord(k string) bool { return months[k] || dateLike.MatchString(k) }

// contactLine reports whether a paragraph says no more than where to write.
func (p Paragraph) contactLine() bool {
	where, how, web, named, rest, digits, sure, loose := 0, 0, 0, 0, 0, 0, 0, 0
	for _, w := range p.words {
		k := plainKey(w.key)
		switch {
		case w.mark() || stopwords[k]:
		case thousands.MatchString(k) || strings.Contains(k, "_") && !w.address():
			rest++ // a count, or a name somebody took
		case strings.Contains(k, "@") || places.has(k) || w.number() && !dateWord(k) || street(k) || postcode.MatchString(k) && !dateWord(k):
			where++
			if w.number() && !postcode.MatchString(k) {
				digits += len(strings.Map(func(r rune) rune {
					if r < '0' || r > '9' {
						return -1
					}
					return r
				}, k))
			} else {
				sure++
			}
		case w.address():
			web++
		case contacts.has(k):
			how++
		case w.number():
			loose++ // the day of a month, or the number of a house
		case w.capital() || legalForms[k]:
			named++
		default:
			rest++
		}
	}
	if sure > 0 && !has(p.words, months.has) {
		where += loose
	} else {
		rest += loose
	}
	if sure == 0 && web+how == 0 && (digits < 6 || has(p.words, months.has)) {
		return false // figures alone are no address
	}
	if where > 1 && rest*2 <= where+named && p.core() == 0 && letterWords(p.words) <= 40 {
		return true // an address in full
	}
	return (where > 0 || how > 1 && web > 0) && rest <= max(where, 1) && letterWords(p.words) <= 25 && rest <= 3
}

// leaders are the dots of a table of contents.
var leaders = regexp.MustCompile(`\.{4,}|…{2,}|(?:\. ){4,}`)

// addressed reports whether a paragraph holds an address to write to.
func (p Paragraph) addressed() bool {
	return slices.ContainsFunc(p.words, func(w word) bool { return strings.Contains(w.key, "@") })
}

// invites reports whether a sentence says where to write and nothing else of weight.
func (p Paragraph) invites() bool {
	if !p.sentence() || letterWords(p.words) > 40 {
		return false
	}
	address := false
	for i, w := range p.words {
		k := plainKey(w.key)
		address = address || w.address()
		if practiceStems.has(k) && !contacts.has(k) || negation(p.words, i) != "" {
			return false
		}
	}
	return address
}

// binding reports whether a sentence says what may, must or must not be.
func (p Paragraph) binding() bool {
	for i, w := range p.words {
		k := plainKey(w.key)
		if negation(p.words, i) == "not" || modal(k) == "must" || k == "allowed" || k == "permitted" || k == "forbidden" {
			return true
		}
	}
	return false
}

// promises reports whether a heading says what "we" do with data, as a sentence would.
func (p Paragraph) promises() bool {
	first := slices.IndexFunc(p.words, func(w word) bool { return !w.mark() && !w.number() })
	return p.Heading > 0 && letterWords(p.words) >= 4 && first >= 0 && firstPerson[plainKey(p.words[first].key)] && has(p.words[first:], practiceStems.has)
}

var firstPerson = set("we wir nous nosotros noi nos wij")

// reaches reports whether a paragraph holds something to reach somebody by, or a
// company.
func (p Paragraph) reaches() bool {
	return slices.ContainsFunc(p.words, func(w word) bool {
		k := plainKey(w.key)
		return w.address() || w.number() && !dateWord(k) && !thousands.MatchString(k) || places.has(k) || street(k) || legalForms[k] && len(p.words) > 1
	})
}

// capitals reports whether most words of a paragraph are names and numbers.
func (p Paragraph) capitals() bool {
	n, all := 0, 0
	for _, w := range p.words {
		if w.mark() || stopwords[plainKey(w.key)] {
			continue
		}
		if all++; w.capital() || w.number() {
			n++
		}
	}
	return n*5 >= all*3
}
