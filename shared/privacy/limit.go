package privacy

import (
	"context"
	"errors"
	"time"

	"policymail/shared/notice"
)

// Documents keeps the counters of a Limiter.
type Documents interface {
	Document(ctx context.Context, kind, id string, v any) (int64, error)
	SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error)
}

// Limiter bounds how often somebody may cause a mail. It keeps neither addresses nor
// network addresses: each falls, by a keyed hash, into one of a million counters,
// which also bounds what it stores. It never stands before a one-click POST.
type Limiter struct {
	Documents Documents
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
func (l Limiter) Allow(ctx context.Context, kind, who string, most int) (bool, error) {
	slot := kind + "-" + string(l.Hash("limit/" + kind + "/" + who)[:4])
	for {
		var c counter
		rev, err := l.Documents.Document(ctx, "limit", slot, &c)
		if err != nil && !errors.Is(err, notice.ErrNotFound) {
			return false, err
		}
		if hour := l.Now().UTC().Truncate(time.Hour); !c.Hour.Equal(hour) {
			c = counter{Hour: hour}
		}
		if c.Count >= most {
			return false, nil
		}
		c.Count++
		if _, err = l.Documents.SaveDocument(ctx, "limit", slot, c, rev); !errors.Is(err, notice.ErrConflict) {
			return err == nil, err
		}
	}
}
