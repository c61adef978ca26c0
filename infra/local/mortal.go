package local

import (
	"context"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
)

// mortal is the store as a worker sees it: it may die before and after every
// write, which is where dying makes a difference.
type mortal struct {
	store.Store
	step func()
}

func (m mortal) Claim(ctx context.Context, d notice.Delivery, rev int64) (notice.Delivery, bool, error) {
	m.step()
	defer m.step()
	return m.Store.Claim(ctx, d, rev)
}

func (m mortal) RecordDelivery(ctx context.Context, d notice.Delivery) (bool, error) {
	m.step()
	defer m.step()
	return m.Store.RecordDelivery(ctx, d)
}

func (m mortal) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	m.step()
	defer m.step()
	return m.Store.MoveDelivery(ctx, before, after)
}

func (m mortal) AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error {
	m.step()
	defer m.step()
	return m.Store.AddTally(ctx, run, t)
}

func (m mortal) RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error {
	m.step()
	defer m.step()
	return m.Store.RecordNotice(ctx, id, run, at, due)
}

func (m mortal) TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, due notice.Date) error {
	m.step()
	defer m.step()
	return m.Store.TakeBackNotice(ctx, id, run, to, due)
}

func (m mortal) ChangeRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error {
	m.step()
	defer m.step()
	return m.Store.ChangeRecipient(ctx, before, after, event)
}

func (m mortal) MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error {
	m.step()
	defer m.step()
	return m.Store.MoveRecipient(ctx, before, after, event, there, next)
}

func (m mortal) AddRun(ctx context.Context, r notice.Run) error {
	m.step()
	defer m.step()
	return m.Store.AddRun(ctx, r)
}

func (m mortal) SaveRun(ctx context.Context, r notice.Run) (notice.Run, error) {
	m.step()
	defer m.step()
	return m.Store.SaveRun(ctx, r)
}

func (m mortal) SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error) {
	m.step()
	defer m.step()
	return m.Store.SaveDocument(ctx, kind, id, v, rev)
}

// mortalMailer may die right before and right after SendEmail.
type mortalMailer struct {
	delivery.Mailer
	step func()
}

func (m mortalMailer) Send(ctx context.Context, e delivery.Envelope) (string, error) {
	m.step()
	defer m.step()
	return m.Mailer.Send(ctx, e)
}
