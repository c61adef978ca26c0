package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/report"
)

// A report of a run whose lines have begun to leave the ledger says that it lists fewer people
// than there were, and where they are counted; so does status.
func TestReportWithFewerRowsThanPeople(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var command operate.Command
		json.NewDecoder(r.Body).Decode(&command)
		answer := operate.Answer{Result: operate.Page[report.Row]{Rows: []report.Row{{Recipient: "ada", Address: "ada@example.com", State: notice.Delivered}}}}
		if command.Name == "status" {
			answer.Result = []report.RunStatus{{Run: "r", State: notice.Done, Audience: 5, Delivered: 5, Expired: 4, Complete: true}}
		}
		json.NewEncoder(w).Encode(answer)
	}))
	defer server.Close()
	for _, c := range []struct{ args, out, errOut string }{
		{"report r", "ada@example.com", "4 of 5 people of the run have no line any more: the ledger keeps them for 24 months. policymail status r counts them"},
		{"report r --format html", "People listed: 1 of 5 whom the run concerns.", ""},
		{"report r --format html", "</p><p>4 of 5 people", ""},
		{"report r --json", "ada@example.com", ""},
		{"status r", "4 of them are only counted: the ledger keeps lines for 24 months", ""},
	} {
		var out, errOut bytes.Buffer
		code := run(context.Background(), append([]string{"--endpoint", server.URL}, strings.Fields(c.args)...), &out, &errOut)
		if code != 0 || !strings.Contains(out.String(), c.out) || !strings.Contains(errOut.String(), c.errOut) || c.errOut == "" && errOut.Len() > 0 {
			t.Errorf("%s: exit code %d, %q, %q", c.args, code, out.String(), errOut.String())
		}
	}
}
