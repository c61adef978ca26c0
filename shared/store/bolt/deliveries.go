package bolt

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
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

func (s *Store) ListDeliveries(ctx context.Context, run notice.RunID, cursor string, limit int) (lines []notice.Delivery, next string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		next, err = page(tx, deliveries, string(key(string(run), "")), cursor, limit, func(_ string, v []byte) error {
			lines = append(lines, notice.Delivery{})
			return json.Unmarshal(v, &lines[len(lines)-1])
		})
		return err
	})
	return lines, next, err
}

func (s *Store) CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error) {
	counts := notice.Counts{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		_, err := page(tx, deliveries, string(key(string(run), "")), "", -1, func(_ string, v []byte) error {
			var d struct {
				State notice.DeliveryState `json:"state"`
			}
			if err := json.Unmarshal(v, &d); err != nil {
				return err
			}
			counts[d.State]++
			return nil
		})
		return err
	})
	return counts, err
}

func (s *Store) UnresolvedDeliveries(ctx context.Context, state notice.DeliveryState, before time.Time, cursor string, limit int) (lines []notice.Delivery, next string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		end := sortable(before)
		c := tx.Bucket(unresolved).Cursor()
		k, v := c.Seek([]byte(cursor))
		if cursor != "" && string(k) == cursor {
			k, v = c.Next()
		}
		at := ""
		for ; k != nil; k, v = c.Next() {
			settleAfter, run, id := waiter(k)
			if settleAfter > end {
				break
			}
			if is, err := waitsIn(tx, k, v); err != nil {
				return err
			} else if is != state {
				continue
			}
			if len(lines) == limit {
				next = at
				break
			}
			d, found, err := loadDelivery(tx, run, id)
			if err != nil {
				return err
			}
			if found {
				lines = append(lines, d)
			}
			at = string(k)
		}
		return nil
	})
	return lines, next, err
}

func (s *Store) CountUnresolved(ctx context.Context) (map[notice.RunID]notice.Counts, error) {
	counts := map[notice.RunID]notice.Counts{}
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		return tx.Bucket(unresolved).ForEach(func(k, v []byte) error {
			state, err := waitsIn(tx, k, v)
			if err != nil {
				return err
			}
			_, run, _ := waiter(k)
			if counts[run] == nil {
				counts[run] = notice.Counts{}
			}
			counts[run][state]++
			return nil
		})
	})
	return counts, err
}

// waitsIn is the state an entry of the index stands for. One that was written before
// entries named it says nothing; its line does.
func waitsIn(tx *bbolt.Tx, k, v []byte) (notice.DeliveryState, error) {
	if len(v) > 0 {
		return notice.DeliveryState(v), nil
	}
	_, run, id := waiter(k)
	d, _, err := loadDelivery(tx, run, id)
	return d.State, err
}

// waiter takes a key of the index apart: from when on, and whose delivery.
func waiter(k []byte) (settleAfter string, run notice.RunID, id notice.RecipientID) {
	parts := strings.SplitN(string(k), "\x00", 3)
	return parts[0], notice.RunID(parts[1]), notice.RecipientID(parts[2])
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
		if err := tx.Bucket(unresolved).Put(is, []byte(d.State)); err != nil {
			return err
		}
	}
	return save(tx, deliveries, key(string(d.Run), string(d.Recipient)), d)
}

func unresolvedKey(d notice.Delivery) []byte {
	if !d.Waits() {
		return nil
	}
	return key(sortable(d.SettleAfter), string(d.Run), string(d.Recipient))
}

// sortable writes an instant so that text order is time order.
func sortable(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
