package privacy

import (
	"context"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// Limiter bounds how often somebody may cause a mail. It keeps neither addresses nor
// network addresses: each falls, by a keyed hash, into one of a million counters,
// which also bounds what it stores. It never stands before a one-click POST.
type Limiter struct {
	Documents record.Store
	Hash      func(string) notice.RecipientID
	Now       func() time.Time
}

// counter is one hour of one slot.
type counter struct {
	Hour  time.Time `json:"hour"`
	Count int       `json:"count"`
}

// Allow counts one more of a kind for somebody and reports whether it is within so
// many an hour.
func (l Limiter) Allow(ctx context.Context, kind, who string, most int) (within bool, err error) {
	slot := kind + "-" + string(l.Hash("limit/" + kind + "/" + who)[:4])
	counters := record.Of[counter]{Store: l.Documents, Kind: record.Limit}
	err = counters.Change(ctx, slot, func(c *counter) error {
		if hour := l.Now().UTC().Truncate(time.Hour); !c.Hour.Equal(hour) {
			*c = counter{Hour: hour}
		}
		if within = c.Count < most; !within {
			return record.ErrAsItIs
		}
		c.Count++
		return nil
	})
	return within && err == nil, err
}
