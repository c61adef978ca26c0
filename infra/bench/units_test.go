package bench

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"policymail/infra/dynamolocal"
	"policymail/shared/store/dynamo"
)

// List prices of us-east-1 in dollars, on demand, Lambda on arm64.
const (
	perMillionWrites   = 0.625
	perMillionReads    = 0.125
	perMillionMessages = 0.40 // requests to SQS, 64 KB each
	perMillionCalls    = 0.20 // of Lambda
	perGBSecond        = 0.0000133334
	perGBLogged        = 0.50
	perThousandMails   = 0.10 // SES, outside its newer plans
)

// meter adds up the capacity that DynamoDB says it consumed, by operation and table.
type meter struct {
	mu            sync.Mutex
	reads, writes map[string]float64
	calls         map[string]int
}

func (m *meter) reset() {
	m.reads, m.writes, m.calls = map[string]float64{}, map[string]float64{}, map[string]int{}
}

// client asks for ConsumedCapacity with every request and keeps what comes back.
func (m *meter) client(c *dynamodb.Client) *dynamodb.Client {
	m.reset()
	return dynamodb.New(c.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(slices.Clone(o.APIOptions), func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				if f := reflect.ValueOf(in.Parameters).Elem().FieldByName("ReturnConsumedCapacity"); f.IsValid() {
					f.SetString(string(types.ReturnConsumedCapacityTotal))
				}
				out, metadata, err := next.HandleInitialize(ctx, in)
				if err == nil {
					m.add(strings.TrimSuffix(reflect.TypeOf(in.Parameters).Elem().Name(), "Input"), out.Result)
				}
				return out, metadata, err
			}), middleware.Before)
		})
	})
}

func (m *meter) add(operation string, result any) {
	f := reflect.ValueOf(result).Elem().FieldByName("ConsumedCapacity")
	if !f.IsValid() {
		return
	}
	var all []types.ConsumedCapacity
	switch c := f.Interface().(type) {
	case *types.ConsumedCapacity:
		if c != nil {
			all = append(all, *c)
		}
	case []types.ConsumedCapacity:
		all = c
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range all {
		what := operation + " " + aws.ToString(c.TableName)
		m.calls[what]++
		if slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan"}, operation) {
			m.reads[what] += aws.ToFloat64(c.CapacityUnits)
		} else {
			m.writes[what] += aws.ToFloat64(c.CapacityUnits)
		}
	}
}

func total(units map[string]float64) (sum float64) {
	for _, n := range units {
		sum += n
	}
	return sum
}

// BenchmarkUnits plays an annual run on DynamoDB Local and reads what each notice
// costs. The floor is two writes of a small item, the claim and the record.
func BenchmarkUnits(b *testing.B) {
	const people = 1000
	client, _ := dynamolocal.Start(b)
	for b.Loop() {
		var m meter
		tables := dynamo.Tables{Recipients: "Recipients", Deliveries: "Deliveries", Control: "Control", Audit: "Audit"}
		metered := m.client(client)
		must(b, dynamo.CreateTables(ctx, client, tables))
		st := newStage(b, dynamo.New(metered, tables))
		st.people(b, people)
		imported := total(m.writes) / people
		run := st.open(b)
		m.reset()
		slices, batches := 0, 0
		st.play(b, run.ID, func(s, e int) { slices, batches = slices+s, batches+e })
		if len(st.sent) != people {
			b.Fatalf("%d sent, want %d", len(st.sent), people)
		}
		writes, reads := total(m.writes)/people, total(m.reads)/people
		b.ReportMetric(writes, "WRU/notice")
		b.ReportMetric(reads, "RRU/notice")
		report("DynamoDB, a notice", fmt.Sprintf("%.2f write and %.2f read units, $%.2f a million", writes, reads, writes*perMillionWrites+reads*perMillionReads),
			"2 write units: claim and record", writes/2)
		for _, what := range shares(&m) {
			report("  "+what, fmt.Sprintf("%.2f write, %.2f read units", m.writes[what]/people, m.reads[what]/people), "", 0)
		}
		report("DynamoDB, an imported row", fmt.Sprintf("%.2f write units, $%.2f a million", imported, imported*perMillionWrites), "", 0)
		others(people, slices, batches, st.logged.bytes.Load())
	}
}

// shares names what costs, the dearest first; what is under a hundredth of a unit is
// left out.
func shares(m *meter) []string {
	dollars := func(what string) float64 { return m.writes[what]*perMillionWrites + m.reads[what]*perMillionReads }
	names := slices.SortedFunc(maps.Keys(m.calls), func(a, b string) int {
		if dollars(a) > dollars(b) {
			return -1
		}
		return 1
	})
	return slices.DeleteFunc(names, func(what string) bool { return dollars(what) < dollars(names[0])/100 })
}

// Seconds a function waits for one recipient: supposed, not measured, as calls usually
// take within a region.
const (
	waitSend     = 3*0.005 + 0.030 // claim, clock, record; SendEmail
	waitFeedback = 2 * 2 * 0.005   // read and record, for two events
	functionSize = 0.25            // GB, of send and feedback in template.yaml
)

// others computes what a million notices cost elsewhere, from the slices, batches and
// bytes counted here.
func others(people, slices, batches int, logged int64) {
	million := func(n float64) float64 { return n / float64(people) }
	// Of each queue message: sent, received, deleted; a batch is received and deleted at
	// once, and EventBridge sends each event by itself.
	requests := million(float64(3*slices + 2*batches + 2*people))
	report("SQS, a million notices", fmt.Sprintf("%.2f requests a notice, $%.2f", requests, requests*perMillionMessages), "", 0)
	calls := million(float64(slices + batches))
	seconds := (waitSend + waitFeedback) * 1e6
	report("Lambda, a million notices", fmt.Sprintf("%.2f calls a notice, $%.2f if it waits for 65 ms", calls, calls*perMillionCalls+seconds*functionSize*perGBSecond), "", 0)
	report("logs, a million notices", fmt.Sprintf("%.0f bytes a notice, $%.2f", million(float64(logged)), million(float64(logged))*1e6/1e9*perGBLogged), "", 0)
	report("SES, a million notices", fmt.Sprintf("$%.0f, for comparison", perThousandMails*1000), "", 0)
}
