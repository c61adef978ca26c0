package web

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// open reads the link of a request. The signature is checked before any I/O. found
// is false for a good link whose person we no longer hold.
func (r *request) open(purposes ...token.Purpose) (c token.Claims, person notice.Recipient, found bool, err error) {
	c, err = r.site.Keys.Read(r.PathValue("token"), r.site.Now())
	if err != nil && !errors.Is(err, token.ErrExpired) {
		return c, person, false, err
	}
	allowed := false
	for _, p := range purposes {
		allowed = allowed || c.Purpose == p
	}
	if !allowed {
		return c, person, false, token.ErrForged
	}
	if err != nil {
		return c, person, false, err
	}
	person, readErr := r.site.Store.Recipient(r.Context(), c.Recipient)
	if errors.Is(readErr, notice.ErrNotFound) {
		return c, person, false, nil
	}
	if readErr != nil {
		return c, person, false, readErr
	}
	r.lang = locale.Match(person.Locale, r.Header.Get("Accept-Language"))
	return c, person, true, nil
}

func (s *Site) askUnsubscribe(r *request) error {
	if _, _, _, err := r.open(token.Unsubscribe); err != nil {
		return err
	}
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "unsubscribe", view{Title: words.UnsubscribeTitle,
		Message: locale.Fill(words.UnsubscribeAsk, "company", s.Company)})
}

// unsubscribe serves the one-click POST of RFC 8058 § 3.1 and the forms of its
// page. The one-click answer is 200 only after the opt-out is durable, 200 again on
// every repeat, and asks for no cookie, login, origin or redirect (invariant 6). A
// storage failure is a 500, so that the mailbox provider tries again.
func (s *Site) unsubscribe(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	claims, person, found, err := r.open(token.Unsubscribe)
	if err != nil {
		return err
	}
	oneClick := form["List-Unsubscribe"] == "One-Click"
	words := r.lang.Words.Page
	change := privacy.Change{Recipient: claims.Recipient, Way: notice.ByPage, Run: claims.Run}
	out := notice.OptOutAll
	switch {
	case oneClick:
		change.Way = notice.ByOneClick
	case form["action"] == "unsubscribe":
	case form["action"] == "undo":
		out = notice.OptOut{}
	case form["action"] == "save":
		out = chosen(form)
	default:
		return errPage(http.StatusBadRequest)
	}
	// Nobody there, or erased: they get no mail, which is what was asked for.
	if found && person.Status != notice.Erased {
		if _, _, err := s.Preferences.Set(r.Context(), change, func(notice.OptOut) notice.OptOut { return out }); err != nil {
			return err
		}
	}
	if oneClick {
		r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(r.w, words.UnsubscribeDone+"\n")
		return nil
	}
	v := view{Title: words.UnsubscribeTitle, Message: words.UnsubscribeDone, Note: words.UnsubscribeNote, Undo: true, More: true, OptOut: out}
	if form["action"] == "undo" {
		v.Message, v.Note, v.Undo = words.UndoDone, "", false
	} else if form["action"] == "save" {
		v.Message, v.Note, v.Undo = words.Saved, "", out != notice.OptOut{}
	}
	return r.render(http.StatusOK, "done", v)
}

// chosen reads the boxes a person left ticked; "none" wins over both.
func chosen(form map[string]string) notice.OptOut {
	if form["none"] != "" {
		return notice.OptOutAll
	}
	return notice.OptOut{Annual: form["annual"] == "", Change: form["change"] == ""}
}

// readForm reads a form in either encoding mailbox providers use, and in none when
// the type is missing. Only the first value of each field counts.
func readForm(r *http.Request) (map[string]string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, errPage(http.StatusUnsupportedMediaType)
	}
	switch kind {
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	case "", "application/x-www-form-urlencoded":
		if kind == "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		err = r.ParseForm()
	default:
		return nil, errPage(http.StatusUnsupportedMediaType)
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, err
	}
	if err != nil {
		return nil, errPage(http.StatusBadRequest)
	}
	form := map[string]string{}
	for name, values := range r.PostForm {
		form[name] = values[0]
	}
	return form, nil
}
