package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Tab is one tab of a browser. A step that fails ends the test.
type Tab struct {
	tb   testing.TB
	ctx  context.Context
	axe  string
	host string

	mu     sync.Mutex
	faults []string // since the page was opened: what its console says, who else was asked
	bytes  float64  // over the network since the page was opened
}

// New starts a browser and returns a tab that may load pages of one host only.
func New(tb testing.TB, base string) *Tab {
	tb.Helper()
	ctx := start(tb)
	u, err := url.Parse(base)
	if err != nil {
		tb.Fatal(err)
	}
	t := &Tab{tb: tb, ctx: ctx, axe: axe(tb), host: u.Host}
	if err := chromedp.Listen(ctx, t.watch); err != nil {
		tb.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		tb.Fatal(err)
	}
	return t
}

func (t *Tab) watch(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Host != t.host {
			t.faults = append(t.faults, "asked another host: "+e.Request.URL)
		}
		for name, value := range e.Request.Headers {
			if strings.EqualFold(name, "Referer") && value != "" {
				t.faults = append(t.faults, fmt.Sprintf("sent the Referer %v", value))
			}
		}
	case *network.EventLoadingFinished:
		t.bytes += e.EncodedDataLength
	case *runtime.EventExceptionThrown:
		t.faults = append(t.faults, "threw "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		t.faults = append(t.faults, fmt.Sprintf("wrote to the console: %v", e.Args))
	}
}

// Open loads a page and returns its status.
func (t *Tab) Open(url string) int {
	t.tb.Helper()
	t.mu.Lock()
	t.faults, t.bytes = nil, 0
	t.mu.Unlock()
	response, err := chromedp.Run(t.ctx, chromedp.NavigateResponse(url))
	if err != nil {
		t.tb.Fatalf("open %s: %v", url, err)
	}
	return int(response.Status)
}

// Press activates what a selector finds and waits for the page that answers.
func (t *Tab) Press(selector string) int {
	t.tb.Helper()
	response, err := chromedp.RunResponse(t.ctx, chromedp.Click(selector))
	if err != nil {
		t.tb.Fatalf("press %s: %v", selector, err)
	}
	return int(response.Status)
}

// Tick clicks on what a selector finds; no page follows.
func (t *Tab) Tick(selector string) {
	t.tb.Helper()
	t.do(chromedp.Click(selector))
}

// WithoutScripts lets no script run in pages, as some readers do.
func (t *Tab) WithoutScripts() {
	t.tb.Helper()
	if _, err := chromedp.Call(t.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.tb.Fatal(err)
	}
}

// Type writes into a field.
func (t *Tab) Type(selector, text string) {
	t.tb.Helper()
	t.do(chromedp.SetValue(selector, text))
}

// Text is everything the page says.
func (t *Tab) Text() string {
	t.tb.Helper()
	return eval[string](t, "document.body.innerText")
}

// Key presses keys, like kb.Tab.
func (t *Tab) Key(keys string) {
	t.tb.Helper()
	t.do(chromedp.KeyEvent(keys))
}

// Faults lists what a page of ours never does.
func (t *Tab) Faults() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.faults
}

// Bytes is what the page and all it needs weigh over the network.
func (t *Tab) Bytes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.bytes)
}

// Window sets the size of the window in CSS pixels and the size of plain text.
func (t *Tab) Window(width, height, text int) {
	t.tb.Helper()
	t.do(chromedp.EmulateViewport(int64(width), int64(height)))
	if _, err := chromedp.Call(t.ctx, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: int64(text)}}); err != nil {
		t.tb.Fatal(err)
	}
}

// Prefer sets a preference of the reader, like "prefers-color-scheme", "dark". Nothing
// moves: what is looked at stands still.
func (t *Tab) Prefer(feature, value string) {
	t.tb.Helper()
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: feature, Value: value}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	if err != nil {
		t.tb.Fatal(err)
	}
}

// Screenshot is the whole page as PNG.
func (t *Tab) Screenshot() []byte {
	t.tb.Helper()
	png, err := chromedp.Run(t.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.tb.Fatal(err)
	}
	return png
}

// Violations runs the rules of WCAG 2.2 AA on the page, those about colours if asked
// to: they take most of the time.
func (t *Tab) Violations(colours bool) (all []string) {
	t.tb.Helper()
	eval[chromedp.Void](t, "if (!window.axe) {"+t.axe+"}")
	report := eval[string](t, `axe.run(document, {preload: false, resultTypes: ['violations'], rules: {'color-contrast': {enabled: `+strconv.FormatBool(colours)+`}},
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => JSON.stringify(
		r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join('; '))))`, chromedp.EvalAwaitPromise)
	if err := json.Unmarshal([]byte(report), &all); err != nil {
		t.tb.Fatal(err)
	}
	return all
}

func (t *Tab) do(action chromedp.Action[chromedp.Void]) {
	t.tb.Helper()
	if err := chromedp.Do(t.ctx, action); err != nil {
		t.tb.Fatal(err)
	}
}

func eval[T any](t *Tab, expression string, options ...chromedp.EvaluateOption) T {
	t.tb.Helper()
	v, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		t.tb.Fatalf("%.80s: %v", expression, err)
	}
	return v
}
