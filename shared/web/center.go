package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// centerPage is center.html: what the privacy center shows of a person.
type centerPage struct {
	frame
	choices
	asking
	again
	Message    string
	Note       string // what the form did that was sent
	Stands     string // which notices reach the person from now on; empty where the form was about something else
	Facts      []fact
	Notices    []line
	History    []line
	Requests   []line
	Name       string
	Languages  []choice
	Restricted bool
	Kept       string // why no notice is sent whatever they choose; empty where their choice counts, and where Stands says it
	Copies     []download
	CopyIntro  string
	AskIntro   string
}

type fact struct{ Label, Value string }

type line struct{ When, What, How string }

type download struct{ Label, URL string }

// shown is how many lines of a list the page shows; the copy holds all of them.
const shown = 20

func (s *Site) preferences(r *request) error {
	claims, person, found, err := r.open(token.Preferences)
	if err != nil {
		return err
	}
	if !found {
		return token.ErrExpired
	}
	if claims.Run != "" {
		return r.render(http.StatusOK, "notice", unsubscribePage{r.frame(r.lang.Words.Page.StartTitle),
			choices{person.OptOut, person.OptOut != notice.OptOutAll}, r.gets(person.Standing())})
	}
	return s.showCenter(r, person, answer{})
}

// savePreferences does what the forms of the privacy center ask for. A link that came
// in a notice declines or has a fresh one mailed, and does nothing else.
func (s *Site) savePreferences(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	claims, person, found, err := r.open(token.Preferences)
	if err != nil {
		return err
	}
	if !found {
		return token.ErrExpired
	}
	words := r.lang.Words.Page
	switch {
	case claims.Run != "" && form["action"] == "fresh":
		if err := s.limit(r, byNotice, person.Address); err != nil {
			return err
		}
		if err := s.mailFresh(r.Context(), person); err != nil {
			return err
		}
		return r.render(http.StatusOK, "message", messagePage{frame: r.frame(words.LinkTitle), Message: words.Center.FreshSent})
	case claims.Run != "":
		return s.decline(r, claims, person, found, chosen(form))
	}
	act, ok := acts[form["action"]]
	if !ok {
		return errPage(http.StatusBadRequest)
	}
	done, err := act(s, visit{r, claims.Expires, form, person})
	var unfinished *privacy.Unfinished
	switch {
	case errors.As(err, &done.fault):
		done.typed = form
		return s.showCenter(r, person, done)
	case errors.As(err, &unfinished):
		s.Log.ErrorContext(r.Context(), "form carried out in part", "action", form["action"], "error", err.Error())
	case err != nil:
		return err
	}
	if person, err = s.Store.Recipient(r.Context(), person.ID); err != nil {
		return err
	}
	r.lang = locale.Match(person.Locale, r.Header.Get("Accept-Language"))
	if unfinished != nil {
		done.fault = r.unfinished()
	}
	return s.showCenter(r, person, done)
}

func spoken(tag string) bool {
	return slices.ContainsFunc(locale.All(), func(l *locale.Language) bool { return l.Tag == tag })
}

// showCenter shows everything about a person. The lists name dates and kinds; what
// they hold besides is in the copy, and so are notices that did not come to the person.
func (s *Site) showCenter(r *request, person notice.Recipient, done answer) error {
	held, err := s.Rights.Copy(r.Context(), person)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	page := centerPage{frame: r.frame(words.StartTitle), choices: choices{OptOut: person.OptOut}, asking: r.asking(done.typed), again: again{done.fault, done.typed},
		Message: locale.Fill(words.Center.Intro, "company", s.Company), Name: person.Name, Restricted: person.Restricted, Kept: r.kept(person), Copies: done.copies,
		CopyIntro: locale.Fill(words.Center.CopyIntro, "number", strconv.Itoa(s.Rights.CopyLimit())), AskIntro: r.askIntro(), Facts: r.facts(person)}
	for _, n := range slices.Backward(held.Notices) {
		if n.SentAt.IsZero() || !notice.DeliveryState(n.State).Told() || len(page.Notices) == shown {
			continue
		}
		kind := words.Center.NoticeChange
		if strings.HasPrefix(n.Notice, string(notice.Annual)) {
			kind = words.Center.NoticeAnnual
		}
		page.Notices = append(page.Notices, line{r.lang.Date(notice.DateOf(n.SentAt)), kind, locale.Fill(words.PolicyVersion, "version", n.Version)})
	}
	for _, h := range slices.Backward(held.History) {
		if len(page.History) < shown {
			page.History = append(page.History, r.change(h))
		}
	}
	for _, q := range slices.Backward(held.Requests) {
		if len(page.Requests) < shown {
			page.Requests = append(page.Requests, r.asked(q))
		}
	}
	for _, l := range locale.All() {
		page.Languages = append(page.Languages, choice{Value: l.Tag, Label: l.Name})
	}
	choose(cmp.Or(done.typed["language"], r.lang.Tag), page.Languages)
	status := http.StatusOK
	if done.fault != nil {
		status = done.fault.status
	}
	if done.said != nil {
		page.Note = done.said(r.lang)
	}
	if done.stands {
		page.Stands = r.gets(person.Standing())
		if person.Status != notice.Active && page.Kept != "" { // what they chose does not count
			page.Stands, page.Kept = page.Kept, ""
		}
	}
	return r.render(status, "center", page)
}

