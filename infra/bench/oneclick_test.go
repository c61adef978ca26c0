package bench

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"go.etcd.io/bbolt"

	"policymail/shared/handlers"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
	"policymail/shared/token"
	"policymail/shared/web"
)

// BenchmarkOneClick posts the unsubscribe links of different people, as an HTTP API
// hands them to the function: 200 once the opt-out and its history are on the disk. The
// floor is one durable write of as many records.
func BenchmarkOneClick(b *testing.B) {
	const people = 1000
	for b.Loop() {
		db, err := bolt.Open(filepath.Join(b.TempDir(), "db"), true)
		must(b, err)
		st := newStage(b, db)
		ids := st.people(b, people)
		clock := func() time.Time { return now }
		links := token.Links{Base: "https://privacy.example.com", Keys: st.keys, Now: clock}
		site := web.Site{Store: db, Preferences: privacy.Preferences{Store: db, LeadDays: settings.LeadDays, Now: clock}, Keys: st.keys, Links: links,
			Policy: "privacy", Company: "Example Company", Now: clock, Log: discard}
		handler := lambda.NewHandler(handlers.Web(site.Handler()))
		var events [][]byte
		for _, id := range ids {
			events = append(events, click(b, st.keys, id))
		}
		posts := times(people, func(i int) {
			if answer := answered(b, handler, events[i]); answer.StatusCode != http.StatusOK {
				b.Fatalf("%d %s", answer.StatusCode, answer.Body)
			}
		})
		person, err := db.Recipient(ctx, ids[people-1])
		must(b, err)
		if person.OptOut != notice.OptOutAll {
			b.Fatalf("%+v", person)
		}
		repeats := times(people, func(i int) { answered(b, handler, events[i]) })
		must(b, db.Close())
		floor := bareWrites(b, people)
		report("one-click POST", fmt.Sprintf("p50 %v, p99 %v", at(posts, 50), at(posts, 99)), fmt.Sprintf("p50 %v, p99 %v: one durable write", at(floor, 50), at(floor, 99)),
			ratio(at(posts, 50), at(floor, 50)))
		report("  repeated (no write)", fmt.Sprintf("p50 %v, p99 %v", at(repeats, 50), at(repeats, 99)), "", 0)
		b.ReportMetric(float64(at(posts, 99).Microseconds()), "p99-µs")
	}
}

// click is the event of a one-click POST (HTTP API payload 2.0, the body in base64).
func click(b testing.TB, keys *token.Keys, id notice.RecipientID) []byte {
	path := "/u/" + keys.Sign(token.Claims{Purpose: token.Unsubscribe, Recipient: id, Run: "annual-2026-11-24"})
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"},
		Body: base64.StdEncoding.EncodeToString([]byte("List-Unsubscribe=One-Click")), IsBase64Encoded: true}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.Path = http.MethodPost, path
	out, err := json.Marshal(e)
	must(b, err)
	return out
}

func answered(b testing.TB, h lambda.Handler, event []byte) (answer events.APIGatewayV2HTTPResponse) {
	out, err := h.Invoke(ctx, event)
	must(b, err)
	must(b, json.Unmarshal(out, &answer))
	return answer
}

// times runs f n times and returns how long each took, in order of length.
func times(n int, f func(i int)) []time.Duration {
	all := make([]time.Duration, n)
	for i := range all {
		start := time.Now()
		f(i)
		all[i] = time.Since(start)
	}
	slices.Sort(all)
	return all
}

// at is a percentile.
func at(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)-1)*percent/100].Round(time.Microsecond)
}

func bareWrites(b *testing.B, n int) []time.Duration {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	must(b, err)
	defer db.Close()
	must(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("all")); return err }))
	record := make([]byte, 300)
	return times(n, func(i int) {
		must(b, db.Update(func(tx *bbolt.Tx) error {
			for _, kind := range []string{"person", "event"} {
				if err := tx.Bucket([]byte("all")).Put(fmt.Appendf(nil, "%s-%d", kind, i), record); err != nil {
					return err
				}
			}
			return nil
		}))
	})
}
