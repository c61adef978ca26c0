package bus

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// The event as EventBridge gets it names no address; a refused entry is an error.
func TestAnnounce(t *testing.T) {
	answer, got := `{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = string(body)
		io.WriteString(w, answer)
	}))
	defer server.Close()
	b := New(aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	r := notice.NewRequest("20261124-abc", notice.Deletion, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	r.Address, r.Details = "ada@example.com", "please"
	if err := b.Announce(context.Background(), privacy.Opened, r); err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Entries []struct{ Source, DetailType, Detail string }
	}
	if err := json.Unmarshal([]byte(got), &sent); err != nil || len(sent.Entries) != 1 {
		t.Fatalf("%v: %s", err, got)
	}
	want := `{"request":"20261124-abc","right":"deletion","party":"self","state":"open","received":"2026-11-24T09:00:00Z","due":"2027-01-08"}`
	if e := sent.Entries[0]; e.Source != "policymail" || e.DetailType != "Privacy Request Opened" || e.Detail != want {
		t.Errorf("event %+v", e)
	}
	if strings.Contains(got, "@") || strings.Contains(got, "please") {
		t.Errorf("the event tells who asked: %s", got)
	}
	answer = `{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure"}]}`
	if err := b.Announce(context.Background(), privacy.Opened, r); err == nil {
		t.Error("a refused entry was taken for success")
	}
}
