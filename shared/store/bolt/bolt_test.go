package bolt_test

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"policymail/shared/store"
	"policymail/shared/store/bolt"
	"policymail/shared/store/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	})
}

// reopened is a store whose file can be closed and opened again.
type reopened struct {
	*bolt.Store
	path string
}

func (r *reopened) Reopen() (err error) {
	if err := r.Close(); err != nil {
		return err
	}
	r.Store, err = bolt.Open(r.path, false)
	return err
}

func TestAnswersAsTheModel(t *testing.T) {
	storetest.Compare(t, func(rt *rapid.T) (a, b store.Store, end func()) {
		folder, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		db := &reopened{path: filepath.Join(folder, "db")}
		if db.Store, err = bolt.Open(db.path, false); err != nil {
			rt.Fatal(err)
		}
		return storetest.Model(), db, func() { db.Close(); os.RemoveAll(folder) }
	})
}

func TestTwoProcessesCannotShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if second, err := bolt.Open(path, true); err == nil {
		second.Close()
		t.Error("the file was opened twice")
	}
}
