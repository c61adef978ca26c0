package local

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"policymail/shared/approval"
	"policymail/shared/assembly"
	"policymail/shared/assembly/site"
	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/officers"
	"policymail/shared/privacy"
	"policymail/shared/publish"
	"policymail/shared/startup"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
)

// gallery shows every mail and page in every language and state. Its pages are the
// product's own, on a store of their own in which a made-up person is led into the
// state that is shown.
type gallery struct {
	env     startup.Env // of the stack
	letters *mail.Writer
	keys    *token.Keys

	open   sync.Once
	err    error
	folder string
	db     *bolt.Store
	gate   approval.Gate
	site   http.Handler
	mu     sync.Mutex
	people int
}

var galleryVersion = notice.Version{Policy: "privacy", Name: "2026-11", Previous: "2026-01", Effective: "2026-12-31", Basis: "Art. 13 GDPR", PublishedBy: "Ada Example",
	Summary: map[string]string{"en": "We keep order data for six years instead of ten.\nA new payment provider processes card data."}}

// step is one request of the way to a state.
type step struct {
	method, path string
	form         url.Values
}

func get(path string) step { return step{method: http.MethodGet, path: path} }

func post(path, form string) step {
	v, _ := url.ParseQuery(form)
	return step{http.MethodPost, path, v}
}

func (g *gallery) u(r notice.Recipient) string {
	return g.path(token.Claims{Purpose: token.Unsubscribe, Recipient: r.ID, Run: "gallery"})
}
func (g *gallery) p(r notice.Recipient) string {
	return g.path(token.Claims{Purpose: token.Preferences, Recipient: r.ID, Expires: g.env.Now().Add(time.Hour)})
}
func (g *gallery) n(r notice.Recipient) string {
	return g.path(token.Claims{Purpose: token.Preferences, Recipient: r.ID, Run: "gallery", Expires: g.env.Now().Add(time.Hour)})
}
func (g *gallery) b(r notice.Recipient) string {
	return g.path(token.Claims{Purpose: token.Undo, Recipient: r.ID, Expires: g.env.Now().Add(privacy.UndoLife + time.Minute)})
}
func (g *gallery) d(r notice.Recipient) string {
	return g.path(token.Claims{Purpose: token.Download, Recipient: r.ID, Expires: g.env.Now().Add(time.Hour)})
}
func (g *gallery) path(c token.Claims) string { return "/" + string(c.Purpose) + "/" + g.keys.Sign(c) }

// galleryMails are the mails by name.
var galleryMails = func() (names []string) {
	names = []string{"annual", "change", "mandatory", "approval", "page-changed", "page-behind", "page-broken", "page-readable-again", "change-rejected"}
	for _, kind := range privacy.LetterKinds {
		names = append(names, string(kind))
	}
	return names
}()

