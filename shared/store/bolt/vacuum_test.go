package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/store/bolt"
)

// After a vacuum nothing of what was deleted is on the disk, while others read and
// write, and everything else is.
func TestVacuum(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	row := func(i int, name string) notice.Imported {
		return notice.Imported{ID: notice.RecipientID(fmt.Sprintf("p%03d", i)), Address: fmt.Sprintf("p%03d@example.com", i), Name: name, At: time.Unix(1, 0)}
	}
	if _, err := db.ImportRecipients(ctx, []notice.Imported{row(0, "Wilhelmina"), row(1, "Ada")}, 14); err != nil {
		t.Fatal(err)
	}
	before, _ := db.Recipient(ctx, "p000")
	erased := before
	erased.Status = notice.Erased
	if err := db.ChangeRecipient(ctx, before, erased, notice.PreferenceEvent{ID: "e"}); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(path); !bytes.Contains(content, []byte("Wilhelmina")) {
		t.Fatal("bbolt left nothing behind: the test proves nothing")
	}
	var others sync.WaitGroup
	for i := range 4 {
		others.Go(func() {
			for j := range 20 {
				if _, err := db.ImportRecipients(ctx, []notice.Imported{row(100*(i+1)+j, "Bo")}, 14); err != nil {
					t.Error(err)
				}
				if _, err := db.Recipient(ctx, "p001"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		if err := db.Vacuum(); err != nil {
			t.Fatal(err)
		}
	}
	others.Wait()
	people, _, err := db.ListRecipients(ctx, "", 1000)
	if err != nil || len(people) != 81 {
		t.Errorf("%d people are left, want 81; %v", len(people), err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(path); bytes.Contains(content, []byte("Wilhelmina")) || !bytes.Contains(content, []byte("Ada")) {
		t.Error("the erased name is on the disk, or another is not")
	}
}

// A vacuum that cannot put the new file in place leaves the store as it was.
func TestVacuumThatFails(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "db")
	db, err := bolt.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	people := []notice.Imported{{ID: "ada", Address: "ada@example.com", At: time.Unix(1, 0)}}
	if _, err := db.ImportRecipients(ctx, people, 14); err != nil {
		t.Fatal(err)
	}
	// Nothing takes the place of a folder that holds something.
	if err := os.Rename(path, path+".open"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := db.Vacuum(); err == nil {
		t.Fatal("it did not fail: the test proves nothing")
	}
	if r, err := db.Recipient(ctx, "ada"); err != nil || r.Address != "ada@example.com" {
		t.Errorf("afterwards: %+v %v", r, err)
	}
	if _, err := os.Stat(path + ".new"); !os.IsNotExist(err) {
		t.Errorf("the new file is left: %v", err)
	}
}
