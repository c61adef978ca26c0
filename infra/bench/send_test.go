package bench

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"policymail/shared/delivery"
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
		st.people(b, people)
		run := st.open(b)
		must(b, st.pacer.Tick(ctx))
		// In turn, a fifth at a time: what else runs on the machine disturbs both alike.
		var send, floor cost
		queued, bare := st.queue, openBare(b)
		for part := range slices.Chunk(queued, len(queued)/5) {
			st.queue = part
			send = send.plus(spend(len(part)*settings.SliceSize, func() { st.drain(b) }))
			floor = floor.plus(spend(len(part)*settings.SliceSize, func() { bareSend(b, bare, st, run, part) }))
		}
		must(b, bare.Close())
		counts, err := db.CountDeliveries(ctx, run.ID)
		must(b, err)
		if counts[notice.Sent] != people {
			b.Fatalf("sent %v", counts)
		}
		whole := spend(people, func() { st.play(b, run.ID, func(int, int) {}) })
		must(b, db.Close())
		b.ReportMetric(send.perSecond(), "recipients/s")
		report("send, embedded store", fmt.Sprintf("%.0f recipients a second, %.1f CPU s for 100,000", send.perSecond(), send.cpuEach().Seconds()*1e5),
			fmt.Sprintf("%.0f, %.1f CPU s: render and two durable puts", floor.perSecond(), floor.cpuEach().Seconds()*1e5), ratio(send.wall, floor.wall))
		report("  and its events and audit", fmt.Sprintf("%.0f recipients a second, %.1f CPU s more for 100,000", whole.perSecond(), whole.cpuEach().Seconds()*1e5), "", 0)
	}
}

func openBare(b *testing.B) *bbolt.DB {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	must(b, err)
	must(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(bareBucket); return err }))
	return db
}

var bareBucket = []byte("all")

// bareSend is the floor: for each person a message and two records, each synced, by as
// many workers.
func bareSend(b *testing.B, db *bbolt.DB, st *stage, run notice.Run, part []delivery.Slice) {
	v := version()
	work := make(chan delivery.Slice)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for slice := range work {
				for _, id := range slice.Recipients {
					if _, _, err := st.letters.Write(run, v, notice.Recipient{ID: id, Address: "ada@example.com", Name: "Ada Example", Locale: "en"}); err != nil {
						b.Error(err)
					}
					for _, state := range []notice.DeliveryState{notice.Claimed, notice.Sent} {
						record, _ := json.Marshal(notice.Delivery{Run: run.ID, Recipient: id, State: state, ClaimedAt: now, SentAt: now, UpdatedAt: now, Version: v.Name, Locale: "en"})
						if err := db.Update(func(tx *bbolt.Tx) error {
							return tx.Bucket(bareBucket).Put([]byte(string(run.ID)+"\x00"+string(id)), record)
						}); err != nil {
							b.Error(err)
						}
					}
				}
			}
		})
	}
	for _, slice := range part {
		work <- slice
	}
	close(work)
	group.Wait()
}
