// Package tools installs what the heavier tests need, each into a folder of its own
// under .tools/ at the top of the project, once.
package tools

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Root is the top of the project.
func Root(tb testing.TB) string {
	tb.Helper()
	root, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for ; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root
		}
	}
}

// Needs skips a test with its reason in `go test ./...`; under make verify, which
// sets POLICYMAIL_VERIFY, it runs.
func Needs(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("POLICYMAIL_VERIFY") == "" {
		tb.Skip("needs " + what + "; make verify runs it")
	}
}

// NeedsTime skips a long test in `go test ./...`, and under the race detector, which
// make verify runs with -short; make verify runs it once more without.
func NeedsTime(tb testing.TB, what string) {
	tb.Helper()
	Needs(tb, what)
	if testing.Short() {
		tb.Skip("needs " + what)
	}
}

// Install returns the folder of a tool after install has filled it. Several test
// binaries may ask at once; one installs.
func Install(tb testing.TB, name string, install func(folder string) error) string {
	tb.Helper()
	folder := filepath.Join(Root(tb), ".tools", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		tb.Fatal(err)
	}
	lock, err := os.OpenFile(folder+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		tb.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		tb.Fatal(err)
	}
	done := filepath.Join(folder, "installed")
	if _, err := os.Stat(done); err == nil {
		return folder
	}
	if err := install(folder); err != nil {
		tb.Fatalf("install %s: %v", name, err)
	}
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		tb.Fatal(err)
	}
	return folder
}
