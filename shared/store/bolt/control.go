package bolt

import (
	"cmp"
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
		return save(tx, versions, k, v)
	})
}

func (s *Store) ApproveVersion(ctx context.Context, policy, version string, a notice.Approval) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var v notice.Version
		found, err := load(tx, versions, key(policy, version), &v)
		if err != nil {
			return err
		}
		if !found {
			return notice.NotFound("policy %s has no version %s", policy, version)
		}
		if v.Approval != nil {
			return conflict("version", version)
		}
		v.Approval = &a
		return save(tx, versions, key(policy, version), v)
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

func (s *Store) Versions(ctx context.Context, policy string) (all []notice.Version, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := page(tx, versions, string(key(policy, "")), "", -1, func(_ string, b []byte) error {
			all = append(all, notice.Version{})
			return json.Unmarshal(b, &all[len(all)-1])
		})
		return err
	})
	slices.SortStableFunc(all, func(a, b notice.Version) int { return a.PublishedAt.Compare(b.PublishedAt) })
	return all, err
}

func (s *Store) AddRun(ctx context.Context, r notice.Run) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if tx.Bucket(runs).Get([]byte(r.ID)) != nil {
			return conflict("run", r.ID)
		}
		r.Rev = 1
		return save(tx, runs, []byte(r.ID), r)
	})
}

func (s *Store) SaveRun(ctx context.Context, r notice.Run) (notice.Run, error) {
	saved := r
	saved.Rev++
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		var stored notice.Run
		found, err := load(tx, runs, []byte(r.ID), &stored)
		if err != nil {
			return err
		}
		if !found || stored.Rev != r.Rev {
			return conflict("run", r.ID)
		}
		return save(tx, runs, []byte(r.ID), saved)
	})
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Run(ctx context.Context, id notice.RunID) (r notice.Run, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := load(tx, runs, []byte(id), &r)
		if err == nil && !found {
			return notice.NotFound("no run %s", id)
		}
		return err
	})
	return r, err
}

func (s *Store) OpenRuns(ctx context.Context) ([]notice.Run, error) {
	all, err := s.ListRuns(ctx)
	return slices.DeleteFunc(all, func(r notice.Run) bool { return !r.State.Open() }), err
}

func (s *Store) ListRuns(ctx context.Context) (all []notice.Run, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := page(tx, runs, "", "", -1, func(_ string, v []byte) error {
			all = append(all, notice.Run{})
			return json.Unmarshal(v, &all[len(all)-1])
		})
		return err
	})
	slices.SortStableFunc(all, func(a, b notice.Run) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

func (s *Store) AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var sum notice.Tally
		if _, err := load(tx, tallies, []byte(run), &sum); err != nil {
			return err
		}
		return save(tx, tallies, []byte(run), notice.Tally{Accepted: sum.Accepted + t.Accepted, Refused: sum.Refused + t.Refused,
			Bounced: sum.Bounced + t.Bounced, Complained: sum.Complained + t.Complained})
	})
}

func (s *Store) Tally(ctx context.Context, run notice.RunID) (t notice.Tally, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := load(tx, tallies, []byte(run), &t)
		return err
	})
	return t, err
}

// record is a document with its rev.
type record struct {
	Rev  int64           `json:"rev"`
	Body json.RawMessage `json:"body"`
}

func (s *Store) Document(ctx context.Context, kind, id string, v any) (int64, error) {
	var d record
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
		var stored record
		if _, err := load(tx, documents, key(kind, id), &stored); err != nil {
			return err
		}
		if stored.Rev != rev {
			return conflict(kind, id)
		}
		return save(tx, documents, key(kind, id), record{rev + 1, body})
	})
	if err != nil {
		return 0, err
	}
	return rev + 1, nil
}

func (s *Store) DeleteDocument(ctx context.Context, kind, id string) error {
	return s.update(ctx, func(tx *bbolt.Tx) error { return tx.Bucket(documents).Delete(key(kind, id)) })
}
