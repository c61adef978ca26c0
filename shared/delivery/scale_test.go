package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"policymail/infra/tools"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/notice/noticetest"
)

// A run to very many people with the real planner, pacer and cursors, on a store and
// a queue that only count, in virtual time.
func TestScale(t *testing.T) {
	scale(t, 200_000, delivery.Account{MaxSendRate: 14, Max24HourSend: -1}, 15*time.Minute)
}

func TestScaleTenMillion(t *testing.T) {
	tools.NeedsTime(t, "a minute")
	scale(t, 10_000_000, delivery.Account{MaxSendRate: 100, Max24HourSend: -1}, 0)
	scale(t, 10_000_000, delivery.Account{MaxSendRate: 500, Max24HourSend: 500_000}, 0)
}

func scale(t *testing.T, people int, account delivery.Account, quiet time.Duration) {
	account.SendingEnabled, account.Enforcement = true, "HEALTHY"
	s := &crowd{people: people, account: account, now: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), sent: make([]bool, people),
		documents: map[string][]byte{}, revs: map[string]int64{}, perHour: map[int64]float64{}}
	set := delivery.Settings{Policy: "privacy", LeadDays: 14, Share: 0.8, SliceSize: 50, Concurrency: 10, Tick: time.Minute, Lease: 3 * time.Minute,
		AuditDelay: 15 * time.Minute, SettleWindow: 24 * time.Hour, SendTimeout: 15 * time.Second}
	clock := func() time.Time { return s.now }
	run, opened, err := (delivery.Annual{Store: s, Settings: set, Now: clock}).Open(ctx)
	if err != nil || !opened || run.Audience != people {
		t.Fatalf("%+v %v %v", run, opened, err)
	}
	s.reads, s.writes, s.slices = 0, 0, 0
	pacer := delivery.Pacer{Store: s, Queue: s, Account: s, Settings: set, Now: clock, Log: discard}
	began, ticks, most := s.now, 0, uint64(0)
	before := heap()
	var lastLeft time.Time
	for ; s.run.State != notice.Done; ticks++ {
		left := s.left
		if err := pacer.Tick(ctx); err != nil {
			t.Fatal(err)
		}
		if s.now = s.now.Add(time.Minute); s.left > left {
			lastLeft = s.now
		}
		if ticks%1000 == 0 {
			most = max(most, heap())
		}
		if s.now.Sub(began) > 100*24*time.Hour {
			t.Fatalf("after 100 days %+v", s.run)
		}
	}
	allowed := set.Allow(account).Takes(people)
	took, sending := s.run.DoneAt.Sub(began), lastLeft.Sub(began)
	million := float64(people) / 1e6
	t.Logf("%d people at %.0f a second, %.0f a day: allowed %s, last message after %s (%+.2f %%), done after %s (%+.2f %%); %d ticks; "+
		"per million: %.0f control writes, %.0f control reads, %.0f audience pages, %.0f ledger reads of up to 100 lines, %.0f slices; heap grew by %d KiB",
		people, account.MaxSendRate, account.Max24HourSend, allowed, sending, 100*(sending.Seconds()/allowed.Seconds()-1), took, 100*(took.Seconds()/allowed.Seconds()-1), ticks,
		float64(s.writes)/million, float64(s.reads)/million, float64(s.pages)/million, float64(s.lookups)/million, float64(s.slices)/million, (most-min(before, most))/1024)
	if s.left != people || s.again > 0 {
		t.Errorf("%d left, %d of them again", s.left, s.again)
	}
	// The wait before the audit is the same for a few people as for many.
	if most := 1.02 * allowed.Seconds(); sending.Seconds() > most || took.Seconds() > most+quiet.Seconds() {
		t.Errorf("last message after %s, done after %s; the account allows %s", sending, took, allowed)
	}
	if most > before+32<<20 {
		t.Errorf("the heap grew by %d MiB", (most-before)>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// crowd is a store of very many people, all due, a queue whose slices are sent at
// once, and the account they are sent by. It keeps one bit a person.
type crowd struct {
	delivery.PacerStore // what is not below is not called
	people              int
	now                 time.Time
	account             delivery.Account
	run                 notice.Run
	sent                []bool
	left, again         int
	mu                  sync.Mutex // of lookups
	perHour             map[int64]float64
	documents           map[string][]byte
	revs                map[string]int64

	reads, writes, pages, lookups, slices int
}

func (s *crowd) Versions(context.Context, string) ([]notice.Version, error) {
	s.reads++
	v := noticetest.Version("We keep your name.\n", "<p>We keep your name.</p>")
	v.Policy, v.Name, v.Effective = "privacy", "v1", "2026-01-01"
	v.Approval = &notice.Approval{By: "Ada", Hash: v.ContentHash()}
	return []notice.Version{v}, nil
}

func (s *crowd) Run(context.Context, notice.RunID) (notice.Run, error) {
	return s.run, notice.NotFound("no run")
}

func (s *crowd) AddRun(_ context.Context, r notice.Run) error {
	s.run = r
	return nil
}

func (s *crowd) OpenRuns(context.Context) ([]notice.Run, error) {
	s.reads++
	return []notice.Run{s.run}, nil
}

func (s *crowd) ListRuns(ctx context.Context) ([]notice.Run, error) { return s.OpenRuns(ctx) }

func (s *crowd) SaveRun(_ context.Context, r notice.Run) (notice.Run, error) {
	s.writes++
	r.Rev++
	s.run = r
	return r, nil
}

func (s *crowd) Tally(context.Context, notice.RunID) (notice.Tally, error) {
	s.reads++
	return notice.Tally{Accepted: s.left}, nil
}

func (s *crowd) Document(_ context.Context, kind, id string, v any) (int64, error) {
	s.reads++
	body, ok := s.documents[kind+id]
	if !ok {
		return 0, notice.NotFound("no %s", kind)
	}
	return s.revs[kind+id], json.Unmarshal(body, v)
}

func (s *crowd) SaveDocument(_ context.Context, kind, id string, v any, rev int64) (int64, error) {
	s.writes++
	body, err := json.Marshal(v)
	s.documents[kind+id], s.revs[kind+id] = body, rev+1
	return rev + 1, err
}

func nameOf(n int) notice.RecipientID { return notice.RecipientID(strconv.Itoa(n)) }

func numberOf(id notice.RecipientID) int {
	n, _ := strconv.Atoi(string(id))
	return n
}

// DueRecipients is read by the planner, and once more by every pass: everybody stays
// due here, so that the audit has everybody to look at.
func (s *crowd) DueRecipients(_ context.Context, _, _ notice.Date, cursor string, limit int) (page []notice.RecipientID, next string, err error) {
	s.pages++
	from, _ := strconv.Atoi(cursor)
	to := min(from+limit, s.people)
	for n := from; n < to; n++ {
		page = append(page, nameOf(n))
	}
	if to < s.people {
		next = fmt.Sprint(to)
	}
	return page, next, nil
}

// Deliveries is called for several chunks at once.
func (s *crowd) Deliveries(_ context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	lines := make(map[notice.RecipientID]notice.Delivery, len(ids))
	for _, id := range ids {
		if s.sent[numberOf(id)] {
			lines[id] = notice.Delivery{Run: run, Recipient: id, State: notice.Sent}
		}
	}
	s.mu.Lock()
	s.lookups++
	s.mu.Unlock()
	return lines, nil
}

func (s *crowd) CountDeliveries(context.Context, notice.RunID) (notice.Counts, error) {
	return notice.Counts{notice.Sent: s.left}, nil
}

func (s *crowd) UnresolvedDeliveries(context.Context, notice.DeliveryState, time.Time, string, int) ([]notice.Delivery, string, error) {
	s.reads++
	return nil, "", nil
}

func (s *crowd) CountUnresolved(context.Context) (map[notice.RunID]notice.Counts, error) {
	s.reads++
	return nil, nil
}

func (s *crowd) Enqueue(_ context.Context, slices []delivery.Slice, _ time.Duration) error {
	for _, slice := range slices {
		s.slices++
		for _, id := range slice.Recipients {
			n := numberOf(id)
			if s.sent[n] {
				s.again++
			} else {
				s.sent[n] = true
				s.left++
				s.perHour[s.now.Unix()/3600]++
			}
		}
	}
	return nil
}

// Account counts what was sent in the last 24 hours, by the hour.
func (s *crowd) Account(context.Context) (delivery.Account, error) {
	a := s.account
	for hour, n := range s.perHour {
		if hour > s.now.Unix()/3600-24 {
			a.SentLast24Hours += n
		} else {
			delete(s.perHour, hour)
		}
	}
	return a, nil
}
