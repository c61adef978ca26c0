package dynamo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"policymail/infra/dynamolocal"
	"policymail/shared/notice"
	"policymail/shared/store/dynamo"
)

// A removal that dies between its two writes leaves a request that is still listed, so
// that it is removed the next time, and a person's requests that can be read.
func TestRemovalOfARequestCutShort(t *testing.T) {
	client, _ := dynamolocal.Start(t)
	ctx := context.Background()
	tables := dynamo.Tables{Recipients: "cut-r", Deliveries: "cut-d", Control: "cut-c", Audit: "cut-a"}
	if err := dynamo.CreateTables(ctx, client, tables); err != nil {
		t.Fatal(err)
	}
	deaths, deletes := errors.New("died"), 0
	die := middleware.InitializeMiddlewareFunc("die", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if _, ok := in.Parameters.(*dynamodb.DeleteItemInput); ok {
			if deletes++; deletes == 2 {
				return middleware.InitializeOutput{}, middleware.Metadata{}, deaths
			}
		}
		return next.HandleInitialize(ctx, in)
	})
	s := dynamo.New(dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(die, middleware.After) })
	}), tables)
	r := notice.NewRequest("20241124-abcd2345", notice.Access, time.Date(2024, 11, 24, 9, 0, 0, 0, time.UTC))
	r.Recipient, r.State = "ada", notice.Complied
	if err := s.AddRequest(ctx, r); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteRequest(ctx, r); !errors.Is(err, deaths) {
		t.Fatalf("it did not die: %v", err)
	}
	if _, err := s.RequestsOf(ctx, "ada"); err != nil {
		t.Errorf("the person's requests cannot be read any more: %v", err)
	}
	left, err := s.ListRequests(ctx, 2024)
	if err != nil || len(left) != 1 {
		t.Fatalf("what is left is not listed: %+v %v", left, err)
	}
	if err := s.DeleteRequest(ctx, left[0]); err != nil {
		t.Fatal(err)
	}
	if left, err := s.ListRequests(ctx, 2024); err != nil || len(left) != 0 {
		t.Errorf("%+v %v", left, err)
	}
}
