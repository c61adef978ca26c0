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
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"stack": startStack, "exits": exits, "travel": travel, "center": center, "answer": answer},
	})
}

// startStack starts a local stack and points POLICYMAIL_ENDPOINT to it: stack, or stack
// QUOTA for an SES that accepts so many messages a day.
func startStack(ts *testscript.TestScript, _ bool, args []string) {
	quota := -1.0
	if len(args) > 0 {
		var err error
		quota, err = strconv.ParseFloat(args[0], 64)
		ts.Check(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := local.Start(ctx, local.Options{Addr: "127.0.0.1:0", SESRate: 500, SESQuota: quota, Out: io.Discard})
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

// center has a person use their privacy center by the link that is mailed to them:
// center ADDRESS FORM.
func center(ts *testscript.TestScript, _ bool, args []string) {
	base := ts.Getenv("POLICYMAIL_ENDPOINT")
	read := func(response *http.Response, err error) []byte {
		ts.Check(err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		ts.Check(err)
		if response.StatusCode != http.StatusOK {
			ts.Fatalf("%s: %s", response.Request.URL.Path, response.Status)
		}
		return body
	}
	const form = "application/x-www-form-urlencoded"
	read(http.Post(base+"/link", form, strings.NewReader("address="+args[0])))
	var mails []struct{ ID, To string }
	ts.Check(json.Unmarshal(read(http.Get(base+"/_local/messages")), &mails))
	for _, m := range slices.Backward(mails) {
		if m.To != args[0] {
			continue
		}
		raw, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(read(http.Get(base + "/_local/messages/" + m.ID)))))
		ts.Check(err)
		read(http.Post(regexp.MustCompile(`http://\S+/p/1\.[A-Za-z0-9._-]+`).FindString(string(raw)), form, strings.NewReader(args[1])))
		return
	}
	ts.Fatalf("no link was mailed")
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
