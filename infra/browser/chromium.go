// Package browser opens pages in headless Chromium for tests.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"policymail/infra/tools"
)

// What the package manager npm fetches: a Chromium inside a package, the
// accessibility rules of axe-core, and fonts, so that pictures look the same on
// every machine. All of it stays in .tools/ and is linked into nothing.
const (
	chromiumPackage = "@sparticuz/chromium@153.0.0"
	axePackage      = "axe-core@4.14.1"
)

var fontPackages = []string{"@expo-google-fonts/inter@0.4.2", "@expo-google-fonts/noto-sans-arabic@0.4.3", "@expo-google-fonts/noto-sans-jp@0.4.3"}

// start runs Chromium until the test ends and returns the context of its first tab.
// It needs npm, which fetches the browser once into .tools/ unless one is on PATH;
// without POLICYMAIL_VERIFY=1 the test is skipped.
func start(tb testing.TB) context.Context {
	tb.Helper()
	tools.Needs(tb, "Chromium")
	program, env := chromium(tb)
	// As root Chromium has no sandbox; it opens only our own pages.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(tb.TempDir()), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute), chromedp.Env(env...))
	ctx, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopBrowser := chromedp.NewContext(ctx)
	tb.Cleanup(func() { stopBrowser(); stopAllocator() })
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("start %s: %v", program, err)
	}
	return ctx
}

// chromium finds a browser on PATH, else installs one, and says which environment
// it needs.
func chromium(tb testing.TB) (program string, env []string) {
	tb.Helper()
	env = []string{"FONTCONFIG_FILE=" + filepath.Join(fonts(tb), "fonts.conf")}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, env
		}
	}
	folder := tools.Install(tb, "chromium-153", func(folder string) error {
		if err := npm(folder, chromiumPackage); err != nil {
			return err
		}
		unpack := exec.Command("node", "-e", unpackBrotli)
		unpack.Dir = filepath.Join(folder, "node_modules", "@sparticuz", "chromium", "bin")
		if out, err := unpack.CombinedOutput(); err != nil {
			return fmt.Errorf("unpack: %w: %s", err, out)
		}
		return nil
	})
	bin := filepath.Join(folder, "node_modules", "@sparticuz", "chromium", "bin")
	// The package carries the libraries that a bare machine lacks.
	return filepath.Join(bin, "chromium"), append(env, "LD_LIBRARY_PATH="+filepath.Join(bin, "lib"))
}

// unpackBrotli unpacks the program and the libraries beside it: node reads Brotli,
// tar does not.
const unpackBrotli = `
const fs = require('fs'), zlib = require('zlib'), run = require('child_process').execFileSync;
for (const name of ['chromium', 'al2023.tar', 'swiftshader.tar']) {
  fs.writeFileSync(name, zlib.brotliDecompressSync(fs.readFileSync(name + '.br')), {mode: 0o755});
  if (name.endsWith('.tar')) run('tar', ['xf', name]);
}`

// fonts installs the fonts of the pictures and returns their folder.
func fonts(tb testing.TB) string {
	tb.Helper()
	return tools.Install(tb, "fonts-1", func(folder string) error {
		if err := npm(folder, fontPackages...); err != nil {
			return err
		}
		conf := `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>` + folder + `/node_modules</dir><cachedir>` + folder + `/cache</cachedir>`
		for _, family := range []string{"system-ui", "sans-serif", "ui-sans-serif"} {
			conf += `<alias binding="same"><family>` + family + `</family><prefer><family>Inter</family><family>Noto Sans Arabic</family><family>Noto Sans JP</family></prefer></alias>`
		}
		return os.WriteFile(filepath.Join(folder, "fonts.conf"), []byte(conf+"</fontconfig>"), 0o644)
	})
}

// axe returns the source of axe-core.
func axe(tb testing.TB) string {
	tb.Helper()
	folder := tools.Install(tb, "axe-core-4.14.1", func(folder string) error { return npm(folder, axePackage) })
	source, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		tb.Fatal(err)
	}
	return string(source)
}

// npm fetches packages into a folder and runs none of their scripts.
func npm(folder string, packages ...string) error {
	args := append([]string{"install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--force"}, packages...)
	if out, err := exec.Command("npm", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("npm install %v: %w: %s", packages, err, out)
	}
	return nil
}
