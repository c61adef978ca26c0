package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"policymail/shared/notice"
)

// A request lives in the partition of the open ones until it is closed, then in that
// of the year it was received in; a pointer in the partition of its person leads to
// it. So the desk, a year's report and a person's page are each one query.
const openRequests = "REQUEST#open"

func requestPartition(r notice.Request) string {
	if r.State.Open() {
		return openRequests
	}
	return closedRequests(r.ID)
}

// closedRequests is the partition of a year; a request's id begins with its day.
func closedRequests(id notice.RequestID) string {
	if len(id) < 4 {
		return "REQUEST#none"
	}
	return "REQUEST#" + string(id[:4])
}

func askedPartition(id notice.RecipientID) string { return "ASKED#" + string(id) }

func requestItem(r notice.Request) (item, error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	it := controlKey(requestPartition(r), string(r.ID))
	it["request"], it["rev"] = bin(record), num(r.Rev)
	return it, nil
}

// AddRequest also checks that no request of the other partition has the id.
func (s *Store) AddRequest(ctx context.Context, r notice.Request) error {
	r.Rev = 1
	it, err := requestItem(r)
	if err != nil {
		return err
	}
	pointer := controlKey(askedPartition(r.Recipient), string(r.ID))
	absent := aws.String("attribute_not_exists(pk)")
	other := openRequests
	if r.State.Open() {
		other = closedRequests(r.ID)
	}
	failed, _, err := s.transact(ctx,
		types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &s.tables.Control, Key: controlKey(other, string(r.ID)), ConditionExpression: absent}},
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: it, ConditionExpression: absent}},
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: pointer, ConditionExpression: absent}})
	if err == nil && failed >= 0 {
		return conflict("request", r.ID)
	}
	return err
}

// SaveRequest writes in place, or moves a request that is closed by it.
func (s *Store) SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error) {
	rev, saved := item{":rev": num(r.Rev)}, r
	saved.Rev++
	it, err := requestItem(saved)
	if err != nil {
		return r, err
	}
	as := aws.String("rev = :rev")
	put := types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: it, ConditionExpression: as, ExpressionAttributeValues: rev}}
	failed, _, err := s.transact(ctx, put)
	if err == nil && failed >= 0 && !r.State.Open() {
		put.Put.ConditionExpression, put.Put.ExpressionAttributeValues = aws.String("attribute_not_exists(pk)"), nil
		failed, _, err = s.transact(ctx, put, types.TransactWriteItem{Delete: &types.Delete{TableName: &s.tables.Control,
			Key: controlKey(openRequests, string(r.ID)), ConditionExpression: as, ExpressionAttributeValues: rev}})
	}
	if err == nil && failed >= 0 {
		err = conflict("request", r.ID)
	}
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Request(ctx context.Context, id notice.RequestID) (r notice.Request, err error) {
	// Open, closed, open: one that is closed between two reads is found all the same.
	for _, pk := range []string{openRequests, closedRequests(id), openRequests} {
		it, err := s.get(ctx, pk, string(id))
		if err != nil {
			return r, err
		}
		if it != nil {
			return r, json.Unmarshal(getBin(it, "request"), &r)
		}
	}
	return r, notice.NotFound("no request %s", id)
}

func (s *Store) OpenRequests(ctx context.Context) ([]notice.Request, error) {
	return s.requests(ctx, openRequests)
}

func (s *Store) ListRequests(ctx context.Context, year int) ([]notice.Request, error) {
	all, err := s.requests(ctx, openRequests, fmt.Sprintf("REQUEST#%04d", year))
	return slices.DeleteFunc(all, func(r notice.Request) bool { return r.Received.UTC().Year() != year }), err
}

func (s *Store) requests(ctx context.Context, partitions ...string) ([]notice.Request, error) {
	all, err := listControl[notice.Request](ctx, s, "request", partitions...)
	slices.SortFunc(all, notice.ByReceipt)
	return all, err
}

func (s *Store) RequestsOf(ctx context.Context, id notice.RecipientID) (all []notice.Request, err error) {
	var ids []notice.RequestID
	err = s.query(ctx, s.partition(askedPartition(id)), func(it item) error {
		ids = append(ids, notice.RequestID(getStr(it, "sk")))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, err := s.Request(ctx, id)
		if errors.Is(err, notice.ErrNotFound) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, notice.ByReceipt)
	return all, nil
}

// DeleteRequest removes the pointer first: after a death in between the request is
// still listed, and removed by whoever tries again.
func (s *Store) DeleteRequest(ctx context.Context, r notice.Request) error {
	for _, k := range []item{controlKey(askedPartition(r.Recipient), string(r.ID)), controlKey(requestPartition(r), string(r.ID))} {
		if _, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.tables.Control, Key: k}); err != nil {
			return err
		}
	}
	return nil
}
