package bolt

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

func (s *Store) Recipient(ctx context.Context, id notice.RecipientID) (r notice.Recipient, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		found, err := load(tx, recipients, []byte(id), &r)
		if err == nil && !found {
			return notice.NotFound("no recipient %s", id)
		}
		return err
	})
	return r, err
}

func (s *Store) Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	people := make(map[notice.RecipientID]notice.Recipient, len(ids))
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		for _, id := range ids {
			var r notice.Recipient
			found, err := load(tx, recipients, []byte(id), &r)
			if err != nil {
				return err
			}
			if found {
				people[id] = r
			}
		}
		return nil
	})
	return people, err
}

func (s *Store) ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error) {
	outcomes := make([]notice.Outcome, len(rows))
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		for i, row := range rows {
			var r notice.Recipient
			found, err := load(tx, recipients, []byte(row.ID), &r)
			if err != nil {
				return err
			}
			before := r
			if found {
				r, outcomes[i] = row.Apply(r)
			} else {
				r, outcomes[i] = row.Recipient(lead), notice.Outcome{What: notice.Added}
			}
			if what := outcomes[i].What; what == notice.Added || what == notice.Updated {
				if err := putRecipient(tx, before, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return outcomes, err
}

// putRecipient writes a person and keeps the due index in step.
func putRecipient(tx *bbolt.Tx, before, r notice.Recipient) error {
	if before.Due != r.Due {
		if before.Due != "" {
			if err := tx.Bucket(due).Delete(key(string(before.Due), string(r.ID))); err != nil {
				return err
			}
		}
		if r.Due != "" {
			if err := tx.Bucket(due).Put(key(string(r.Due), string(r.ID)), nil); err != nil {
				return err
			}
		}
	}
	return save(tx, recipients, []byte(r.ID), r)
}

func (s *Store) ChangeRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error {
	return s.update(ctx, func(tx *bbolt.Tx) error { return changeRecipient(tx, before, after, event) })
}

func (s *Store) MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if err := changeRecipient(tx, before, after, event); err != nil {
			return err
		}
		return replaceRecipient(tx, there, next)
	})
}

// changeRecipient replaces a person who is known and adds the line of history.
func changeRecipient(tx *bbolt.Tx, before, after notice.Recipient, event notice.PreferenceEvent) error {
	if before.Rev == 0 || tx.Bucket(audit).Get(key(string(before.ID), event.ID)) != nil {
		return conflict("recipient", before.ID)
	}
	if err := replaceRecipient(tx, before, after); err != nil {
		return err
	}
	return save(tx, audit, key(string(before.ID), event.ID), event)
}

// replaceRecipient replaces a person as read, or adds one if nobody was (Rev 0).
func replaceRecipient(tx *bbolt.Tx, before, after notice.Recipient) error {
	var stored notice.Recipient
	if _, err := load(tx, recipients, []byte(before.ID), &stored); err != nil {
		return err
	}
	if stored.Rev != before.Rev {
		return conflict("recipient", before.ID)
	}
	after.ID, after.Rev = before.ID, before.Rev+1
	after.LastNotice, after.LastRun = stored.LastNotice, stored.LastRun
	return putRecipient(tx, stored, after.Kept())
}

func (s *Store) RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, day notice.Date) error {
	return s.touch(ctx, id, func(r *notice.Recipient) {
		if at.Before(r.LastNotice) {
			return
		}
		r.LastNotice, r.LastRun = at, run
		setDue(r, day)
	})
}

func (s *Store) TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, day notice.Date) error {
	return s.touch(ctx, id, func(r *notice.Recipient) {
		if r.LastRun != run {
			return
		}
		r.LastNotice, r.LastRun = to, ""
		setDue(r, day)
	})
}

func (s *Store) MoveDue(ctx context.Context, id notice.RecipientID, day notice.Date) error {
	return s.touch(ctx, id, func(r *notice.Recipient) { setDue(r, day) })
}

func setDue(r *notice.Recipient, day notice.Date) {
	if r.Remindable() {
		r.Due = day
	}
}

// touch changes what does not decide whether mail may be sent: Rev stays.
func (s *Store) touch(ctx context.Context, id notice.RecipientID, change func(*notice.Recipient)) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var r notice.Recipient
		found, err := load(tx, recipients, []byte(id), &r)
		if err != nil || !found || r.Status == notice.Erased || r.Status == notice.Moved {
			return err
		}
		before := r
		change(&r)
		return putRecipient(tx, before, r)
	})
}

func (s *Store) ListRecipients(ctx context.Context, from string, limit int) ([]notice.Recipient, string, error) {
	people, next, err := listPage[notice.Recipient](ctx, s, recipients, whole, cursor.Recipients, from, limit)
	return slices.DeleteFunc(people, func(r notice.Recipient) bool { return r.Status == notice.Erased || r.Status == notice.Moved }), next, err
}

func (s *Store) DueRecipients(ctx context.Context, first, last notice.Date, from string, limit int) (ids []notice.RecipientID, next string, err error) {
	days := span{string(first), string(last) + "\x01"}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		next, err = page(tx, due, days, cursor.Due(first, last), from, limit, func(k string, _ []byte) error {
			_, id, _ := strings.Cut(k, "\x00")
			ids = append(ids, notice.RecipientID(id))
			return nil
		})
		return err
	})
	return ids, next, err
}

func (s *Store) PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error) {
	return list[notice.PreferenceEvent](ctx, s, audit, under(string(id)))
}

func (s *Store) ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		var gone [][]byte
		err := each(tx, audit, under(string(id)), func(k string, v []byte) error {
			var e notice.PreferenceEvent
			if err := json.Unmarshal(v, &e); err != nil {
				return err
			}
			if e.Way != but {
				gone = append(gone, []byte(k))
			}
			return nil
		})
		for _, k := range gone {
			err = errors.Join(err, tx.Bucket(audit).Delete(k))
		}
		return err
	})
}
