package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// path is where a file of the stack's folder is.
func (s *Stack) path(name string) string { return filepath.Join(s.folder, name) }

// load reads what an earlier stack kept in the folder; v stays as it is if there is
// nothing.
func (s *Stack) load(name string, v any) error {
	content, err := os.ReadFile(s.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(content, v)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(name), err)
	}
	return nil
}

// keep writes what the next stack on the folder will load.
func (s *Stack) keep(name string, v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(name), content, 0o600)
}

// keepQueues keeps what waits in the queues. After a crash it is missing, as nothing
// of AWS's would be: an audit pass releases the slices again.
func (s *Stack) keepQueues() error {
	waiting := map[string][]*message{}
	for _, q := range s.queues {
		waiting[q.name] = q.waiting
	}
	return s.keep("queues.json", waiting)
}

// loadQueues takes up what was on the queues when the stack ended.
func (s *Stack) loadQueues() error {
	var waiting map[string][]*message
	if err := s.load("queues.json", &waiting); err != nil {
		return err
	}
	for _, q := range s.queues {
		for _, m := range waiting[q.name] {
			q.push(m)
		}
	}
	return nil
}
