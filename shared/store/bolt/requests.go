package bolt

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
)

func (s *Store) AddRequest(ctx context.Context, r notice.Request) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if tx.Bucket(requests).Get([]byte(r.ID)) != nil {
			return conflict("request", r.ID)
		}
		r.Rev = 1
		if err := tx.Bucket(asked).Put(key(string(r.Recipient), string(r.ID)), nil); err != nil {
			return err
		}
		return save(tx, requests, []byte(r.ID), r)
	})
}

func (s *Store) SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error) {
	saved := r
	saved.Rev++
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		var stored notice.Request
		found, err := load(tx, requests, []byte(r.ID), &stored)
		if err != nil {
			return err
		}
		if !found || stored.Rev != r.Rev {
			return conflict("request", r.ID)
		}
		return save(tx, requests, []byte(r.ID), saved)
	})
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Request(ctx context.Context, id notice.RequestID) (r notice.Request, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := load(tx, requests, []byte(id), &r)
		if err == nil && !found {
			return notice.NotFound("no request %s", id)
		}
		return err
	})
	return r, err
}

func (s *Store) OpenRequests(ctx context.Context) ([]notice.Request, error) {
	return s.requests(ctx, func(r notice.Request) bool { return r.State.Open() })
}

func (s *Store) ListRequests(ctx context.Context, year int) ([]notice.Request, error) {
	return s.requests(ctx, func(r notice.Request) bool { return r.Received.UTC().Year() == year })
}

func (s *Store) requests(ctx context.Context, wanted func(notice.Request) bool) ([]notice.Request, error) {
	all, err := list[notice.Request](ctx, s, requests, whole)
	slices.SortFunc(all, notice.ByReceipt)
	return slices.DeleteFunc(all, func(r notice.Request) bool { return !wanted(r) }), err
}

func (s *Store) RequestsOf(ctx context.Context, id notice.RecipientID) (all []notice.Request, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		keys := under(string(id))
		return each(tx, asked, keys, func(k string, _ []byte) error {
			var r notice.Request
			found, err := load(tx, requests, []byte(k[len(keys.first):]), &r)
			if found {
				all = append(all, r)
			}
			return err
		})
	})
	slices.SortFunc(all, notice.ByReceipt)
	return all, err
}

func (s *Store) DeleteRequest(ctx context.Context, r notice.Request) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if err := tx.Bucket(asked).Delete(key(string(r.Recipient), string(r.ID))); err != nil {
			return err
		}
		return tx.Bucket(requests).Delete([]byte(r.ID))
	})
}
