package local

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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

	changes sync.Mutex // of what an object is
}

// Open reads an object; it implements publish.Objects.
func (b *bucket) Open(_ context.Context, key string, from, end int64) (io.ReadCloser, error) {
	file, _, err := b.open(key)
	if err != nil {
		return nil, err
	}
	return span(file, from, end), nil
}

// OpenMatching reads an object whose content has the ETag; it implements imports.Objects.
func (b *bucket) OpenMatching(_ context.Context, key, etag string, from, end int64) (io.ReadCloser, error) {
	file, now, err := b.open(key)
	if err != nil {
		return nil, err
	}
	if now != etag {
		return nil, errors.Join(notice.Conflict("object %s was replaced", key), file.Close())
	}
	return span(file, from, end), nil
}

func (b *bucket) open(key string) (file *os.File, etag string, err error) {
	file, err = b.root.Open(filepath.FromSlash(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", notice.NotFound("no object %s", key)
	} else if err != nil {
		return nil, "", err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, "", errors.Join(err, file.Close())
	}
	return file, etagOf(info), nil
}

// etagOf is an object's ETag. Every put has a time of its own, which is the file's.
func etagOf(info fs.FileInfo) string { return strconv.FormatInt(info.ModTime().UnixNano(), 36) }

// span is a file from a first byte to before an end; an end of 0 is the file's.
func span(file *os.File, from, end int64) io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(file, from, cmp.Or(end, math.MaxInt64)-from), file}
}

// Put writes an object of policymail's own.
func (b *bucket) Put(ctx context.Context, key string, content []byte) error {
	return b.put(ctx, key, strings.NewReader(string(content)))
}

// RemoveMatching deletes an object whose content has the ETag; if there is none, or one
// with another content, it does nothing and returns nil.
func (b *bucket) RemoveMatching(_ context.Context, key, etag string) error {
	b.changes.Lock()
	defer b.changes.Unlock()
	info, err := b.root.Stat(filepath.FromSlash(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case etagOf(info) != etag:
		return nil
	}
	return b.root.Remove(filepath.FromSlash(key))
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
	at := b.clock.Now().Add(time.Duration(b.puts.Add(1)))
	sequencer := fmt.Sprintf("%016X", at.UnixNano())
	part := name + "." + sequencer
	info, err := b.write(part, content, at)
	if err != nil {
		return err
	}
	b.changes.Lock()
	err = b.root.Rename(part, name)
	b.changes.Unlock()
	if err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{"source": "aws.s3", "detail-type": "Object Created",
		"detail": map[string]any{"bucket": map[string]string{"name": "local"}, "object": map[string]any{"key": key, "size": info.Size(), "etag": etagOf(info), "sequencer": sequencer}}})
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

// write writes a file of a time, or leaves none.
func (b *bucket) write(name string, content io.Reader, at time.Time) (fs.FileInfo, error) {
	file, err := b.root.Create(name)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(file, content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = b.root.Chtimes(name, at, at)
	}
	if err != nil {
		return nil, errors.Join(err, b.root.Remove(name))
	}
	return b.root.Stat(name)
}
