package local

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"policymail/shared/notice"
)

// bucket is the S3 bucket: files put into it become objects, and imports are
// announced on the import queue as EventBridge does.
type bucket struct {
	base    string // of the upload URLs
	clock   *Clock
	imports *queue

	mu      sync.Mutex
	objects map[string][]byte
}

// Open reads an object; it implements handlers.Objects.
func (b *bucket) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	content, ok := b.objects[key]
	if !ok {
		return nil, notice.NotFound("no object %s", key)
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

// uploadURL is where a file for the key can be PUT.
func (b *bucket) uploadURL(_ context.Context, key string) (string, error) {
	return b.base + "/_local/objects/" + key, nil
}

func (b *bucket) routes(mux *http.ServeMux) {
	mux.HandleFunc("PUT /_local/objects/{key...}", func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := b.put(r.PathValue("key"), content); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}

func (b *bucket) put(key string, content []byte) error {
	b.mu.Lock()
	b.objects[key] = content
	b.mu.Unlock()
	if !strings.HasPrefix(key, "imports/") {
		return nil
	}
	event, err := json.Marshal(map[string]any{"source": "aws.s3", "detail-type": "Object Created",
		"detail": map[string]any{"bucket": map[string]string{"name": "local"}, "object": map[string]any{"key": key, "size": len(content)}}})
	if err != nil {
		return err
	}
	b.imports.put(event, b.clock.Now())
	return nil
}
