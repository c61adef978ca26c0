package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"policymail/shared/address"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

func (s *Site) start(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "start", view{Title: words.StartTitle,
		Message: locale.Fill(words.StartIntro, "company", s.Company), Policy: s.Policy})
}

func (s *Site) preferences(r *request) error {
	_, person, found, err := r.open(token.Preferences)
	if err != nil {
		return err
	}
	if !found || person.Status == notice.Erased {
		return token.ErrExpired
	}
	return r.showPreferences(person.OptOut, "")
}

func (s *Site) savePreferences(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	claims, person, found, err := r.open(token.Preferences)
	if err != nil {
		return err
	}
	if !found || person.Status == notice.Erased {
		return token.ErrExpired
	}
	change := privacy.Change{Recipient: claims.Recipient, Way: notice.ByPage, Run: claims.Run}
	_, after, err := s.Preferences.Set(r.Context(), change, func(notice.OptOut) notice.OptOut { return chosen(form) })
	if err != nil {
		return err
	}
	return r.showPreferences(after.OptOut, r.lang.Words.Page.Saved)
}

func (r *request) showPreferences(out notice.OptOut, saved string) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "preferences", view{Title: words.PreferencesTitle, OptOut: out, Note: saved,
		Message: locale.Fill(words.PreferencesIntro, "company", r.site.Company)})
}

func (s *Site) askLink(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "link", view{Title: words.LinkTitle, Message: words.LinkIntro})
}

// freshLink is how long a link that a person asked for works.
const freshLink = 24 * time.Hour

// answerAfter is how long "send me my link" takes at least, so that the time of the
// answer does not tell whether the address is known.
const answerAfter = 400 * time.Millisecond

// sendLink answers the same, in words and in time, for an address we know and for
// one we do not.
func (s *Site) sendLink(r *request) error {
	form, err := readForm(r.Request)
	if err != nil {
		return err
	}
	patience := time.NewTimer(answerAfter)
	defer patience.Stop()
	if err := s.mailLink(r.Context(), form["address"]); err != nil {
		// Even a failure must not tell: it is for the operator.
		s.Log.Error("link not sent", "error", err.Error())
	}
	select {
	case <-patience.C:
	case <-r.Context().Done():
	}
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "message", view{Title: words.LinkTitle, Message: words.LinkSent})
}

func (s *Site) mailLink(ctx context.Context, typed string) error {
	normal, err := address.Parse(typed)
	if err != nil {
		return nil
	}
	person, err := s.Store.Recipient(ctx, s.Keys.RecipientID(normal))
	if errors.Is(err, notice.ErrNotFound) || err == nil && person.Address == "" {
		return nil
	} else if err != nil {
		return err
	}
	link := s.Links.Link(token.Claims{Purpose: token.Preferences, Recipient: person.ID, Expires: s.Now().Add(freshLink)})
	return s.SendLink(ctx, person, link)
}
