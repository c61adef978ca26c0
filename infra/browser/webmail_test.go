package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
)

var bodyOfMail = regexp.MustCompile(`(?s)<body[^>]*>(.*)</body>`)

// A webmail shows a mail inside a page of its own, which has another language and reads
// the other way, without the mail's html, head and body: its sentences keep their order,
// and a screen reader their language, by what stands inside the body.
func TestMailInsideAWebmail(t *testing.T) {
	base := stack(t)
	for language, page := range map[string]string{"ar": `lang="de" dir="ltr"`, "en": `lang="ar" dir="rtl"`} {
		for _, mail := range []string{"change", "link"} {
			body := bodyOfMail.FindStringSubmatch(get(t, base+"/_local/gallery/mail/"+mail+"/"+language))
			if body == nil {
				t.Fatalf("the mail %s has no body", mail)
			}
			webmail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `<!doctype html><html %s><meta charset="utf-8"><title>Inbox</title><div>%s</div></html>`, page, body[1])
			}))
			defer webmail.Close()
			tab := New(t, webmail.URL)
			tab.Open(webmail.URL)
			want := map[string]string{"ar": "ar rtl", "en": "en ltr"}[language]
			seen := eval[string](tab, `[...new Set([...document.querySelectorAll('h1, p')].filter(e => !e.hasAttribute('dir') && !e.closest('div[lang]'))
				.map(e => e.closest('[lang]').lang + ' ' + getComputedStyle(e).direction))].join(', ')`)
			if seen != want {
				t.Errorf("%s in %s inside a page of %s is read as %s, want %s", mail, language, page, seen, want)
			}
		}
	}
}
