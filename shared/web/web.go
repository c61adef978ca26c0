// Package web serves the pages recipients reach: unsubscribe, the privacy center
// with everything people can do about their own data, "send me my link", and the
// policy with its versions. Every page is rendered on the server and works without
// JavaScript.
//
// GET, HEAD and OPTIONS change nothing, whatever the link (invariant 6): only the
// POST handlers call what changes anything.
//
// What a link may do depends on how it came. One in a notice may have been
// forwarded: it declines, which is told by mail with an undo. What shows or changes
// more is a link mailed fresh to the address on file, which expires; there are no
// cookies, so that link is also what no other site can forge a form without.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"policymail/shared/approval"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/token"
)

// Store is what the pages read.
type Store interface {
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
}

// Site is everything the pages need.
type Site struct {
	Store   Store
	Keys    *token.Keys
	Links   token.Links
	Rights  privacy.Rights
	Limiter privacy.Limiter
	Gate    approval.Gate
	Samples Sampler
	Policy  string // the one the start page points to
	Company string
	Now     func() time.Time
	Log     *slog.Logger
}

// maxBody is the largest form we read; ours have a few dozen bytes.
const maxBody = 64 << 10

// maxSummaries is the largest form of an approver: summaries in every language.
const maxSummaries = 1 << 20

//go:embed templates static
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"fill": locale.Fill,
	"maxDetails": func() int { return maxDetails }, "maxName": func() int { return privacy.MaxName }}).ParseFS(files, "templates/*.html"))

// route is a path and what answers its GET and its POST; a page without a form has no post.
type route struct {
	path      string
	get, post func(*Site, *request) error
}

var routes = []route{
	{"/{$}", (*Site).start, nil},
	{"/u/{token}", (*Site).askUnsubscribe, (*Site).unsubscribe},
	{"/p/{token}", (*Site).preferences, (*Site).savePreferences},
	{"/b/{token}", (*Site).askUndo, (*Site).undo},
	{"/c/{token}", (*Site).askConfirm, (*Site).confirm},
	{"/d/{token}/{file}", (*Site).download, nil},
	{"/a/{token}", (*Site).approval, (*Site).decide},
	{"/a/{token}/{part}", (*Site).approvalPart, nil},
	{"/fields", (*Site).fields, nil},
	{"/ask", (*Site).askRequest, (*Site).sendRequest},
	{"/link", (*Site).askLink, (*Site).sendLink},
	{"/policy/{policy}", (*Site).policy, nil},
	{"/policy/{policy}/{version}", (*Site).policy, nil},
	{"/policy/{policy}/{version}/changes", (*Site).changes, nil},
	{"/feed/{policy}", (*Site).feed, nil},
}

// Handler serves the site. OPTIONS names the methods that a path answers, and no other.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		allow := "GET, HEAD, OPTIONS"
		mux.HandleFunc("GET "+route.path, s.page(route.get))
		if route.post != nil {
			allow = "GET, HEAD, POST, OPTIONS"
			mux.HandleFunc("POST "+route.path, s.page(route.post))
		}
		mux.HandleFunc("OPTIONS "+route.path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
		})
	}
	static, _ := fs.Sub(files, "static")
	mux.Handle("GET /static/", cached(http.StripPrefix("/static/", http.FileServerFS(static))))
	mux.HandleFunc("GET /", s.page(func(*Site, *request) error { return errPage(http.StatusNotFound) }))
	return secure(ownForms(mux))
}

// ownForms refuses a form that a browser says another site sent. Mail programs say
// nothing of the kind, and the one-click link asks for nothing (RFC 8058 § 3.1).
func ownForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Sec-Fetch-Site") == "cross-site" && !strings.HasPrefix(r.URL.Path, "/u/") {
			http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// secure sets what every answer carries: no page may be stored, framed, indexed or
// named in a Referer, and nothing runs or loads from elsewhere.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		limit := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/a/") {
			limit = maxSummaries
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		next.ServeHTTP(w, r)
	})
}

// request is one request with what the pages find out about it.
type request struct {
	*http.Request
	w    http.ResponseWriter
	lang *locale.Language
	site *Site
}

// statusError ends a request with a page for people.
type statusError struct{ status int }

func (e statusError) Error() string { return http.StatusText(e.status) }

func errPage(status int) error { return statusError{status} }

// page turns a handler that may fail into one that answers in words: the reader
// learns what to do, the log the route and the cause, nobody an address or token.
func (s *Site) page(serve func(*Site, *request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, hr *http.Request) {
		r := &request{Request: hr, w: w, site: s, lang: locale.Match("", hr.Header.Get("Accept-Language"))}
		err := serve(s, r)
		if err == nil {
			return
		}
		words := r.lang.Words.Page
		title, status, message, ask := words.ErrorTitle, http.StatusInternalServerError, words.ErrorServer, false
		var known statusError
		var bad *fault
		var tooLarge *http.MaxBytesError
		var unfinished *privacy.Unfinished
		switch {
		case errors.Is(err, token.ErrExpired):
			status, message, ask = http.StatusGone, words.ErrorExpired, true
		case errors.Is(err, token.ErrForged):
			status, message, ask = http.StatusBadRequest, words.ErrorForged, true
		case errors.As(err, &tooLarge):
			status, message = http.StatusRequestEntityTooLarge, words.ErrorForm
		case errors.As(err, &bad):
			status, message = bad.status, bad.Why
		case errors.As(err, &known):
			status, message = known.status, words.ErrorForm
			if status == http.StatusNotFound {
				message = words.ErrorNotFound
			}
		case errors.Is(err, notice.ErrNotFound):
			status, message = http.StatusNotFound, words.ErrorNotFound
		default:
			s.Log.ErrorContext(hr.Context(), "page failed", "route", hr.Pattern, "error", err.Error())
			if errors.As(err, &unfinished) {
				title, message = words.StartTitle, words.ErrorUnfinished
			}
		}
		r.render(status, "message", messagePage{r.frame(title), message, ask})
	}
}

// frame is what every page shows around its own; each page embeds it.
type frame struct {
	L          *locale.Language
	Company    string
	SitePolicy string // the policy that the foot of the page points to, and the start page
	Title      string
}

// frame is that of a page in the reader's language, as far as it is known by now.
func (r *request) frame(title string) frame {
	return frame{r.lang, r.site.Company, r.site.Policy, title}
}

// Pages of a few words, which more than one handler shows.
type (
	messagePage struct { // message.html
		frame
		Message    string
		AskForLink bool
	}
	askPage struct { // ask.html: a question with one button
		frame
		Message string
		Note    string
		Button  string
	}
	donePage struct { // done.html
		frame
		Message    string
		Note       string
		Undo       string // where it is posted to
		AskForLink bool
	}
)

// render writes a whole page or, if its template fails, none of it. name is that of the
// template, without .html.
func (r *request) render(status int, name string, page any) error {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name+".html", page); err != nil {
		r.site.Log.Error("template failed", "template", name, "error", err.Error())
		http.Error(r.w, r.lang.Words.Page.ErrorServer, http.StatusInternalServerError)
		return nil
	}
	r.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	r.w.Header().Set("Content-Language", r.lang.Tag)
	r.w.Header().Set("Vary", "Accept-Language")
	r.w.WriteHeader(status)
	body.WriteTo(r.w)
	return nil
}
