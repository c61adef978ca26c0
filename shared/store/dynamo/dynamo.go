// Package dynamo keeps policymail's data in DynamoDB. It behaves like store/bolt;
// storetest holds both to it.
package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

// Tables names the four tables of template.yaml.
type Tables struct{ Recipients, Deliveries, Control, Audit string }

// Store is DynamoDB. Its methods are those of store.Store.
type Store struct {
	db     *dynamodb.Client
	tables Tables
}

// New returns the store on the tables.
func New(client *dynamodb.Client, t Tables) *Store { return &Store{client, t} }

type (
	item  = map[string]types.AttributeValue
	value = types.AttributeValue
)

func str(s string) value { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) value  { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }
func bin(b []byte) value { return &types.AttributeValueMemberB{Value: b} }
func flag(b bool) value  { return &types.AttributeValueMemberBOOL{Value: b} }

func getStr(it item, name string) string {
	if v, ok := it[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

func getNum(it item, name string) (n int64) {
	if v, ok := it[name].(*types.AttributeValueMemberN); ok {
		fmt.Sscan(v.Value, &n)
	}
	return n
}

func getBin(it item, name string) []byte {
	if v, ok := it[name].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

func getFlag(it item, name string) bool {
	v, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && v.Value
}

// layout of an instant whose text order is time order.
const layout = "2006-01-02T15:04:05.000000000Z"

// sortable writes an instant; "" is no instant.
func sortable(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(layout)
}

func instant(s string) time.Time {
	t, _ := time.Parse(layout, s)
	return t
}

// putStr leaves an empty attribute out: an index stays sparse, an item small.
func putStr(it item, name, s string) {
	if s != "" {
		it[name] = str(s)
	}
}

// shard spreads recipients evenly over n partitions of an index.
func shard(id notice.RecipientID, n uint32) uint32 {
	h := fnv.New32a()
	h.Write([]byte(id))
	return h.Sum32() % n
}

// conflict is what a condition that no longer holds answers.
func conflict(what string, id any) error {
	return notice.Conflict("%s %v was changed or taken meanwhile", what, id)
}

func conditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

// transact writes all or nothing. Items that another transaction holds just now are
// tried again; failed tells which action's condition did not hold, or -1.
func (s *Store) transact(ctx context.Context, actions ...types.TransactWriteItem) (failed int, reason types.CancellationReason, err error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		_, err := s.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return -1, reason, err
		}
		busy := false
		for i, r := range cancelled.CancellationReasons {
			switch aws.ToString(r.Code) {
			case "ConditionalCheckFailed":
				return i, r, nil
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				busy = true
			}
		}
		if !busy {
			return -1, reason, err
		}
		select {
		case <-ctx.Done():
			return -1, reason, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// query reads a whole key range.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput, visit func(item) error) error {
	for {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return err
		}
		for _, it := range out.Items {
			if err := visit(it); err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// list reads a whole key range of records that each stand in one attribute, as JSON.
func list[T any](ctx context.Context, s *Store, in *dynamodb.QueryInput, attribute string) (all []T, err error) {
	err = s.query(ctx, in, func(it item) error {
		var one T
		err := json.Unmarshal(getBin(it, attribute), &one)
		all = append(all, one)
		return err
	})
	return all, err
}

// place is where a page ended: in which part of a list, and at which of its keys. All
// attributes of our keys are text.
type place struct {
	Part int               `json:"part"`
	Key  map[string]string `json:"key,omitempty"`
}

// start is the key to go on after; nil at the beginning of a part.
func (p place) start() (k item) {
	for name, v := range p.Key {
		if k == nil {
			k = item{}
		}
		k[name] = str(v)
	}
	return k
}

// after is the place behind what a call read of a part.
func (p place) after(lastKey item) place {
	if len(lastKey) == 0 {
		return place{Part: p.Part + 1}
	}
	p.Key = map[string]string{}
	for name := range lastKey {
		p.Key[name] = getStr(lastKey, name)
	}
	return p
}

// mostQueries is how many queries a page may take, a few seconds: many parts are empty.
const mostQueries = 500

// walk visits up to limit items of a list that is spread over parts, each read by a query
// of its own, from the place that the cursor names. It returns the cursor to go on with,
// or "" at the end. It ends after mostQueries, too: a caller that keeps cursors comes on
// however many parts are empty (invariant 2, never lost).
func (s *Store) walk(ctx context.Context, of cursor.List, from string, limit, parts int, query func(part int) *dynamodb.QueryInput, visit func(item) error) (next string, err error) {
	at, err := cursor.Read[place](of, from)
	if err != nil {
		return "", err
	}
	for queries := 0; at.Part < parts; queries++ {
		if limit <= 0 || queries == mostQueries {
			return cursor.Write(of, at)
		}
		in := query(at.Part)
		in.Limit, in.ExclusiveStartKey = aws.Int32(int32(limit)), at.start()
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return "", err
		}
		for _, it := range out.Items {
			if err := visit(it); err != nil {
				return "", err
			}
		}
		limit -= len(out.Items)
		at = at.after(out.LastEvaluatedKey)
	}
	return "", nil
}

// batchGet reads up to 100 items strongly, again for whatever was left out.
func (s *Store) batchGet(ctx context.Context, table string, keys []item, visit func(item)) error {
	request := map[string]types.KeysAndAttributes{table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	for len(keys) > 0 && len(request) > 0 {
		out, err := s.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return err
		}
		for _, it := range out.Responses[table] {
			visit(it)
		}
		request = out.UnprocessedKeys
	}
	return nil
}
