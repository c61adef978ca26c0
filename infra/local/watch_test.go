package local_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"policymail/infra/local"
	"policymail/shared/operate"
	"policymail/shared/policy"
	"policymail/shared/watch"
)

// The public page is read every six hours: what two readings agree on can be drafted,
// an offer or a failure on the page can not.
func TestWatchedPage(t *testing.T) {
	const text = "<h1>Privacy policy</h1><p>Example Company keeps your name and your address for %s and deletes them then.</p>" +
		"<p>We share personal data with carriers only, and we do not sell it to anybody at all.</p><p>You may ask for access to your data at any time, and we answer within a month.</p>"
	var content atomic.Value
	page := func(months, offer string) string {
		return "<html><body><nav>Home</nav><main>" + fmt.Sprintf(text, months) + `<div class="offer">` + offer + "</div></main></body></html>"
	}
	content.Store(page("six months", "Winter sale: save now on personal data plans"))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, content.Load()) }))
	defer site.Close()

	s := start(t, local.Options{Watch: site.URL, Selectors: watch.Selectors{Take: "main", Drop: ".offer"}, Language: "en", Approvers: []string{"officer@example.com"}})
	s.publish("1.0", "# Privacy policy\n\n"+strings.NewReplacer("<h1>Privacy policy</h1>", "", "<p>", "", "</p>", "\n\n", "%s", "six months").Replace(text))
	sixHours := func() { s.http("POST", "/_local/clock", "application/json", `{"advance":"6h"}`) }
	draft := func() (d operate.Draft, found bool) {
		err := s.operate("draft", operate.DraftArgs{Policy: "privacy"}, &d)
		return d, err == nil
	}

	for _, shown := range []string{page("six months", "Spring sale: share personal data with our partners"), "<html><body><h1>502 Bad Gateway</h1></body></html>"} {
		content.Store(shown)
		for range 3 {
			sixHours()
		}
		if d, found := draft(); found {
			t.Errorf("a draft of %q: %+v", shown, d)
		}
	}
	content.Store(page("nine months", "Summer sale"))
	sixHours()
	if d, found := draft(); found {
		t.Errorf("one reading made a draft: %+v", d)
	}
	sixHours()
	d, found := draft()
	if !found || d.Class != policy.Substantive || !strings.Contains(d.Summary, "nine months") || strings.Contains(d.HTML, "sale") {
		t.Errorf("%t %+v", found, d)
	}
	told := func(what string) (n int) {
		_, inbox := s.http("GET", "/_local/messages", "", "")
		return strings.Count(inbox, "the public page of privacy "+what)
	}
	const differs, broken, again = "differs from version 1.0", "cannot be read\"", "can be read again"
	sixHours()
	sixHours()
	if n := told(differs); n != 1 {
		t.Errorf("the approver was told of the draft %d times", n)
	}
	s.http("POST", "/_local/clock", "application/json", `{"advance":"168h"}`)
	if n := told(differs); n != 2 {
		t.Errorf("in the week after it was told, the approver was told %d times", n)
	}
	content.Store("<html><body><h1>Page not found</h1></body></html>")
	sixHours()
	sixHours()
	if n := told(broken); n != 0 {
		t.Errorf("of a page that cannot be read for half a day the approver was told %d times", n)
	}
	s.http("POST", "/_local/clock", "application/json", `{"advance":"72h"}`)
	if n := told(broken); n != 1 || told(again) != 0 {
		t.Errorf("of a page that cannot be read for days the approver was told %d times, and %d times that it can be", n, told(again))
	}
	content.Store(page("nine months", "Summer sale"))
	sixHours()
	sixHours()
	if n := told(again); n != 1 || told(broken) != 1 {
		t.Errorf("that it can be read again the approver was told %d times", n)
	}
}
