package queue

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

type entry struct {
	ID           string `json:"Id"`
	MessageBody  string
	DelaySeconds int
}

// stub is SQS on the wire; refuse names the entry it does not take.
func stub(t *testing.T, refuse string) (Queue[delivery.Slice], func() []entry) {
	var mu sync.Mutex
	var got []entry
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Entries []entry }
		json.NewDecoder(r.Body).Decode(&in)
		var out struct {
			Successful []map[string]string
			Failed     []map[string]any
		}
		mu.Lock()
		defer mu.Unlock()
		for _, e := range in.Entries {
			if e.ID == refuse {
				out.Failed = append(out.Failed, map[string]any{"Id": e.ID, "Code": "InternalError", "SenderFault": false})
				continue
			}
			got = append(got, e)
			out.Successful = append(out.Successful, map[string]string{"Id": e.ID, "MessageId": "m" + e.ID})
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")}
	return New[delivery.Slice](cfg, server.URL+"/000000000000/send"), func() []entry { mu.Lock(); defer mu.Unlock(); return got }
}

func slicesOf(n int) (all []delivery.Slice) {
	for range n {
		all = append(all, delivery.Slice{Run: "run", Recipients: []notice.RecipientID{"a"}})
	}
	return all
}

func TestSlicesAreSpreadOverTheMinute(t *testing.T) {
	q, got := stub(t, "")
	if err := q.Enqueue(context.Background(), slicesOf(60), time.Minute); err != nil {
		t.Fatal(err)
	}
	delays := map[int]int{}
	for _, e := range got() {
		delays[e.DelaySeconds]++
		if !strings.Contains(e.MessageBody, `"recipients":["a"]`) {
			t.Errorf("body %s", e.MessageBody)
		}
	}
	if len(got()) != 60 || len(delays) != 60 {
		t.Errorf("%d slices over %d seconds", len(got()), len(delays))
	}
}

func TestAnEntryNotTakenIsAnError(t *testing.T) {
	q, _ := stub(t, "13")
	if err := q.Enqueue(context.Background(), slicesOf(20), time.Minute); err == nil || !strings.Contains(err.Error(), "13") {
		t.Errorf("error %v", err)
	}
}
