package dynamo_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/notice"
	"policymail/shared/store/dynamo"
)

// What is held of a person is found a hundred runs a call: ten years of daily ones must fit
// into the one web request that erases them.
func TestForgettingDoesNotGrowWithTheYears(t *testing.T) {
	const ever = 3650
	var reads atomic.Int32
	line := base64.StdEncoding.EncodeToString([]byte(`{"run":"run-7","recipient":"ada","state":"sent"}`))
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("X-Amz-Target") {
		case "DynamoDB_20120810.BatchGetItem":
			answer := `{"Responses":{"d":[]}}`
			if reads.Add(1) == 1 {
				answer = `{"Responses":{"d":[{"line":{"B":"` + line + `"}}]}}`
			}
			fmt.Fprint(w, answer)
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
	lines, err := dynamo.New(client, dynamo.Tables{Deliveries: "d"}).DeliveriesOf(context.Background(), "ada", runs)
	if err != nil || len(lines) != 1 || lines[0].Run != "run-7" || reads.Load() != (ever+99)/100 {
		t.Errorf("%d reads for %d runs found %+v, %v", reads.Load(), ever, lines, err)
	}
}
