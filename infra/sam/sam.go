// Package sam reads template.yaml as AWS will: linted, translated and built by AWS's
// own tools, and resolved as CloudFormation resolves it.
package sam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"policymail/infra/tools"
)

// requirements are the tools, from PyPI.
var requirements = []string{"cfn-lint==1.58.0", "aws-sam-translator==1.115.0", "aws-sam-cli==1.170.0"}

// bin installs the tools and returns where their commands are.
func bin(tb testing.TB) string {
	tools.Needs(tb, "SAM and cfn-lint")
	folder := tools.Install(tb, "sam-1.170.0", func(folder string) error {
		if out, err := exec.Command("python3", "-m", "venv", folder).CombinedOutput(); err != nil {
			return fmt.Errorf("python3 -m venv: %v\n%s", err, out)
		}
		args := append([]string{"install", "-q", "--disable-pip-version-check"}, requirements...)
		if out, err := exec.Command(filepath.Join(folder, "bin", "pip"), args...).CombinedOutput(); err != nil {
			return fmt.Errorf("pip: %v\n%s", err, out)
		}
		return nil
	})
	return filepath.Join(folder, "bin")
}

// run runs a command of the tools at the top of the project.
func run(tb testing.TB, name string, args ...string) (out string, err error) {
	var said bytes.Buffer
	cmd := exec.Command(filepath.Join(bin(tb), name), args...)
	cmd.Dir = tools.Root(tb)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+region, "SAM_CLI_TELEMETRY=0", "CGO_ENABLED=0", "GOFLAGS=-tags=lambda.norpc -ldflags=-s")
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	return said.String(), err
}

// Lint returns what cfn-lint finds wrong with a template.
func Lint(tb testing.TB, path string) string {
	out, err := run(tb, "cfn-lint", "--include-checks", "I", "--template", path)
	if err != nil && out == "" {
		out = err.Error()
	}
	return out
}

// Build runs sam build and returns the folder of the functions' builds, one by the
// logical id of each.
func Build(tb testing.TB) string {
	folder := tb.TempDir()
	if out, err := run(tb, "sam", "build", "--config-file", "infra/samconfig.toml", "--build-dir", folder); err != nil {
		tb.Fatalf("sam build: %v\n%s", err, out)
	}
	return folder
}

// Template is template.yaml after SAM's translation: CloudFormation.
type Template struct {
	Path       string `json:"-"` // of the JSON
	Parameters map[string]Parameter
	Conditions map[string]any
	Resources  map[string]Resource
	Outputs    map[string]struct{ Description string }
	given      map[string]string
}

// Parameter is one of them.
type Parameter struct {
	Type, Description, AllowedPattern        string
	Default                                  any
	AllowedValues                            []any
	MinLength, MaxLength, MinValue, MaxValue any
}

// Resource is one of them.
type Resource struct {
	Type           string
	DeletionPolicy string
	Properties     map[string]any
}

// Translate translates template.yaml and gives its parameters values; a parameter
// that is not given has its default.
func Translate(tb testing.TB, given map[string]string) *Template {
	tb.Helper()
	cmd := exec.Command(filepath.Join(bin(tb), "python"), "infra/sam/translate.py", "template.yaml")
	cmd.Dir = tools.Root(tb)
	cmd.Env = append(os.Environ(), "AWS_DEFAULT_REGION="+region)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		tb.Fatalf("translate template.yaml: %v", err)
	}
	t := &Template{Path: filepath.Join(tb.TempDir(), "translated.json"), given: given}
	if err := os.WriteFile(t.Path, out, 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(out, t); err != nil {
		tb.Fatal(err)
	}
	return t
}

// Of lists the logical ids of a resource type, in order.
func (t *Template) Of(kind string) (ids []string) {
	for id, r := range t.Resources {
		if r.Type == kind {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
