// Package checks holds the rules of the house as tests, each with its reason.
package checks

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden edges: a package may not import what a rule names.
var forbidden = []struct{ from, to, reason string }{
	{"policymail/shared/notice", "policymail/", "the domain stands on nothing of ours"},
	{"policymail/shared/notice", ".", "the domain imports only the standard library"},
	{"policymail/shared/delivery", "policymail/shared/store", "delivery declares what it needs; stores implement it"},
	{"policymail/shared/delivery", "github.com/aws", "delivery knows no AWS"},
	{"policymail/shared/record", "policymail/shared/store", "records declare what they need; stores implement it"},
	{"policymail/shared/policy", "context", "texts are compared, nothing is read or kept"},
	{"policymail/shared/publish", "policymail/shared/store", "publishing declares what it needs; stores implement it"},
	{"policymail/shared/privacy", "policymail/shared/store", "privacy declares what it needs; stores implement it"},
	{"policymail/shared/report", "policymail/shared/store", "report declares what it needs; stores implement it"},
	{"policymail/shared/operate", "policymail/shared/store", "commands declare what they need; stores implement it"},
	{"policymail/shared/web", "policymail/shared/store", "pages declare what they read"},
	{"policymail/shared/web", "policymail/shared/delivery", "pages send no runs"},
	{"policymail/shared/mail", "policymail/shared/store", "a mail is written from what it is given"},
	{"policymail/shared/approval", "policymail/shared/store", "approval declares what it needs; stores implement it"},
	{"policymail/shared/store/bolt", "policymail/shared/delivery", "adapters know the domain only"},
	{"policymail/shared/store/dynamo", "policymail/shared/delivery", "adapters know the domain only"},
	{"policymail/shared/store/dynamo", "policymail/shared/store/bolt", "adapters never import each other"},
	{"policymail/shared/store/bolt", "policymail/shared/store/dynamo", "adapters never import each other"},
	{"policymail/shared/", "policymail/infra", "arrows point down: nothing shared knows how it is run"},
}

// keptOut are packages no binary of a function may hold, by whatever way they come in:
// every cold start pays for them.
var keptOut = []struct{ from, to, reason string }{
	{"policymail/functions/", "policymail/infra", "what runs it on one machine is not deployed"},
	{"policymail/functions/", "policymail/shared/store/bolt", "functions have tables"},
	{"policymail/functions/send", "policymail/shared/policy", "the sender compares no texts"},
	{"policymail/functions/send", "policymail/shared/approval", "the sender decides about no runs"},
	{"policymail/functions/send", "policymail/shared/web", "the sender has no pages"},
	{"policymail/functions/send", "policymail/shared/operate", "the sender takes no commands"},
	{"policymail/functions/annual", "policymail/shared/policy", "who opens runs compares no texts"},
	{"policymail/functions/annual", "policymail/shared/mail", "who opens runs writes no mail"},
	{"policymail/functions/pace", "policymail/shared/policy", "the pacer compares no texts"},
	{"policymail/functions/pace", "policymail/shared/mail", "the pacer writes no mail"},
	{"policymail/functions/feedback", "policymail/shared/policy", "who records events compares no texts"},
	{"policymail/functions/feedback", "policymail/shared/mail", "who records events writes no mail"},
	{"policymail/functions/imports", "policymail/shared/policy", "who imports people compares no texts"},
	{"policymail/functions/imports", "policymail/shared/mail", "who imports people writes no mail"},
	{"policymail/functions/publish", "policymail/shared/mail", "who publishes writes no mail"},
	{"policymail/functions/publish", "policymail/shared/web", "who publishes has no pages"},
	{"policymail/functions/publish", "policymail/shared/operate", "who publishes takes no commands"},
	{"policymail/functions/watch", "policymail/shared/mail", "the watcher writes no mail"},
	{"policymail/functions/watch", "policymail/shared/approval", "the watcher decides about no runs"},
	{"policymail/functions/web", "policymail/shared/operate", "pages take no commands"},
	{"policymail/functions/web", "policymail/shared/report", "pages report on no runs"},
	{"policymail/functions/operate", "policymail/shared/web", "commands have no pages"},
	{"policymail/functions/operate", "policymail/shared/watch", "commands read no page"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string // and what these import
}

func packages(t *testing.T) (all []pkg) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// within tells whether a package is the one a rule names, or in its folder if that ends
// with a slash.
func within(path, rule string) bool {
	return path == rule || strings.HasSuffix(rule, "/") && strings.HasPrefix(path, rule)
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range forbidden {
			if !within(p.ImportPath, rule.from) {
				continue
			}
			for _, imported := range p.Imports {
				if rule.to == "." && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") || rule.to != "." && strings.HasPrefix(imported, rule.to) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.reason)
				}
			}
		}
	}
}

func TestBinariesHoldWhatTheyUse(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range keptOut {
			if !within(p.ImportPath, rule.from) {
				continue
			}
			for _, held := range p.Deps {
				if held == rule.to || strings.HasPrefix(held, rule.to+"/") {
					t.Errorf("%s holds %s: %s", p.ImportPath, held, rule.reason)
				}
			}
		}
	}
}

// A rule about a package that is not there, or not there any more, keeps nothing apart.
func TestRulesNameWhatExists(t *testing.T) {
	all := packages(t)
	for _, rule := range slices.Concat(forbidden, keptOut) {
		for _, name := range []string{rule.from, rule.to} {
			exists := func(p pkg) bool { return strings.HasPrefix(p.ImportPath, name) }
			if strings.HasPrefix(name, "policymail/") && !slices.ContainsFunc(all, exists) {
				t.Errorf("there is no %s, which a rule names", name)
			}
		}
	}
}
