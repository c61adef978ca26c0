package delivery

import (
	"context"

	"policymail/shared/notice"
)

type audienceStore interface {
	ListRecipients(ctx context.Context, cursor string, limit int) ([]notice.Recipient, string, error)
	DueRecipients(ctx context.Context, first, last notice.Date, cursor string, limit int) ([]notice.RecipientID, string, error)
}

// audience pages through everybody a run concerns: for an annual run those whose
// due day it covers, for a change everybody known when the run was approved.
// People who cannot or will not be mailed belong to it too: the ledger says of
// them why they were not.
func audience(ctx context.Context, store audienceStore, run notice.Run, cursor string, limit int) ([]notice.RecipientID, string, error) {
	if run.Kind == notice.Annual {
		return store.DueRecipients(ctx, run.From, run.To, cursor, limit)
	}
	people, next, err := store.ListRecipients(ctx, cursor, limit)
	if err != nil {
		return nil, "", err
	}
	ids := make([]notice.RecipientID, 0, len(people))
	for _, r := range people {
		if run.StartedAt.IsZero() || !r.ImportedAt.After(run.StartedAt) {
			ids = append(ids, r.ID)
		}
	}
	return ids, next, nil
}

// Reach is whom a change would reach if it were told now.
type Reach struct {
	Mailed  int
	LeftOut map[notice.SkipReason]int
	Locales map[string]int // of those who are mailed, as imported
}

// Reach counts whom a change would reach, by the rules the sender goes by, in one pass over
// the recipients.
func (o Operator) Reach(ctx context.Context, run notice.Run) (Reach, error) {
	r, today := Reach{LeftOut: map[notice.SkipReason]int{}, Locales: map[string]int{}}, notice.DateOf(o.Now())
	for cursor := ""; ; {
		people, next, err := o.Store.ListRecipients(ctx, cursor, pageSize)
		if err != nil {
			return Reach{}, err
		}
		ids := make([]notice.RecipientID, len(people))
		for i, person := range people {
			ids[i] = person.ID
		}
		told, err := toldBefore(ctx, o.Store, run, ids)
		if err != nil {
			return Reach{}, err
		}
		for _, person := range people {
			if reason := decline(person, run, told, o.Settings.LeadDays, today); reason != "" {
				r.LeftOut[reason]++
				continue
			}
			r.Mailed++
			r.Locales[person.Locale]++
		}
		if next == "" {
			return r, nil
		}
		cursor = next
	}
}
