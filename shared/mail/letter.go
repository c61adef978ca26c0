package mail

import (
	"cmp"
	"embed"
	htmltemplate "html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"

	"policymail/shared/brand"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/token"
)

// letter is what both bodies of a message are made from, so that text and HTML
// say the same.
type letter struct {
	Lang, Dir   string
	Subject     string
	Company     string
	LogoURL     string
	Colour      string // of the first button
	OnColour    string // of the words on it
	Heading     string
	Greeting    string
	Intro       []string
	Summary     []string // paragraphs
	SummaryHead string
	SummaryLang string // of the summary, if it is not in the reader's language
	SummaryDir  string
	SummaryNote string
	Details     []string // lines
	DetailsHead string
	Date        string
	Buttons     []button
	Why         string
	Postal      string
	Unsubscribe *button // last of all
}

type button struct{ Label, URL string }

//go:embed templates
var files embed.FS

var (
	textTemplate = texttemplate.Must(texttemplate.New("letter.txt").Option("missingkey=error").ParseFS(files, "templates/letter.txt"))
	htmlTemplate = htmltemplate.Must(htmltemplate.New("letter.html").Option("missingkey=error").ParseFS(files, "templates/letter.html"))
)

func (w *Writer) letter(l *locale.Language, run notice.Run, v notice.Version, r notice.Recipient, links token.Notice) letter {
	words := l.Words.Mail
	fill := func(s string) string { return locale.Fill(s, "company", w.brand.Company, "basis", v.Basis) }
	m := w.blank(l, r)
	switch run.Kind {
	case notice.Annual:
		m.Subject, m.Heading, m.Why = fill(words.AnnualSubject), words.AnnualHeading, fill(words.AnnualWhy)
		m.Intro = []string{fill(words.AnnualIntro)}
		m.Date = locale.Fill(words.InForceSince, "date", l.Date(v.Effective))
		if v.Effective > notice.DateOf(w.now()) {
			m.Date = locale.Fill(words.InForceFrom, "date", l.Date(v.Effective))
		}
	default:
		m.Subject, m.Heading, m.Why = fill(words.ChangeSubject), words.ChangeHeading, fill(words.ChangeWhy)
		m.Intro = []string{fill(words.ChangeIntro)}
		m.Date = locale.Fill(words.Effective, "date", l.Date(v.Effective))
		m.SummaryHead = words.WhatChanged
		w.summarise(&m, l, v)
	}
	if run.Class == notice.Mandatory {
		m.Why = fill(words.MandatoryWhy)
	}
	m.Buttons = []button{{words.ReadPolicy, links.Policy}}
	if run.Kind == notice.Change && links.Comparison != "" {
		m.Buttons = append(m.Buttons, button{words.SeeChanges, links.Comparison})
	}
	if links.Preferences != "" {
		m.Buttons = append(m.Buttons, button{words.Preferences, links.Preferences})
	}
	if run.Class != notice.Mandatory {
		m.Unsubscribe = &button{words.Unsubscribe, links.Unsubscribe}
	}
	return m
}

func (w *Writer) blank(l *locale.Language, r notice.Recipient) letter {
	colour := cmp.Or(w.brand.Colour, "#1a5fb4")
	m := letter{Lang: l.Tag, Dir: l.Dir, Company: w.brand.Company, LogoURL: w.brand.LogoURL,
		Colour: colour, OnColour: brand.On(colour), Postal: w.brand.PostalAddress, Greeting: l.Words.Mail.GreetingNoName}
	if r.Name != "" {
		m.Greeting = locale.Fill(l.Words.Mail.Greeting, "name", r.Name)
	}
	return m
}

// summarise takes the version's summary in the reader's language, else in English,
// else in whichever there is, and says so if it is another language.
func (w *Writer) summarise(m *letter, l *locale.Language, v notice.Version) {
	for _, tag := range append([]string{l.Tag, "en"}, slices.Sorted(maps.Keys(v.Summary))...) {
		summary := strings.TrimSpace(v.Summary[tag])
		if summary == "" {
			continue
		}
		for paragraph := range strings.SplitSeq(summary, "\n") {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				m.Summary = append(m.Summary, paragraph)
			}
		}
		if tag != l.Tag {
			written := locale.Match(tag, "")
			m.SummaryLang, m.SummaryDir = written.Tag, written.Dir
			m.SummaryNote = locale.Fill(l.Words.Mail.SummaryElsewhere, "language", written.Name)
		}
		return
	}
}
