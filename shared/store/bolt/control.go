package bolt

import (
	"context"
	"encoding/json"
	"slices"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
)

func (s *Store) AddVersion(ctx context.Context, v notice.Version) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		k := key(v.Policy, v.Name)
		if tx.Bucket(versions).Get(k) != nil {
			return conflict("version", v.Name)
		}
		if v.Baseline() {
			if tx.Bucket(baselines).Get([]byte(v.Policy)) != nil {
				return conflict("baseline of policy", v.Policy)
			}
			if err := tx.Bucket(baselines).Put([]byte(v.Policy), nil); err != nil {
				return err
			}
		}
		return save(tx, versions, k, v)
	})
}

func (s *Store) Version(ctx context.Context, policy, version string) (v notice.Version, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := load(tx, versions, key(policy, version), &v)
		if err == nil && !found {
			return notice.NotFound("policy %s has no version %s", policy, version)
		}
		return err
	})
	return v, err
}

func (s *Store) Versions(ctx context.Context, policy string) ([]notice.Version, error) {
	all, err := list[notice.Version](ctx, s, versions, under(policy))
	slices.SortFunc(all, notice.ByPublication)
	return all, err
}

// The keys of runs begin with one of these: what is open is found without what has
// ended, of which there is more every day.
const (
	openRuns  = "open"
	endedRuns = "ended"
)

func loadRun(tx *bbolt.Tx, id notice.RunID, r *notice.Run) (found bool, err error) {
	for _, part := range []string{openRuns, endedRuns} {
		if found, err = load(tx, runs, key(part, string(id)), r); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

func saveRun(tx *bbolt.Tx, r notice.Run) error {
	here, there := openRuns, endedRuns
	if !r.State.Open() {
		here, there = there, here
	}
	if err := tx.Bucket(runs).Delete(key(there, string(r.ID))); err != nil {
		return err
	}
	return save(tx, runs, key(here, string(r.ID)), r)
}

func (s *Store) AddRun(ctx context.Context, r notice.Run) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var known notice.Run
		if found, err := loadRun(tx, r.ID, &known); err != nil {
			return err
		} else if found {
			return conflict("run", r.ID)
		}
		r.Rev = 1
		return saveRun(tx, r)
	})
}

func (s *Store) SaveRun(ctx context.Context, r notice.Run) (notice.Run, error) {
	saved := r
	saved.Rev++
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		var stored notice.Run
		found, err := loadRun(tx, r.ID, &stored)
		if err != nil {
			return err
		}
		if !found || stored.Rev != r.Rev {
			return conflict("run", r.ID)
		}
		return saveRun(tx, saved)
	})
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error) {
	saved := r
	saved.Rev++
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		var run notice.Run
		if found, err := load(tx, runs, key(openRuns, string(r.ID)), &run); err != nil {
			return err
		} else if !found || run.Rev != r.Rev {
			return conflict("run", r.ID)
		}
		var stored notice.Version
		if found, err := load(tx, versions, key(v.Policy, v.Name), &stored); err != nil {
			return err
		} else if !found || stored.Approval != nil {
			return conflict("version", v.Name)
		}
		stored.Summary, stored.Edits, stored.Approval = v.Summary, v.Edits, v.Approval
		if err := save(tx, versions, key(v.Policy, v.Name), stored); err != nil {
			return err
		}
		return saveRun(tx, saved)
	})
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Run(ctx context.Context, id notice.RunID) (r notice.Run, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := loadRun(tx, id, &r)
		if err == nil && !found {
			return notice.NotFound("no run %s", id)
		}
		return err
	})
	return r, err
}

func (s *Store) OpenRuns(ctx context.Context) ([]notice.Run, error) {
	return s.listRuns(ctx, under(openRuns))
}

func (s *Store) ListRuns(ctx context.Context) ([]notice.Run, error) { return s.listRuns(ctx, whole) }

func (s *Store) listRuns(ctx context.Context, keys span) ([]notice.Run, error) {
	all, err := list[notice.Run](ctx, s, runs, keys)
	slices.SortFunc(all, notice.ByOpening)
	return all, err
}

func (s *Store) AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var sum notice.Tally
		if _, err := load(tx, tallies, []byte(run), &sum); err != nil {
			return err
		}
		return save(tx, tallies, []byte(run), sum.Plus(t))
	})
}

func (s *Store) Tally(ctx context.Context, run notice.RunID) (t notice.Tally, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := load(tx, tallies, []byte(run), &t)
		return err
	})
	return t, err
}

// document is a record with its rev.
type document struct {
	Rev  int64           `json:"rev"`
	Body json.RawMessage `json:"body"`
}

func (s *Store) Document(ctx context.Context, kind, id string, v any) (int64, error) {
	var d document
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := load(tx, documents, key(kind, id), &d)
		if err == nil && !found {
			return notice.NotFound("no %s %s", kind, id)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return d.Rev, json.Unmarshal(d.Body, v)
}

func (s *Store) SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		var stored document
		if _, err := load(tx, documents, key(kind, id), &stored); err != nil {
			return err
		}
		if stored.Rev != rev {
			return conflict(kind, id)
		}
		return save(tx, documents, key(kind, id), document{rev + 1, body})
	})
	if err != nil {
		return 0, err
	}
	return rev + 1, nil
}
