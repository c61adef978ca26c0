// Package queue puts slices onto the send queue (Amazon SQS).
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

	"policymail/shared/delivery"
)

// Queue is the send queue. It implements delivery.Queue.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue at a URL.
func New(cfg aws.Config, url string) Queue { return Queue{sqs.NewFromConfig(cfg), url} }

const (
	batchSize = 10               // messages a SendMessageBatch takes
	writers   = 8                // batches under way at once
	maxDelay  = 15 * time.Minute // SQS DelaySeconds, at most 900
)

// Enqueue returns nil only when SQS confirmed every slice (invariant 2, never lost):
// the pacer moves its cursor on that word. Slices are spread over the duration by
// their delay.
func (q Queue) Enqueue(ctx context.Context, all []delivery.Slice, over time.Duration) error {
	over = min(over, maxDelay)
	entries := make([]types.SendMessageBatchRequestEntry, len(all))
	for i, slice := range all {
		body, err := json.Marshal(slice)
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

func (q Queue) send(ctx context.Context, batch []types.SendMessageBatchRequestEntry) error {
	out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: batch})
	if err != nil {
		return fmt.Errorf("queue slices: %w", err)
	}
	var faults []error
	for _, failed := range out.Failed {
		faults = append(faults, fmt.Errorf("slice %s was not queued: %s", aws.ToString(failed.Id), aws.ToString(failed.Code)))
	}
	return errors.Join(faults...)
}
