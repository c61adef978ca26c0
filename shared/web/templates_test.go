package web

import (
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

// Every page is checked against its template, in the branches that no test shows, too: a
// name that is wrong in one would fail when somebody needs it.
func TestPagesHaveWhatTheirTemplatesShow(t *testing.T) {
	checked := map[string]bool{}
	for name, page := range map[string]any{"approve": approvePage{}, "approve-changes": approveChangesPage{}, "ask": askPage{}, "center": centerPage{}, "changes": changesPage{},
		"copy": copyPage{}, "done": donePage{}, "fields": fieldsPage{}, "link": linkPage{}, "message": messagePage{}, "notice": unsubscribePage{}, "policy": policyPage{},
		"request": requestPage{}, "start": startPage{}, "unsubscribe": unsubscribePage{}} {
		checked[name+".html"] = true
		of := pages.Lookup(name + ".html")
		if of == nil {
			t.Errorf("there is no template %s", name)
			continue
		}
		if err := templatecheck.CheckHTML(of, page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, of := range pages.Templates() {
		if name := of.Name(); strings.HasSuffix(name, ".html") && name != "layout.html" && !checked[name] {
			t.Errorf("%s is checked against no page", name)
		}
	}
}
