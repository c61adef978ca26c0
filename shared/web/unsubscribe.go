package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// unsubscribePage is unsubscribe.html, and notice.html: what a link in a notice may do.
type unsubscribePage struct {
	frame
	choices
	Message string
}

// askUnsubscribe shows what an unsubscribe link may do: decline what is not declined yet.
func (s *Site) askUnsubscribe(r *request) error {
	_, person, found, err := r.open(token.Unsubscribe)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	page := unsubscribePage{frame: r.frame(words.UnsubscribeTitle), Message: words.UnsubscribeDone}
	if found && person.OptOut != notice.OptOutAll {
		page.choices, page.Message = choices{person.OptOut, true}, locale.Fill(words.UnsubscribeAsk, "company", s.Company)
	}
	return r.render(http.StatusOK, "unsubscribe", page)
}

// unsubscribe serves the one-click POST of RFC 8058 § 3.1 and the forms of its
// page. The one-click answer is 200 only after the opt-out is durable, 200 again on
// every repeat, and asks for no cookie, login, origin or redirect (invariant 6). A
// storage failure is a 500, so that the mailbox provider tries again; so it is when the
// opt-out is durable but an undo of before could still take it back (privacy.Unfinished).
func (s *Site) unsubscribe(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	claims, person, found, err := r.open(token.Unsubscribe)
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	declined := notice.OptOutAll
	switch {
	case form["List-Unsubscribe"] == "One-Click":
		// Nobody there, or erased: they get no mail, which is what was asked for.
		if found {
			change := privacy.Change{Recipient: person.ID, Way: notice.ByOneClick, Run: claims.Run}
			if _, _, err := s.Rights.Preferences.Set(r.Context(), change, func(notice.OptOut) notice.OptOut { return declined }); err != nil {
				return err
			}
		}
		r.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(r.w, words.UnsubscribeDone+"\n")
		return nil
	case form["action"] == "unsubscribe":
	case form["action"] == "save":
		declined = chosen(form)
	default:
		return errPage(http.StatusBadRequest)
	}
	return s.decline(r, claims, person, found, declined)
}

// decline carries out what the page of a link in a notice may do: decline more, never
// less, because the notice may have been forwarded. The address on file is told, with
// an undo. The page says what stands afterwards, and how to get more where the form asked
// for it. (A one-click POST is not told: it comes from the mail program that holds
// the header, which forwarding does not pass on.)
func (s *Site) decline(r *request, claims token.Claims, person notice.Recipient, found bool, declined notice.OptOut) error {
	words := r.lang.Words.Page
	page := donePage{frame: r.frame(words.UnsubscribeTitle), Message: words.UnsubscribeDone}
	if !found {
		return r.render(http.StatusOK, "done", page)
	}
	change := privacy.Change{Recipient: person.ID, Way: notice.ByPage, Run: claims.Run}
	before, after, err := s.Rights.Preferences.Set(r.Context(), change, func(now notice.OptOut) notice.OptOut {
		return notice.OptOut{Annual: now.Annual || declined.Annual, Change: now.Change || declined.Change}
	})
	if err != nil {
		return err
	}
	if after.OptOut != notice.OptOutAll {
		page.Message = r.gets(after)
	}
	page.AskForLink = after.OptOut.Annual && !declined.Annual || after.OptOut.Change && !declined.Change
	if before != after {
		undo := token.Claims{Purpose: token.Undo, Recipient: person.ID, Run: claims.Run, Expires: s.Now().Add(privacy.UndoLife)}
		page.Undo, page.Note = "/b/"+s.Keys.Sign(undo), words.UnsubscribeNote
		s.tell(r.Context(), privacy.Declined(person, after, s.Links.Link(undo)))
	}
	return r.render(http.StatusOK, "done", page)
}

// tell mails a person what was done. What was done stands, told or not: a failure is
// for the operator.
func (s *Site) tell(ctx context.Context, l privacy.Letter) {
	if err := s.Rights.Desk.Post.Send(ctx, l); err != nil {
		s.Log.Error("letter not sent", "kind", string(l.Kind), "error", err.Error())
	}
}

// askUndo says what stands, and offers the undo only where there is something to undo.
func (s *Site) askUndo(r *request) error {
	claims, person, found, err := r.open(token.Undo)
	if err != nil {
		return err
	}
	if !found {
		return token.ErrExpired
	}
	can, err := s.Rights.Preferences.CanUndo(r.Context(), person.ID, offered(claims))
	if err != nil {
		return err
	}
	title, stands := r.frame(r.lang.Words.Page.Undo), r.stands(person.Standing())
	if !can {
		return r.render(http.StatusOK, "done", donePage{frame: title, Message: stands})
	}
	return r.render(http.StatusOK, "ask", askPage{frame: title, Message: stands, Button: title.Title})
}

// offered is when the undo of a link was.
func offered(undo token.Claims) time.Time { return undo.Expires.Add(-privacy.UndoLife) }

// stands says what somebody who looks for an undo gets.
func (r *request) stands(s notice.Standing) string {
	if s.OptOut == notice.OptOutAll {
		return r.lang.Words.Page.UnsubscribeDone
	}
	return r.gets(s)
}

func (s *Site) undo(r *request) error {
	claims, person, found, err := r.open(token.Undo)
	if err != nil {
		return err
	}
	if !found {
		return token.ErrExpired
	}
	after, err := s.Rights.Preferences.Undo(r.Context(), privacy.Change{Recipient: person.ID, Run: claims.Run}, offered(claims))
	if err != nil {
		return err
	}
	words := r.lang.Words.Page
	page := donePage{frame: r.frame(words.Undo), Message: words.UndoDone}
	if after.OptOut == notice.OptOutAll || after.OptOut == person.OptOut { // they decided since, and that stands
		page.Message = r.stands(after)
	}
	return r.render(http.StatusOK, "done", page)
}
