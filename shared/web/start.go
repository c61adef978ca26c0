package web

import (
	"net/http"

	"policymail/shared/locale"
)

// startPage is start.html.
type startPage struct {
	frame
	Message string
}

// start shows the way to everything that needs no link.
func (s *Site) start(r *request) error {
	words := r.lang.Words.Page
	return r.render(http.StatusOK, "start", startPage{r.frame(words.StartTitle), locale.Fill(words.StartIntro, "company", s.Company)})
}
