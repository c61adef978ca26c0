// Package bolt keeps policymail's data in one bbolt file: the store of the local
// stack and of tests. It behaves like store/dynamo; storetest holds both to it.
package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

// Store is a bbolt database. Its methods are those of store.Store.
type Store struct {
	file    sync.RWMutex // held for writing while the file is replaced
	db      *bbolt.DB
	path    string
	durable bool
	writes
}

// Buckets, and how their keys are built.
var (
	recipients = []byte("recipients") // rid
	due        = []byte("due")        // day/rid, no value
	audit      = []byte("audit")      // rid/event id
	deliveries = []byte("deliveries") // run/rid
	unresolved = []byte("unresolved") // state/settle after/run/rid, no value
	versions   = []byte("versions")   // policy/version
	baselines  = []byte("baselines")  // policy, no value
	runs       = []byte("runs")       // open or ended/run
	tallies    = []byte("tallies")    // run
	documents  = []byte("documents")  // kind/id
	requests   = []byte("requests")   // request id
	asked      = []byte("asked")      // rid/request id, no value
)

// Open opens or makes the database file. Without durable a write is not synced to
// the disk: for data that need not outlive the process.
func Open(path string, durable bool) (*Store, error) {
	db, err := open(path, durable)
	if err != nil {
		if errors.Is(err, bolterrors.ErrTimeout) {
			return nil, fmt.Errorf("open %s: another process has it open", path)
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{recipients, due, audit, deliveries, unresolved, versions, baselines, runs, tallies, documents, requests, asked} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Store{db: db, path: path, durable: durable, writes: writes{turn: make(chan struct{}, 1)}}, nil
}

func open(path string, durable bool) (*bbolt.DB, error) {
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, NoSync: !durable, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
}

// Close waits for transactions to end and closes the file.
func (s *Store) Close() error {
	s.file.Lock()
	defer s.file.Unlock()
	return s.db.Close()
}

// Vacuum writes the file anew: what was deleted leaves the disk as well, where bbolt
// would keep it in pages it means to use again (invariant 7, erased means erased).
func (s *Store) Vacuum() error {
	s.turn <- struct{}{} // nobody writes
	defer func() { <-s.turn }()
	s.file.Lock() // nor reads
	defer s.file.Unlock()
	fresh := s.path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	db, err := open(fresh, s.durable)
	if err != nil {
		return err
	}
	err = bbolt.Compact(db, s.db, 1<<20)
	if err == nil {
		err = db.Sync()
	}
	if err == nil {
		err = os.Rename(fresh, s.path)
	}
	if err != nil {
		return errors.Join(err, db.Close(), os.Remove(fresh)) // the store goes on with the file it has
	}
	old := s.db
	s.db = db // the open file goes by its new name now
	if s.durable {
		err = syncFolder(filepath.Dir(s.path))
	}
	return errors.Join(err, old.Close())
}

// syncFolder makes a rename in a folder outlast a loss of power.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}

// view reads in one transaction; a cancelled context reads nothing.
func (s *Store) view(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.file.RLock()
	defer s.file.RUnlock()
	return s.db.View(f)
}

// key joins parts with a byte that stands in none of them.
func key(parts ...string) []byte {
	var k []byte
	for i, p := range parts {
		if i > 0 {
			k = append(k, 0)
		}
		k = append(k, p...)
	}
	return k
}

// load reads a record; found is false if it is not there.
func load(tx *bbolt.Tx, bucket, k []byte, v any) (found bool, err error) {
	b := tx.Bucket(bucket).Get(k)
	if b == nil {
		return false, nil
	}
	return true, json.Unmarshal(b, v)
}

func save(tx *bbolt.Tx, bucket, k []byte, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put(k, b)
}

// span is a range of keys, from the first to before the last; an empty last is behind all.
type span struct{ first, end string }

// whole is every key of a bucket.
var whole = span{}

// under is the span of the keys that go on behind the parts.
func under(parts ...string) span {
	k := string(key(parts...))
	return span{k + "\x00", k + "\x01"}
}

func (s span) has(k []byte) bool { return k != nil && (s.end == "" || string(k) < s.end) }

// page visits up to limit records of the span, or all if limit is -1, from behind the
// place that the cursor names. It returns the cursor to go on with, or "" at the end.
func page(tx *bbolt.Tx, bucket []byte, keys span, of cursor.List, from string, limit int, visit func(k string, v []byte) error) (next string, err error) {
	last, err := cursor.Read[string](of, from)
	if err != nil {
		return "", err
	}
	c := tx.Bucket(bucket).Cursor()
	k, v := c.Seek([]byte(max(keys.first, last)))
	if last != "" && string(k) == last {
		k, v = c.Next()
	}
	for n := 0; keys.has(k); k, v = c.Next() {
		if n == limit {
			return cursor.Write(of, last)
		}
		if err := visit(string(k), v); err != nil {
			return "", err
		}
		last = string(k)
		n++
	}
	return "", nil
}

// each visits every record of the span.
func each(tx *bbolt.Tx, bucket []byte, keys span, visit func(k string, v []byte) error) error {
	_, err := page(tx, bucket, keys, "", "", -1, visit)
	return err
}

// list reads every record of the span.
func list[T any](ctx context.Context, s *Store, bucket []byte, keys span) (all []T, err error) {
	all, _, err = listPage[T](ctx, s, bucket, keys, "", "", -1)
	return all, err
}

// listPage reads a page of the span, as page does.
func listPage[T any](ctx context.Context, s *Store, bucket []byte, keys span, of cursor.List, from string, limit int) (all []T, next string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		next, err = page(tx, bucket, keys, of, from, limit, func(_ string, v []byte) error {
			var one T
			err := json.Unmarshal(v, &one)
			all = append(all, one)
			return err
		})
		return err
	})
	return all, next, err
}

// conflict is what a condition that no longer holds answers.
func conflict(what string, id any) error {
	return notice.Conflict("%s %v was changed or taken meanwhile", what, id)
}
