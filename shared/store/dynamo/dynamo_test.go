package dynamo_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"policymail/infra/dynamolocal"
	"policymail/shared/store"
	"policymail/shared/store/dynamo"
	"policymail/shared/store/storetest"
)

func TestContract(t *testing.T) {
	client, _ := dynamolocal.Start(t)
	var n atomic.Int32
	storetest.Run(t, func(t *testing.T) store.Store {
		prefix := fmt.Sprintf("t%d-", n.Add(1))
		tables := dynamo.Tables{Recipients: prefix + "recipients", Deliveries: prefix + "deliveries", Control: prefix + "control", Audit: prefix + "audit"}
		if err := dynamo.CreateTables(context.Background(), client, tables); err != nil {
			t.Fatal(err)
		}
		return dynamo.New(client, tables)
	})
}
