package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

const (
	// runShards is how many partitions the ledger of one run is spread over: each
	// takes 1,000 writes a second.
	runShards = 64
	// unresolvedShards spreads each state in the sparse index of unresolved deliveries.
	unresolvedShards = 16
)

// waiting names the part of the index that holds a state. Each has one of its own, so
// that a retry is found however many unknown deliveries are due before it.
var waiting = map[notice.DeliveryState]string{notice.Held: "H", notice.Retry: "R", notice.Unknown: "U"}

func unresolvedPartition(state notice.DeliveryState, n uint32) string {
	return fmt.Sprintf("%s#%02d", waiting[state], n)
}

func partition(run notice.RunID, n uint32) string { return fmt.Sprintf("%s#%02d", run, n) }

// runOf is the run whose partition this is.
func runOf(partition string) notice.RunID {
	return notice.RunID(partition[:max(strings.LastIndexByte(partition, '#'), 0)])
}

func deliveryKey(run notice.RunID, id notice.RecipientID) item {
	return item{"part": str(partition(run, shard(id, runShards))), "rid": str(string(id))}
}

func deliveryItem(d notice.Delivery) (item, error) {
	record, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	it := deliveryKey(d.Run, d.Recipient)
	it["state"], it["attempt"], it["updated_at"], it["line"] = str(string(d.State)), num(int64(d.Attempt)), str(sortable(d.UpdatedAt)), bin(record)
	if d.Waits() {
		it["unresolved"] = str(unresolvedPartition(d.State, shard(d.Recipient, unresolvedShards)))
		it["settle_after"] = str(d.SettleAfter.UTC().Format(layout)) // of a zero instant too: a key is never empty
	}
	if !d.UpdatedAt.IsZero() {
		it["expires_at"] = num(d.UpdatedAt.AddDate(0, notice.RetentionMonths, 0).Unix())
	}
	return it, nil
}

func deliveryOf(it item) (d notice.Delivery, err error) {
	if len(it) == 0 {
		return d, nil
	}
	return d, json.Unmarshal(getBin(it, "line"), &d)
}

// asRead is the condition that a line is still the one that was read.
func asRead(d notice.Delivery) (string, map[string]string, item) {
	return "#state = :state AND attempt = :attempt AND updated_at = :at", map[string]string{"#state": "state"},
		item{":state": str(string(d.State)), ":attempt": num(int64(d.Attempt)), ":at": str(sortable(d.UpdatedAt))}
}

// Claim checks the person and writes the line in one transaction, so a claim and an
// opt-out never pass each other (invariants 1 and 3).
func (s *Store) Claim(ctx context.Context, d notice.Delivery, rev int64) (line notice.Delivery, claimed bool, err error) {
	check := types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &s.tables.Recipients, Key: ridKey(d.Recipient),
		ConditionExpression: aws.String("rev = :rev"), ExpressionAttributeValues: item{":rev": num(rev)}}}
	d.Attempt = 1
	put := &types.Put{TableName: &s.tables.Deliveries, ConditionExpression: aws.String("attribute_not_exists(rid)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	for {
		if put.Item, err = deliveryItem(d); err != nil {
			return line, false, err
		}
		failed, reason, err := s.transact(ctx, check, types.TransactWriteItem{Put: put})
		switch {
		case err != nil:
			return line, false, err
		case failed < 0:
			return d, true, nil
		case failed == 0:
			return line, false, conflict("recipient", d.Recipient)
		}
		if line, err = deliveryOf(reason.Item); err != nil || line.State != notice.Retry {
			return line, false, err
		}
		condition, names, values := asRead(line)
		d.Attempt = line.Attempt + 1
		put.ConditionExpression, put.ExpressionAttributeNames, put.ExpressionAttributeValues = &condition, names, values
	}
}

func (s *Store) RecordDelivery(ctx context.Context, d notice.Delivery) (bool, error) {
	it, err := deliveryItem(d)
	if err != nil {
		return false, err
	}
	in := &dynamodb.PutItemInput{TableName: &s.tables.Deliveries, Item: it, ConditionExpression: aws.String("attribute_not_exists(rid)")}
	if from := d.State.From(); len(from) > 0 {
		list, values := "", item{}
		for i, state := range from {
			name := ":s" + strconv.Itoa(i)
			list += ", " + name
			values[name] = str(string(state))
		}
		in.ConditionExpression = aws.String("attribute_not_exists(rid) OR #state IN (" + list[2:] + ")")
		in.ExpressionAttributeNames, in.ExpressionAttributeValues = map[string]string{"#state": "state"}, values
	}
	_, err = s.db.PutItem(ctx, in)
	if conditionFailed(err) {
		return false, nil
	}
	return err == nil, err
}

func (s *Store) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	it, err := deliveryItem(after)
	if err != nil {
		return err
	}
	condition, names, values := asRead(before)
	if after.Recipient != before.Recipient {
		failed, _, err := s.transact(ctx,
			types.TransactWriteItem{Delete: &types.Delete{TableName: &s.tables.Deliveries, Key: deliveryKey(before.Run, before.Recipient),
				ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}},
			types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Deliveries, Item: it, ConditionExpression: aws.String("attribute_not_exists(rid)")}})
		if err == nil && failed >= 0 {
			err = conflict("delivery of "+string(before.Run)+" to", before.Recipient)
		}
		return err
	}
	_, err = s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.tables.Deliveries, Item: it, ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values})
	if conditionFailed(err) {
		return conflict("delivery of "+string(before.Run)+" to", before.Recipient)
	}
	return err
}

