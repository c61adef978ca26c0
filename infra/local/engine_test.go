package local

import (
	"context"
	"testing"
	"time"
)

// A journey whose traveller hangs up jumps over nothing that was planned.
func TestJourneyCutShort(t *testing.T) {
	start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	e := newEngine(&Clock{real: func() time.Time { return start }})
	ctx, hangUp := context.WithCancel(context.Background())
	ran := 0
	daily := &schedule{call: func(context.Context, time.Time) {
		if ran++; ran == 2 {
			hangUp()
		}
	}, after: func(now time.Time) time.Time { return now.Add(24 * time.Hour) }}
	daily.plan(start.Add(24 * time.Hour))
	e.add(daily)
	e.travel(ctx, 30*24*time.Hour)
	e.travel(context.Background(), 24*time.Hour)
	if days := int(e.clock.Now().Sub(start) / (24 * time.Hour)); ran != days || days > 4 {
		t.Errorf("the schedule ran %d times in %d days", ran, days)
	}
}
