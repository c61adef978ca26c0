package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"policymail/shared/imports"
	"policymail/shared/notice"
)

// bucket is the S3 bucket, a folder: files put into it become objects, which are
// announced as EventBridge announces them.
type bucket struct {
	base   string // of the upload URLs
	root   *os.Root
	clock  *Clock
	queue  *queue // of imports
	puts   atomic.Int64
	policy func(ctx context.Context, event []byte) // receives what came under policies/
}

// Open reads an object; it implements imports.Objects and policy.Objects.
func (b *bucket) Open(_ context.Context, key string, from, end int64) (io.ReadCloser, error) {
	file, err := b.root.Open(filepath.FromSlash(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notice.NotFound("no object %s", key)
	} else if err != nil {
		return nil, err
	}
	if end == 0 {
		end = 1<<63 - 1
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, from, end-from), file}, nil
}

// Put writes an object of policymail's own.
func (b *bucket) Put(ctx context.Context, key string, content []byte) error {
	return b.put(ctx, key, strings.NewReader(string(content)))
}

// Remove deletes an object; removing what is not there is no error.
func (b *bucket) Remove(_ context.Context, key string) error {
	err := b.root.Remove(filepath.FromSlash(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// uploadURL is where a file for the key can be PUT.
func (b *bucket) uploadURL(_ context.Context, key string) (string, error) {
	return b.base + "/_local/objects/" + key, nil
}

func (b *bucket) routes(mux *http.ServeMux) {
	mux.HandleFunc("PUT /_local/objects/{key...}", func(w http.ResponseWriter, r *http.Request) {
		if err := b.put(r.Context(), r.PathValue("key"), r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("GET /_local/objects/{key...}", func(w http.ResponseWriter, r *http.Request) {
		object, err := b.Open(r.Context(), r.PathValue("key"), 0, 0)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		defer object.Close()
		io.Copy(w, object)
	})
}

// put writes an object, whole or not at all, and announces it.
func (b *bucket) put(ctx context.Context, key string, content io.Reader) error {
	name := filepath.FromSlash(key)
	if err := b.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	etag := strconv.FormatInt(b.clock.Now().UnixNano()+b.puts.Add(1), 36)
	part := name + "." + etag
	file, err := b.root.Create(part)
	if err != nil {
		return err
	}
	size, err := io.Copy(file, content)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, b.root.Remove(part))
	}
	if err := b.root.Rename(part, name); err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{"source": "aws.s3", "detail-type": "Object Created",
		"detail": map[string]any{"bucket": map[string]string{"name": "local"}, "object": map[string]any{"key": key, "size": size, "etag": etag}}})
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(key, imports.Prefix):
		b.queue.put(event, b.clock.Now())
	case strings.HasPrefix(key, "policies/"):
		b.policy(ctx, event)
	}
	return nil
}
