package checks

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the top of the project, seen from here.
var root = filepath.Join("..", "..")

// The top level holds what a newcomer is told about, and nothing else.
func TestTopLevel(t *testing.T) {
	allowed := []string{"functions", "infra", "shared", "go.mod", "go.sum", "template.yaml", "README.md", "LICENSE", "Makefile"}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// What the README points to exists.
func TestREADMEPointsToWhatExists(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile("(?:shared|infra|functions)/[A-Za-z0-9_./-]*[A-Za-z0-9]").FindAllString(string(readme), -1)
	if len(paths) < 10 {
		t.Fatalf("only %d paths were found in the README", len(paths))
	}
	for _, p := range paths {
		if _, err := os.Stat(filepath.Join(root, p)); err != nil {
			t.Errorf("the README names %s, which is not there", p)
		}
	}
	var tests strings.Builder
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			content, _ := os.ReadFile(path)
			tests.Write(content)
		}
		return err
	})
	for _, name := range regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(readme), -1) {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("the README names %s, which is no test", name[1])
		}
	}
}

// The functions that the README says keep a promise are there, by package, type and name.
func TestREADMENamesFunctionsThatExist(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`([a-z]+)\\.(?:([A-Za-z]+)\\.)?([A-Za-z]+)`").FindAllStringSubmatch(string(readme), -1)
	checked := 0
	for _, name := range names {
		files, _ := filepath.Glob(filepath.Join(root, "shared", name[1], "*.go"))
		if len(files) == 0 {
			continue // no package of ours
		}
		var source strings.Builder
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(content)
		}
		declared := `(?m)^func ` + name[3] + `\(`
		if name[2] != "" {
			declared = `(?m)^func \(\w+ \*?` + name[2] + `\) ` + name[3] + `\(`
		}
		if checked++; !regexp.MustCompile(declared).MatchString(source.String()) {
			t.Errorf("the README names %s, which is no function", name[0])
		}
	}
	if checked < 5 {
		t.Errorf("only %d functions were found in the README", checked)
	}
}
