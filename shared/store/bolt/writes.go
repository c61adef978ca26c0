package bolt

import (
	"context"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// writes are those that wait for the disk.
type writes struct {
	turn    chan struct{} // held by whoever commits
	mu      sync.Mutex
	waiting []*write
}

type write struct {
	f    func(*bbolt.Tx) error
	err  error
	done chan struct{}
}

// update writes, all of f or nothing, and returns once it is on the disk; a cancelled
// context writes nothing. Whatever waits while the disk is busy shares the next
// transaction: one sync carries the writes of all workers. So f may run more than
// once, each time on the state without its own earlier run, and must set what it
// answers, never add to it.
func (s *Store) update(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{f: f, done: make(chan struct{})}
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	s.mu.Unlock()
	select {
	case <-w.done:
		return w.err
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	s.mu.Lock()
	all := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	if len(all) > 0 {
		s.commit(all)
	}
	<-w.done
	return w.err
}

// commit writes all that do not fail in one transaction. One that fails leaves
// nothing behind, and is told so only once the state it judged by is on the disk.
func (s *Store) commit(all []*write) {
	rest := slices.Clone(all)
	for {
		failed := -1
		err := s.db.Update(func(tx *bbolt.Tx) error {
			for i, w := range rest {
				if w.err = w.f(tx); w.err != nil {
					failed = i
					return w.err
				}
			}
			return nil
		})
		if failed >= 0 {
			rest = slices.Delete(rest, failed, failed+1)
			if len(rest) > 0 {
				continue
			}
			err = nil // nothing was left to write
		}
		for _, w := range all {
			if err != nil {
				w.err = err
			}
			close(w.done)
		}
		return
	}
}
