package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/notice"
	"policymail/shared/store/dynamo"
)

// Saving a run that somebody else saved meanwhile is a conflict at once: looking for it among
// the ended ones takes the right to delete, which the sender does not have.
func TestSavingARunThatChangedDeletesNothing(t *testing.T) {
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if call := r.Header.Get("X-Amz-Target"); call != "DynamoDB_20120810.PutItem" {
			t.Errorf("a call of %s", call)
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","Item":{"pk":{"S":"RUN#open"},"sk":{"S":"change-privacy-2"},"rev":{"N":"8"}}}`)
	}))
	defer db.Close()
	client := dynamodb.New(dynamodb.Options{Region: "eu-central-1", BaseEndpoint: &db.URL, Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("id", "secret", ""))})
	s := dynamo.New(client, dynamo.Tables{Control: "c"})
	_, err := s.SaveRun(context.Background(), notice.Run{ID: "change-privacy-2", State: notice.Stopped, Rev: 7})
	if !errors.Is(err, notice.ErrConflict) {
		t.Errorf("%v", err)
	}
}
