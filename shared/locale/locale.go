// Package locale holds every sentence policymail says to a recipient, in every
// language it speaks. Adding a language is adding one file.
package locale

import (
	"slices"
	"strings"

	"github.com/go-playground/locales"
	"golang.org/x/text/language"

	"policymail/shared/notice"
)

// Language is one language with all its sentences.
type Language struct {
	Tag   string // BCP 47
	Name  string // of the language, in the language
	Dir   string // "ltr" or "rtl"
	Words Words
	cldr  locales.Translator // how dates are written
}

// Words are the sentences. A {name} in braces is filled in by Fill; tests hold
// every language to the same sentences with the same names.
type Words struct {
	Mail  Mail
	Draft Draft
	Page  Page
}

// Mail is what the mails say.
type Mail struct {
	AnnualSubject    string // {company}
	AnnualHeading    string
	AnnualIntro      string // {company}
	AnnualWhy        string // {company}
	ChangeSubject    string // {company}
	ChangeHeading    string
	ChangeIntro      string // {company}
	ChangeWhy        string // {company}
	MandatoryWhy     string // {company} {basis}
	Greeting         string // {name}
	GreetingNoName   string
	WhatChanged      string
	Effective        string // {date}
	InForceSince     string // {date}
	InForceFrom      string // {date}, still to come
	SummaryElsewhere string // {language}: the summary follows in another language
	ReadPolicy       string
	SeeChanges       string
	Preferences      string
	Unsubscribe      string
	NoteSubject      string // {company} {heading}
	NoteWhy          string // {company}
	NotYou           string
	Notes            Notes
}

// Notes are the mails about one's own data. Their subject is NoteSubject.
type Notes struct {
	Link, Unsubscribed, Fewer, Erase, NewAddress, OldAddress, Verify, Received, Extended, Answered, Denied Note
}

// Note is one of them; some have no button.
type Note struct {
	Heading string
	Body    string // {company} {number} {date} {reason}
	Button  string
}

// Draft words the lines of a drafted summary, for the officer to edit.
type Draft struct {
	New  string // {text}
	Gone string // {text}
	Now  string // {now} {before}
}

// Page is what the pages say.
type Page struct {
	UnsubscribeTitle  string
	UnsubscribeAsk    string // {company}
	UnsubscribeButton string
	UnsubscribeDone   string
	UnsubscribeNote   string
	Undo              string
	UndoDone          string
	PreferencesTitle  string
	PreferenceAnnual  string
	PreferenceChange  string
	PreferenceNone    string
	Save              string
	Saved             string
	MorePreferences   string
	StartTitle        string
	StartIntro        string // {company}
	LinkTitle         string
	LinkIntro         string
	LinkAddress       string
	LinkButton        string
	LinkSent          string
	PolicyTitle       string
	PolicyEffective   string // {date}
	PolicyReplaced    string // {version}, which keeps this one from ever taking effect
	PolicyVersions    string
	PolicyVersion     string // {version}
	PolicyChanges     string
	PolicyFeed        string
	ChangesTitle      string
	ChangesIntro      string // {old} {new}
	ChangesNone       string
	Unchanged         string
	Added             string
	Removed           string
	Moved             string
	ErrorTitle        string
	ErrorForged       string
	ErrorForm         string
	ErrorExpired      string
	ErrorNotFound     string
	ErrorServer       string
	ErrorUnfinished   string // what was asked for is done; something that belongs to it is not
	ErrorTooMany      string
	FaultAddress      string
	FaultDetails      string // {number}
	FaultName         string // {number}
	AskForLink        string
	SkipToContent     string
	Center            Center
	Kinds             map[string]string // of the fields of a copy of one's data: "text", "time"
	Fields            map[string]string // what each of them means, by part and name: "made", "recipient.address"
}

