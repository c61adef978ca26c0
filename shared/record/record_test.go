package record_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/record"
	"policymail/shared/store/bolt"
)

type count struct{ N int }

func counts(t *testing.T) record.Of[count] {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return record.Of[count]{Store: db, Kind: record.Limit}
}

// A record that is not there is zero and can be saved; one that is, only as it was read.
func TestLoadAndSave(t *testing.T) {
	ctx, records := context.Background(), counts(t)
	none, rev, err := records.Load(ctx, "id")
	if err != nil || rev != 0 || none != (count{}) {
		t.Fatalf("absent: %+v %d %v", none, rev, err)
	}
	if rev, err = records.Save(ctx, "id", count{3}, rev); err != nil {
		t.Fatal(err)
	}
	if _, err = records.Save(ctx, "id", count{4}, 0); !errors.Is(err, notice.ErrConflict) {
		t.Errorf("saved over another: %v", err)
	}
	if got, now, err := records.Load(ctx, "id"); err != nil || now != rev || got.N != 3 {
		t.Errorf("%+v with rev %d, %v; want 3 with rev %d", got, now, err, rev)
	}
}

// Changes at once are all made, one after the other.
func TestChangesAtOnce(t *testing.T) {
	ctx, records := context.Background(), counts(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := records.Change(ctx, "id", func(c *count) error { c.N++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, rev, err := records.Load(ctx, "id"); err != nil || got.N != 20 || rev != 20 {
		t.Errorf("%+v with rev %d, %v", got, rev, err)
	}
}

// A change that is none, or that fails, writes nothing.
func TestChangeThatIsNone(t *testing.T) {
	ctx, records := context.Background(), counts(t)
	failed := errors.New("failed")
	for _, want := range []error{failed, record.ErrAsItIs} {
		err := records.Change(ctx, "id", func(c *count) error { c.N = 7; return want })
		if want == record.ErrAsItIs {
			want = nil
		}
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	if got, rev, err := records.Load(ctx, "id"); err != nil || rev != 0 || got.N != 0 {
		t.Errorf("written: %+v with rev %d, %v", got, rev, err)
	}
}
