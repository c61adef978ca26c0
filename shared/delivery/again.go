package delivery

import (
	"context"
	"slices"

	"policymail/shared/notice"
)

type ledgerReader interface {
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
}

type followedReader interface {
	ledgerReader
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
}

// toldBefore are those of ids whom a run that this one follows, which was cancelled, told
// the same words, or one that that run followed; of a run that follows none it reads nothing.
// Those ended for good: they tell nobody any more. A message of them that comes back later
// finds the person left out.
func toldBefore(ctx context.Context, store followedReader, run notice.Run, ids []notice.RecipientID) (map[notice.RecipientID]bool, error) {
	if run.Follows == "" {
		return nil, nil
	}
	told := map[notice.RecipientID]bool{}
	for run.Follows != "" {
		for chunk := range slices.Chunk(ids, 100) {
			lines, err := store.Deliveries(ctx, run.Follows, chunk)
			if err != nil {
				return nil, err
			}
			for id, line := range lines {
				told[id] = told[id] || line.State == notice.Sent || line.State == notice.Delivered || line.State == notice.Skipped && line.Reason == string(notice.SkipTold)
			}
		}
		var err error
		if run, err = store.Run(ctx, run.Follows); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// decline says why a person gets no notice of a run, or "": by the rule for who is mailed,
// or because a run that it follows told them already.
func decline(r notice.Recipient, run notice.Run, told map[notice.RecipientID]bool, lead int, today notice.Date) notice.SkipReason {
	if reason := r.Decline(run, lead, today); reason != "" || !told[r.ID] {
		return reason
	}
	return notice.SkipTold
}