// gets says which optional notices reach a person as they stand, whatever keeps the
// others away.
func (r *request) gets(s notice.Standing) string {
	c := r.lang.Words.Page.Center
	switch {
	case s.OptOut == notice.OptOutAll, s.Restricted, s.Status != notice.Active:
		return c.GetsNothing
	case s.OptOut.Change:
		return c.GetsAnnual
	case s.OptOut.Annual:
		return c.GetsChange
	}
	return c.GetsBoth
}

// kept says what keeps notices from a person besides their choice, or nothing.
func (r *request) kept(p notice.Recipient) string {
	c := r.lang.Words.Page.Center
	switch {
	case p.Status == notice.Bounced:
		return c.Undelivered
	case p.Status == notice.Complained:
		return locale.Fill(c.Reported, "form", c.Ask)
	case p.Restricted:
		return c.Restricted
	}
	return ""
}

func (r *request) facts(p notice.Recipient) []fact {
	c := r.lang.Words.Page.Center
	day := func(d notice.Date) string {
		if d == "" {
			return c.Nothing
		}
		return r.lang.Date(d)
	}
	text := func(s string) string {
		if s == "" {
			return c.Nothing
		}
		return s
	}
	return []fact{{c.Address, p.Address}, {c.Name, text(p.Name)}, {c.Language, r.lang.Name}, {c.Source, text(p.Source)}, {c.Added, day(notice.DateOf(p.ImportedAt))},
		{c.LastNotice, day(notice.DateOf(p.LastNotice))}, {c.NextReview, day(p.Due)}}
}

func (r *request) change(h privacy.CopyChange) line {
	c := r.lang.Words.Page.Center
	what := r.gets(notice.Standing{Status: notice.Status(h.Status), OptOut: notice.OptOut{Annual: !h.Annual, Change: !h.Change}})
	switch {
	case h.Corrected != "":
		what = c.Corrected
	case h.Restricted:
		what = c.Restricted
	}
	ways := map[notice.Way]string{notice.ByOneClick: c.Ways.OneClick, notice.ByPage: c.Ways.Page, notice.ByUndo: c.Ways.Undo, notice.ByRequest: c.Ways.Request,
		notice.ByImport: c.Ways.Import, notice.ByBounce: c.Ways.Bounce, notice.ByComplaint: c.Ways.Complaint, notice.ByOperator: c.Ways.Operator}
	return line{r.lang.Date(notice.DateOf(h.At)), what, ways[notice.Way(h.Way)]}
}

func (r *request) asked(q privacy.CopyRequest) line {
	c := r.lang.Words.Page.Center
	what := ""
	for _, right := range r.rights("") {
		if right.Value == q.Right {
			what = right.Label
		}
	}
	state := map[notice.RequestState]string{notice.Pending: locale.Fill(c.Open, "date", r.lang.Date(notice.Date(q.Due))), notice.Complied: c.Complied,
		notice.Denied: c.Denied, notice.Unverified: c.Unverified, notice.Lapsed: c.Lapsed}[notice.RequestState(q.State)]
	return line{r.lang.Date(notice.DateOf(q.Received)), what, state}
}
