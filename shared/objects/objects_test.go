package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"policymail/shared/notice"
)

// stub is S3 on the wire: it answers everything with a status and an error code, and
// keeps the last request.
func stub(t *testing.T, status int, code string) (Bucket, *http.Request) {
	var last http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = *r
		if w.WriteHeader(status); code != "" {
			fmt.Fprintf(w, "<Error><Code>%[1]s</Code><Message>%[1]s</Message></Error>", code)
		} else if r.Method == http.MethodGet {
			io.WriteString(w, "content")
		}
	}))
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
		RetryMaxAttempts: 1}
	return New(cfg, "bucket"), &last
}

func TestOnlyTheContentThatIsMeant(t *testing.T) {
	ctx := context.Background()
	bucket, got := stub(t, http.StatusPartialContent, "")
	file, err := bucket.OpenMatching(ctx, "imports/people.csv", "e1", 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(file); err != nil || string(content) != "content" {
		t.Errorf("%q %v", content, err)
	}
	file.Close()
	if got.Header.Get("If-Match") != `"e1"` || got.Header.Get("Range") != "bytes=10-19" {
		t.Errorf("headers %v", got.Header)
	}
	bucket, got = stub(t, http.StatusNoContent, "")
	if err := bucket.RemoveMatching(ctx, "imports/people.csv", "e1"); err != nil || got.Method != http.MethodDelete || got.Header.Get("If-Match") != `"e1"` {
		t.Errorf("%s %v, %v", got.Method, got.Header, err)
	}
	bucket, got = stub(t, http.StatusOK, "")
	if _, err := bucket.Open(ctx, "policies/privacy/1.0/policy.md", 0, 0); err != nil || got.Header.Get("If-Match") != "" {
		t.Errorf("%v, %v", got.Header, err)
	}
}

func TestAnswersOfS3(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		status  int
		code    string
		open    error // what reading returns; nil is any other error
		removed bool
	}{
		{http.StatusNotFound, "NoSuchKey", notice.ErrNotFound, true},
		{http.StatusPreconditionFailed, "PreconditionFailed", notice.ErrConflict, true},
		{http.StatusForbidden, "AccessDenied", nil, false},
		{http.StatusConflict, "ConditionalRequestConflict", nil, false},
	} {
		bucket, _ := stub(t, c.status, c.code)
		_, err := bucket.OpenMatching(ctx, "imports/people.csv", "e1", 0, 0)
		var forPeople *notice.Error
		if err == nil || c.open != nil && !errors.Is(err, c.open) || c.open == nil && errors.As(err, &forPeople) {
			t.Errorf("%s: read: %v", c.code, err)
		}
		if err := bucket.RemoveMatching(ctx, "imports/people.csv", "e1"); (err == nil) != c.removed {
			t.Errorf("%s: removed: %v", c.code, err)
		}
	}
}
