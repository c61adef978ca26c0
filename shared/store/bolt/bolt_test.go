package bolt_test

import (
	"path/filepath"
	"testing"

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
