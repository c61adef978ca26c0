package local

import (
	"context"
	"sync"
	"time"
)

// Clock is real time plus what tests travelled. It never goes back.
type Clock struct {
	real   func() time.Time
	mu     sync.Mutex
	offset time.Duration
	frozen time.Time // while travelling: time stands still between two events
}

// Now is the stack's present, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		return c.frozen
	}
	return c.real().Add(c.offset).UTC()
}

// stopAt lets time stand still at an instant.
func (c *Clock) stopAt(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = t.UTC()
}

// run lets time flow again from where it stands.
func (c *Clock) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen.IsZero() {
		c.offset = c.frozen.Sub(c.real())
		c.frozen = time.Time{}
	}
}

// Sleep waits in flowing time; while time stands still nobody waits.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) {
	c.mu.Lock()
	frozen := !c.frozen.IsZero()
	c.mu.Unlock()
	if frozen {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
