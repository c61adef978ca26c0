package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
)

const form = "application/x-www-form-urlencoded"

// fresh is a link as it is mailed to the address that somebody has.
func (f *fixture) fresh(name string) string {
	mailbox := f.id(name)
	if person, err := f.site.Rights.Preferences.Find(context.Background(), mailbox); err == nil && person.Address != "" {
		mailbox = f.keys.RecipientID(person.Address)
	}
	return "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: mailbox, Expires: now.Add(time.Hour)})
}

func (f *fixture) fromNotice(name string) string {
	return "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id(name), Run: "run", Expires: now.Add(time.Hour)})
}

// path is the link of the last letter, as a path.
func (f *fixture) path(t *testing.T) string {
	t.Helper()
	if len(f.mailed) == 0 {
		t.Fatal("nothing was mailed")
	}
	return strings.TrimPrefix(f.mailed[len(f.mailed)-1].Link, "https://p.example.com")
}

func (f *fixture) person(t *testing.T, name string) notice.Recipient {
	t.Helper()
	r, err := f.db.Recipient(context.Background(), f.id(name))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f *fixture) post(t *testing.T, path, body string) string {
	t.Helper()
	w := f.do("POST", path, form, body)
	if w.Code != 200 {
		t.Fatalf("POST %.20s %s: %d %s", path, body, w.Code, w.Body)
	}
	return w.Body.String()
}

// A friend who got a notice forwarded can unsubscribe the reader at most, which is
// mailed to the address on file with an undo. They see nothing and subscribe nobody.
func TestForwardedNotice(t *testing.T) {
	f := setUp(t)
	for _, link := range []string{f.fromNotice("ada"), f.link(f.keys, "ada")} {
		for _, path := range []string{link} {
			if body := f.do("GET", path, "", "").Body.String(); strings.Contains(body, "ada@example.com") || strings.Contains(body, "Ada") {
				t.Errorf("%.3s shows who it was sent to", path)
			}
		}
	}
	body := f.post(t, f.fromNotice("ada"), "annual=1")
	if r := f.person(t, "ada"); r.OptOut != (notice.OptOut{Change: true}) {
		t.Fatalf("declined %+v", r.OptOut)
	}
	if len(f.mailed) != 1 || f.mailed[0].Kind != privacy.LetterFewer || f.mailed[0].To.Address != "ada@example.com" {
		t.Fatalf("mailed %+v", f.mailed)
	}
	for _, again := range []string{"annual=1&change=1", "annual=1", "action=copy", "action=delete", "action=correct&name=Eve&language=en", "action=move&address=eve@example.com"} {
		before := f.person(t, "ada").OptOut
		f.do("POST", f.fromNotice("ada"), form, again)
		if r := f.person(t, "ada"); before.Change && !r.OptOut.Change || before.Annual && !r.OptOut.Annual || r.Name != "" {
			t.Errorf("%s: %+v", again, r)
		}
	}
	if requests, _ := f.db.RequestsOf(context.Background(), f.id("ada")); len(requests) != 0 {
		t.Errorf("a link of a notice made requests: %+v", requests)
	}
	f.mailed = f.mailed[:1]
	undo := f.path(t)
	if !strings.Contains(body, undo) && !strings.Contains(body, "/b/") {
		t.Error("the page offers no undo")
	}
	if got := f.do("GET", undo, "", ""); got.Code != 200 || f.person(t, "ada").OptOut == (notice.OptOut{}) {
		t.Errorf("looking at the undo: %d", got.Code)
	}
	f.post(t, f.fromNotice("ada"), "action=fresh")
	if l := f.mailed[len(f.mailed)-1]; l.Kind != privacy.LetterLink || l.To.Address != "ada@example.com" {
		t.Errorf("the fresh link went to %+v", l.To)
	}
}

// The notices a person got are those that came to them: one that came back, or that SES
// refused, is in the copy with what became of it, and not among these.
func TestNoticesYouGot(t *testing.T) {
	f, ctx := setUp(t), context.Background()
	for i, state := range []notice.DeliveryState{notice.Sent, notice.Delivered, notice.ComplainedOf, notice.BouncedBack, notice.Failed} {
		run, sent := notice.Run{ID: notice.RunID(fmt.Sprintf("annual-2026-01-0%d", i+1)), OpenedAt: now}, time.Date(2026, 1, 1+i, 9, 0, 0, 0, time.UTC)
		if err := f.db.AddRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		if _, err := f.db.RecordDelivery(ctx, notice.Delivery{Run: run.ID, Recipient: f.id("ada"), State: state, Version: "1.0", SentAt: sent}); err != nil {
			t.Fatal(err)
		}
		day := locale.Match(f.person(t, "ada").Locale, "").Date(notice.DateOf(sent))
		if shown := strings.Contains(f.do("GET", f.fresh("ada"), "", "").Body.String(), day); shown != state.Told() {
			t.Errorf("%s: shown %t", state, shown)
		}
	}
}

var (
	noteOf  = regexp.MustCompile(`(?s)<p class="(?:lead|note)"[^>]*>(.*?)</p>`)
	choices = regexp.MustCompile(`name="(annual|change)" value="1"( checked| disabled|)>`)
)

// said is what a page says first, told its choices.
func said(page string) (words, boxes string) {
	if m := noteOf.FindStringSubmatch(page); m != nil {
		words = html.UnescapeString(m[1])
	}
	for _, m := range choices.FindAllStringSubmatch(page, -1) {
		boxes += m[1] + m[2] + ";"
	}
	return words, boxes
}