// galleryPages are the ways to every state of every page, by name.
var galleryPages = []struct {
	name string
	way  func(g *gallery, r notice.Recipient) []step
}{
	{"start", fixed(get("/"))},
	{"link", fixed(get("/link"))},
	{"link-sent", fixed(post("/link", "address=reader@example.com"))},
	{"ask", fixed(get("/ask"))},
	{"asked", fixed(post("/ask", "address=reader@example.com&right=access&details=Everything"))},
	{"ask-unusable-address", fixed(post("/ask", "address=reader&right=deletion&party=agent&details=Everything+about+my+orders"))},
	{"fields", fixed(get("/fields"))},
	{"unsubscribe", func(g *gallery, r notice.Recipient) []step { return []step{get(g.u(r))} }},
	{"unsubscribed", func(g *gallery, r notice.Recipient) []step { return []step{post(g.u(r), "action=unsubscribe")} }},
	{"unsubscribe-one-of-two", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=save&change=1"), get(g.u(r))}
	}},
	{"unsubscribed-before", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), get(g.u(r))}
	}},
	{"unsubscribed-and-asked-for", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=save&change=1"), post(g.n(r), "annual=1&change=1")}
	}},
	{"undo", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), get(g.b(r))}
	}},
	{"undo-of-one-of-two", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=save&change=1"), get(g.b(r))}
	}},
	{"undo-undone", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), post(g.b(r), ""), get(g.b(r))}
	}},
	{"undone", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), post(g.b(r), "")}
	}},
	{"from-a-notice", func(g *gallery, r notice.Recipient) []step { return []step{get(g.n(r))} }},
	{"fresh-link-sent", func(g *gallery, r notice.Recipient) []step { return []step{post(g.n(r), "action=fresh")} }},
	{"preferences", func(g *gallery, r notice.Recipient) []step { return []step{get(g.p(r))} }},
	{"preferences-opted-out", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), get(g.p(r))}
	}},
	{"from-a-notice-opted-out", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.u(r), "action=unsubscribe"), get(g.n(r))}
	}},
	{"preferences-bounced", func(g *gallery, r notice.Recipient) []step {
		return []step{get(g.p(g.suppressed(r, notice.Bounced, notice.ByBounce)))}
	}},
	{"preferences-complained", func(g *gallery, r notice.Recipient) []step {
		return []step{get(g.p(g.suppressed(r, notice.Complained, notice.ByComplaint)))}
	}},
	{"saved", center("annual=1")},
	{"saved-complained", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.p(g.suppressed(r, notice.Complained, notice.ByComplaint)), "annual=1&change=1")}
	}},
	{"copy", center("action=copy")},
	{"copy-limit", center("action=copy", "action=copy", "action=copy")},
	{"copy-to-read", func(g *gallery, r notice.Recipient) []step {
		return []step{post(g.p(r), "action=restrict"), get(g.d(r) + "/copy.html")}
	}},
	{"corrected", center("action=correct&name=Sam+Example&language=en")},
	{"address-asked", center("action=move&address=new@example.com")},
	{"address-confirm", confirming(false, notice.Rectification)},
	{"address-moved", confirming(true, notice.Rectification)},
	{"restricted", center("action=restrict")},
	{"lifted", center("action=restrict", "action=lift")},
	{"objected", center("action=object")},
	{"deletion-asked", center("action=delete")},
	{"deletion-confirm", confirming(false, notice.Deletion)},
	{"deleted", confirming(true, notice.Deletion)},
	{"request-sent", center("action=ask&right=access&party=self&details=My+orders")},
	{"request-too-long", center("action=ask&right=deletion&party=agent&details=" + strings.Repeat("My+orders,+", 500))},
	{"corrected-too-long", center("action=correct&language=en&name=" + strings.Repeat("Sam+", 60))},
	{"request-confirm", confirming(false, notice.Access)},
	{"request-confirmed", confirming(true, notice.Access)},
	{"policy", fixed(get("/policy/privacy"))},
	{"policy-version", fixed(get("/policy/privacy/1.0"))},
	{"comparison", fixed(get("/policy/privacy/2.0/changes"))},
	{"comparison-of-the-first", fixed(get("/policy/privacy/1.0/changes"))},
	{"approval", approving(false)},
	{"approval-comparison", approving(false, get("/changes"))},
	{"approval-without-confirmation", approving(false, post("", "action=approve"))},
	{"approval-edited", approving(false, post("", "action=edit&summary-en=We+now+collect+the+phone+number+you+give+us."))},
	{"approval-first-of-two", approving(true)},
	{"approved", approving(false, post("", "action=approve&confirm=1"))},
	{"rejected", approving(false, post("", "action=reject&reason=The+effective+date+is+too+early"))},
	{"approval-link-expired", func(g *gallery, r notice.Recipient) []step {
		return []step{get(g.path(token.Claims{Purpose: token.Approve, Recipient: g.keys.RecipientID(officer), Expires: g.env.Now().Add(-time.Hour)}))}
	}},
	{"damaged-link", fixed(get("/u/damaged"))},
	{"expired-link", func(g *gallery, r notice.Recipient) []step {
		return []step{get(g.path(token.Claims{Purpose: token.Preferences, Recipient: r.ID, Expires: g.env.Now().Add(-time.Hour)}))}
	}},
	{"not-found", fixed(get("/nothing-here"))},
	{"bad-form", func(g *gallery, r notice.Recipient) []step { return []step{post(g.u(r), "action=nonsense")} }},
}

// galleryPlan is what approving a change of the gallery would do.
var galleryPlan = delivery.Plan{Audience: 1_000_000, CostUSD: 111, Seconds: 172_800, Canary: 10_000}

// suppressed is a reader whose mail bounced or who complained.
func (g *gallery) suppressed(r notice.Recipient, status notice.Status, way notice.Way) notice.Recipient {
	preferences := g.env.Preferences(g.db)
	if err := preferences.Suppress(context.Background(), r.ID, status, way, "gallery", g.env.Now()); err != nil {
		panic(err) // the person is there
	}
	return r
}

