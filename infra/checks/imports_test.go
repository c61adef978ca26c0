// Package checks holds the rules of the house as tests, each with its reason.
package checks

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
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
	{"policymail/shared/mail", "policymail/shared/policy", "the sender compares no texts: what does stays out of its binary"},
	{"policymail/shared/mail", "policymail/shared/approval", "the sender decides about no runs: what does stays out of its binary"},
	{"policymail/shared/approval", "policymail/shared/store", "approval declares what it needs; stores implement it"},
	{"policymail/shared/store/bolt", "policymail/shared/delivery", "adapters know the domain only"},
	{"policymail/shared/store/dynamo", "policymail/shared/delivery", "adapters know the domain only"},
	{"policymail/shared/store/dynamo", "policymail/shared/store/bolt", "adapters never import each other"},
	{"policymail/shared/store/bolt", "policymail/shared/store/dynamo", "adapters never import each other"},
	{"policymail/shared/", "policymail/infra", "arrows point down: nothing shared knows how it is run"},
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) (all []pkg) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
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

func TestImportsPointDown(t *testing.T) {
	all := packages(t)
	if len(all) < 10 {
		t.Fatalf("only %d packages were found", len(all))
	}
	for _, p := range all {
		for _, rule := range forbidden {
			if p.ImportPath != rule.from && !(strings.HasSuffix(rule.from, "/") && strings.HasPrefix(p.ImportPath, rule.from)) {
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
