package delivery

import (
	"context"
	"slices"

	"policymail/shared/notice"
)

type ledgerReader interface {
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
}

// toldBefore are those of ids whom the run that this one follows, which was cancelled, told
// the same words; of a run that follows none it reads nothing. That one ended for good: it
// tells nobody any more. A message of it that comes back later finds the person left out.
func toldBefore(ctx context.Context, ledger ledgerReader, run notice.Run, ids []notice.RecipientID) (map[notice.RecipientID]bool, error) {
	if run.Follows == "" {
		return nil, nil
	}
	told := map[notice.RecipientID]bool{}
	for chunk := range slices.Chunk(ids, 100) {
		lines, err := ledger.Deliveries(ctx, run.Follows, chunk)
		if err != nil {
			return nil, err
		}
		for id, line := range lines {
			told[id] = line.State == notice.Sent || line.State == notice.Delivered || line.State == notice.Skipped && line.Reason == string(notice.SkipTold)
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
