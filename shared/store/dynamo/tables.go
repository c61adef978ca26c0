package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateTables makes the tables for a local endpoint, with the keys and indexes
// they have in AWS. A table that exists stays as it is.
func CreateTables(ctx context.Context, client *dynamodb.Client, t Tables) error {
	for _, table := range []struct {
		name, hash, sort string
		index            *types.GlobalSecondaryIndex
		attributes       []string
	}{
		{t.Recipients, "rid", "", index("due", "due", "rid", types.ProjectionTypeKeysOnly), []string{"rid", "due"}},
		{t.Deliveries, "part", "rid", index("unresolved", "unresolved", "settle_after", types.ProjectionTypeAll), []string{"part", "rid", "unresolved", "settle_after"}},
		{t.Control, "pk", "sk", nil, []string{"pk", "sk"}},
		{t.Audit, "rid", "id", nil, []string{"rid", "id"}},
	} {
		in := &dynamodb.CreateTableInput{TableName: &table.name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(table.hash, table.sort)}
		for _, name := range table.attributes {
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: types.ScalarAttributeTypeS})
		}
		if table.index != nil {
			in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{*table.index}
		}
		var exists *types.ResourceInUseException
		if _, err := client.CreateTable(ctx, in); err != nil && !errors.As(err, &exists) {
			return err
		}
	}
	return nil
}

func schema(hash, sort string) []types.KeySchemaElement {
	keys := []types.KeySchemaElement{{AttributeName: aws.String(hash), KeyType: types.KeyTypeHash}}
	if sort != "" {
		keys = append(keys, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
	}
	return keys
}

func index(name, hash, sort string, projection types.ProjectionType) *types.GlobalSecondaryIndex {
	return &types.GlobalSecondaryIndex{IndexName: aws.String(name), KeySchema: schema(hash, sort), Projection: &types.Projection{ProjectionType: projection}}
}
