package delivery

import (
	"context"
	"errors"
	"slices"
	"time"

	"policymail/shared/notice"
)

type deliveryMover interface {
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
}

// claims are what workers hold while they send. A worker that died leaves its claim
// behind, and nobody knows whether its message left (invariant 1, never twice).
type claims struct {
	store    deliveryMover
	settings Settings
	now      func() time.Time
}

// dead reports whether a line is a claim whose worker has died: it outlived its lease,
// and a lease is longer than a worker lives.
func (c claims) dead(line notice.Delivery) bool {
	return line.State == notice.Claimed && line.LeaseUntil.Before(c.now())
}

// abandon turns a dead claim into an unknown delivery. abandoned is false if somebody
// else has moved the line on since it was read. together are the people it was released
// with: what SES says of them will tell whether it was sent.
func (c claims) abandon(ctx context.Context, line notice.Delivery, together []notice.RecipientID) (abandoned bool, err error) {
	after := line
	after.State, after.Reason = notice.Unknown, "the worker died between claim and record"
	after.LeaseUntil, after.SettleAfter, after.UpdatedAt = time.Time{}, line.ClaimedAt.Add(c.settings.SettleWindow), c.now()
	after.Neighbours = around(together, line.Recipient)
	err = c.store.MoveDelivery(ctx, line, after)
	if errors.Is(err, notice.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// abandonDead abandons the dead claims among the lines of people who were released
// together: of a run that does not go on, no audit would.
func (c claims) abandonDead(ctx context.Context, lines map[notice.RecipientID]notice.Delivery, together []notice.RecipientID) error {
	for _, line := range lines {
		if !c.dead(line) {
			continue
		}
		if _, err := c.abandon(ctx, line, together); err != nil {
			return err
		}
	}
	return nil
}

// around returns the people of a slice or page around one of them, at most as many
// as one read of the ledger takes.
func around(ids []notice.RecipientID, id notice.RecipientID) []notice.RecipientID {
	others := slices.DeleteFunc(slices.Clone(ids), func(other notice.RecipientID) bool { return other == id })
	return others[:min(len(others), 100)]
}