// approving opens the page of an officer for a change of its own, and takes steps there.
func approving(two bool, steps ...step) func(*gallery, notice.Recipient) []step {
	return func(g *gallery, r notice.Recipient) []step {
		ctx := context.Background()
		v, err := g.db.Version(ctx, settings.Policy, "2.0")
		if err != nil {
			panic(err) // prepare has published it
		}
		before := v
		before.Policy, before.Name, before.HTML = "example", string(r.ID)+"-before", strings.ReplaceAll(v.HTML, "six", "ten")
		v.Policy, v.Name, v.Previous, v.Approval = before.Policy, string(r.ID), before.Name, nil
		run := notice.Run{ID: notice.ChangeRunID(v.Policy, v.Name), Kind: notice.Change, Class: v.Class, Policy: v.Policy, Version: v.Name, ContentHash: v.ContentHash(), State: notice.Waiting}
		announcer := approval.Announcer{Gate: g.gate, Post: nobody{}, Links: g.env.Links(g.keys),
			Plan: func(context.Context, notice.RunID) (delivery.Plan, error) { return galleryPlan, nil }}
		if err := errors.Join(g.db.AddVersion(ctx, before), g.db.AddVersion(ctx, v), g.db.AddRun(ctx, run)); err != nil {
			panic(err) // the names are new
		}
		if _, err := announcer.Announce(ctx); err != nil {
			panic(err)
		}
		if two {
			gate := g.gate
			gate.Two = true
			if _, err := gate.Approve(ctx, run.ID, v.ContentHash(), officer, galleryPlan); err != nil {
				panic(err) // it waits
			}
		}
		path := g.path(token.Claims{Purpose: token.Approve, Recipient: g.keys.RecipientID(officer), Run: run.ID, Expires: g.env.Now().Add(time.Hour)})
		way := []step{get(path)}
		for _, s := range steps {
			s.path = path + s.path
			if s.form != nil {
				s.form.Set("hash", v.ContentHash())
			}
			way = append(way, s)
		}
		return way
	}
}

func fixed(s step) func(*gallery, notice.Recipient) []step {
	return func(*gallery, notice.Recipient) []step { return []step{s} }
}

// center posts forms of the privacy center.
func center(forms ...string) func(*gallery, notice.Recipient) []step {
	return func(g *gallery, r notice.Recipient) (way []step) {
		for _, form := range forms {
			way = append(way, post(g.p(r), form))
		}
		return way
	}
}

// confirming opens the link that confirms a request, and confirms it.
func confirming(do bool, right notice.Right) func(*gallery, notice.Recipient) []step {
	return func(g *gallery, r notice.Recipient) []step {
		asked := notice.NewRequest(notice.RequestID("20261124-"+r.ID), right, g.env.Now())
		asked.Recipient, asked.Address, asked.Locale, asked.State = r.ID, r.Address, r.Locale, notice.Unverified
		switch right {
		case notice.Rectification:
			asked.Address = "new." + r.Address
		case notice.Access:
			asked.Details = "What do you know about my orders?"
		}
		if err := g.db.AddRequest(context.Background(), asked); err != nil {
			panic(err) // the id is new
		}
		link := g.path(token.Claims{Purpose: token.Confirm, Recipient: r.ID, Request: asked.ID, Expires: g.env.Now().Add(time.Hour)})
		if do {
			return []step{post(link, "")}
		}
		return []step{get(link)}
	}
}

func (g *gallery) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /_local/gallery", func(w http.ResponseWriter, r *http.Request) {
		names := []string{}
		for _, p := range galleryPages {
			names = append(names, p.name)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		galleryIndex.Execute(w, map[string]any{"Languages": locale.All(), "Mails": galleryMails, "Pages": names})
	})
	mux.HandleFunc("GET /_local/gallery/mail/{name}/{language}", g.mail)
	mux.HandleFunc("GET /_local/gallery/page/{name}/{language}", g.page)
}

