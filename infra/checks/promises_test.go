package checks

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every promise names a page or a command that exists and a test that exists.
func TestPromises(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "shared", "privacy", "PROMISES.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests, routes, commands := sources(t, "_test.go"), sources(t, "web.go"), sources(t, ".go")
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (.+) \| (.+) \| (.+) \|$`)
	rows := row.FindAllStringSubmatch(string(page), -1)
	if len(rows) < 40 {
		t.Fatalf("only %d promises were found", len(rows))
	}
	code := regexp.MustCompile("`([^`]+)`")
	for _, r := range rows {
		number, kept, tried := r[1], code.FindAllStringSubmatch(r[3], -1), code.FindAllStringSubmatch(r[4], -1)
		if len(kept) == 0 || len(tried) == 0 {
			t.Errorf("promise %s names no page or no test", number)
		}
		for _, k := range kept {
			if words := strings.Fields(k[1]); words[0] == "policymail" {
				last := words[len(words)-1]
				if !strings.Contains(commands, strings.ToUpper(last[:1])+last[1:]+" ") || !regexp.MustCompile(`\b`+words[1]+`Cmd\b`).MatchString(commands) {
					t.Errorf("promise %s names the command %q, which is not there", number, k[1])
				}
			} else if path := k[1]; !strings.Contains(routes, `{"`+path+`", `) && !(path == "/" && strings.Contains(routes, `{"/{$}", `)) {
				t.Errorf("promise %s names the page %s, which is not served", number, k[1])
			}
		}
		for _, name := range tried {
			if !strings.Contains(tests, "func "+name[1]+"(") {
				t.Errorf("promise %s names %s, which is no test", number, name[1])
			}
		}
	}
}

// sources joins the files of the project whose names end so.
func sources(t *testing.T, suffix string) string {
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) || strings.Contains(path, ".tools") {
			return err
		}
		content, err := os.ReadFile(path)
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
