package dynamo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"policymail/infra/dynamolocal"
	"policymail/shared/notice"
	"policymail/shared/store/dynamo"
)

// Who is due is read from a sparse index: DynamoDB looks at as many items as are due,
// in as many queries as the day has partitions, however many people there are.
func TestDueCostsTheSameAmongMany(t *testing.T) {
	client, _ := dynamolocal.Start(t)
	ctx, now := context.Background(), time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	cost := func(others int) (queries, items int) {
		tables := dynamo.Tables{Recipients: fmt.Sprint("r", others), Deliveries: fmt.Sprint("d", others), Control: fmt.Sprint("c", others), Audit: fmt.Sprint("a", others)}
		if err := dynamo.CreateTables(ctx, client, tables); err != nil {
			t.Fatal(err)
		}
		count := middleware.InitializeMiddlewareFunc("count", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			out, m, err := next.HandleInitialize(ctx, in)
			if q, ok := out.Result.(*dynamodb.QueryOutput); ok {
				queries++
				items += int(q.ScannedCount)
			}
			return out, m, err
		})
		s := dynamo.New(dynamodb.New(client.Options(), func(o *dynamodb.Options) {
			o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error { return stack.Initialize.Add(count, middleware.After) })
		}), tables)
		var rows []notice.Imported
		for i := range others + 300 {
			row := notice.Imported{ID: notice.RecipientID(fmt.Sprintf("p%06d", i)), Address: fmt.Sprintf("p%d@example.com", i), At: now}
			if i < 300 {
				row.LastNotified = now.AddDate(0, -11, -20) // due on one day
			}
			rows = append(rows, row)
		}
		if _, err := s.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
		queries, items = 0, 0
		found := 0
		for cursor := ""; ; {
			page, next, err := s.DueRecipients(ctx, "2026-11-24", "2026-11-25", cursor, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if found += len(page); next == "" {
				break
			}
			cursor = next
		}
		if found != 300 {
			t.Fatalf("%d are due", found)
		}
		return queries, items
	}
	fewQueries, fewItems := cost(100)
	manyQueries, manyItems := cost(3000)
	t.Logf("300 due among 400: %d queries, %d items; among 3,300: %d queries, %d items", fewQueries, fewItems, manyQueries, manyItems)
	if manyItems != fewItems || manyQueries != fewQueries || manyItems != 300 {
		t.Error("the cost grows with the population")
	}
}
