// Package queue puts work onto a queue (Amazon SQS).
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"
)

// Queue takes pieces of work of one kind, as JSON.
type Queue[T any] struct {
	client *sqs.Client
	url    string
}

// New returns the queue at a URL.
func New[T any](cfg aws.Config, url string) Queue[T] { return Queue[T]{sqs.NewFromConfig(cfg), url} }

const (
	batchSize = 10               // messages a SendMessageBatch takes
	writers   = 8                // batches under way at once
	maxDelay  = 15 * time.Minute // SQS DelaySeconds, at most 900
)

// Enqueue returns nil only when SQS confirmed every piece (invariant 2, never lost):
// the pacer moves its cursor on that word. Pieces are spread over the duration by
// their delay.
func (q Queue[T]) Enqueue(ctx context.Context, all []T, over time.Duration) error {
	over = min(over, maxDelay)
	entries := make([]types.SendMessageBatchRequestEntry, len(all))
	for i, piece := range all {
		body, err := json.Marshal(piece)
		if err != nil {
			return err
		}
		delay := over * time.Duration(i) / time.Duration(len(all))
		entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body)),
			DelaySeconds: int32(delay / time.Second)}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for batch := range slices.Chunk(entries, batchSize) {
		group.Go(func() error { return q.send(ctx, batch) })
	}
	return group.Wait()
}

func (q Queue[T]) send(ctx context.Context, batch []types.SendMessageBatchRequestEntry) error {
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: batch})
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	var faults []error
	for _, failed := range out.Failed {
		faults = append(faults, fmt.Errorf("piece %s was not queued: %s", aws.ToString(failed.Id), aws.ToString(failed.Code)))
	}
	return errors.Join(faults...)
}
