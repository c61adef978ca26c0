package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"policymail/shared/delivery"
)

// figures lets the pacer take a turn and returns what it wrote.
func (w *world) figures() map[string]any {
	w.t.Helper()
	return w.figuresOf(ctx)
}

// figuresOf is figures of a turn that has to end with call.
func (w *world) figuresOf(call context.Context) (root map[string]any) {
	w.t.Helper()
	var out bytes.Buffer
	p := w.pacer()
	p.Log = slog.New(slog.NewJSONHandler(&out, nil))
	w.must(p.Tick(call))
	for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var event map[string]any
		w.must(json.Unmarshal([]byte(line), &event))
		if event["msg"] == "tick" {
			root = event
		}
	}
	return root
}

// What the alarms watch is in the pacer's figures when it happens.
func TestTickWritesItsFigures(t *testing.T) {
	want := func(w *world, what string, metric string, value float64) {
		t.Helper()
		if got := w.figures(); got[metric] != value || got["Heartbeat"] != 1.0 {
			t.Errorf("%s: %s is %v, want %v", what, metric, got[metric], value)
		}
	}
	w := newWorld(t)
	want(w, "nothing to do", "Heartbeat", 1)
	w.account.Max24HourSend, w.account.SentLast24Hours = 1000, 900
	w.started(30)
	want(w, "much was sent", "QuotaUsed", 90)

	w = newWorld(t)
	run, _ := w.started(30)
	w.answer = func(delivery.Envelope) (bool, error) {
		return false, &delivery.SendError{Fault: delivery.SendUnknown, Err: errLost}
	}
	w.work()
	want(w, "answers got lost", "UnknownDeliveries", 30)
	w.now = w.now.Add(w.set.SettleWindow)
	want(w, "no event came", "HeldDeliveries", 30)
	w.now = w.now.Add(time.Hour)
	want(w, "and nobody decided", "HeldDeliveries", 30)
	left, err := w.operator().Leave(ctx, run, "Ada")
	if err != nil || left.Left != 30 {
		t.Errorf("left %+v %v", left, err)
	}
	want(w, "somebody did", "HeldDeliveries", 0)

	w = newWorld(t)
	w.started(30)
	w.answer = func(delivery.Envelope) (bool, error) {
		return false, &delivery.SendError{Fault: delivery.SendStopped, Err: errLost}
	}
	w.work()
	want(w, "a worker stopped the run", "RunsStopped", 1)
	want(w, "and nobody looked", "RunsStopped", 1)

	w = newWorld(t)
	run, _ = w.started(30)
	w.must(w.pacer().Tick(ctx))
	stuck, err := w.store.Run(ctx, run)
	w.must(err)
	stuck.NotBefore, stuck.Canary, stuck.Pass = time.Time{}, 0, 0
	if _, err := w.store.SaveRun(ctx, stuck); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	want(w, "an hour without progress", "RunsStalled", 1)
	want(w, "it goes on", "RunsStalled", 0)
}
