package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"
)

// faultPlan is the body of POST /_local/faults: probabilities from 0 to 1.
type faultPlan struct {
	Seed uint64 `json:"seed"`
	SES  struct {
		Throttle   float64 `json:"throttle"`
		Reject     float64 `json:"reject"`
		FailBefore float64 `json:"fail_before"` // an error, nothing accepted
		FailAfter  float64 `json:"fail_after"`  // accepted, then the answer is lost
	} `json:"ses"`
	Worker struct {
		Kill float64 `json:"kill"` // a worker dies between two steps
	} `json:"worker"`
	Queue struct {
		Redeliver float64 `json:"redeliver"` // a message done comes again
	} `json:"queue"`
	Events struct {
		Drop      float64  `json:"drop"`
		Duplicate float64  `json:"duplicate"`
		Delay     duration `json:"delay"` // at most this long, at random
	} `json:"events"`
}

// duration is written like "30s".
type duration time.Duration

func (d *duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a duration is a string like \"30s\", not %s", b)
	}
	v, err := time.ParseDuration(s)
	*d = duration(v)
	return err
}

func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// faults rolls the dice of a plan. The zero plan never fails.
type faults struct {
	mu   sync.Mutex
	plan faultPlan
	dice *rand.Rand
}

func newFaults() *faults {
	f := &faults{}
	f.set(faultPlan{})
	return f
}

// readPlan reads a plan as people post it.
func readPlan(r io.Reader) (p faultPlan, err error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("faults: %w", err)
	}
	var faults []error
	for name, v := range map[string]float64{"ses.throttle": p.SES.Throttle, "ses.reject": p.SES.Reject, "ses.fail_before": p.SES.FailBefore,
		"ses.fail_after": p.SES.FailAfter, "worker.kill": p.Worker.Kill, "queue.redeliver": p.Queue.Redeliver,
		"events.drop": p.Events.Drop, "events.duplicate": p.Events.Duplicate} {
		if v < 0 || v > 1 {
			faults = append(faults, fmt.Errorf("%s is %v: a probability lies between 0 and 1", name, v))
		}
	}
	return p, errors.Join(faults...)
}

func (f *faults) set(p faultPlan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan, f.dice = p, rand.New(rand.NewPCG(p.Seed, 0))
}

func (f *faults) get() faultPlan {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.plan
}

// hit rolls the dice for one probability of the plan.
func (f *faults) hit(of func(faultPlan) float64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := of(f.plan)
	return p > 0 && f.dice.Float64() < p
}

// upTo is a random time between zero and the plan's delay of events.
func (f *faults) eventDelay() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.plan.Events.Delay <= 0 {
		return 0
	}
	return time.Duration(f.dice.Int64N(int64(f.plan.Events.Delay)))
}

// killed is what a worker panics with when it dies between two steps.
type killed struct{}

// step stands between two steps of a worker.
func (f *faults) step() {
	if f.hit(func(p faultPlan) float64 { return p.Worker.Kill }) {
		panic(killed{})
	}
}
