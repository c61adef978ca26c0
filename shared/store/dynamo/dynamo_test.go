package dynamo_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"pgregory.net/rapid"

	"policymail/infra/dynamolocal"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
	"policymail/shared/store/dynamo"
	"policymail/shared/store/storetest"
)

// A play against DynamoDB Local takes seconds: five are enough unless more are asked for
// with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		checks.Value.Set("5")
	}
	os.Exit(m.Run())
}

var tests atomic.Int32

// fresh makes tables of its own, and says how to drop them.
func fresh(t rapid.TB, client *dynamodb.Client) (s *dynamo.Store, drop func()) {
	prefix := fmt.Sprintf("t%d-", tests.Add(1))
	tables := dynamo.Tables{Recipients: prefix + "recipients", Deliveries: prefix + "deliveries", Control: prefix + "control", Audit: prefix + "audit"}
	if err := dynamo.CreateTables(context.Background(), client, tables); err != nil {
		t.Fatal(err)
	}
	return dynamo.New(client, tables), func() {
		for _, name := range []string{tables.Recipients, tables.Deliveries, tables.Control, tables.Audit} {
			client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
		}
	}
}

func TestContract(t *testing.T) {
	client, _ := dynamolocal.Start(t)
	storetest.Run(t, func(t *testing.T) store.Store {
		s, _ := fresh(t, client)
		return s
	})
}

func TestAnswersAsTheEmbeddedStore(t *testing.T) {
	client, _ := dynamolocal.Start(t)
	storetest.Compare(t, func(rt *rapid.T) (a, b store.Store, end func()) {
		folder, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		embedded, err := bolt.Open(filepath.Join(folder, "db"), false)
		if err != nil {
			rt.Fatal(err)
		}
		s, drop := fresh(rt, client)
		return embedded, s, func() { embedded.Close(); os.RemoveAll(folder); drop() }
	})
}
