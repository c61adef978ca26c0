package bolt

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

func (s *Store) Claim(ctx context.Context, d notice.Delivery, rev int64) (line notice.Delivery, claimed bool, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		line, claimed = notice.Delivery{}, false
		var person notice.Recipient
		found, err := load(tx, recipients, []byte(d.Recipient), &person)
		if err != nil {
			return err
		}
		if !found || person.Rev != rev {
			return conflict("recipient", d.Recipient)
		}
		existing, found, err := loadDelivery(tx, d.Run, d.Recipient)
		if err != nil {
			return err
		}
		if found && existing.State != notice.Retry {
			line = existing
			return nil
		}
		d.Attempt = existing.Attempt + 1
		line, claimed = d, true
		return putDelivery(tx, existing, d)
	})
	return line, claimed, err
}

func (s *Store) RecordDelivery(ctx context.Context, d notice.Delivery) (wrote bool, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		existing, found, err := loadDelivery(tx, d.Run, d.Recipient)
		wrote = err == nil && (!found || existing.State.CanBecome(d.State))
		if !wrote {
			return err
		}
		return putDelivery(tx, existing, d)
	})
	return wrote, err
}

func (s *Store) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		stored, found, err := loadDelivery(tx, before.Run, before.Recipient)
		if err != nil {
			return err
		}
		if !found || stored.State != before.State || stored.Attempt != before.Attempt || !stored.UpdatedAt.Equal(before.UpdatedAt) {
			return conflict("delivery of "+string(before.Run)+" to", before.Recipient)
		}
		if after.Recipient != before.Recipient {
			if _, taken, err := loadDelivery(tx, after.Run, after.Recipient); err != nil {
				return err
			} else if taken {
				return conflict("delivery of "+string(after.Run)+" to", after.Recipient)
			}
			if err := tx.Bucket(deliveries).Delete(key(string(before.Run), string(before.Recipient))); err != nil {
				return err
			}
		}
		return putDelivery(tx, stored, after)
	})
}

func (s *Store) Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	lines := make(map[notice.RecipientID]notice.Delivery, len(ids))
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		for _, id := range ids {
			d, found, err := loadDelivery(tx, run, id)
			if err != nil {
				return err
			}
			if found {
				lines[id] = d
			}
		}
		return nil
	})
	return lines, err
}

func (s *Store) DeliveriesOf(ctx context.Context, id notice.RecipientID, of []notice.RunID) (lines []notice.Delivery, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		for _, run := range of {
			d, found, err := loadDelivery(tx, run, id)
			if err != nil {
				return err
			}
			if found {
				lines = append(lines, d)
			}
		}
		return nil
	})
	return lines, err
}

func (s *Store) ListDeliveries(ctx context.Context, run notice.RunID, from string, limit int) ([]notice.Delivery, string, error) {
	return listPage[notice.Delivery](ctx, s, deliveries, under(string(run)), cursor.Ledger(run), from, limit)
}

func (s *Store) CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error) {
	counts := notice.Counts{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, deliveries, under(string(run)), func(_ string, v []byte) error {
			var d struct {
				State notice.DeliveryState `json:"state"`
			}
			err := json.Unmarshal(v, &d)
			counts[d.State]++
			return err
		})
	})
	return counts, err
}

func (s *Store) UnresolvedDeliveries(ctx context.Context, state notice.DeliveryState, before time.Time, from string, limit int) (lines []notice.Delivery, next string, err error) {
	settled := span{string(key(string(state), "")), string(key(string(state), sortable(before))) + "\x01"}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		next, err = page(tx, unresolved, settled, cursor.Unresolved(state), from, limit, func(k string, _ []byte) error {
			_, run, id := waiter(k)
			d, _, err := loadDelivery(tx, run, id)
			lines = append(lines, d)
			return err
		})
		return err
	})
	return lines, next, err
}

func (s *Store) CountUnresolved(ctx context.Context) (map[notice.RunID]notice.Counts, error) {
	counts := map[notice.RunID]notice.Counts{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		return each(tx, unresolved, whole, func(k string, _ []byte) error {
			state, run, _ := waiter(k)
			if counts[run] == nil {
				counts[run] = notice.Counts{}
			}
			counts[run][state]++
			return nil
		})
	})
	return counts, err
}

// waiter takes a key of the index apart: what a delivery waits in, and whose it is.
func waiter(k string) (state notice.DeliveryState, run notice.RunID, id notice.RecipientID) {
	parts := strings.SplitN(k, "\x00", 4)
	return notice.DeliveryState(parts[0]), notice.RunID(parts[2]), notice.RecipientID(parts[3])
}

func (s *Store) ForgetDeliveries(ctx context.Context, id notice.RecipientID, of []notice.RunID) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		for _, run := range of {
			d, found, err := loadDelivery(tx, run, id)
			if err != nil {
				return err
			}
			if !found {
				continue
			}
			if k := unresolvedKey(d); k != nil {
				if err := tx.Bucket(unresolved).Delete(k); err != nil {
					return err
				}
			}
			if err := tx.Bucket(deliveries).Delete(key(string(run), string(id))); err != nil {
				return err
			}
		}
		return nil
	})
}

func loadDelivery(tx *bbolt.Tx, run notice.RunID, id notice.RecipientID) (d notice.Delivery, found bool, err error) {
	found, err = load(tx, deliveries, key(string(run), string(id)), &d)
	return d, found, err
}

// putDelivery writes a line and keeps the index of the unresolved in step.
func putDelivery(tx *bbolt.Tx, before, d notice.Delivery) error {
	was, is := unresolvedKey(before), unresolvedKey(d)
	if was != nil && string(was) != string(is) {
		if err := tx.Bucket(unresolved).Delete(was); err != nil {
			return err
		}
	}
	if is != nil {
		if err := tx.Bucket(unresolved).Put(is, nil); err != nil {
			return err
		}
	}
	return save(tx, deliveries, key(string(d.Run), string(d.Recipient)), d)
}

func unresolvedKey(d notice.Delivery) []byte {
	if !d.Waits() {
		return nil
	}
	return key(string(d.State), sortable(d.SettleAfter), string(d.Run), string(d.Recipient))
}

// sortable writes an instant so that text order is time order.
func sortable(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
