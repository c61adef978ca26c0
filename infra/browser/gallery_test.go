package browser

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"policymail/infra/local"
	"policymail/infra/tools"
)

// stack starts a local policymail and returns its address.
func stack(t *testing.T) string {
	t.Helper()
	tools.Needs(t, "Chromium")
	ctx, cancel := context.WithCancel(context.Background())
	s, err := local.Start(ctx, local.Options{Addr: "127.0.0.1:0", Out: io.Discard, SESRate: 500, SESQuota: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); s.Close() })
	return s.URL
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var galleryLink = regexp.MustCompile(`/_local/gallery/(mail|page)/[^"]+`)

// Every mail and every page, in every language and state, is open to everybody:
// nothing that axe-core finds under WCAG 2.2 AA, in light, dark and forced colours;
// nothing wider than a window of 320 pixels or of 640 with text twice as large;
// everything that can be activated reached by the keyboard and seen to be. A page asks
// nobody else for anything and weighs less than 50 KB. Colours and the way of the
// keyboard are the same in every language: they are tried from left to right and from
// right to left.
func TestEveryMailAndPage(t *testing.T) {
	base := stack(t)
	links := galleryLink.FindAllString(get(t, base+"/_local/gallery"), -1)
	if len(links) < 100 {
		t.Fatalf("the gallery lists %d mails and pages only", len(links))
	}
	if only := os.Getenv("POLICYMAIL_GALLERY"); only != "" {
		var some []string
		for _, l := range links {
			if strings.Contains(l, only) {
				some = append(some, l)
			}
		}
		links = some
	}
	pictures := filepath.Join(tools.Root(t), ".tools", "screenshots")
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	tab := New(t, base)
	for _, link := range links {
		t.Run(strings.TrimPrefix(link, "/_local/gallery/"), func(t *testing.T) {
			tab.tb = t
			mail := strings.Contains(link, "/mail/")
			name := filepath.Join(pictures, strings.ReplaceAll(strings.TrimPrefix(link, "/_local/gallery/"), "/", "-"))
			picture := func(kind string) {
				if err := os.WriteFile(name+"-"+kind+".png", tab.Screenshot(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tab.Window(1024, 900, 16)
			tab.Prefer("prefers-color-scheme", "light")
			tab.Open(base + link)
			audit := func(scheme string) {
				for _, v := range tab.Violations(pictured(link)) {
					if mail && strings.HasPrefix(v, "page-has-heading-one") {
						continue
					}
					t.Errorf("%s: %s", scheme, v)
				}
			}
			if pictured(link) {
				picture("light")
			}
			eval[float64](tab, "document.querySelectorAll('details').forEach(d => d.open = true), 0")
			audit("light")
			if pictured(link) {
				keyboard(t, tab)
				tab.Prefer("prefers-color-scheme", "dark")
				audit("dark")
				picture("dark")
				tab.Prefer("forced-colors", "active")
				audit("forced colours")
				tab.Prefer("prefers-color-scheme", "light")
			}
			tab.Window(320, 640, 16)
			narrow(t, tab, "at 320 px")
			if pictured(link) {
				picture("320")
			}
			if mail { // mail is written in pixels: readers zoom
				eval[float64](tab, "document.documentElement.style.zoom = 2")
				tab.Window(640, 640, 16)
			} else {
				tab.Window(640, 640, 32)
			}
			narrow(t, tab, "with text twice as large")
			for _, fault := range tab.Faults() {
				t.Error(fault)
			}
			if tab.Bytes() > 50_000 {
				t.Errorf("weighs %d bytes", tab.Bytes())
			}
			if n := eval[int](tab, "document.scripts.length"); n > 0 {
				t.Errorf("holds %d scripts", n)
			}
		})
	}
}

// pictured are the languages that are photographed: one from left to right, one from
// right to left.
func pictured(link string) bool {
	return strings.HasSuffix(link, "/en") || strings.HasSuffix(link, "/ar")
}

// narrow finds what stands out of the window.
func narrow(t *testing.T, tab *Tab, when string) {
	t.Helper()
	wide := eval[string](tab, `(() => {
		const width = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= width) return '';
		return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1 || e.getBoundingClientRect().left < -1)
			.filter(e => getComputedStyle(e).position != 'absolute').map(e => e.outerHTML.slice(0, 120)).slice(0, 3).join('\n') || 'something';
	})()`)
	if wide != "" {
		t.Errorf("%s this is wider than the window:\n%s", when, wide)
	}
}

// keyboard walks the page with the Tab key.
func keyboard(t *testing.T, tab *Tab) {
	t.Helper()
	const activatable = `[...document.querySelectorAll('a[href], button, input:not([type=hidden], :disabled), select, textarea, summary')].filter(e => e.checkVisibility())`
	all := eval[int](tab, `(window.reached = new Set(), window.unseen = [], document.activeElement.blur(), `+activatable+`.length)`)
	for range all + 1 {
		tab.Key(kb.Tab)
		eval[bool](tab, `(() => { const e = document.activeElement, s = getComputedStyle(e);
			window.reached.add(e); if (e !== document.body && s.outlineStyle === 'none') window.unseen.push(e.outerHTML); return true; })()`)
	}
	if missed := eval[string](tab, activatable+`.filter(e => !window.reached.has(e) && !(e.type === 'radio')).map(e => e.outerHTML.slice(0, 120)).join('\n')`); missed != "" {
		t.Errorf("the keyboard does not reach\n%s", missed)
	}
	if unseen := eval[string](tab, `window.unseen.join('\n')`); unseen != "" {
		t.Errorf("nothing shows the focus on\n%s", unseen)
	}
}
