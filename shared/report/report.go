// Package report answers what became of a run and of each person in it.
package report

import (
	"context"
	"time"

	"policymail/shared/notice"
)

// Store is what reports read.
type Store interface {
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	ListDeliveries(ctx context.Context, run notice.RunID, cursor string, limit int) ([]notice.Delivery, string, error)
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	ListRecipients(ctx context.Context, cursor string, limit int) ([]notice.Recipient, string, error)
}

// RunStatus is a run in figures. Every person of the audience is in exactly one of
// the states from Claimed to Held, or Pending; NotSent is everybody whose message
// SES has not accepted.
type RunStatus struct {
	Run        notice.RunID    `json:"run"`
	Kind       notice.Kind     `json:"kind"`
	Policy     string          `json:"policy"`
	Version    string          `json:"version"`
	State      notice.RunState `json:"state"`
	StopReason string          `json:"stop_reason,omitempty"`
	Audience   int             `json:"audience"`
	Pending    int             `json:"pending"` // no delivery yet
	Claimed    int             `json:"claimed"`
	Sent       int             `json:"sent"`
	Delivered  int             `json:"delivered"`
	Bounced    int             `json:"bounced"`
	Complained int             `json:"complained"`
	Skipped    int             `json:"skipped"`
	Failed     int             `json:"failed"`
	Retry      int             `json:"retry"`
	Unknown    int             `json:"unknown"`
	Held       int             `json:"held"`
	NotSent    int             `json:"not_sent"`
	ETA        string          `json:"eta,omitempty"` // RFC 3339
}

// Status counts one run, or all of them for an empty id. rate is the recipients a
// second we may send to, for the ETA.
func Status(ctx context.Context, store Store, id notice.RunID, rate float64, now time.Time) ([]RunStatus, error) {
	var runs []notice.Run
	if id == "" {
		var err error
		if runs, err = store.ListRuns(ctx); err != nil {
			return nil, err
		}
	} else {
		run, err := store.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	all := make([]RunStatus, 0, len(runs))
	for _, run := range runs {
		c, err := store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, figures(run, c, rate, now))
	}
	return all, nil
}

func figures(run notice.Run, c notice.Counts, rate float64, now time.Time) RunStatus {
	s := RunStatus{Run: run.ID, Kind: run.Kind, Policy: run.Policy, Version: run.Version, State: run.State, StopReason: run.StopReason,
		Audience: max(run.Audience, c.Total()), Claimed: c[notice.Claimed], Sent: c[notice.Sent], Delivered: c[notice.Delivered],
		Bounced: c[notice.BouncedBack], Complained: c[notice.ComplainedOf], Skipped: c[notice.Skipped], Failed: c[notice.Failed],
		Retry: c[notice.Retry], Unknown: c[notice.Unknown], Held: c[notice.Held]}
	s.Pending = s.Audience - c.Total()
	s.NotSent = s.Audience - c.Accepted()
	if run.State == notice.Running && rate > 0 {
		s.ETA = now.Add(time.Duration(float64(s.Pending)/rate) * time.Second).UTC().Format(time.RFC3339)
	}
	return s
}

// Row is what became of one person in a run.
type Row struct {
	Recipient notice.RecipientID   `json:"recipient"`
	Address   string               `json:"address"` // empty once erased
	State     notice.DeliveryState `json:"state"`
	Reason    string               `json:"reason"`
	Version   string               `json:"version"`
	Locale    string               `json:"locale"`
	SentAt    time.Time            `json:"sent_at,omitzero"`
	MessageID string               `json:"message_id"`
}

// Rows visits everybody in a run's ledger; with onlyNotSent those whose message SES
// has not accepted.
func Rows(ctx context.Context, store Store, run notice.RunID, onlyNotSent bool, visit func(Row) error) error {
	if _, err := store.Run(ctx, run); err != nil {
		return err
	}
	for cursor := ""; ; {
		lines, next, err := store.ListDeliveries(ctx, run, cursor, 100)
		if err != nil {
			return err
		}
		ids := make([]notice.RecipientID, len(lines))
		for i, d := range lines {
			ids[i] = d.Recipient
		}
		people, err := store.Recipients(ctx, ids)
		if err != nil {
			return err
		}
		for _, d := range lines {
			if onlyNotSent && d.State.Accepted() {
				continue
			}
			if err := visit(Row{d.Recipient, people[d.Recipient].Address, d.State, d.Reason, d.Version, d.Locale, d.SentAt, d.MessageID}); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// Late is a person whose twelve months have run out, and why.
type Late struct {
	Recipient  notice.RecipientID `json:"recipient"`
	Address    string             `json:"address"`
	LastNotice time.Time          `json:"last_notice,omitzero"`
	Deadline   notice.Date        `json:"deadline"`
	Reason     string             `json:"reason"` // opted_out, bounced, complained, or not_sent
}

// Overdue visits everybody without a notice for more than twelve months (invariant
// 4, twelve months). It reads every recipient.
func Overdue(ctx context.Context, store Store, today notice.Date, visit func(Late) error) error {
	for cursor := ""; ; {
		people, next, err := store.ListRecipients(ctx, cursor, 1000)
		if err != nil {
			return err
		}
		for _, r := range people {
			if r.Deadline() >= today {
				continue
			}
			reason := "not_sent"
			switch {
			case r.Status != notice.Active:
				reason = string(r.Status)
			case r.OptOut.Annual:
				reason = string(notice.SkipOptedOut)
			}
			if err := visit(Late{r.ID, r.Address, r.LastNotice, r.Deadline(), reason}); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}
