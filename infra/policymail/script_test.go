package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"policymail/infra/local"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"policymail": main})
}

// Each script in testdata/script is one behaviour of the command line, against a
// local stack of its own where it says `stack`.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("USER", "Ada Example")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"stack": startStack, "exits": exits, "travel": travel, "center": center, "answer": answer, "decide": decide, "mailed": mailed},
	})
}

// startStack starts a local stack and points POLICYMAIL_ENDPOINT to it: stack, or stack
// QUOTA for an SES that accepts so many messages a day, or stack ADDRESS ... for approvers.
func startStack(ts *testscript.TestScript, _ bool, args []string) {
	o := local.Options{Addr: "127.0.0.1:0", SESRate: 500, SESQuota: -1, Out: io.Discard}
	for _, arg := range args {
		if strings.Contains(arg, "@") {
			o.Approvers = append(o.Approvers, arg)
			continue
		}
		var err error
		o.SESQuota, err = strconv.ParseFloat(arg, 64)
		ts.Check(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := local.Start(ctx, o)
	ts.Check(err)
	ts.Defer(func() {
		cancel()
		s.Close()
	})
	ts.Setenv("POLICYMAIL_ENDPOINT", s.URL)
}

// travel moves the stack's clock: travel 24h.
func travel(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Post(ts.Getenv("POLICYMAIL_ENDPOINT")+"/_local/clock", "application/json", strings.NewReader(`{"advance":"`+args[0]+`"}`))
	ts.Check(err)
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("travel: %s", response.Status)
	}
}

const formType = "application/x-www-form-urlencoded"

// body reads an answer of the stack that must be a good one.
func body(ts *testscript.TestScript, response *http.Response, err error) []byte {
	ts.Check(err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	ts.Check(err)
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("%s: %s", response.Request.URL.Path, response.Status)
	}
	return read
}

// lastMail is the source of the last mail to an address that holds a pattern, decoded, and
// what the pattern found in it.
func lastMail(ts *testscript.TestScript, address string, holds *regexp.Regexp) (source, found string) {
	base := ts.Getenv("POLICYMAIL_ENDPOINT")
	get := func(path string) []byte {
		response, err := http.Get(base + path)
		return body(ts, response, err)
	}
	var mails []struct{ ID, To string }
	ts.Check(json.Unmarshal(get("/_local/messages"), &mails))
	for _, m := range slices.Backward(mails) {
		if m.To != address {
			continue
		}
		raw, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(get("/_local/messages/" + m.ID))))
		ts.Check(err)
		if found := holds.FindString(string(raw)); found != "" {
			return string(raw), found
		}
	}
	ts.Fatalf("no mail to %s holds %s", address, holds)
	return "", ""
}

// mailed checks that the last mail to an address that holds the first pattern holds the
// others, too: mailed ADDRESS PATTERN ...
func mailed(ts *testscript.TestScript, _ bool, args []string) {
	raw, _ := lastMail(ts, args[0], regexp.MustCompile(args[1]))
	for _, want := range args[2:] {
		if !regexp.MustCompile(want).MatchString(raw) {
			ts.Fatalf("the mail lacks %s:\n%s", want, raw)
		}
	}
}

// center has a person use their privacy center by the link that is mailed to them:
// center ADDRESS FORM.
func center(ts *testscript.TestScript, _ bool, args []string) {
	response, err := http.Post(ts.Getenv("POLICYMAIL_ENDPOINT")+"/link", formType, strings.NewReader("address="+args[0]))
	body(ts, response, err)
	_, link := lastMail(ts, args[0], regexp.MustCompile(`http://\S+/p/1\.[A-Za-z0-9._-]+`))
	response, err = http.Post(link, formType, strings.NewReader(args[1]))
	body(ts, response, err)
}

// decide has an approver post a form on the page they were mailed the link to, about what
// the page shows, or only look at it; the page that comes of it is the standard output:
// decide ADDRESS [FORM].
func decide(ts *testscript.TestScript, _ bool, args []string) {
	_, link := lastMail(ts, args[0], regexp.MustCompile(`http://\S+/a/1\.[A-Za-z0-9._-]+`))
	response, err := http.Get(link)
	page := body(ts, response, err)
	if len(args) > 1 {
		hash := regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`).FindSubmatch(page)
		if hash == nil {
			ts.Fatalf("the page asks for no decision")
		}
		response, err = http.Post(link, formType, strings.NewReader(args[1]+"&hash="+string(hash[1])))
		page = body(ts, response, err)
	}
	_, err = ts.Stdout().Write(page)
	ts.Check(err)
}

// answer has the desk answer the open request for a right: answer deletion.
func answer(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("policymail", "request", "list"))
	open := regexp.MustCompile(`(?m)^(\S+) +` + args[0]).FindStringSubmatch(ts.ReadFile("stdout"))
	if open == nil {
		ts.Fatalf("no request for %s is open", args[0])
	}
	ts.Check(ts.Exec("policymail", "request", "answer", open[1], "--text", "Done.", "--yes"))
}

// exits checks the exit code of a command line: exits 3 status.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var failed *exec.ExitError
	if err := ts.Exec("policymail", args[1:]...); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
