package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"policymail/shared/imports"
	"policymail/shared/operate"
)

// importing plays a stack whose import is in these states, one after the other, the
// last for ever, and returns what the command says and its exit code.
func importing(t *testing.T, patience string, states ...imports.Status) (out, errOut string, code int) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	mux.HandleFunc("PUT /upload", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		var command operate.Command
		json.NewDecoder(r.Body).Decode(&command)
		if command.Name == "import-start" {
			json.NewEncoder(w).Encode(operate.Answer{Result: operate.Upload{ID: "job", URL: server.URL + "/upload"}})
			return
		}
		json.NewEncoder(w).Encode(operate.Answer{Result: states[0]})
		states = states[min(1, len(states)-1):]
	})
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("email\na@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), []string{"--endpoint", server.URL, "import", file, "--patience", patience}, &stdout, &stderr)
	return stdout.String(), stderr.String(), code
}

// An import that stands still does not hold its command for ever: it ends with an error
// that says how far the import is and where to look.
func TestImportThatStandsStill(t *testing.T) {
	for _, c := range []struct {
		status imports.Status
		want   string
	}{
		{imports.Status{State: imports.Waiting}, "nothing has read the file"},
		{imports.Status{State: imports.Importing, Parts: 5, Left: 3}, "3 of 5 parts are not done"},
	} {
		out, errOut, code := importing(t, "300ms", c.status)
		if code != exitRefused || out != "" || !strings.Contains(errOut, "no progress for 300ms: "+c.want) || !strings.Contains(errOut, "hint: ") {
			t.Errorf("%s: exit code %d, %q, %q", c.status.State, code, out, errOut)
		}
	}
}

// A long import is waited for as long as it goes on.
func TestImportThatTakesLong(t *testing.T) {
	states := []imports.Status{{State: imports.Waiting}}
	for left := 5; left > 0; left-- {
		states = append(states, imports.Status{State: imports.Importing, Parts: 5, Left: left})
	}
	states = append(states, imports.Status{State: imports.Done, Report: &imports.Report{Read: 1, Added: 1}})
	out, errOut, code := importing(t, "300ms", states...)
	if code != exitOK || !strings.HasPrefix(out, "1 rows read: 1 added") {
		t.Errorf("exit code %d, %q, %q", code, out, errOut)
	}
}
