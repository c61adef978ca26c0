package local

import (
	"container/heap"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// queue is an SQS queue with its Lambda event source mapping: at least once,
// visibility timeout, partial batch responses, a dead-letter queue.
type queue struct {
	name        string
	clock       *Clock
	faults      *faults
	log         *slog.Logger
	handler     lambda.Handler
	batch       int           // messages an invocation gets
	concurrency int           // invocations at once
	visibility  time.Duration // until a message that was not confirmed comes again
	maxReceive  int           // then it goes to the dead-letter queue
	poke        func()

	mu      sync.Mutex
	waiting messages
	dead    []*message
}

type message struct {
	ID       string
	Body     string
	Visible  time.Time
	Received int
}

// messages is a heap by visibility.
type messages []*message

func (m messages) Len() int           { return len(m) }
func (m messages) Less(i, j int) bool { return m[i].Visible.Before(m[j].Visible) }
func (m messages) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *messages) Push(x any)        { *m = append(*m, x.(*message)) }
func (m *messages) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}

// put queues a body to become visible at an instant.
func (q *queue) put(body []byte, at time.Time) {
	q.push(&message{ID: rand.Text(), Body: string(body), Visible: at})
	q.poke()
}

func (q *queue) push(m *message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	heap.Push(&q.waiting, m)
}

func (q *queue) next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return time.Time{}, false
	}
	return q.waiting[0].Visible, true
}

// take removes up to one batch of visible messages.
func (q *queue) take(now time.Time) (batch []*message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(batch) < q.batch && len(q.waiting) > 0 && !q.waiting[0].Visible.After(now) {
		batch = append(batch, heap.Pop(&q.waiting).(*message))
	}
	return batch
}

func (q *queue) run(ctx context.Context, now time.Time) {
	var workers sync.WaitGroup
	for range q.concurrency {
		workers.Go(func() {
			for ctx.Err() == nil {
				batch := q.take(now)
				if len(batch) == 0 {
					return
				}
				q.deliver(ctx, batch)
			}
		})
	}
	workers.Wait()
}

// deliver invokes the function with a batch and keeps what it did not confirm.
func (q *queue) deliver(ctx context.Context, batch []*message) {
	event := events.SQSEvent{}
	for _, m := range batch {
		m.Received++
		event.Records = append(event.Records, events.SQSMessage{MessageId: m.ID, Body: m.Body, EventSource: "aws:sqs",
			EventSourceARN: "arn:aws:sqs:local:000000000000:" + q.name,
			Attributes:     map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.Received)}})
	}
	failed, err := q.invoke(ctx, event)
	if err != nil {
		q.log.Warn("invocation failed", "queue", q.name, "error", err.Error())
	}
	for _, m := range batch {
		switch {
		case err == nil && !failed[m.ID]:
			if q.faults.hit(func(p faultPlan) float64 { return p.Queue.Redeliver }) {
				m.Visible = q.clock.Now().Add(q.visibility)
				q.push(m)
			}
		case m.Received >= q.maxReceive:
			q.mu.Lock()
			q.dead = append(q.dead, m)
			q.mu.Unlock()
			q.log.Error("message moved to the dead-letter queue", "queue", q.name, "message", m.ID)
		default:
			m.Visible = q.clock.Now().Add(q.visibility)
			q.push(m)
		}
	}
}

func (q *queue) invoke(ctx context.Context, event events.SQSEvent) (failed map[string]bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			err = errKilled
		}
	}()
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	answer, err := q.handler.Invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	var response events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, err
	}
	failed = map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

// pieces is a queue as those who put work of one kind onto it see it.
type pieces[T any] struct{ *queue }

// Enqueue spreads the work over the duration.
func (p pieces[T]) Enqueue(_ context.Context, all []T, over time.Duration) error {
	now := p.clock.Now()
	for i, piece := range all {
		body, err := json.Marshal(piece)
		if err != nil {
			return err
		}
		p.put(body, now.Add(over*time.Duration(i)/time.Duration(len(all))))
	}
	return nil
}
