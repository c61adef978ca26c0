package dynamo_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/store/dynamo"
)

// A page of a long time in which nobody is due ends after some queries, for the pacer saves
// how far it is between pages only: were a page longer than the pacer lives, it would begin
// anew for ever. The pages together read every partition once.
func TestAPageEndsThoughNobodyIsDue(t *testing.T) {
	queries := 0
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries++
		fmt.Fprint(w, `{"Items":[],"Count":0}`)
	}))
	defer db.Close()
	client := dynamodb.New(dynamodb.Options{Region: "eu-central-1", BaseEndpoint: &db.URL, Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("id", "secret", ""))})
	s := dynamo.New(client, dynamo.Tables{Recipients: "r"})
	all := 0
	for cursor := ""; ; {
		queries = 0
		page, next, err := s.DueRecipients(context.Background(), "2026-01-01", "2026-01-31", cursor, 1000)
		if err != nil || len(page) > 0 {
			t.Fatal(page, err)
		}
		if queries > 500 {
			t.Fatalf("one page took %d queries", queries)
		}
		if all += queries; next == "" {
			break
		}
		cursor = next
	}
	if all != 31*64 {
		t.Errorf("%d partitions were read, there are %d", all, 31*64)
	}
}
