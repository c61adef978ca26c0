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
	asked, err := r.site.Rights.Asked(r.Context(), c.Request)
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
	page := askPage{r.frame(w.Ask), w.VerifyAsk, asked.Details, w.VerifyButton}
	switch privacy.Confirms(asked) {
	case privacy.LetterErase:
		page = askPage{frame: r.frame(w.Delete), Message: locale.Fill(w.DeleteAsk, "company", s.Company), Button: w.DeleteButton}
	case privacy.LetterNewAddress:
		page = askPage{r.frame(w.NewAddress), w.MoveAsk, asked.Address, w.MoveButton}
	}
	return r.render(http.StatusOK, "ask", page)
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
	page := donePage{frame: r.frame(w.Ask), Message: locale.Fill(w.Asked, "number", string(asked.ID), "date", r.lang.Date(asked.Due))}
	switch {
	case asked.State == notice.Lapsed:
		return token.ErrExpired
	case asked.State == notice.Complied && asked.Right == notice.Deletion:
		page = donePage{frame: r.frame(w.Delete), Message: w.Deleted}
	case asked.State == notice.Complied && asked.Right == notice.Rectification && asked.Details == "":
		page = donePage{frame: r.frame(w.NewAddress), Message: w.Moved}
	}
	return r.render(http.StatusOK, "done", page)
}