func (s *Store) Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	lines := make(map[notice.RecipientID]notice.Delivery, len(ids))
	keys := make([]item, 0, len(ids))
	seen := map[notice.RecipientID]bool{}
	for _, id := range ids {
		if !seen[id] {
			keys, seen[id] = append(keys, deliveryKey(run, id)), true
		}
	}
	var broken error
	err := s.batchGet(ctx, s.tables.Deliveries, keys, func(it item) {
		d, err := deliveryOf(it)
		broken = errors.Join(broken, err)
		lines[d.Recipient] = d
	})
	return lines, errors.Join(err, broken)
}

// ledgerQuery asks for one partition of a run's ledger.
func (s *Store) ledgerQuery(run notice.RunID, n int) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{TableName: &s.tables.Deliveries,
		KeyConditionExpression: aws.String("part = :part"), ExpressionAttributeValues: item{":part": str(partition(run, uint32(n)))}}
}

// ListDeliveries walks the run's partitions.
func (s *Store) ListDeliveries(ctx context.Context, run notice.RunID, from string, limit int) (lines []notice.Delivery, next string, err error) {
	next, err = s.walk(ctx, cursor.Ledger(run), from, limit, runShards, func(part int) *dynamodb.QueryInput { return s.ledgerQuery(run, part) }, into(&lines))
	return lines, next, err
}

// into takes the deliveries of a walk.
func into(lines *[]notice.Delivery) func(item) error {
	return func(it item) error {
		d, err := deliveryOf(it)
		*lines = append(*lines, d)
		return err
	}
}

// counters is how many partitions are counted at once.
const counters = 16

func (s *Store) CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error) {
	counts := notice.Counts{}
	queries := make([]*dynamodb.QueryInput, runShards)
	for n := range queries {
		queries[n] = s.ledgerQuery(run, n)
		queries[n].ConsistentRead = aws.Bool(true)
		queries[n].ProjectionExpression, queries[n].ExpressionAttributeNames = aws.String("#state"), map[string]string{"#state": "state"}
	}
	err := s.count(ctx, queries, func(it item) { counts[notice.DeliveryState(getStr(it, "state"))]++ })
	return counts, err
}

// count makes the queries, several at once, and shows every item to add, one at a time:
// also those that came before an error.
func (s *Store) count(ctx context.Context, queries []*dynamodb.QueryInput, add func(item)) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(counters)
	for _, in := range queries {
		group.Go(func() error {
			return s.query(ctx, in, func(it item) error {
				mu.Lock()
				defer mu.Unlock()
				add(it)
				return nil
			})
		})
	}
	return group.Wait()
}

// CountUnresolved asks for no more of a line than tells its run and its state: a line
// that waits carries its neighbours, and is fifty times as long.
func (s *Store) CountUnresolved(ctx context.Context) (map[notice.RunID]notice.Counts, error) {
	var queries []*dynamodb.QueryInput
	for state := range waiting {
		for n := range uint32(unresolvedShards) {
			queries = append(queries, &dynamodb.QueryInput{TableName: &s.tables.Deliveries, IndexName: aws.String("unresolved"),
				KeyConditionExpression: aws.String("unresolved = :u"), ExpressionAttributeValues: item{":u": str(unresolvedPartition(state, n))},
				ProjectionExpression: aws.String("part, #state"), ExpressionAttributeNames: map[string]string{"#state": "state"}})
		}
	}
	counts := map[notice.RunID]notice.Counts{}
	err := s.count(ctx, queries, func(it item) {
		run := runOf(getStr(it, "part"))
		if counts[run] == nil {
			counts[run] = notice.Counts{}
		}
		counts[run][notice.DeliveryState(getStr(it, "state"))]++
	})
	return counts, err
}

// UnresolvedDeliveries walks the state's shards of the sparse index, each by time.
func (s *Store) UnresolvedDeliveries(ctx context.Context, state notice.DeliveryState, before time.Time, from string, limit int) (lines []notice.Delivery, next string, err error) {
	next, err = s.walk(ctx, cursor.Unresolved(state), from, limit, unresolvedShards, func(part int) *dynamodb.QueryInput {
		return &dynamodb.QueryInput{TableName: &s.tables.Deliveries, IndexName: aws.String("unresolved"),
			KeyConditionExpression:    aws.String("unresolved = :u AND settle_after <= :before"),
			ExpressionAttributeValues: item{":u": str(unresolvedPartition(state, uint32(part))), ":before": str(sortable(before))}}
	}, into(&lines))
	return lines, next, err
}

// DeliveriesOf asks for a hundred runs a call: a person was in few of the runs of all the
// years, and a web request that erases them must end in its 30 seconds (invariant 7, erased
// means erased).
func (s *Store) DeliveriesOf(ctx context.Context, id notice.RecipientID, runs []notice.RunID) ([]notice.Delivery, error) {
	found := map[notice.RunID]notice.Delivery{}
	for batch := range slices.Chunk(runs, 100) {
		var keys []item
		for i, run := range batch {
			if !slices.Contains(batch[:i], run) { // DynamoDB refuses a key that comes twice
				keys = append(keys, deliveryKey(run, id))
			}
		}
		var broken error
		err := s.batchGet(ctx, s.tables.Deliveries, keys, func(it item) {
			d, err := deliveryOf(it)
			found[d.Run], broken = d, errors.Join(broken, err)
		})
		if err = errors.Join(err, broken); err != nil {
			return nil, err
		}
	}
	var lines []notice.Delivery
	for _, run := range runs {
		if d, ok := found[run]; ok {
			lines = append(lines, d)
		}
	}
	return lines, nil
}

// ForgetDeliveries reads first, a hundred runs a call.
func (s *Store) ForgetDeliveries(ctx context.Context, id notice.RecipientID, runs []notice.RunID) error {
	lines, err := s.DeliveriesOf(ctx, id, runs)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.tables.Deliveries, Key: deliveryKey(line.Run, id)}); err != nil {
			return err
		}
	}
	return nil
}
