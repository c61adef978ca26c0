package watch_test

import (
	"strings"
	"testing"

	"policymail/shared/policy"
	"policymail/shared/watch"
)

// What nobody reads of a page does not count: neither for its size nor as a change.
func TestPageWithMuchBesideItsText(t *testing.T) {
	much := strings.Repeat("x", 400<<10)
	ballast := "<script>window.state='" + much + "'</script><style>." + much + "{}</style><!-- " + much + " -->" +
		`<svg viewBox="0 0 9 9"><title>Logo</title><path d="` + much + `"/></svg><img alt="" src="data:image/png;base64,` + much + `">`
	for name, selectors := range map[string]watch.Selectors{"found": {}, "taken": {Take: "main"}} {
		d := newDesk(t)
		d.Settings.Selectors = selectors
		for range 2 {
			if out := d.look(ballast + text); out.Event != policy.NoChange || out.Shown != "1.0" {
				t.Errorf("%s: %+v", name, out)
			}
		}
		d.page.body = text + strings.Repeat("<p>"+text+"</p>", 5000)
		if _, err := d.Look(ctx); err == nil || !strings.Contains(err.Error(), "larger than 1024 KiB") || !strings.Contains(err.Error(), "WatchTake") {
			t.Errorf("%s: a page with too much text: %v", name, err)
		}
	}
}

// A drawing with words in it is read, as a visitor reads it.
func TestWordsInADrawing(t *testing.T) {
	d := newDesk(t)
	d.look(text)
	const drawn = `<svg><text>We sell your personal data to advertisers.</text></svg>`
	if out := d.look(text + drawn); out.Event != policy.Pending {
		t.Errorf("%+v", out)
	}
}
