package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"policymail/shared/approval"
	"policymail/shared/notice"
	"policymail/shared/publish"
	"policymail/shared/token"
)

const officer, colleague = "officer@example.com", "colleague@example.com"

type sampler struct{}

func (sampler) Sample(_ notice.Run, v notice.Version, tag string) ([]byte, error) {
	return []byte("Subject: " + tag + "\r\n\r\n" + v.Summary["en"]), nil
}

// waiting is the site with a change that waits, and the path an officer was mailed.
func waiting(t *testing.T, two bool) (f *fixture, path func(approver string) string, run func() (notice.Run, notice.Version)) {
	f = setUp(t)
	ctx := context.Background()
	clock := func() time.Time { return f.site.Now() }
	var id notice.RunID
	at := now
	publisher := publish.Publisher{Store: f.db, Now: func() time.Time { at = at.Add(time.Minute); return at }}
	for _, years := range []string{"one", "two"} {
		r, err := publisher.Publish(ctx, publish.Publication{Policy: "terms", Version: years, Effective: "2027-01-31", Summary: map[string]string{"en": "We keep <it> for " + years + " years."},
			Source: []byte("# Terms\n\nWe keep your name for " + years + " years and then delete it. We share it with nobody.\n"), SourceName: "p.md"})
		if err != nil {
			t.Fatal(err)
		}
		id = r.Run
	}
	f.site.Gate = approval.Gate{Store: f.db, Two: two, Approvers: []string{officer, colleague}, ID: f.keys.RecipientID, Way: notice.ByLink, Now: clock}
	f.site.Samples = sampler{}
	f.handler = f.site.Handler()
	path = func(approver string) string {
		return "/a/" + f.keys.Sign(token.Claims{Purpose: token.Approve, Recipient: f.keys.RecipientID(approver), Run: id, Expires: now.Add(time.Hour)})
	}
	run = func() (notice.Run, notice.Version) {
		r, err := f.db.Run(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		v, err := f.db.Version(ctx, r.Policy, r.Version)
		if err != nil {
			t.Fatal(err)
		}
		return r, v
	}
	return f, path, run
}

const formType = "application/x-www-form-urlencoded"

var hashField = regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`)

// send posts a form as the page would, with the hash that the page shows.
func (f *fixture) send(t *testing.T, path, form string) (status int, body string) {
	t.Helper()
	page := f.do("GET", path, "", "").Body.String()
	if m := hashField.FindStringSubmatch(page); m != nil {
		form += "&hash=" + m[1]
	}
	w := f.do("POST", path, formType, form)
	return w.Code, w.Body.String()
}

func TestApproverReadsAndNothingChanges(t *testing.T) {
	f, path, run := waiting(t, false)
	before := func() string {
		r, v := run()
		record, _ := json.Marshal([]any{r, v})
		return string(record)
	}
	was := before()
	page := f.do("GET", path(officer), "", "")
	for _, want := range []string{"substantive", "We keep &lt;it&gt; for two years.", "January 31, 2027", "Approve and send", "Reject", "summary-de", "/ja.eml", path(officer) + "/changes"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page.Code != http.StatusOK || strings.Contains(page.Body.String(), "officer@") {
		t.Errorf("%d %s", page.Code, page.Body)
	}
	if w := f.do("GET", path(officer)+"/changes", "", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<ins>") {
		t.Errorf("comparison: %d %s", w.Code, w.Body)
	}
	if w := f.do("GET", path(officer)+"/de.eml", "", ""); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "Subject: de") || w.Header().Get("Content-Type") != "message/rfc822" {
		t.Errorf("sample: %d %s", w.Code, w.Body)
	}
	for _, part := range []string{"/xx.eml", "/de", "/changes.eml"} {
		if w := f.do("GET", path(officer)+part, "", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", part, w.Code)
		}
	}
	f.do("HEAD", path(officer), "", "")
	f.do("OPTIONS", path(officer), "", "")
	if before() != was {
		t.Error("reading changed something")
	}
	// A form without its box, or that is none, changes nothing either.
	for _, form := range []string{"action=approve", "action=reject&reason=+", "action=nonsense", "", "action=edit&summary-en=+"} {
		if status, _ := f.send(t, path(officer), form); status != http.StatusBadRequest || before() != was {
			t.Errorf("%q: %d", form, status)
		}
	}
	if w := f.do("GET", "/policy/terms/two", "", ""); w.Code != http.StatusNotFound {
		t.Errorf("what waits is public: %d", w.Code)
	}
}

func TestLinksToDecideThatAreNone(t *testing.T) {
	f, path, run := waiting(t, false)
	good := strings.TrimPrefix(path(officer), "/a/")
	claims, err := f.keys.Read(good, now)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(change func(*token.Claims)) string {
		c := claims
		change(&c)
		return f.keys.Sign(c)
	}
	for name, c := range map[string]struct {
		token  string
		status int
	}{
		"damaged":         {good[:len(good)-1] + "!", http.StatusBadRequest},
		"another root":    {f.foreign.Sign(claims), http.StatusBadRequest},
		"another purpose": {sign(func(c *token.Claims) { c.Purpose = token.Preferences }), http.StatusBadRequest},
		"expired":         {sign(func(c *token.Claims) { c.Expires = now.Add(-time.Hour) }), http.StatusGone},
		"no approver":     {sign(func(c *token.Claims) { c.Recipient = f.keys.RecipientID("ada@example.com") }), http.StatusGone},
		"no such run":     {sign(func(c *token.Claims) { c.Run = "change-terms-none" }), http.StatusNotFound},
	} {
		_, v := run()
		for _, w := range []interface{ Result() *http.Response }{f.do("GET", "/a/"+c.token, "", ""), f.do("GET", "/a/"+c.token+"/changes", "", ""),
			f.do("POST", "/a/"+c.token, formType, "action=approve&confirm=1&hash="+v.ContentHash())} {
			if got := w.Result().StatusCode; got != c.status {
				t.Errorf("%s: %d, want %d", name, got, c.status)
			}
		}
	}
	if r, _ := run(); r.State != notice.Waiting {
		t.Errorf("the run is %s", r.State)
	}
	if w := f.do("GET", "/p/"+good, "", ""); w.Code != http.StatusBadRequest {
		t.Errorf("a link to decide opens the privacy center: %d", w.Code)
	}
	if log := f.log.String(); strings.Contains(log, "@") || strings.Contains(log, good) {
		t.Errorf("log %s", log)
	}
}

func TestApproverEditsAndApproves(t *testing.T) {
	f, path, run := waiting(t, false)
	stale := f.do("GET", path(colleague), "", "").Body.String()
	if status, body := f.send(t, path(officer), "action=edit&summary-en="+url.QueryEscape("We keep it longer.\r\nTwice.")+"&summary-fr=Plus+longtemps."); status != http.StatusOK || !strings.Contains(body, "We keep it longer.\nTwice.") || !strings.Contains(body, officer+" edited") {
		t.Fatalf("edit: %d %s", status, body)
	}
	w := f.do("POST", path(colleague), formType, "action=approve&confirm=1&hash="+hashField.FindStringSubmatch(stale)[1])
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "edited since you saw it") {
		t.Errorf("approved unseen: %d", w.Code)
	}
	if status, body := f.send(t, path(colleague), "action=approve&confirm=1"); status != http.StatusOK || !strings.Contains(body, "go out now") {
		t.Fatalf("approve: %d %s", status, body)
	}
	r, v := run()
	if r.State != notice.Running || v.Approval == nil || v.Approval.By != colleague || v.Approval.Hash != v.ContentHash() || r.ContentHash != v.ContentHash() || v.Summary["fr"] != "Plus longtemps." {
		t.Errorf("%+v %+v", r, v)
	}
	for _, form := range []string{"action=approve&confirm=1&hash=" + v.ContentHash(), "action=edit&summary-en=x&hash=" + v.ContentHash(), "action=reject&reason=late"} {
		if status, body := f.send(t, path(officer), form); status != http.StatusConflict || !strings.Contains(body, "Not done: run change-terms-two is running") {
			t.Errorf("%s: %d %s", form, status, body)
		}
	}
}

func TestTwoOfficers(t *testing.T) {
	f, path, run := waiting(t, true)
	if status, body := f.send(t, path(officer), "action=approve&confirm=1"); status != http.StatusOK || !strings.Contains(body, "A second person must approve") || strings.Contains(body, "Approve and send") || strings.Contains(body, "Edit the summary") {
		t.Errorf("first: %d %s", status, body)
	}
	_, v := run()
	if w := f.do("POST", path(officer), formType, "action=approve&confirm=1&hash="+v.ContentHash()); w.Code != http.StatusConflict {
		t.Errorf("twice by one: %d", w.Code)
	}
	if r, _ := run(); r.State != notice.Waiting {
		t.Fatalf("one officer started the run")
	}
	if status, _ := f.send(t, path(colleague), "action=approve&confirm=1"); status != http.StatusOK {
		t.Errorf("second: %d", status)
	}
	if r, v := run(); r.State != notice.Running || v.Approval.By != officer+" and "+colleague {
		t.Errorf("%+v", r)
	}
}

func TestApproverRejects(t *testing.T) {
	f, path, run := waiting(t, false)
	for i := range 2 {
		status, body := f.send(t, path(officer), "action=reject&reason=The+%3Cdate%3E+is+wrong")
		if (i == 0) != (status == http.StatusOK) || !strings.Contains(body, "rejected it on 2026-11-24: The &lt;date&gt; is wrong") {
			t.Errorf("%d: %d %s", i, status, body)
		}
	}
	if r, v := run(); r.State != notice.Cancelled || r.Rejection.By != officer || v.Approval != nil {
		t.Errorf("%+v", r)
	}
}
