package privacy

import (
	"context"

	"policymail/shared/notice"
)

// ErasureStore is what erasing a person needs beyond their standing.
type ErasureStore interface {
	Store
	ListRuns(ctx context.Context) ([]notice.Run, error)
	ForgetDeliveries(ctx context.Context, id notice.RecipientID, runs []notice.RunID) error
}

// Erase removes a person: afterwards only the keyed hash and the opt-out are left
// (invariant 7, erased means erased). It may be repeated after it was cut short.
func Erase(ctx context.Context, store ErasureStore, p Preferences, c Change) error {
	c.Way = notice.ByErasure
	_, _, err := p.change(ctx, c, func(r *notice.Recipient) {
		r.Status, r.OptOut = notice.Erased, notice.OptOutAll
	})
	if err != nil {
		return err
	}
	all, err := store.ListRuns(ctx)
	if err != nil {
		return err
	}
	ids := make([]notice.RunID, 0, len(all))
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return store.ForgetDeliveries(ctx, c.Recipient, ids)
}
