package delivery_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/storetest"
)

// stopsLogged counts the events that say that a run was stopped.
func stopsLogged(log *bytes.Buffer) int { return strings.Count(log.String(), `"run stopped"`) }

// However many workers learn at the same time that SES takes nothing more, one of them
// stops the run and says so. The others write nothing: each write is a conflict for the
// pacer and for whoever decides about the run.
func TestManyWorkersStopARunOnce(t *testing.T) {
	const workers = 20
	w := newWorld(t)
	run, ids := w.started(workers)
	before, err := w.store.Run(ctx, run)
	w.must(err)
	var log bytes.Buffer
	sender := w.sender()
	sender.Log = slog.New(slog.NewJSONHandler(&log, nil))
	var asked sync.WaitGroup
	asked.Add(workers)
	sender.Mailer = mailerFunc(func(context.Context, delivery.Envelope) (string, error) {
		asked.Done()
		asked.Wait() // everybody has read the run before anybody learns
		return "", &delivery.SendError{Fault: delivery.SendStopped, Err: errLost}
	})
	var slices sync.WaitGroup
	for _, id := range ids {
		slices.Go(func() {
			if err := sender.SendSlice(ctx, delivery.Slice{Run: run, Recipients: []notice.RecipientID{id}}); err != nil {
				t.Error(err)
			}
		})
	}
	slices.Wait()
	after, err := w.store.Run(ctx, run)
	w.must(err)
	if after.State != notice.Stopped || after.Rev != before.Rev+1 {
		t.Errorf("the run is %s and was saved %d times", after.State, after.Rev-before.Rev)
	}
	if n := stopsLogged(&log); n != 1 {
		t.Errorf("the log says %d times that the run was stopped", n)
	}
}

// overtaken is a store in which somebody else saves a run right before each save.
type overtaken struct {
	store.Store
	by func()
}

func (o overtaken) SaveRun(ctx context.Context, r notice.Run) (notice.Run, error) {
	o.by()
	return o.Store.SaveRun(ctx, r)
}

// Whoever is overtaken by an operator who pauses the run has stopped nothing, and neither
// worker nor pacer says that they did.
func TestWhoIsOvertakenStopsNothing(t *testing.T) {
	for name, act := range map[string]func(w *world, run notice.RunID, s store.Store, log *slog.Logger) error{
		"worker": func(w *world, run notice.RunID, s store.Store, log *slog.Logger) error {
			w.answer = func(delivery.Envelope) (bool, error) {
				return false, &delivery.SendError{Fault: delivery.SendStopped, Err: errLost}
			}
			sender := w.sender()
			sender.Store, sender.Log = s, log
			return sender.SendSlice(ctx, delivery.Slice{Run: run, Recipients: []notice.RecipientID{"p00000"}})
		},
		"pacer": func(w *world, run notice.RunID, s store.Store, log *slog.Logger) error {
			w.account.SendingEnabled = false
			pacer := w.pacer()
			pacer.Store, pacer.Log = s, log
			return pacer.Tick(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			run, _ := w.started(1)
			paused := false
			s := overtaken{w.store, func() {
				if !paused {
					paused = true
					_, err := w.operator().Pause(ctx, run)
					w.must(err)
				}
			}}
			var log bytes.Buffer
			w.must(act(w, run, s, slog.New(slog.NewJSONHandler(&log, nil))))
			r, err := w.store.Run(ctx, run)
			w.must(err)
			if r.State != notice.Paused || stopsLogged(&log) != 0 || strings.Contains(log.String(), `"RunsStopped":1`) {
				t.Errorf("the run is %s, and the log says\n%s", r.State, &log)
			}
		})
	}
}

// A decision that finds nothing to change writes nothing.
func TestADecisionThatChangesNothingWritesNothing(t *testing.T) {
	w := newWorldOn(t, storetest.Model())
	const run = notice.RunID("change-privacy-v1")
	w.outage(run, notice.Held, 3) // in a run that goes on
	saves := func(decide func() error) int64 {
		before, err := w.store.Run(ctx, run)
		w.must(err)
		w.must(decide())
		after, err := w.store.Run(ctx, run)
		w.must(err)
		return after.Rev - before.Rev
	}
	resend := func() error {
		report, err := w.operator().Resend(ctx, run, "Ada")
		if report.Resent != 3 {
			t.Errorf("sent again: %+v", report)
		}
		return err
	}
	if n := saves(resend); n != 0 {
		t.Errorf("a run that goes on was reopened in %d saves", n)
	}
	cancel := func() error { _, err := w.operator().Cancel(ctx, run); return err }
	if n := saves(cancel); n != 2 {
		t.Errorf("cancelling saved the run %d times: it ends it, then keeps its figures", n)
	}
	if n := saves(cancel); n != 0 {
		t.Errorf("cancelling again saved the run %d times", n)
	}
}
