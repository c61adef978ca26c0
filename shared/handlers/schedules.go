package handlers

import (
	"context"
	"errors"
	"log/slog"

	"policymail/shared/delivery"
	"policymail/shared/logging"
	"policymail/shared/notice"
)

// Opened is the answer of the annual function.
type Opened struct {
	Run    notice.RunID `json:"run,omitempty"`
	Opened bool         `json:"opened"`
	Reason string       `json:"reason,omitempty"`
}

// Annual serves the daily trigger. That nothing is approved is no failure of the
// function, and the trigger comes again tomorrow; but people are due, and the metric
// AnnualRefused rings an alarm for it (invariant 4, twelve months).
func Annual(a delivery.Annual, log *slog.Logger) func(context.Context) (Opened, error) {
	return func(ctx context.Context) (Opened, error) {
		run, opened, err := a.Open(ctx)
		if errors.Is(err, notice.ErrRefused) {
			log.Error("annual run not opened", append([]any{"reason", err.Error()}, logging.Metrics(a.Now(), map[string]float64{"AnnualRefused": 1})...)...)
			return Opened{Reason: err.Error()}, nil
		}
		if opened {
			log.Info("annual run opened", "run", run.ID, "audience", run.Audience)
		}
		return Opened{Run: run.ID, Opened: opened}, err
	}
}

// Pace serves the minute trigger.
func Pace(p delivery.Pacer) func(context.Context) error { return p.Tick }
