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

// countAudience counts everybody a run concerns by reading the audience.
func countAudience(ctx context.Context, store audienceStore, run notice.Run) (n int, err error) {
	for cursor := ""; ; {
		ids, next, err := audience(ctx, store, run, cursor, pageSize)
		if err != nil {
			return 0, err
		}
		n += len(ids)
		if next == "" {
			return n, nil
		}
		cursor = next
	}
}
