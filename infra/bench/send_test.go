package bench

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"policymail/shared/notice"
	"policymail/shared/store/bolt"
)

// BenchmarkSend sends a run on the embedded store, each claim and each record on the
// disk before the next step: from the pacer's tick to the audit that finds no gap, and
// with SES's events. The floor writes the same messages and puts two durable records
// for each, no questions asked.
func BenchmarkSend(b *testing.B) {
	const people = 1000
	for b.Loop() {
		db, err := bolt.Open(filepath.Join(b.TempDir(), "db"), true)
		must(b, err)
		st := newStage(b, db)
		ids := st.people(b, people)
		run := st.open(b)
		must(b, st.pacer.Tick(ctx))
		send := spend(people, func() { st.drain(b) })
		counts, err := db.CountDeliveries(ctx, run.ID)
		must(b, err)
		if counts[notice.Sent] != people {
			b.Fatalf("sent %v", counts)
		}
		whole := spend(people, func() { st.play(b, run.ID, func(int, int) {}) })
		must(b, db.Close())
		floor := spend(people, func() { bareSend(b, st, run, ids) })
		b.ReportMetric(send.perSecond(), "recipients/s")
		report("send, embedded store", fmt.Sprintf("%.0f recipients a second, %.1f CPU s for 100,000", send.perSecond(), send.cpuEach().Seconds()*1e5),
			fmt.Sprintf("%.0f, %.1f CPU s: render and two durable puts", floor.perSecond(), floor.cpuEach().Seconds()*1e5), ratio(send.wall, floor.wall))
		report("  and its events and audit", fmt.Sprintf("%.0f recipients a second, %.1f CPU s more for 100,000", whole.perSecond(), whole.cpuEach().Seconds()*1e5), "", 0)
	}
}

// bareSend is the floor: for each person a message and two records, each synced, by as
// many workers.
func bareSend(b *testing.B, st *stage, run notice.Run, ids []notice.RecipientID) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	must(b, err)
	defer db.Close()
	must(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("deliveries")); return err }))
	v := version()
	work := make(chan notice.RecipientID)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for id := range work {
				if _, _, err := st.letters.Write(run, v, notice.Recipient{ID: id, Address: "ada@example.com", Name: "Ada Example", Locale: "en"}); err != nil {
					b.Error(err)
				}
				for _, state := range []notice.DeliveryState{notice.Claimed, notice.Sent} {
					record, _ := json.Marshal(notice.Delivery{Run: run.ID, Recipient: id, State: state, ClaimedAt: now, SentAt: now, UpdatedAt: now, Version: v.Name, Locale: "en"})
					if err := db.Update(func(tx *bbolt.Tx) error {
						return tx.Bucket([]byte("deliveries")).Put([]byte(string(run.ID)+"\x00"+string(id)), record)
					}); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	group.Wait()
}
