package local

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"policymail/shared/locale"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/token"
)

// gallery shows every mail and page in every language.
type gallery struct {
	letters *mail.Writer
	site    http.Handler
	keys    *token.Keys
	now     func() time.Time
}

var galleryVersion = notice.Version{Policy: "privacy", Name: "2026-11", Previous: "2026-01", Effective: "2026-12-31", Basis: "Art. 13 GDPR",
	Summary: map[string]string{"en": "We keep order data for six years instead of ten.\nA new payment provider processes card data."}}

// galleryPages are the pages that can be shown without anybody's data.
func (g *gallery) pages() map[string]string {
	sign := func(c token.Claims) string { return "/" + string(c.Purpose) + "/" + g.keys.Sign(c) }
	return map[string]string{
		"start": "/", "link": "/link", "not found": "/nothing-here", "damaged link": "/u/damaged",
		"unsubscribe":  sign(token.Claims{Purpose: token.Unsubscribe, Recipient: "gallery", Run: "gallery"}),
		"expired link": sign(token.Claims{Purpose: token.Preferences, Recipient: "gallery", Expires: g.now().Add(-time.Hour)}),
	}
}

func (g *gallery) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_local/gallery", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><h1>Gallery</h1>`)
		for _, l := range locale.All() {
			fmt.Fprintf(w, "<h2 dir=%q>%s</h2><ul>", l.Dir, l.Name)
			for _, name := range []string{"annual", "change", "mandatory", "mail-link"} {
				fmt.Fprintf(w, `<li><a href="/_local/gallery/mail/%s/%s">mail: %s</a></li>`, name, l.Tag, name)
			}
			for name := range g.pages() {
				fmt.Fprintf(w, `<li><a href="/_local/gallery/page/%s/%s">page: %s</a></li>`, name, l.Tag, name)
			}
			io.WriteString(w, "</ul>")
		}
	})
	mux.HandleFunc("GET /_local/gallery/mail/{name}/{language}", g.mail)
	mux.HandleFunc("GET /_local/gallery/page/{name}/{language}", func(w http.ResponseWriter, r *http.Request) {
		path, ok := g.pages()[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		page := httptest.NewRequest(http.MethodGet, path, nil)
		page.Header.Set("Accept-Language", r.PathValue("language"))
		g.site.ServeHTTP(w, page)
	})
}

func (g *gallery) mail(w http.ResponseWriter, r *http.Request) {
	run := notice.Run{ID: "gallery", Kind: notice.Kind(r.PathValue("name")), Class: notice.Optional}
	reader := notice.Recipient{ID: "gallery", Address: "reader@example.com", Name: "Alex Example", Locale: r.PathValue("language"), Status: notice.Active}
	var raw []byte
	var err error
	switch r.PathValue("name") {
	case "mail-link":
		e, failure := g.letters.WriteLink(reader, "https://privacy.example.com/p/example")
		raw, err = e.Raw, failure
	case "mandatory":
		run.Kind, run.Class = notice.Change, notice.Mandatory
		fallthrough
	default:
		e, _, failure := g.letters.Write(run, galleryVersion, reader)
		raw, err = e.Raw, failure
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, readParts(raw).html)
}
