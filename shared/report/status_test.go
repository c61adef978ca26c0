package report_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/report"
	"policymail/shared/store/storetest"
)

// What an operator reads of runs: figures that add up, the pace, the end, and what to
// do.
func TestStatus(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	store := storetest.Model()
	add := func(id notice.RunID, state notice.RunState, audience int, reason string, lines notice.Counts) {
		t.Helper()
		if err := store.AddRun(ctx, notice.Run{ID: id, Class: map[bool]notice.Class{true: notice.Mandatory, false: notice.Optional}[id == "stopped"], State: state, StopReason: reason, Audience: audience, OpenedAt: now}); err != nil {
			t.Fatal(err)
		}
		for s, n := range lines {
			for i := range n {
				d := notice.Delivery{Run: id, Recipient: notice.RecipientID(fmt.Sprint(s, i)), State: s, UpdatedAt: now}
				if _, err := store.RecordDelivery(ctx, d); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	add("going", notice.Running, 4000, "", notice.Counts{notice.Sent: 100, notice.Retry: 100})
	add("beside", notice.Running, 4000, "", notice.Counts{notice.Skipped: 3800})
	add("stopped", notice.Stopped, 10, "too many bounces", notice.Counts{notice.BouncedBack: 10})
	add("done", notice.Done, 10, "", notice.Counts{notice.Delivered: 8, notice.Skipped: 2})
	add("held", notice.Done, 10, "", notice.Counts{notice.Delivered: 8, notice.Held: 2})

	account := delivery.Account{MaxSendRate: 10, Max24HourSend: 5000, SentLast24Hours: 2000}
	allowed := delivery.Settings{Share: 0.8}.Allow(account)
	all, err := report.Status(ctx, store, "", report.Pace{Rate: allowed.Rate, Quota: allowed.Daily, QuotaLeft: allowed.Left, Takes: allowed.Takes}, now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[notice.RunID]report.RunStatus{}
	for _, s := range all {
		got[s.Run] = s
		if sum := s.Pending + s.Claimed + s.Sent + s.Delivered + s.Bounced + s.Complained + s.Skipped + s.Failed + s.Retry + s.Unknown + s.Held; sum != s.Audience {
			t.Errorf("%s: the figures add up to %d, the audience is %d", s.Run, sum, s.Audience)
		}
	}
	if got["stopped"].Class != notice.Mandatory || got["done"].Class != notice.Optional {
		t.Errorf("mandatory and optional are not told apart: %+v", got["stopped"])
	}
	going := got["going"]
	if going.Rate != 8 || going.Quota != 4000 || going.QuotaLeft != 2000 || going.NotSent != 3900 || going.Complete {
		t.Errorf("going %+v", going)
	}
	// 3,900 and 200 go out in turn: 2,000 now, at 8 a second, the others as the window
	// frees, at 4,000 a day.
	seconds := 2000/8.0 + 2100/(4000/86400.0)
	if eta, err := time.Parse(time.RFC3339, going.ETA); err != nil || eta.Sub(now).Round(time.Minute) != time.Duration(seconds*1e9).Round(time.Minute) {
		t.Errorf("eta %s, want %s after the start", going.ETA, time.Duration(seconds*1e9))
	}
	if s := got["stopped"]; s.StopReason == "" || s.Advice == "" || s.ETA != "" || s.NotSent != 0 || s.NotTold != 10 {
		t.Errorf("stopped %+v", s)
	}
	if s := got["done"]; !s.Complete || s.Advice != "" || s.NotSent != 2 || s.NotTold != 2 {
		t.Errorf("done %+v", s)
	}
	if s := got["held"]; !s.Complete || s.Advice == "" || s.NotSent != 2 {
		t.Errorf("held %+v", s)
	}
}
