package web

import (
	"errors"
	"net/http"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// pending reads a link that confirms a request, and the request.
func (r *request) pending() (notice.Request, error) {
	c, err := r.claims(token.Confirm)
	if err != nil {
		return notice.Request{}, err
	}
	asked, err := r.site.Rights.Desk.Store.Request(r.Context(), c.Request)
	if errors.Is(err, notice.ErrNotFound) {
		return asked, token.ErrExpired
	}
	r.lang = locale.Match(asked.Locale, r.Header.Get("Accept-Language"))
	return asked, err
}

// askConfirm says what confirming would do.
func (s *Site) askConfirm(r *request) error {
	asked, err := r.pending()
	if err != nil {
		return err
	}
	if asked.State != notice.Unverified {
		return s.confirmed(r, asked)
	}
	w := r.lang.Words.Page.Center
	v := view{Title: w.Ask, Message: w.VerifyAsk, Note: asked.Details, Button: w.VerifyButton}
	switch privacy.Confirms(asked) {
	case privacy.LetterErase:
		v = view{Title: w.Delete, Message: locale.Fill(w.DeleteAsk, "company", s.Company), Button: w.DeleteButton}
	case privacy.LetterNewAddress:
		v = view{Title: w.NewAddress, Message: w.MoveAsk, Note: asked.Address, Button: w.MoveButton}
	}
	return r.render(http.StatusOK, "ask", v)
}

// confirm does what the request asked for.
func (s *Site) confirm(r *request) error {
	asked, err := r.pending()
	if err != nil {
		return err
	}
	language := r.lang
	if asked, err = s.Rights.Confirm(r.Context(), asked.ID); err != nil {
		return err
	}
	r.lang = language // of an erased person nothing tells it any more
	return s.confirmed(r, asked)
}

// confirmed says what became of a request, on every later visit too.
func (s *Site) confirmed(r *request, asked notice.Request) error {
	w := r.lang.Words.Page.Center
	v := view{Title: w.Ask, Message: locale.Fill(w.Asked, "number", string(asked.ID), "date", r.lang.Date(asked.Due))}
	switch {
	case asked.State == notice.Lapsed:
		return token.ErrExpired
	case asked.State == notice.Complied && asked.Right == notice.Deletion:
		v = view{Title: w.Delete, Message: w.Deleted}
	case asked.State == notice.Complied && asked.Right == notice.Rectification && asked.Details == "":
		v = view{Title: w.NewAddress, Message: w.Moved}
	}
	return r.render(http.StatusOK, "done", v)
}