var galleryIndex = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Gallery</title><style>:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}li{display:inline-block;margin-inline-end:1rem}ul{padding:0}</style></head>
<body><h1>Gallery</h1><p>Every mail and page, in every language and state.</p>
{{range $l := .Languages}}<h2 lang="{{.Tag}}" dir="{{.Dir}}">{{.Name}}</h2>
<ul>{{range $.Mails}}<li><a href="/_local/gallery/mail/{{.}}/{{$l.Tag}}">{{.}}</a></li>{{end}}</ul>
<ul>{{range $.Pages}}<li><a href="/_local/gallery/page/{{.}}/{{$l.Tag}}">{{.}}</a></li>{{end}}</ul>{{end}}</body></html>
`))

// page leads a new person to a state and shows the last answer.
func (g *gallery) page(w http.ResponseWriter, r *http.Request) {
	g.open.Do(func() { g.err = g.prepare(r.Context()) })
	if g.err != nil {
		http.Error(w, g.err.Error(), http.StatusInternalServerError)
		return
	}
	for _, p := range galleryPages {
		if p.name != r.PathValue("name") {
			continue
		}
		person, err := g.person(r.Context(), r.PathValue("language"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		way := p.way(g, person)
		for i, s := range way {
			request := httptest.NewRequest(s.method, s.path, strings.NewReader(s.form.Encode()))
			request.Header.Set("Accept-Language", r.PathValue("language"))
			if s.form != nil {
				request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if i == len(way)-1 {
				g.site.ServeHTTP(w, request)
				return
			}
			g.site.ServeHTTP(httptest.NewRecorder(), request)
		}
	}
	http.NotFound(w, r)
}

// prepare opens the store of the gallery with two versions of a policy.
func (g *gallery) prepare(ctx context.Context) (err error) {
	if g.folder, err = os.MkdirTemp("", "policymail-gallery-"); err != nil {
		return err
	}
	if g.db, err = bolt.Open(filepath.Join(g.folder, "gallery.db"), false); err != nil {
		return err
	}
	if err := g.publish(ctx); err != nil {
		return err
	}
	env := g.env
	env.TwoApprovers, env.Approvers, env.Log = false, []string{officer}, slog.New(slog.DiscardHandler)
	pages := site.New(env, g.db, g.keys, mail.Post{Letters: g.letters, Mailer: nobody{}}, nobody{})
	pages.Limiter.Documents = unlimited{g.db}
	g.gate, g.site = pages.Gate, pages.Handler()
	return nil
}

// publish records two approved versions of the sample policy.
func (g *gallery) publish(ctx context.Context) error {
	for _, run := range []notice.RunID{"annual-2025-11-24", "change-privacy-1_0"} {
		if err := g.db.AddRun(ctx, notice.Run{ID: run, State: notice.Done, OpenedAt: g.env.Now().AddDate(-1, 0, 0)}); err != nil {
			return err
		}
	}
	publisher := assembly.Publisher(g.env, g.db)
	for i, file := range []string{"sample/policy-1.md", "sample/policy-2.md"} {
		text, err := sample.ReadFile(file)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d.0", i+1)
		in := publish.Publication{Policy: settings.Policy, Version: name, Effective: string(notice.DateOf(g.env.Now())), Source: text, SourceName: file, By: "Ada",
			Summary: map[string]string{"en": "We collect the phone number you give us for deliveries."}}
		if _, err := publisher.Publish(ctx, in); err != nil {
			return err
		}
		v, err := g.db.Version(ctx, settings.Policy, name)
		if err != nil {
			return err
		}
		if v.Approved() {
			continue
		}
		run, err := g.db.Run(ctx, notice.ChangeRunID(v.Policy, v.Name))
		if err != nil {
			return err
		}
		if _, err := delivery.Start(ctx, g.db, run, v, "Ada", notice.ByCommand, g.env.Now()); err != nil {
			return err
		}
	}
	return nil
}

// person adds a reader who has been told twice.
func (g *gallery) person(ctx context.Context, language string) (notice.Recipient, error) {
	g.mu.Lock()
	g.people++
	address := fmt.Sprintf("reader%d@example.com", g.people)
	g.mu.Unlock()
	id := g.keys.RecipientID(address)
	row := notice.Imported{ID: id, Address: address, Name: "Alex Example", Locale: language, Source: "web shop", At: g.env.Now().AddDate(-2, 0, 0)}
	if _, err := g.db.ImportRecipients(ctx, []notice.Imported{row}, settings.LeadDays); err != nil {
		return notice.Recipient{}, err
	}
	for _, run := range []notice.RunID{"annual-2025-11-24", "change-privacy-1_0"} {
		d := notice.Delivery{Run: run, Recipient: id, State: notice.Delivered, Version: "1.0", Locale: language, SentAt: g.env.Now().AddDate(-1, 0, 0), UpdatedAt: g.env.Now()}
		if _, err := g.db.RecordDelivery(ctx, d); err != nil {
			return notice.Recipient{}, err
		}
	}
	// They changed their mind once.
	for _, out := range []notice.OptOut{{Annual: true}, {}} {
		preferences := g.env.Preferences(g.db)
		change := privacy.Change{Recipient: id, Way: notice.ByPage}
		if _, _, err := preferences.Set(ctx, change, func(notice.OptOut) notice.OptOut { return out }); err != nil {
			return notice.Recipient{}, err
		}
	}
	return g.db.Recipient(ctx, id)
}

// nobody gets the mails and events of the gallery's people.
type nobody struct{}

func (nobody) Send(context.Context, delivery.Envelope) (string, error)              { return "", nil }
func (nobody) Invite(context.Context, officers.Invitation) error                    { return nil }
func (nobody) PageChanged(context.Context, officers.PageChange) error               { return nil }
func (nobody) PageBroken(context.Context, officers.PageBroken) error                { return nil }
func (nobody) Rejected(context.Context, officers.Rejected) error                    { return nil }
func (nobody) Announce(context.Context, privacy.Announcement, notice.Request) error { return nil }

// unlimited never counts: the gallery is looked at as often as one likes.
type unlimited struct{ *bolt.Store }

func (unlimited) SaveDocument(context.Context, string, string, any, int64) (int64, error) {
	return 0, nil
}

// close gives the files back.
func (g *gallery) close() error {
	if g.db == nil {
		return nil
	}
	return errors.Join(g.db.Close(), os.RemoveAll(g.folder))
}

func (g *gallery) mail(w http.ResponseWriter, r *http.Request) {
	e, err := g.letter(r.PathValue("name"), r.PathValue("language"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(readParts(e.Raw).html))
}

func (g *gallery) letter(name, language string) (delivery.Envelope, error) {
	run := notice.Run{ID: "gallery", Kind: notice.Change, Class: notice.Optional}
	reader := notice.Recipient{ID: "gallery", Address: "reader@example.com", Name: "Alex Example", Locale: language, Status: notice.Active}
	switch name {
	case "annual":
		run.Kind = notice.Annual
	case "mandatory":
		run.Class = notice.Mandatory
	case "change":
	case "approval":
		return g.letters.WriteInvitation(officers.Invitation{To: officer, Link: "https://privacy.example.com/a/example", Two: true,
			Run: run, Version: galleryVersion, Change: "substantive", Confidence: 0.97, Reasons: []string{"a period changed from ten to six years"},
			Comparison: "How long we keep data\n- We keep orders for ten years.\n+ We keep orders for six years.\n",
			Plan:       delivery.Plan{Audience: 1_000_000, CostUSD: 111, Seconds: 172_800}, Warnings: []string{"readers in de, fr get the summary in another language, and are told so"}})
	case "page-changed":
		return g.letters.WritePageChange(officers.PageChange{To: officer, Version: galleryVersion, Seen: notice.DateOf(g.env.Now()), Class: "substantive", Confidence: 0.97,
			Reasons: []string{"a period changed from ten to six years"}, Sections: []string{"How long we keep data"}})
	case "page-behind":
		v := galleryVersion
		v.SHA256, v.PageSHA256 = notice.HashOf(v.Text), notice.HashOf(v.HTML)
		v.Approval = &notice.Approval{By: "Ada Example", Hash: v.ContentHash()}
		return g.letters.WritePageChange(officers.PageChange{To: officer, Version: v, InForce: v, Shows: "2026-01", Seen: notice.DateOf(g.env.Now()),
			Sections: []string{"How long we keep data"}})
	case "page-broken", "page-readable-again":
		return g.letters.WritePageBroken(officers.PageBroken{To: officer, Policy: galleryVersion.Policy, Since: g.env.Now().AddDate(0, 0, -1), Why: "the page answers 404 Not Found", Again: name == "page-readable-again"})
	case "change-rejected":
		return g.letters.WriteRejected(officers.Rejected{To: officer, Version: galleryVersion, Rejection: notice.Rejection{By: "counsel@example.com", At: g.env.Now(), Reason: "The effective date is too early.\nThe payment provider has not signed yet."}})
	default:
		asked := notice.NewRequest("20261124-k7q2m4xa", notice.Deletion, g.env.Now())
		asked.Extension, asked.Basis = "we have to look through archived paper files", "we still have to deliver what you ordered"
		if privacy.LetterKind(name) == privacy.LetterAnswered {
			asked.Answer = "We looked through every system and found an order of yours from last year.\nIt is attached to the letter that we sent you."
		}
		return g.letters.WriteLetter(privacy.Letter{Kind: privacy.LetterKind(name), To: reader, Link: "https://privacy.example.com/p/example", Request: asked})
	}
	e, _, err := g.letters.Write(run, galleryVersion, reader)
	return e, err
}
