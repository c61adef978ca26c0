package dynamo_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/notice"
	"policymail/shared/store/dynamo"
)

// Forgetting a person takes calls by what is held of them, not by how many runs there
// ever were: ten years of daily ones must fit into one web request.
func TestForgettingDoesNotGrowWithTheYears(t *testing.T) {
	const ever = 3650
	var reads, deletes atomic.Int32
	line := base64.StdEncoding.EncodeToString([]byte(`{"run":"run-7","recipient":"ada","state":"sent"}`))
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("X-Amz-Target") {
		case "DynamoDB_20120810.BatchGetItem":
			answer := `{"Responses":{"d":[]}}`
			if reads.Add(1) == 1 {
				answer = `{"Responses":{"d":[{"line":{"B":"` + line + `"}}]}}`
			}
			fmt.Fprint(w, answer)
		case "DynamoDB_20120810.DeleteItem":
			deletes.Add(1)
			if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "run-7#") {
				t.Errorf("deleted %s %v", body, err)
			}
			fmt.Fprint(w, `{}`)
		default:
			t.Errorf("a call of %s", r.Header.Get("X-Amz-Target"))
		}
	}))
	defer db.Close()
	client := dynamodb.New(dynamodb.Options{Region: "eu-central-1", BaseEndpoint: &db.URL, Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("id", "secret", ""))})
	runs := make([]notice.RunID, ever)
	for i := range runs {
		runs[i] = notice.RunID(fmt.Sprintf("run-%d", i))
	}
	if err := dynamo.New(client, dynamo.Tables{Deliveries: "d"}).ForgetDeliveries(context.Background(), "ada", runs); err != nil {
		t.Fatal(err)
	}
	if reads.Load() != (ever+99)/100 || deletes.Load() != 1 {
		t.Errorf("%d reads and %d deletes for %d runs and one line", reads.Load(), deletes.Load(), ever)
	}
}