// The page of a link in a notice shows the choices as they are and offers what it can do,
// to decline; its answer says what stands, and the way to more where more was asked for.
func TestALinkInANoticeSaysWhatStands(t *testing.T) {
	const both, one = "annual checked;change checked;", "annual disabled;change checked;"
	for _, c := range []struct {
		before     string // what is posted by a fresh link first
		boxes      string // the page shows
		form, says string
		more       bool
	}{
		{"annual=1&change=1", both, "annual=1&change=1", "You get everything.", false},
		{"annual=1&change=1", both, "change=1", "You get notices of changes only.", false},
		{"annual=1&change=1", both, "annual=1", "You get the yearly reminder only.", false},
		{"annual=1&change=1", both, "", "You are unsubscribed.", false},
		{"change=1", one, "change=1", "You get notices of changes only.", false},
		{"change=1", one, "annual=1&change=1", "You get notices of changes only.", true},
		{"change=1", one, "annual=1", "You are unsubscribed.", true},
		{"none=1", "", "annual=1&change=1", "You are unsubscribed.", true},
		{"none=1&annual=1", "", "none=1", "You are unsubscribed.", false},
	} {
		for name, link := range map[string]func(*fixture) string{"unsubscribe": func(f *fixture) string { return f.link(f.keys, "ada") }, "preferences": func(f *fixture) string { return f.fromNotice("ada") }} {
			f := setUp(t)
			f.post(t, f.fresh("ada"), c.before)
			page := f.do("GET", link(f), "", "").Body.String()
			if _, boxes := said(page); boxes != c.boxes || !strings.Contains(page, "which may have been forwarded") {
				t.Errorf("%s after %s shows %s: %s", name, c.before, boxes, page)
			}
			if can := strings.Contains(page, "Here you can unsubscribe"); can != (c.boxes != "") {
				t.Errorf("%s after %s says that one can unsubscribe: %v", name, c.before, can)
			}
			f.mailed = nil
			page = f.post(t, link(f), "action=save&"+c.form)
			if len(f.mailed) > 0 && (f.mailed[0].Kind == privacy.LetterUnsubscribed) != (c.says == "You are unsubscribed.") {
				t.Errorf("%s after %s: %s is told by the letter %s", name, c.before, c.form, f.mailed[0].Kind)
			}
			if words, _ := said(page); words != c.says || strings.Contains(page, "which may have been forwarded") != c.more {
				t.Errorf("%s after %s: %s answers %q, more %v", name, c.before, c.form, words, !c.more)
			}
		}
	}
}

