// Package record keeps small JSON records between calls: how far something is, who was
// told, what was counted. Every kind of record has one owner, who alone knows its shape.
package record

import (
	"context"
	"errors"

	"policymail/shared/notice"
)

// Kind tells the records of one owner from those of another.
type Kind string

// Every kind there is: two owners of one would overwrite each other.
const (
	AnnualMark   Kind = "annual"      // by policy: the due days that annual runs cover
	Announcement Kind = "announced"   // by run, or what else is told: which approvers were
	Closing      Kind = "closing"     // of the pacer: the day up to which runs are counted for good
	Draft        Kind = "draft"       // by policy: what the public page says instead
	Import       Kind = "import"      // by import: how far it is
	ImportPart   Kind = "import-part" // by import, put and number: what became of its rows
	Limit        Kind = "limit"       // by slot: what somebody caused this hour
	Pacing       Kind = "pacer"       // of the pacer: what its last tick released
	Reading      Kind = "reading"     // by policy: what the last reading of the public page amounted to
	Rejections   Kind = "rejections"  // of runs that were rejected: those whose approvers are not told yet
	Watch        Kind = "watch"       // by policy: what the public page is compared with next time
)

// Store keeps records. A rev makes every save conditional.
type Store interface {
	// Document reads the record into v (as encoding/json does) and returns its rev;
	// notice.ErrNotFound if there is none.
	Document(ctx context.Context, kind, id string, v any) (rev int64, err error)
	// SaveDocument writes v if the stored rev is rev (0: there is none yet);
	// notice.ErrConflict otherwise. It returns the new rev.
	SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error)
}

// Of are the records of one kind, each a T with an id.
type Of[T any] struct {
	Store Store
	Kind  Kind
}

// Load reads a record and its rev. One that is not there is the zero T with rev 0, which
// Save takes for one that is not to be there yet.
func (r Of[T]) Load(ctx context.Context, id string) (v T, rev int64, err error) {
	rev, err = r.Store.Document(ctx, string(r.Kind), id, &v)
	if errors.Is(err, notice.ErrNotFound) {
		err = nil
	}
	return v, rev, err
}

// Save writes a record that was read with a rev, and returns its rev from now on; it is
// notice.ErrConflict if another was written since.
func (r Of[T]) Save(ctx context.Context, id string, v T, rev int64) (int64, error) {
	return r.Store.SaveDocument(ctx, string(r.Kind), id, v, rev)
}

// ErrAsItIs is what a function that changes a record, or a run, returns to leave it as it is.
var ErrAsItIs = errors.New("it stays as it is")

// Change reads a record, lets change alter it and writes it, all again whenever another
// was written in between. Any error of change ends it with nothing written, and is
// returned unless it is ErrAsItIs.
func (r Of[T]) Change(ctx context.Context, id string, change func(v *T) error) error {
	for {
		v, rev, err := r.Load(ctx, id)
		if err != nil {
			return err
		}
		if err = change(&v); errors.Is(err, ErrAsItIs) {
			return nil
		} else if err != nil {
			return err
		}
		if _, err = r.Save(ctx, id, v, rev); !errors.Is(err, notice.ErrConflict) {
			return err
		}
	}
}
