package delivery

import (
	"time"

	"policymail/shared/logging"
	"policymail/shared/notice"
)

// stallAfter is how long a running run may go without progress while there is a
// budget for it.
const stallAfter = 30 * time.Minute

// measure writes the tick's figures as metrics; that they come at all is the pacer's
// heartbeat. Every tick counts all deliveries that are unknown or held at that moment, so
// these metrics stay up until the last of them is settled.
func (t *tick) measure(open []notice.Run) {
	stalled, running, stopped := 0, 0, t.stopped
	for _, run := range open {
		if run.State == notice.Stopped {
			stopped++ // by a worker, or in an earlier turn: until somebody decides
		}
		if run.State != notice.Running {
			continue
		}
		running++
		moved := run.MovedAt
		for _, at := range []time.Time{run.StartedAt, run.NotBefore} {
			if at.After(moved) {
				moved = at
			}
		}
		if !run.Settling && t.granted > 0 && t.Now().Sub(moved) > stallAfter {
			stalled++
		}
	}
	used := 0.0
	if t.account.Max24HourSend > 0 {
		used = 100 * t.account.SentLast24Hours / t.account.Max24HourSend
	}
	t.Log.Info("tick", append([]any{"running", running, "budget", t.granted, "released", t.released},
		logging.Metrics(t.Now(), map[string]float64{"Heartbeat": 1, "UnknownDeliveries": float64(t.unresolved.total(notice.Unknown)), "HeldDeliveries": float64(t.unresolved.total(notice.Held)),
			"RunsStopped": float64(stopped), "RunsStalled": float64(stalled), "QuotaUsed": used})...)...)
}
