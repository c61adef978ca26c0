package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"policymail/shared/notice"
)

// What is put again under a key, with the same content and at the same time too, is
// another object: whoever means the one before can neither read nor remove it.
func TestObjectPutAgainIsAnother(t *testing.T) {
	ctx := context.Background()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	clock := &Clock{real: func() time.Time { return noon }}
	b := &bucket{root: root, clock: clock, queue: &queue{clock: clock, poke: func() {}}}
	const key = "imports/people.csv"
	var etags, sequencers []string
	for range 2 {
		if err := b.Put(ctx, key, []byte("email\na@example.com\n")); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range b.queue.waiting {
		var event struct {
			Detail struct {
				Object struct{ ETag, Sequencer string }
			}
		}
		if err := json.Unmarshal([]byte(m.Body), &event); err != nil {
			t.Fatal(err)
		}
		etags, sequencers = append(etags, event.Detail.Object.ETag), append(sequencers, event.Detail.Object.Sequencer)
	}
	if len(etags) != 2 || etags[0] == etags[1] || sequencers[0] >= sequencers[1] {
		t.Fatalf("ETags %q, sequencers %q", etags, sequencers)
	}
	if _, err := b.OpenMatching(ctx, key, etags[0], 0, 0); !errors.Is(err, notice.ErrConflict) {
		t.Errorf("the replaced object is read: %v", err)
	}
	if err := b.RemoveMatching(ctx, key, etags[0]); err != nil {
		t.Error(err)
	}
	file, err := b.OpenMatching(ctx, key, etags[1], 6, 7)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(file); err != nil || string(content) != "a" {
		t.Errorf("%q %v", content, err)
	}
	file.Close()
	for range 2 {
		if err := b.RemoveMatching(ctx, key, etags[1]); err != nil {
			t.Error(err)
		}
		if _, err := b.OpenMatching(ctx, key, etags[1], 0, 0); !errors.Is(err, notice.ErrNotFound) {
			t.Errorf("the removed object is read: %v", err)
		}
	}
	if err := b.put(ctx, key, io.MultiReader(strings.NewReader("email"), broken{})); err == nil {
		t.Error("half an object was put")
	}
	if left, _ := os.ReadDir(root.Name() + "/imports"); len(left) > 0 {
		t.Errorf("%s is left", left[0].Name())
	}
}

// broken is an upload that breaks off.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