// Center is what the privacy center says.
type Center struct {
	Intro          string // {company}
	Free           string
	FromNotice     string // the link came in a notice and may have been forwarded
	FromNoticeRest string // the same, where nothing is left to decline
	SendFresh      string
	FreshSent      string
	Preferences    string
	HeldTitle      string
	HeldIntro      string
	Name           string
	Address        string
	Language       string
	Source         string
	Added          string
	LastNotice     string
	NextReview     string
	Nothing        string
	NoticesTitle   string
	NoticeAnnual   string
	NoticeChange   string
	HistoryTitle   string
	GetsBoth       string
	GetsAnnual     string
	GetsChange     string
	GetsNothing    string
	Undelivered    string // mail bounced
	Reported       string // {form}: a notice was complained about
	Corrected      string
	Ways           Ways
	RightsTitle    string
	CopyTitle      string
	CopyIntro      string // {number}
	CopyButton     string
	CopyReady      string
	CopyPage       string
	CopySchema     string
	CopyLimit      string // {date}
	CorrectTitle   string
	CorrectButton  string
	NewAddress     string
	NewAddressAsk  string
	Mailed         string
	Restrict       string
	RestrictIntro  string // {company}
	Restricted     string
	Lift           string
	Lifted         string
	Object         string
	ObjectIntro    string // {company}
	Objected       string
	Delete         string
	DeleteIntro    string // {company}
	DeleteAsk      string // {company}
	DeleteButton   string
	Deleted        string
	MoveAsk        string
	MoveButton     string
	Moved          string
	Ask            string
	AskIntro       string // {company} {days}
	AskRight       string
	AskFor         string
	ForSelf        string
	ForMinor       string
	ForAgent       string
	AskDetails     string
	AskButton      string
	Asked          string // {number} {date}
	VerifyAsk      string
	VerifyButton   string
	RequestsTitle  string
	Open           string // {date}
	Complied       string
	Denied         string
	Unverified     string
	Lapsed         string
	Rights         Rights
}

// Ways says how a preference changed.
type Ways struct {
	OneClick, Page, Undo, Request, Import, Bounce, Complaint, Operator string
}

// Rights names the rights.
type Rights struct {
	Access, Portability, Deletion, Rectification, Restriction, Objection string
}

var (
	all     []*Language
	matcher language.Matcher
)

// register adds a language; called by each language's file.
func register(l Language, cldr locales.Translator) {
	l.cldr = cldr
	all = append(all, &l)
	// English first: it is what the matcher falls back to.
	rank := func(l *Language) string { return strings.TrimPrefix(l.Tag, "en") }
	slices.SortFunc(all, func(a, b *Language) int { return strings.Compare(rank(a), rank(b)) })
	tags := make([]language.Tag, len(all))
	for i, l := range all {
		tags[i] = language.MustParse(l.Tag)
	}
	matcher = language.NewMatcher(tags)
}

// All returns every language, English first, then by tag.
func All() []*Language { return all }

// Tags lists the tags of every language.
func Tags() (tags []string) {
	for _, l := range all {
		tags = append(tags, l.Tag)
	}
	return tags
}

// Match picks the language for a reader: the recipient's own locale if we speak
// it, else the best of an Accept-Language header (RFC 9110 § 12.5.4), else
// English. Both may be empty or nonsense.
func Match(recipient, acceptLanguage string) *Language {
	for _, want := range []string{recipient, acceptLanguage} {
		tags, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(want, "_", "-"))
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := matcher.Match(tags...); confidence != language.No {
			return all[i]
		}
	}
	return all[0]
}

// Date writes a date in full, as the language does (CLDR long format).
func (l *Language) Date(d notice.Date) string { return l.cldr.FmtDateLong(d.Time()) }

// Fill puts values into the {names} of a sentence: Fill(s, "company", "Example"). A
// value is not looked into again, and a name that is not given stays.
func Fill(sentence string, pairs ...string) string {
	var out strings.Builder
	for {
		before, rest, _ := strings.Cut(sentence, "{")
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			out.WriteString(sentence)
			return out.String()
		}
		out.WriteString(before)
		out.WriteString(given(pairs, name))
		sentence = after
	}
}

func given(pairs []string, name string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return "{" + name + "}"
}
