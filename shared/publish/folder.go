package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"

	"policymail/shared/notice"
)

// Objects is the bucket.
type Objects interface {
	// Open streams an object; with from and end 0, the whole of it.
	Open(ctx context.Context, key string, from, end int64) (io.ReadCloser, error)
	Put(ctx context.Context, key string, content []byte) error
}

// Names in a folder policies/POLICY/VERSION/ of the bucket. The publication comes
// last: it names the other files, and its arrival publishes.
const (
	publicationName = "publish.json"
	resultName      = "result.json"
)

// maxFile is how long a file of a publication may be.
const maxFile = 8 << 20

// folderPublication is publish.json.
type folderPublication struct {
	Effective string            `json:"effective"` // ISO 8601 date
	Text      string            `json:"text"`      // file beside it, like policy.md
	Summary   map[string]string `json:"summary"`   // file by locale
	Class     string            `json:"class"`
	Basis     string            `json:"basis"`
	By        string            `json:"by"`
}

// Folder publishes what is put into the bucket.
type Folder struct {
	Publisher Publisher
	Objects   Objects
	Log       *slog.Logger
}

// Publish publishes the folder whose publish.json has the key, and writes the result,
// or what is wrong, to result.json beside it: whoever put the files there has no
// other answer.
func (f Folder) Publish(ctx context.Context, key string) error {
	parts := strings.Split(key, "/")
	if len(parts) != 4 || parts[0] != "policies" || parts[3] != publicationName {
		return nil
	}
	result, err := f.publish(ctx, path.Dir(key), parts[1], parts[2])
	var forPeople *notice.Error
	if err != nil && !errors.As(err, &forPeople) {
		return err
	}
	if result != nil && result.Unchanged && result.Version == parts[2] {
		// Announced twice: the first answer says more.
		if _, err := f.read(ctx, path.Dir(key), resultName); err == nil {
			return nil
		}
	}
	content, err := json.MarshalIndent(struct {
		Result *Result       `json:"result,omitempty"`
		Error  *notice.Error `json:"error,omitempty"`
	}{result, forPeople}, "", "  ")
	if err != nil {
		return err
	}
	if forPeople != nil {
		f.Log.Error("not published", "key", key, "reason", forPeople.Error())
	} else {
		f.Log.Info("published", "policy", result.Policy, "version", result.Version, "run", result.Run)
	}
	return f.Objects.Put(ctx, path.Join(path.Dir(key), resultName), content)
}

func (f Folder) publish(ctx context.Context, folder, name, version string) (*Result, error) {
	content, err := f.read(ctx, folder, publicationName)
	if err != nil {
		return nil, err
	}
	var in folderPublication
	if err := json.Unmarshal(content, &in); err != nil {
		return nil, notice.Invalid("%s is not the JSON it should be: %v", publicationName, err)
	}
	if in.Text == "" {
		return nil, notice.Invalid("%s does not name the file of the text", publicationName).Hint(`add "text": "policy.md"`)
	}
	p := Publication{Policy: name, Version: version, Effective: in.Effective, Class: in.Class, Basis: in.Basis, By: in.By,
		SourceName: in.Text, Summary: map[string]string{}}
	if p.Source, err = f.read(ctx, folder, in.Text); err != nil {
		return nil, err
	}
	for locale, file := range in.Summary {
		summary, err := f.read(ctx, folder, file)
		if err != nil {
			return nil, err
		}
		p.Summary[locale] = string(summary)
	}
	result, err := f.Publisher.Publish(ctx, p)
	if err != nil {
		return nil, err
	}
	return &result, nil
}

// read reads a file of the folder, and of no other.
func (f Folder) read(ctx context.Context, folder, name string) ([]byte, error) {
	if name == "" || path.Base(name) != name {
		return nil, notice.Invalid("%q is not the name of a file beside %s", name, publicationName)
	}
	file, err := f.Objects.Open(ctx, folder+"/"+name, 0, 0)
	if errors.Is(err, notice.ErrNotFound) {
		return nil, notice.Invalid("%s is not in the folder", name).Hint("put it there, then put %s again", publicationName)
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(content) > maxFile {
		return nil, notice.Invalid("%s is larger than %d MiB", name, maxFile>>20)
	}
	return content, nil
}
