package local

import (
	"context"
	"sync"
	"time"
)

// source is something that becomes due: a schedule or a queue.
type source interface {
	// next is when the source is due again; ok is false if nothing is planned.
	next() (at time.Time, ok bool)
	// run does everything that is due at now and returns when it is done.
	run(ctx context.Context, now time.Time)
}

// engine does in one process what schedules and queues do in AWS: it calls each
// source when it is due, in the order of time. With time flowing it waits for the
// next one; when tests travel it jumps from one to the next.
type engine struct {
	clock   *Clock
	sources []source
	wake    chan struct{} // something was planned from outside
	turn    sync.Mutex    // one driver at a time: the loop or a traveller
}

func newEngine(clock *Clock) *engine {
	return &engine{clock: clock, wake: make(chan struct{}, 1)}
}

func (e *engine) add(s source) { e.sources = append(e.sources, s) }

// poke tells the loop that something may be due earlier than it thinks.
func (e *engine) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// loop drives the sources in flowing time until the context ends.
func (e *engine) loop(ctx context.Context) {
	for ctx.Err() == nil {
		e.turn.Lock()
		e.runDue(ctx)
		at, ok := e.nextAt()
		e.turn.Unlock()
		wait := time.Hour
		if ok {
			wait = max(at.Sub(e.clock.Now()), 0)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-e.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// travel moves the clock by d and runs everything that is due in between at its
// own time, in order. One that is cut short stays where it came to.
func (e *engine) travel(ctx context.Context, d time.Duration) {
	e.turn.Lock()
	defer e.turn.Unlock()
	defer e.clock.run()
	target := e.clock.Now().Add(d)
	e.clock.stopAt(e.clock.Now())
	for ctx.Err() == nil {
		e.runDue(ctx)
		at, ok := e.nextAt()
		if !ok || at.After(target) {
			break
		}
		if at.After(e.clock.Now()) {
			e.clock.stopAt(at)
		}
	}
	if ctx.Err() == nil {
		e.clock.stopAt(target)
		e.runDue(ctx)
	}
}

func (e *engine) nextAt() (earliest time.Time, ok bool) {
	for _, s := range e.sources {
		if at, planned := s.next(); planned && (!ok || at.Before(earliest)) {
			earliest, ok = at, true
		}
	}
	return earliest, ok
}

func (e *engine) runDue(ctx context.Context) {
	now := e.clock.Now()
	for _, s := range e.sources {
		if at, ok := s.next(); ok && !at.After(now) {
			s.run(ctx, now)
		}
	}
}

// schedule calls a function at planned times (EventBridge Scheduler).
type schedule struct {
	mu   sync.Mutex
	at   time.Time // zero: not planned
	call func(ctx context.Context, now time.Time)
	// after returns the time after one; zero for none until planned again.
	after func(time.Time) time.Time
}

// plan makes the schedule due at t, unless it is due earlier.
func (s *schedule) plan(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || t.Before(s.at) {
		s.at = t
	}
}

func (s *schedule) next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, !s.at.IsZero()
}

func (s *schedule) run(ctx context.Context, now time.Time) {
	s.mu.Lock()
	s.at = time.Time{}
	s.mu.Unlock()
	s.call(ctx, now)
	if t := s.after(now); !t.IsZero() {
		s.plan(t)
	}
}
