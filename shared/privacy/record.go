package privacy

import (
	"context"
	"slices"

	"policymail/shared/notice"
)

// RecordStore is what is read to know what is held about a person.
type RecordStore interface {
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
	PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	DeliveriesOf(ctx context.Context, id notice.RecipientID, runs []notice.RunID) ([]notice.Delivery, error)
	RequestsOf(ctx context.Context, id notice.RecipientID) ([]notice.Request, error)
}

// Record is everything held about a person, under the id of every address they had: what
// Erase removes. Each list is oldest first, and none is ever nil.
type Record struct {
	Recipient  notice.Recipient         `json:"recipient"`
	History    []notice.PreferenceEvent `json:"history"`
	Deliveries []notice.Delivery        `json:"deliveries"`
	Requests   []notice.Request         `json:"requests"`
}

// RecordOf collects what is held about a person.
func RecordOf(ctx context.Context, store RecordStore, person notice.Recipient) (Record, error) {
	h := Record{person, []notice.PreferenceEvent{}, []notice.Delivery{}, []notice.Request{}}
	runs, err := runIDs(ctx, store)
	if err != nil {
		return h, err
	}
	later, err := laterAddresses(ctx, store, person.Alias)
	if err != nil {
		return h, err
	}
	for _, r := range append([]notice.Recipient{person}, later...) {
		if err := h.add(ctx, store, r.ID, runs); err != nil {
			return h, err
		}
	}
	slices.SortStableFunc(h.History, func(x, y notice.PreferenceEvent) int { return x.At.Compare(y.At) })
	slices.SortStableFunc(h.Deliveries, func(x, y notice.Delivery) int { return slices.Index(runs, x.Run) - slices.Index(runs, y.Run) })
	slices.SortStableFunc(h.Requests, func(x, y notice.Request) int { return x.Received.Compare(y.Received) })
	return h, nil
}

// add collects what is kept under one id.
func (h *Record) add(ctx context.Context, store RecordStore, id notice.RecipientID, runs []notice.RunID) error {
	history, err := store.PreferenceEvents(ctx, id)
	if err != nil {
		return err
	}
	deliveries, err := store.DeliveriesOf(ctx, id, runs)
	if err != nil {
		return err
	}
	requests, err := store.RequestsOf(ctx, id)
	h.History, h.Deliveries, h.Requests = append(h.History, history...), append(h.Deliveries, deliveries...), append(h.Requests, requests...)
	return err
}

// laterAddresses follows the chain of the ids of a person's later addresses, latest
// first.
func laterAddresses(ctx context.Context, store interface {
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
}, next notice.RecipientID) (all []notice.Recipient, err error) {
	for next != "" {
		r, err := store.Recipient(ctx, next)
		if err != nil {
			return nil, err
		}
		all, next = append(all, r), r.Alias
	}
	return all, nil
}