// The center has a box for each notice and a button for none: what is saved is what the
// page shows and says.
func TestTheCenterSaysWhatStands(t *testing.T) {
	f := setUp(t)
	for form, want := range map[string]string{
		"annual=1&change=1":        "You get everything.|annual checked;change checked;",
		"annual=1":                 "You get the yearly reminder only.|annual checked;change;",
		"":                         "You get no optional notices.|annual;change;",
		"annual=1&change=1&none=1": "You get no optional notices.|annual;change;",
	} {
		words, boxes := said(f.post(t, f.fresh("ada"), "action=save&"+form))
		if got := words + "|" + boxes; got != "Your preferences are saved.<br>"+want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
	f.post(t, f.fresh("ada"), "annual=1&change=1")
	f.post(t, f.fresh("ada"), "action=restrict")
	if words, _ := said(f.post(t, f.fresh("ada"), "annual=1&change=1")); words != "Your preferences are saved.<br>You get no optional notices." {
		t.Errorf("restricted: %s", words)
	}
}

// Whoever reads our letter in a mailbox that bounced has it: saving by its link brings the
// notices back. A complaint is no bounce. The center says which of them keeps notices away.
func TestSavingByAFreshLinkEndsABounce(t *testing.T) {
	for status, want := range map[notice.Status]notice.Status{notice.Bounced: notice.Active, notice.Complained: notice.Complained} {
		synctest.Test(t, func(t *testing.T) {
			f := setUp(t)
			kept := map[notice.Status]string{notice.Bounced: "could not be delivered", notice.Complained: "was reported as spam", notice.Active: "You get everything."}
			old := "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id("ada"), Expires: now.Add(23 * time.Hour)})
			if err := f.site.Rights.Preferences.Suppress(context.Background(), f.id("ada"), status, notice.ByBounce, "run", now); err != nil {
				t.Fatal(err)
			}
			f.post(t, "/link", "address=ada@example.com")
			link := f.path(t)
			if page := f.do("GET", link, "", "").Body.String(); !strings.Contains(page, kept[status]) || f.person(t, "ada").Status != status {
				t.Errorf("%s: %s", status, page)
			}
			if page := f.post(t, old, "annual=1&change=1"); !strings.Contains(page, kept[status]) || f.person(t, "ada").Status != status {
				t.Errorf("a link from before it %s: %s", status, page)
			}
			if page := f.post(t, link, "annual=1&change=1"); !strings.Contains(page, kept[want]) || f.person(t, "ada").Status != want {
				t.Errorf("%s: %s", status, page)
			}
			if r := f.person(t, "ada"); (r.Due != "") != (want == notice.Active) {
				t.Errorf("%s: due %q", status, r.Due)
			}
			if err := f.db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// Where a complaint keeps notices away, what is saved is answered by that, and by whom to ask.
func TestAfterAComplaintThePageNamesTheWay(t *testing.T) {
	f := setUp(t)
	if err := f.site.Rights.Preferences.Suppress(context.Background(), f.id("ada"), notice.Complained, notice.ByComplaint, "run", now); err != nil {
		t.Fatal(err)
	}
	const want = "A notice to you was reported as spam, so we send you none. If you want them again, write to us under “Ask for something else”."
	if page := f.do("GET", f.fresh("ada"), "", "").Body.String(); !strings.Contains(page, want) {
		t.Errorf("%s", page)
	}
	page := f.post(t, f.fresh("ada"), "annual=1&change=1")
	if words, _ := said(page); words != "Your preferences are saved.<br>"+want || strings.Count(page, want) != 1 {
		t.Errorf("%s", page)
	}
}

// The page of an undo says what stands, and offers the undo only as long as there is one.
func TestTheUndoSaysWhatStands(t *testing.T) {
	for name, c := range map[string]struct {
		declined, decided string
		says, then        string
	}{
		"everything": {"action=unsubscribe", "", "You are unsubscribed.", "You get everything."},
		"one of two": {"action=save&change=1", "", "You get notices of changes only.", "You get everything."},
		"decided":    {"action=unsubscribe", "none=1", "You are unsubscribed.", "You are unsubscribed."},
	} {
		f := setUp(t)
		f.post(t, f.link(f.keys, "ada"), c.declined)
		undo := f.path(t)
		for i, says := range []string{c.says, c.then} {
			page := f.do("GET", undo, "", "").Body.String()
			if offers := strings.Contains(page, "<form"); !strings.Contains(page, says) || offers != (i == 0) {
				t.Errorf("%s, look %d: offers %v, %s", name, i+1, offers, page)
			}
			if i == 0 && c.decided != "" {
				f.post(t, f.fresh("ada"), c.decided)
			}
			f.post(t, undo, "")
		}
	}
}

func TestUndo(t *testing.T) {
	for name, c := range map[string]struct {
		after func(t *testing.T, f *fixture) // the unsubscribing
		want  notice.OptOut
	}{
		"at once":             {func(*testing.T, *fixture) {}, notice.OptOut{Annual: true}},
		"twice":               {func(t *testing.T, f *fixture) { f.post(t, f.path(t), "") }, notice.OptOut{Annual: true}},
		"after they decided":  {func(t *testing.T, f *fixture) { f.post(t, f.fresh("ada"), "change=1&annual=1") }, notice.OptOut{}},
		"after they repeated": {func(t *testing.T, f *fixture) { f.post(t, f.fresh("ada"), "none=1") }, notice.OptOutAll},
		"after they objected": {func(t *testing.T, f *fixture) { f.post(t, f.fresh("ada"), "action=object") }, notice.OptOutAll},
		"after one click":     {func(t *testing.T, f *fixture) { f.post(t, f.link(f.keys, "ada"), "List-Unsubscribe=One-Click") }, notice.OptOutAll},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t)
			f.post(t, f.fresh("ada"), "change=1")
			f.post(t, f.link(f.keys, "ada"), "action=unsubscribe")
			undo := f.path(t)
			c.after(t, f)
			f.post(t, undo, "")
			if r := f.person(t, "ada"); r.OptOut != c.want {
				t.Errorf("declined %+v, want %+v", r.OptOut, c.want)
			}
		})
	}
}

// The undo of what a friend did is worth nothing once the person decided: by one click
// that declined more, and not when the friend's undo had been used before.
func TestUndoDoesNotOutliveADecision(t *testing.T) {
	f := setUp(t)
	f.post(t, f.fromNotice("ada"), "change=1")
	undo := f.path(t)
	f.post(t, f.link(f.keys, "ada"), "List-Unsubscribe=One-Click")
	f.post(t, undo, "")
	if r := f.person(t, "ada"); r.OptOut != notice.OptOutAll {
		t.Errorf("the undo took back a one-click: %+v", r.OptOut)
	}

	f = setUp(t)
	f.post(t, f.fromNotice("ada"), "change=1")
	undo = f.path(t)
	f.post(t, undo, "")
	f.later = time.Minute
	f.post(t, f.link(f.keys, "ada"), "action=unsubscribe")
	f.post(t, undo, "")
	if r := f.person(t, "ada"); r.OptOut != notice.OptOutAll {
		t.Errorf("an undo used before took back a later decision: %+v", r.OptOut)
	}
	for _, says := range []string{"You are subscribed again.", "You get everything."} {
		if words, _ := said(f.post(t, f.path(t), "")); words != says {
			t.Errorf("the undo says %q, want %q", words, says)
		}
	}
	if r := f.person(t, "ada"); r.OptOut != (notice.OptOut{}) {
		t.Errorf("the undo of that decision does nothing: %+v", r.OptOut)
	}
}

// The copy holds everything, in every format, at most twice in twelve months.
func TestCopyTwiceInTwelveMonths(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	if err := f.db.AddRun(ctx, notice.Run{ID: "annual-2026-01-01", OpenedAt: now}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.db.RecordDelivery(ctx, notice.Delivery{Run: "annual-2026-01-01", Recipient: f.id("ada"), State: notice.Delivered, Version: "1.0", SentAt: now}); err != nil {
		t.Fatal(err)
	}
	f.post(t, f.fresh("ada"), "action=correct&name="+url.QueryEscape("=Ada")+"&language=de")
	body := f.post(t, f.fresh("ada"), "action=copy")
	links := regexp.MustCompile(`/d/[^"]+`).FindAllString(body, -1)
	if len(links) != 6 {
		t.Fatalf("%d downloads: %v", len(links), links)
	}
	for _, link := range links {
		w := f.do("GET", link, "", "")
		text := w.Body.String()
		if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", link[len(link)-14:], w.Code, w.Header())
		}
		switch {
		case strings.HasSuffix(link, "copy.json"):
			var held privacy.Copy
			if err := json.Unmarshal([]byte(text), &held); err != nil || held.Recipient.Address != "ada@example.com" || len(held.Notices) != 1 || len(held.History) != 1 || len(held.Requests) != 2 {
				t.Errorf("%v: %s", err, text)
			}
			// GDPR art. 15(1)(d) to (f).
			if len(held.Retention) == 0 || len(held.Rights) != len(notice.Rights) || held.Complaint == "" {
				t.Errorf("no retention, rights or complaint: %s", text)
			}
		case strings.HasSuffix(link, "recipient.csv"):
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil || len(rows) != 2 || rows[1][1] != "ada@example.com" || rows[1][2] != "'=Ada" {
				t.Errorf("%v: %v", err, rows)
			}
		case strings.HasSuffix(link, "copy.html"):
			if !strings.Contains(text, "ada@example.com") || !strings.Contains(text, "annual-2026-01-01") {
				t.Error("the page to read lacks the address or the notice")
			}
			for _, key := range []string{"purposes", "retention", "rights", "complaint", "recipient", "recipient.address", "notices.version", "history.corrected"} {
				if n := strings.Count(text, html.EscapeString(locale.Match("de", "").Words.Page.Fields[key])); n != 1 {
					t.Errorf("the page to read explains %s %d times in the reader's language", key, n)
				}
			}
		}
	}
	if strings.Contains(f.post(t, f.fresh("ada"), "action=copy"), "/d/") == false {
		t.Error("the second copy was refused")
	}
	if body := f.post(t, f.fresh("ada"), "action=copy"); strings.Contains(body, "/d/") || !strings.Contains(body, "24. November 2027") {
		t.Error("the third copy was granted, or the date of the next is not told")
	}
	if w := f.do("GET", links[0], "", ""); w.Code != 200 {
		t.Errorf("a copy that was granted can be fetched once only: %d", w.Code)
	}
	if w := f.do("GET", strings.Replace(links[0], "/d/", "/p/", 1), "", ""); w.Code == 200 {
		t.Error("the link of a download opens more than it")
	}
}

// Racing for copies yields as many as are allowed.
func TestCopiesAtOnce(t *testing.T) {
	f := setUp(t)
	granted := make(chan bool, 8)
	for range cap(granted) {
		go func() {
			_, ok, err := f.site.Rights.GrantCopy(context.Background(), notice.Recipient{ID: "ada"})
			granted <- ok && err == nil
		}()
	}
	n := 0
	for range cap(granted) {
		if <-granted {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d copies were granted at once, 2 are allowed", n)
	}
}

// A new address is confirmed from its mailbox and announced to the old one; links of old
// notices keep working; what was declined stays so.
func TestNewAddress(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	f.post(t, f.fresh("ada"), "change=1")
	old := f.fresh("ada")
	f.post(t, old, "action=move&address=Ada.New@Example.com")
	if l := f.mailed[0]; l.Kind != privacy.LetterNewAddress || l.To.Address != "Ada.New@example.com" && l.To.Address != "ada.new@example.com" {
		t.Fatalf("the new mailbox was asked by %+v", l)
	}
	if f.person(t, "ada").Address != "ada@example.com" {
		t.Fatal("the address changed before it was confirmed")
	}
	confirm := f.path(t)
	f.do("GET", confirm, "", "")
	if f.person(t, "ada").Address != "ada@example.com" {
		t.Fatal("looking at the link changed the address")
	}
	f.post(t, confirm, "")
	f.post(t, confirm, "")
	moved := f.person(t, "ada")
	if moved.Address == "ada@example.com" || moved.OptOut != (notice.OptOut{Annual: true}) {
		t.Errorf("after the move %+v", moved)
	}
	if l := f.mailed[len(f.mailed)-1]; l.Kind != privacy.LetterOldAddress || l.To.Address != "ada@example.com" || len(f.mailed) != 2 {
		t.Errorf("the old mailbox was told by %d letters, %+v", len(f.mailed), l)
	}
	if w := f.do("GET", f.fromNotice("ada"), "", ""); w.Code != 200 {
		t.Errorf("the link of an old notice answers %d", w.Code)
	}
	// Both addresses ask for the same person's link, at the address they have now.
	for _, typed := range []string{"ada@example.com", moved.Address} {
		if id := f.keys.RecipientID(typed); id != f.id("ada") {
			r, err := f.db.Recipient(ctx, id)
			if err != nil || r.MovedTo != f.id("ada") {
				t.Errorf("%s leads to %+v, %v", typed, r, err)
			}
		}
	}
	// An import of either brings nobody back.
	for _, row := range []string{"ada@example.com", moved.Address} {
		outcome, err := f.db.ImportRecipients(ctx, []notice.Imported{{ID: f.keys.RecipientID(row), Address: row, At: now}}, 14)
		if err != nil || outcome[0].What != notice.Unchanged {
			t.Errorf("an import of %s: %v %v", row, outcome, err)
		}
	}
	f.post(t, f.link(f.keys, "ada"), "List-Unsubscribe=One-Click")
	if f.person(t, "ada").OptOut != notice.OptOutAll {
		t.Error("the one-click link of an old notice does nothing")
	}
}

// A move ends every link that was mailed to the mailbox they left and shows or changes what
// is held: the center, a copy, a deletion that waited for its confirmation. The links mailed
// to the new one work, and so do those of the old one once they move back.
func TestAMoveEndsTheLinksOfTheOldMailbox(t *testing.T) {
	f := setUp(t)
	f.post(t, "/link", "address=ada@example.com")
	old := f.path(t)
	copies := regexp.MustCompile(`/d/[^"]+copy\.json`).FindString(f.post(t, old, "action=copy"))
	f.post(t, old, "action=delete")
	deletion := f.path(t)
	f.post(t, old, "action=move&address=home@example.com")
	f.post(t, f.path(t), "")
	before := f.person(t, "ada")
	for _, link := range []string{old, copies, deletion} {
		for method, body := range map[string]string{"GET": "", "POST": "action=restrict"} {
			if link == copies && method == "POST" {
				continue
			}
			w := f.do(method, link, form, body)
			if w.Code != 410 || strings.Contains(w.Body.String(), "home@") {
				t.Errorf("%s %.3s answers %d: %s", method, link, w.Code, w.Body)
			}
		}
	}
	if r := f.person(t, "ada"); r != before {
		t.Errorf("%+v, before %+v", r, before)
	}
	f.later += time.Hour
	f.post(t, "/link", "address=ada@example.com") // leads to the address they have
	if l := f.mailed[len(f.mailed)-1]; l.To.Address != "home@example.com" {
		t.Fatalf("mailed to %s", l.To.Address)
	}
	home := f.path(t)
	copies = regexp.MustCompile(`/d/[^"]+copy\.json`).FindString(f.post(t, home, "action=copy"))
	if w := f.do("GET", copies, "", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "home@example.com") {
		t.Errorf("the copy answers %d", w.Code)
	}
	f.post(t, home, "action=move&address=ada@example.com")
	f.post(t, f.path(t), "")
	if w := f.do("GET", home, "", ""); w.Code != 410 {
		t.Errorf("the link of the mailbox they left again answers %d", w.Code)
	}
	f.post(t, old, "action=restrict")
	f.post(t, deletion, "")
	if r := f.person(t, "ada"); r.Status != notice.Erased {
		t.Errorf("%+v", r)
	}
}

// What a person corrected stays, whatever older file is imported afterwards and however
// often; what they left as it was shown still comes from imports.
func TestCorrectionStaysOverImports(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	crm := notice.Imported{ID: f.id("ada"), Address: "ada@example.com", Name: "Ada Wrong", Locale: "fr-CA", At: now}
	load := func(row notice.Imported) {
		t.Helper()
		for range 2 {
			if _, err := f.db.ImportRecipients(ctx, []notice.Imported{row}, 14); err != nil {
				t.Fatal(err)
			}
		}
	}
	load(crm)
	for range 2 {
		f.post(t, f.fresh("ada"), "action=correct&name=Ada+Right&language=fr") // the form preselects fr
	}
	load(crm)
	if r := f.person(t, "ada"); r.Name != "Ada Right" || r.Locale != "fr-CA" {
		t.Errorf("the name was corrected, an import makes it %q in %q", r.Name, r.Locale)
	}
	crm.Locale, crm.Source = "it", "crm"
	load(crm)
	if r := f.person(t, "ada"); r.Name != "Ada Right" || r.Locale != "it" || r.Source != "crm" {
		t.Errorf("only the name was corrected: %+v", r)
	}
	f.post(t, f.fresh("ada"), "action=correct&name=&language=de") // a name can be taken away
	load(crm)
	if r := f.person(t, "ada"); r.Name != "" || r.Locale != "de" {
		t.Errorf("name and language were corrected, an import makes them %q and %q", r.Name, r.Locale)
	}
	if requests, _ := f.db.RequestsOf(ctx, f.id("ada")); len(requests) != 2 {
		t.Errorf("%d corrections are logged, want 2: %+v", len(requests), requests)
	}
}

// A name that changed between the form and its return is no correction of the person's.
func TestFormSentBackAsShownCorrectsNothing(t *testing.T) {
	f := setUp(t)
	link := f.fresh("ada")
	page := f.do("GET", link, "", "").Body.String()
	shown := regexp.MustCompile(`name="(name-shown|language-shown)" value="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(shown) != 2 {
		t.Fatalf("the form does not say what it showed: %q", shown)
	}
	if _, err := f.db.ImportRecipients(context.Background(), []notice.Imported{{ID: f.id("ada"), Address: "ada@example.com", Name: "Ada New", At: now}}, 14); err != nil {
		t.Fatal(err)
	}
	was := url.QueryEscape(html.UnescapeString(shown[0][2]))
	f.post(t, link, "action=correct&name-shown="+was+"&name="+was+"&language-shown="+shown[1][2]+"&language=de")
	if r := f.person(t, "ada"); r.Name != "Ada New" || !r.NameCorrectedAt.IsZero() || r.Locale != "de" || r.LocaleCorrectedAt.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestRestrictAndObject(t *testing.T) {
	f := setUp(t)
	f.post(t, f.fresh("ada"), "action=restrict")
	f.post(t, f.fresh("ada"), "action=restrict")
	if r := f.person(t, "ada"); !r.Restricted || r.Due != "" || r.Decline(notice.Run{Kind: notice.Change}, 14, "2026-11-24") != notice.SkipRestricted {
		t.Errorf("restricted: %+v", r)
	}
	f.post(t, f.fresh("ada"), "action=lift")
	if r := f.person(t, "ada"); r.Restricted || r.Due == "" {
		t.Errorf("lifted: %+v", r)
	}
	f.post(t, f.fresh("ada"), "action=object")
	f.post(t, f.fresh("ada"), "action=object")
	if r := f.person(t, "ada"); r.OptOut != notice.OptOutAll {
		t.Errorf("objected: %+v", r)
	}
	requests, _ := f.db.RequestsOf(context.Background(), f.id("ada"))
	if len(requests) != 3 {
		t.Errorf("%d requests are logged, want restricted, lifted, objected: %+v", len(requests), requests)
	}
}

// Deletion happens after it was confirmed by mail, and leaves no trace of who it was.
func TestDeletion(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	f.post(t, f.fresh("ada"), "action=correct&name=Ada&language=de")
	f.post(t, f.fresh("ada"), "action=move&address=ada2@example.com")
	f.post(t, f.path(t), "")
	f.post(t, f.fresh("ada"), "action=delete")
	confirm := f.path(t)
	f.do("GET", confirm, "", "")
	if f.person(t, "ada").Status == notice.Erased {
		t.Fatal("looking at the link erased")
	}
	for range 2 {
		if body := f.post(t, confirm, ""); !strings.Contains(body, "gelöscht") && !strings.Contains(body, "deleted") {
			t.Errorf("the page says %s", body)
		}
	}
	for _, id := range []notice.RecipientID{f.id("ada"), f.id("ada2")} {
		r, err := f.db.Recipient(ctx, id)
		if err != nil || r.Status != notice.Erased || r.OptOut != notice.OptOutAll || r.Address+r.Name+r.Locale+r.Source != "" {
			t.Errorf("%s is left as %+v, %v", id, r, err)
		}
		if events, _ := f.db.PreferenceEvents(ctx, id); len(events) != 1 || events[0].Way != notice.ByErasure {
			t.Errorf("the history is left as %+v", events)
		}
	}
	requests, _ := f.db.RequestsOf(ctx, f.id("ada"))
	for _, r := range requests {
		if r.Address+r.Details+r.Answer+r.Locale != "" {
			t.Errorf("a request still tells who asked: %+v", r)
		}
		if r.Right == notice.Deletion && (r.State != notice.Complied || r.Basis == "") {
			t.Errorf("the deletion is logged as %+v", r)
		}
	}
	if w := f.do("GET", f.fresh("ada"), "", ""); w.Code != 410 {
		t.Errorf("the center of an erased person answers %d", w.Code)
	}
	if logged := f.log.String(); strings.Contains(logged, "example.com") {
		t.Errorf("the log names an address: %s", logged)
	}
}

// A request for the desk: from the center it is verified; from a stranger it waits for
// the mailbox to confirm, its clock running.
func TestRequestsForTheDesk(t *testing.T) {
	f := setUp(t)
	ctx := context.Background()
	if body := f.post(t, f.fresh("ada"), "action=ask&right=access&party=agent&details=My%0D%0Aorders"); !strings.Contains(body, "20261124-") {
		t.Error("the page does not tell the number")
	}
	open, _ := f.db.OpenRequests(ctx)
	if len(open) != 1 || open[0].State != notice.Pending || open[0].Party != notice.ForAgent || open[0].Details != "My\norders" || open[0].Confirmed.IsZero() || len(f.events) != 1 {
		t.Fatalf("%+v, events %v", open, f.events)
	}
	synctest.Test(t, func(t *testing.T) {
		f.post(t, "/ask", "address=new@example.com&right=deletion&party=minor&details=My+child")
	})
	all, _ := f.db.OpenRequests(ctx)
	if len(all) != 2 || all[1].State != notice.Unverified || len(f.events) != 1 || f.mailed[len(f.mailed)-1].Kind != privacy.LetterVerify {
		t.Fatalf("%+v, events %v", all, f.events)
	}
	confirm := f.path(t)
	f.do("GET", confirm, "", "")
	f.post(t, confirm, "")
	f.post(t, confirm, "")
	r, _ := f.db.Request(ctx, all[1].ID)
	if r.State != notice.Pending || r.Verified.IsZero() || len(f.events) != 2 || r.Due != all[1].Due {
		t.Errorf("%+v, events %v", r, f.events)
	}
	for _, bad := range []string{"action=ask&right=none&details=x", "action=ask&right=access&details=", "action=ask&right=access&party=cat&details=x", "action=correct&name=a%0ab&language=en",
		"action=correct&name=a&language=tlh", "action=move&address=nonsense", "action=none", "action=ask&right=access&details=" + strings.Repeat("x", 6000)} {
		if w := f.do("POST", f.fresh("ada"), form, bad); w.Code != 400 {
			t.Errorf("%.40s: %d", bad, w.Code)
		}
	}
}

// Fields take as many characters as the server does, in any script; what is too long, or
// missing, is answered by the form with all that was typed and what is wrong with it.
func TestAFormComesBackWithItsText(t *testing.T) {
	long := func(c string, n int) string { return url.QueryEscape(strings.Repeat(c, n)) }
	for _, c := range []struct{ form, field, back string }{
		{"action=ask&right=deletion&party=agent&details=" + long("日", 5000), "", ""},
		{"action=ask&right=deletion&party=agent&details=" + long("日", 5001), "details", strings.Repeat("日", 5001)},
		{"action=ask&right=deletion&party=agent&details=" + long("é\r\n", 2500), "", ""},
		{"action=ask&right=deletion&party=agent&details=+%0D%0A", "details", ""},
		{"action=correct&language=it&name=" + long("日", 200), "", ""},
		{"action=correct&language=it&name=" + long("日", 201), "name", strings.Repeat("日", 201)},
		{"action=correct&language=it&name=a%0Ab", "name", "a\nb"},
		{"action=move&address=zo%C3%AB", "address", "zoë"},
	} {
		f := setUp(t)
		w := f.do("POST", f.fresh("ada"), form, c.form)
		page := w.Body.String()
		if c.field == "" {
			if w.Code != 200 || strings.Contains(page, "aria-invalid") {
				t.Errorf("%.60s: %d", c.form, w.Code)
			}
			continue
		}
		says := map[string]string{"details": "at most 5000 characters", "name": "at most 200 characters", "address": "cannot write to this email address"}[c.field]
		if w.Code != 400 || !strings.Contains(page, `role="alert"><a href="#`+c.field+`">`) || !strings.Contains(page, says) || strings.Count(page, ` aria-invalid="true" aria-describedby="fault"`) != 1 {
			t.Errorf("%.60s: %d %s", c.form, w.Code, page)
		}
		if !strings.Contains(html.UnescapeString(page), c.back) || strings.Count(page, `<details class="right" open>`) != 1 {
			t.Errorf("%.60s: the text does not come back, or its form is folded: %s", c.form, page)
		}
		for _, chosen := range []string{`value="deletion" selected`, `value="agent" selected`, `value="it" lang="it" selected`} {
			if value, _, _ := strings.Cut(strings.TrimPrefix(chosen, `value="`), `"`); strings.Contains(c.form, "="+value) && !strings.Contains(page, chosen) {
				t.Errorf("%.60s: what was chosen does not come back: %s", c.form, chosen)
			}
		}
	}
}

// A request typed with an address that is none, or once too often, is not taken, and says
// so, with its text: it must not look as if it was. Links asked for by strangers do not
// count, nor do requests count against the privacy center.
func TestARequestThatIsNotTakenSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t)
		ask := func(address string) (int, string) {
			w := f.do("POST", "/ask", form, url.Values{"address": {address}, "right": {"deletion"}, "details": {"Delete me, please"}}.Encode())
			return w.Code, w.Body.String()
		}
		for _, none := range []string{"nonsense", "zoë@example.com", ""} {
			code, page := ask(none)
			if code != 400 || !strings.Contains(page, `<a href="#address">We cannot write`) || !strings.Contains(page, "Delete me, please") || !strings.Contains(page, `value="`+none+`"`) {
				t.Errorf("%q: %d %s", none, code, page)
			}
		}
		for range 8 {
			f.post(t, "/link", "address=ada@example.com")
		}
		f.mailed = nil
		for _, address := range []string{"ada@example.com", "nobody@example.com", "erased@example.com"} {
			for i := range 7 {
				code, page := ask(address)
				if want := map[bool]int{true: 200, false: 429}[i < 5]; code != want || code == 429 && (!strings.Contains(page, "try again in an hour") || !strings.Contains(page, "Delete me, please")) {
					t.Errorf("request %d: %d, want %d: %s", i+1, code, want, page)
				}
			}
		}
		if all, _ := f.db.OpenRequests(context.Background()); len(all) != 15 || len(f.mailed) != 15 {
			t.Errorf("%d requests and %d letters, want 15 of each", len(all), len(f.mailed))
		}
		for i := range 6 {
			w := f.do("POST", f.fresh("ada"), form, "action=ask&right=deletion&details=Delete+me,+please")
			if want := map[bool]int{true: 200, false: 429}[i < 5]; w.Code != want || want == 429 && !strings.Contains(w.Body.String(), "Delete me, please</textarea>") {
				t.Errorf("request %d of the center: %d, want %d", i+1, w.Code, want)
			}
		}
		for i := range 6 {
			if want, w := map[bool]int{true: 200, false: 429}[i < 5], f.do("POST", f.fromNotice("ada"), form, "action=fresh"); w.Code != want {
				t.Errorf("fresh link %d: %d, want %d", i+1, w.Code, want)
			}
		}
		if logged := f.log.String(); !strings.Contains(logged, `"way":"ask"`) || !strings.Contains(logged, `"way":"address"`) || strings.Contains(logged, "example.com") {
			t.Errorf("the log says %s", logged)
		}
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// A request is taken by a mailer that is slow, and not taken by one that fails: its asker
// learns of either.
func TestARequestNeedsItsLetter(t *testing.T) {
	for delay, want := range map[time.Duration]int{1200 * time.Millisecond: 200, time.Minute: 500} {
		synctest.Test(t, func(t *testing.T) {
			f := setUp(t)
			f.delay = delay
			w := f.do("POST", "/ask", form, url.Values{"address": {"nobody@example.com"}, "right": {"deletion"}, "details": {"x"}}.Encode())
			if w.Code != want || (len(f.mailed) == 1) != (want == 200) {
				t.Errorf("a mailer that takes %s: %d, mailed %d", delay, w.Code, len(f.mailed))
			}
		})
	}
}

// "Send me my link" and "ask" answer the same for a known and an unknown address, in
// words and in time: the first whatever the mailer takes, the second because it mails
// everybody.
func TestNothingTellsWhoIsKnown(t *testing.T) {
	for _, delay := range []time.Duration{0, 700 * time.Millisecond, time.Minute} {
		for _, path := range []string{"/link", "/ask"} {
			f := setUp(t)
			f.delay = delay
			var answers []string
			addresses := []string{"ada@example.com", "nobody@example.com", "erased@example.com", "nonsense"}
			if path == "/ask" {
				addresses = addresses[:3] // what is no address is refused, whoever is known
			}
			for _, address := range addresses {
				synctest.Test(t, func(t *testing.T) {
					start := time.Now()
					w := f.do("POST", path, form, url.Values{"address": {address}, "right": {"access"}, "details": {"x"}}.Encode())
					body := w.Body.String()
					if w.Code == 500 {
						body = "" // it holds the number of the error in the log
					}
					answers = append(answers, fmt.Sprint(w.Code, time.Since(start), body))
				})
			}
			for _, a := range answers {
				if a != answers[0] || !strings.HasPrefix(a, "200") && !(path == "/ask" && delay == time.Minute) {
					t.Errorf("%s with a mailer that takes %s: the answers differ: %.20q and %.20q", path, delay, answers[0], a)
				}
			}
			if delay == 0 && path == "/link" && (len(f.mailed) != 1 || strings.Contains(f.mailed[0].Link, "@")) {
				t.Errorf("mailed %v", f.mailed)
			}
		}
	}
}

// unread is a store that cannot read a history once, and unlogged one that cannot add a
// request once.
type (
	unread   struct{ flaky }
	unlogged struct{ flaky }
	flaky    struct {
		*bolt.Store
		failed *bool
	}
)

func (f flaky) fail() error {
	if *f.failed {
		return nil
	}
	*f.failed = true
	return errors.New("throttled")
}

func (s unread) PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error) {
	if err := s.fail(); err != nil {
		return nil, err
	}
	return s.Store.PreferenceEvents(ctx, id)
}

func (s unlogged) AddRequest(ctx context.Context, r notice.Request) error {
	if err := s.fail(); err != nil {
		return err
	}
	return s.Store.AddRequest(ctx, r)
}

// What is written and not finished is told as both: the page says that it is saved and
// that something failed, never that nothing was changed, and the log says what.
func TestWhatIsSavedThoughSomethingFailedSaysBoth(t *testing.T) {
	const saved, undelivered = "Your preferences are saved.", "could not be delivered"
	for name, c := range map[string]struct {
		store   func(flaky) privacy.RightsStore
		form    string
		says    []string
		changed func(notice.Recipient) bool
	}{
		"a choice, the mailbox unproved": {func(f flaky) privacy.RightsStore { return unread{f} }, "none=1",
			[]string{saved, undelivered, "You get no optional notices."}, func(r notice.Recipient) bool { return r.OptOut == notice.OptOutAll }},
		"a restriction that is not logged": {func(f flaky) privacy.RightsStore { return unlogged{f} }, "action=restrict",
			[]string{"action\" value=\"lift"}, func(r notice.Recipient) bool { return r.Restricted }},
		"a correction that is not logged": {func(f flaky) privacy.RightsStore { return unlogged{f} }, "action=correct&name=Zo&language=en",
			[]string{saved, `value="Zo"`}, func(r notice.Recipient) bool { return r.Name == "Zo" }},
	} {
		t.Run(name, func(t *testing.T) {
			f := setUp(t)
			if err := f.site.Rights.Preferences.Suppress(context.Background(), f.id("ada"), notice.Bounced, notice.ByBounce, "run", now.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			f.later = 24 * time.Hour
			f.site.Rights = privacy.NewRights(c.store(flaky{f.db, new(bool)}), f, f, privacy.Terms{ID: f.keys.RecipientID, LeadDays: 14, Now: f.site.Now, Log: f.site.Log})
			link := "/p/" + f.keys.Sign(token.Claims{Purpose: token.Preferences, Recipient: f.id("ada"), Expires: f.site.Now().Add(24 * time.Hour)})
			w := f.do("POST", link, form, c.form)
			page := w.Body.String()
			for _, words := range append(c.says, `role="alert">This is saved. Something else went wrong`) {
				if !strings.Contains(page, words) {
					t.Errorf("the page lacks %q: %s", words, page)
				}
			}
			if w.Code != 500 || strings.Contains(page, "nothing was changed") || !c.changed(f.person(t, "ada")) {
				t.Errorf("%d, %+v: %s", w.Code, f.person(t, "ada"), page)
			}
			if logged := f.log.String(); !strings.Contains(logged, "throttled") || strings.Contains(logged, "example.com") || strings.Contains(logged, link[3:20]) {
				t.Errorf("the log says %s", logged)
			}
		})
	}
}

// An undo that a one-click POST could not end is tried again by the mailbox provider:
// no 200 while somebody could still take the choice back.
func TestOneClickThatEndsNoUndoIsTriedAgain(t *testing.T) {
	f := setUp(t)
	f.post(t, f.fromNotice("ada"), "none=1")
	f.site.Rights = privacy.NewRights(unread{flaky{f.db, new(bool)}}, f, f, privacy.Terms{ID: f.keys.RecipientID, LeadDays: 14, Now: f.site.Now, Log: f.site.Log})
	for _, want := range []int{500, 200} {
		w := f.do("POST", f.link(f.keys, "ada"), form, "List-Unsubscribe=One-Click")
		if w.Code != want || strings.Contains(w.Body.String(), "nothing was changed") || want == 500 && !strings.Contains(w.Body.String(), "This is saved.") {
			t.Errorf("%d, want %d: %s", w.Code, want, w.Body)
		}
	}
}

// Links are mailed so often an hour to one address and for one source, and a one-click
// POST is never counted.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t)
		for range 8 {
			f.post(t, "/link", "address=ada@example.com")
		}
		if len(f.mailed) != 5 {
			t.Errorf("%d links were mailed to one address, 5 are allowed", len(f.mailed))
		}
		code := 200
		for i := 0; i < 400 && code == 200; i++ {
			code = f.do("POST", "/link", form, fmt.Sprintf("address=p%d@example.com", i)).Code
		}
		if code != 429 {
			t.Errorf("400 addresses from one source: %d", code)
		}
		for range 300 {
			f.post(t, f.link(f.keys, "ada"), "List-Unsubscribe=One-Click")
		}
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// One host has 2^64 addresses of IPv6; its limit is one all the same, and is not that of
// its neighbour.
func TestLimitOfAnIPv6Source(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setUp(t)
		ask := func(source string, n int) int {
			r := request("POST", "/link", fmt.Sprintf("address=p%d@example.com", n))
			r.RemoteAddr = source
			w := recorder()
			f.handler.ServeHTTP(w, r)
			return w.Code
		}
		code := 200
		for i := 0; i < 400 && code == 200; i++ {
			code = ask(fmt.Sprintf("2001:db8:1:2::%x", i+1), i)
		}
		if code != 429 {
			t.Errorf("400 addresses of one subnet: %d", code)
		}
		if code := ask("2001:db8:1:3::1", 0); code != 200 {
			t.Errorf("the subnet beside it: %d", code)
		}
		if code := ask("192.0.2.1", 0); code != 200 {
			t.Errorf("an IPv4 source: %d", code)
		}
		if err := f.db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	f := setUp(t)
	for path, want := range map[string]int{f.fresh("ada"): 403, "/link": 403, f.link(f.keys, "ada"): 200} {
		r := request("POST", path, "List-Unsubscribe=One-Click&none=1")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := recorder()
		f.handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%.3s: %d, want %d", path, w.Code, want)
		}
	}
}

// Whatever is typed into a form of the center is an answer for people, and shows
// nothing as markup.
func FuzzCenter(f *testing.F) {
	for _, seed := range []string{"action=correct&name=<b>&language=en", "action=ask&right=access&details=<script>", "action=move&address=a@example.com", "annual=1", "action=%00", "x"} {
		f.Add(seed)
	}
	site := setUp(f)
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "delete") || strings.Contains(body, "move") {
			return // mails, and is limited
		}
		w := site.do("POST", site.fresh("ada"), form, body)
		if w.Code >= 500 {
			t.Fatalf("%q: %d", body, w.Code)
		}
		if strings.Contains(w.Body.String(), "<script") || strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("%q came back as markup", body)
		}
	})
}

// The pages say, in every language, within how many days the deployment answers, and its
// clock is set to the same.
func TestTheDaysToAnswerAreThoseOfTheDeployment(t *testing.T) {
	f := setUp(t)
	for _, days := range []string{"45", "30"} {
		for _, l := range locale.All() {
			for _, path := range []string{"/ask", f.fresh("ada")} {
				r := request("GET", path, "")
				r.Header.Set("Accept-Language", l.Tag)
				w := recorder()
				f.handler.ServeHTTP(w, r)
				want := locale.Fill(l.Words.Page.Center.AskIntro, "company", "Example <Co>", "days", days)
				if !strings.Contains(html.UnescapeString(w.Body.String()), want) {
					t.Errorf("%s in %s does not say %q", path, l.Tag, want)
				}
			}
		}
		f.post(t, f.fresh("ada"), "action=ask&right=access&details=Everything")
		if asked, _ := f.db.RequestsOf(context.Background(), f.id("ada")); string(asked[len(asked)-1].Due) != map[string]string{"45": "2027-01-08", "30": "2026-12-24"}[days] {
			t.Errorf("%s days: due %s", days, asked[len(asked)-1].Due)
		}
		f.site.Rights.Desk.AnswerDays = 30
	}
}

// The center says, in every language, how many copies the deployment grants.
func TestTheCopiesAreThoseOfTheDeployment(t *testing.T) {
	f := setUp(t)
	for limit, want := range map[int]string{0: "2", 1: "1", 5: "5"} {
		f.site.Rights = privacy.NewRights(f.db, f, f, privacy.Terms{ID: f.keys.RecipientID, LeadDays: 14, CopyLimit: limit, Now: f.site.Now, Log: f.site.Log})
		for _, l := range locale.All() {
			r := request("GET", f.fresh("ada"), "")
			r.Header.Set("Accept-Language", l.Tag)
			w := recorder()
			f.handler.ServeHTTP(w, r)
			if sentence := locale.Fill(l.Words.Page.Center.CopyIntro, "number", want); !strings.Contains(html.UnescapeString(w.Body.String()), sentence) {
				t.Errorf("a limit of %d: the center in %s does not say %q", limit, l.Tag, sentence)
			}
		}
	}
}

// Every page on which a right is used says that it costs nothing, in money or
// otherwise, and no page asks for more.
func TestNoFeeAndNoDisadvantage(t *testing.T) {
	f := setUp(t)
	for _, path := range []string{"/", "/ask", f.fresh("ada")} {
		if body := f.do("GET", path, "", "").Body.String(); !strings.Contains(body, "free of charge and never to your disadvantage") {
			t.Errorf("%.3s does not say that rights are free", path)
		}
	}
}

// A mailbox whose owner had others before is nobody's to take over by a link: what leads
// to them would be two steps away.
func TestAnAddressWithAHistoryIsForTheDesk(t *testing.T) {
	ctx := context.Background()
	f := setUp(t)
	move := func(who, to string) {
		t.Helper()
		f.post(t, f.fresh(who), "action=move&address="+url.QueryEscape(to+"@example.com"))
		f.post(t, f.path(t), "")
	}
	if _, err := f.db.ImportRecipients(ctx, []notice.Imported{{ID: f.id("quinn"), Address: "quinn@example.com", At: now}}, 14); err != nil {
		t.Fatal(err)
	}
	move("quinn", "quinn2")
	move("quinn", "quinn")
	move("ada", "quinn")
	for name, want := range map[string]notice.Status{"ada": notice.Active, "quinn": notice.Active, "quinn2": notice.Moved} {
		if p := f.person(t, name); p.Status != want {
			t.Errorf("%s is %s, want %s", name, p.Status, want)
		}
	}
	if open, err := f.db.OpenRequests(ctx); err != nil || len(open) != 1 || open[0].Recipient != f.id("ada") {
		t.Errorf("the desk has %+v, %v", open, err)
	}
}
