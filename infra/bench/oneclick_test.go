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
		rights := privacy.NewRights(db, nil, nil, privacy.Terms{ID: st.keys.RecipientID, LeadDays: settings.LeadDays, Now: clock, Log: discard})
		site := web.Site{Store: db, Rights: rights, Keys: st.keys, Links: links,
			Policy: "privacy", Company: "Example Company", Now: clock, Log: discard}
		handler := lambda.NewHandler(handlers.Web(site.Handler()))
		var events [][]byte
		for _, id := range ids {
			events = append(events, click(b, st.keys, id))
		}
		floorDB := openBare(b)
		var posts, floor []time.Duration
		for i := range people { // in turn
			posts = append(posts, timed(func() {
				if answer := answered(b, handler, events[i]); answer.StatusCode != http.StatusOK {
					b.Fatalf("%d %s", answer.StatusCode, answer.Body)
				}
			}))
			floor = append(floor, timed(func() { bareWrite(b, floorDB, i) }))
		}
		must(b, floorDB.Close())
		person, err := db.Recipient(ctx, ids[people-1])
		must(b, err)
		if person.OptOut != notice.OptOutAll {
			b.Fatalf("%+v", person)
		}
		var repeats []time.Duration
		for i := range people {
			repeats = append(repeats, timed(func() { answered(b, handler, events[i]) }))
		}
		must(b, db.Close())
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

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// at is a percentile.
func at(all []time.Duration, percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)*percent/100].Round(time.Microsecond)
}

// bareWrite puts as many bytes as a change and its history, and syncs.
func bareWrite(b testing.TB, db *bbolt.DB, i int) {
	record := make([]byte, 300)
	must(b, db.Update(func(tx *bbolt.Tx) error {
		for _, kind := range []string{"person", "event"} {
			if err := tx.Bucket(bareBucket).Put(fmt.Appendf(nil, "%s-%d", kind, i), record); err != nil {
				return err
			}
		}
		return nil
	}))
}
