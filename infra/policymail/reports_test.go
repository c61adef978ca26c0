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

// The last try to tell somebody who is overdue is named with what came of it, as far as that
// is known.
func TestOverdueNamesTheLastTry(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(operate.Answer{Result: operate.Page[report.Late]{Rows: []report.Late{
			{Address: "ada@example.com", Deadline: "2026-11-01", Reason: "came_back", Run: "r", Detail: "Transient/MailboxFull"},
			{Address: "bob@example.com", Deadline: "2026-11-02", Reason: "not_sent", Run: "r"},
			{Address: "cy@example.com", Deadline: "2026-11-03", Reason: "opted_out"},
		}}})
	}))
	defer server.Close()
	var out, errOut bytes.Buffer
	if code := run(context.Background(), []string{"--endpoint", server.URL, "overdue"}, &out, &errOut); code != 0 {
		t.Fatal(errOut.String())
	}
	for _, want := range []string{"due by 2026-11-01  came_back (r: Transient/MailboxFull)\n", "due by 2026-11-02  not_sent (r)\n", "due by 2026-11-03  opted_out\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
}
