package local_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	"policymail/infra/local"
	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
	"policymail/shared/report"
)

// stack is a running local policymail as its users reach it: over HTTP.
type stack struct {
	t   *testing.T
	url string
}

func start(t *testing.T, o local.Options) stack {
	t.Helper()
	o.Addr, o.Out = "127.0.0.1:0", io.Discard
	if o.SESRate == 0 {
		o.SESRate, o.SESQuota = 500, -1
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := local.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); s.Close() })
	return stack{t, s.URL}
}

func (s stack) http(method, path, contentType, body string) (int, string) {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.url + path
	}
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return w.StatusCode, string(answer)
}

func (s stack) operate(command string, args, result any) *notice.Error {
	s.t.Helper()
	event, err := operate.Encode(command, args)
	if err != nil {
		s.t.Fatal(err)
	}
	code, body := s.http("POST", "/2015-03-31/functions/policymail-operate/invocations", "application/json", string(event))
	err = operate.Decode([]byte(body), result)
	var forPeople *notice.Error
	if code != 200 || err != nil && !errors.As(err, &forPeople) {
		s.t.Fatalf("%s: %d %s", command, code, body)
	}
	return forPeople
}

func (s stack) importPeople(n int) {
	s.t.Helper()
	var csv strings.Builder
	csv.WriteString("email,locale,last_notified_on\n")
	for i := range n {
		fmt.Fprintf(&csv, "p%d@example.com,de,2025-01-01\n", i)
	}
	var upload operate.Upload
	s.operate("import-start", operate.ImportArgs{}, &upload)
	if code, body := s.http("PUT", upload.URL, "text/csv", csv.String()); code != 200 {
		s.t.Fatal(code, body)
	}
	s.until("the import", func() bool {
		var status imports.Status
		s.operate("import-status", operate.ImportStatusArgs{ID: upload.ID}, &status)
		return status.State == "done" && status.Report.Added == n
	})
}

func (s stack) until(what string, done func() bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s did not end", what)
		}
	}
}

func (s stack) publish(version, text string) publish.Result {
	s.t.Helper()
	var r publish.Result
	err := s.operate("publish", publish.Publication{Policy: "privacy", Version: version, Effective: "2027-01-01", SourceName: "p.md", By: "Ada",
		Source: []byte("# Privacy policy\n\nWe keep your address for sending this. " + text), Summary: map[string]string{"en": "New: " + text}}, &r)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s stack) status(run notice.RunID) report.RunStatus {
	s.t.Helper()
	var all []report.RunStatus
	if err := s.operate("status", operate.RunArgs{Run: run}, &all); err != nil {
		s.t.Fatal(err)
	}
	return all[0]
}

type message struct{ ID, To, Subject string }

func (s stack) messages() (all []message) {
	_, body := s.http("GET", "/_local/messages", "", "")
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

func TestStoryOverHTTP(t *testing.T) {
	s := start(t, local.Options{})
	if code, _ := s.http("GET", "/readyz", "", ""); code != 200 {
		t.Fatal("not ready")
	}
	s.importPeople(20)
	s.publish("1.0", "")
	s.http("POST", "/_local/clock", "", `{"advance":"48h"}`)
	if got := s.messages(); len(got) != 20 || !strings.Contains(got[0].Subject, "Example Company") {
		t.Fatalf("%d annual reviews left: %v", len(got), got)
	}
	// A mailbox provider unsubscribes one person by the link in the header.
	_, raw := s.http("GET", "/_local/messages/"+s.messages()[0].ID, "", "")
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	link := strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")
	s.http("GET", link, "", "") // a scanner
	if code, body := s.http("POST", link, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); code != 200 {
		t.Fatal(code, body)
	}
	change := s.publish("1.1", "And your phone number.")
	if err := s.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada"}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if got := s.status(change.Run); got.State != notice.Waiting {
		t.Fatalf("a dry run changed the run: %+v", got)
	}
	s.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada", Yes: true}, &struct{}{})
	s.until("the run", func() bool { return s.status(change.Run).State == notice.Done })
	if got := s.status(change.Run); got.Skipped != 1 || got.NotSent != 1 || got.Audience != 20 {
		t.Errorf("status %+v", got)
	}
	if got := s.messages(); len(got) != 39 {
		t.Errorf("%d messages left, want 39", len(got))
	}
	// A year later everybody willing is reminded again, once.
	s.http("POST", "/_local/clock", "", `{"advance":"8760h"}`)
	if got := s.messages(); len(got) != 39+19 {
		t.Errorf("%d messages left after a year, want %d", len(got), 39+19)
	}
}

// With everything going wrong over HTTP that can, nobody gets a message twice and
// nobody is lost: what really left is read from the inbox, not from our ledger. Events
// are late and doubled, not lost: a message whose answer and events are all lost may be
// sent again, and only TestChaos can tell which those are.
func TestFaults(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := start(t, local.Options{SESRate: 100000, SESQuota: -1})
			s.importPeople(500)
			s.publish("1.0", "")
			change := s.publish("1.1", "And your phone number.")
			plan := fmt.Sprintf(`{"seed":%d,"ses":{"throttle":0.05,"reject":0.01,"fail_before":0.02,"fail_after":0.02},"worker":{"kill":0.02},`+
				`"queue":{"redeliver":0.05},"events":{"duplicate":0.1,"delay":"30s"}}`, seed)
			if code, body := s.http("POST", "/_local/faults", "", plan); code != 200 {
				t.Fatal(body)
			}
			s.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada", Yes: true}, &struct{}{})
			s.http("POST", "/_local/clock", "", `{"advance":"12h"}`)
			s.http("POST", "/_local/faults", "", `{}`)
			s.http("POST", "/_local/clock", "", `{"advance":"72h"}`)
			got := s.status(change.Run)
			if got.State != notice.Done || got.Pending != 0 || got.Claimed+got.Retry+got.Unknown != 0 {
				t.Fatalf("seed %d: the run did not end: %+v", seed, got)
			}
			if sum := got.Sent + got.Delivered + got.Bounced + got.Complained + got.Skipped + got.Failed + got.Held; sum != 500 {
				t.Errorf("seed %d: %d people are accounted for: %+v", seed, sum, got)
			}
			left := map[string]int{}
			for _, m := range s.messages() {
				if strings.Contains(m.Subject, "ändert") { // the change, not the annual review of whom it failed to reach
					left[m.To]++
				}
			}
			for who, n := range left {
				if n > 1 {
					t.Errorf("seed %d: %s left %d times", seed, who, n)
				}
			}
			if accepted := got.Sent + got.Delivered; accepted > len(left) || accepted+got.Held < len(left) {
				t.Errorf("seed %d: %d messages left, the ledger says %d and holds %d", seed, len(left), accepted, got.Held)
			}
		})
	}
}

// People unsubscribe while a run is under way: whoever was acknowledged before their
// turn gets nothing, and how long the effect takes is measured.
func TestOptOutInTheMiddleOfARun(t *testing.T) {
	const people = 150
	s := start(t, local.Options{SESRate: 60, SESQuota: -1})
	s.importPeople(people)
	s.publish("1.0", "")
	s.http("POST", "/_local/clock", "", `{"advance":"48h"}`) // the annual reviews: everybody has a link
	links := map[string]string{}
	for _, m := range s.messages() {
		_, raw := s.http("GET", "/_local/messages/"+m.ID, "", "")
		parsed, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		links[m.To] = strings.Trim(strings.Split(parsed.Header.Get("List-Unsubscribe"), ",")[0], "<>")
	}
	if len(links) != people {
		t.Fatalf("%d people have a link", len(links))
	}
	change := s.publish("1.1", "And your phone number.")
	s.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada", Yes: true}, &struct{}{})
	s.until("the beginning", func() bool { return len(s.messages()) > people+5 })
	// Everybody who has nothing yet unsubscribes, one after the other, until all are through.
	acknowledged, slowest := map[string]time.Time{}, time.Duration(0)
	for to, link := range links {
		began := time.Now()
		if code, body := s.http("POST", link, "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"); code != 200 {
			t.Fatal(code, body)
		}
		slowest = max(slowest, time.Since(began))
		var clock struct{ Now time.Time }
		_, now := s.http("GET", "/_local/clock", "", "")
		if err := json.Unmarshal([]byte(now), &clock); err != nil {
			t.Fatal(err)
		}
		acknowledged[to] = clock.Now
	}
	s.until("the run", func() bool { return s.status(change.Run).State == notice.Done })
	var sent []struct {
		To   string
		Date time.Time
	}
	_, list := s.http("GET", "/_local/messages", "", "")
	if err := json.Unmarshal([]byte(list), &sent); err != nil {
		t.Fatal(err)
	}
	late, longest := 0, time.Duration(0)
	for _, m := range sent {
		if after := m.Date.Sub(acknowledged[m.To]); after > 0 {
			late++
			longest = max(longest, after)
		}
	}
	spared := 2*people - len(sent)
	t.Logf("%d of %d were spared; a POST took %s at most; %d messages left after an acknowledgement, the last %s after it", spared, people, slowest, late, longest)
	// What was claimed before the acknowledgement may still be on its way.
	if longest > time.Second {
		t.Errorf("%d messages left after the opt-out was acknowledged, up to %s after it", late, longest)
	}
	if got := s.status(change.Run); spared == 0 || got.Skipped != spared {
		t.Errorf("%d were spared, the run says %+v", spared, got)
	}
}

func TestDataIsKept(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o := local.Options{Addr: "127.0.0.1:0", Data: folder, SESRate: 500, SESQuota: -1, Out: io.Discard}
	first, err := local.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	before := stack{t, first.URL}
	before.publish("1.0", "")
	before.operate("preview", operate.PreviewArgs{Kind: "annual", Policy: "privacy", To: "ada@example.com"}, &operate.Preview{})
	before.http("POST", "/_local/clock", "", `{"advance":"1000h"}`)
	_, messages := before.http("GET", "/_local/messages", "", "")
	_, clock := before.http("GET", "/_local/clock", "", "")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, local.Options{Data: folder})
	if code, body := second.http("GET", "/policy/privacy/1.0", "", ""); code != 200 {
		t.Errorf("%d %s", code, body)
	}
	if _, again := second.http("GET", "/_local/messages", "", ""); again != messages || !strings.Contains(again, "ada@example.com") {
		t.Errorf("messages before %s, after %s", messages, again)
	}
	if _, now := second.http("GET", "/_local/clock", "", ""); now < clock {
		t.Errorf("time went back from %s to %s", clock, now)
	}
}

// The account remembers over a restart what it sent, and waits for its quota without
// looking every second.
func TestQuotaOutlivesARestart(t *testing.T) {
	o := local.Options{Addr: "127.0.0.1:0", Data: t.TempDir(), SESRate: 500, SESQuota: 20, Out: io.Discard}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first, err := local.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	before := stack{t, first.URL}
	before.importPeople(40)
	before.publish("1.0", "")
	change := before.publish("1.1", "And your phone number.")
	before.operate("approve", operate.ApproveArgs{Run: change.Run, By: "Ada", Yes: true}, &struct{}{})
	before.http("POST", "/_local/clock", "", `{"advance":"1h"}`)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	after := start(t, o)
	after.http("POST", "/_local/clock", "", `{"advance":"1h"}`)
	if n := len(after.messages()); n != 16 { // four fifths of the quota
		t.Errorf("%d messages left in one day", n)
	}
	after.http("POST", "/_local/clock", "", `{"advance":"72h"}`)
	told := 0
	for _, m := range after.messages() {
		if strings.Contains(m.Subject, "ändert") { // not the annual review of whom it had not reached
			told++
		}
	}
	if n := len(after.messages()); told != 40 || n > 64 {
		t.Errorf("%d messages left in four days, %d of the change", n, told)
	}
}

// A part of an import that waits in a queue is done after a restart.
func TestQueuesAreKept(t *testing.T) {
	folder := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	first, err := local.Start(ctx, local.Options{Addr: "127.0.0.1:0", Data: folder, SESRate: 500, SESQuota: -1, Out: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	before := stack{t, first.URL}
	before.http("POST", "/_local/faults", "", `{"queue":{"redeliver":1}}`) // everything comes again later
	before.importPeople(1)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := start(t, local.Options{Data: folder})
	if _, queues := second.http("GET", "/_local/queues", "", ""); !strings.Contains(queues, `"imports":{"waiting":2`) {
		t.Errorf("queues %s", queues)
	}
}

// At whatever time of day somebody tries it.
func TestDemo(t *testing.T) {
	for _, hour := range []string{"00:30:00", "02:59:59", "03:00:00", "14:00:00", "23:59:59"} {
		t.Run(hour, func(t *testing.T) {
			t.Parallel()
			start, err := time.Parse(time.DateTime, "2028-02-28 "+hour)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			demo(t, func() time.Time { return start.Add(time.Since(begin)) })
		})
	}
}

func demo(t *testing.T, clock func() time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	var out bytes.Buffer
	done := make(chan error)
	go func() {
		done <- local.Run(ctx, local.Options{Addr: "127.0.0.1:0", Demo: true, SESRate: 500, SESQuota: -1, Now: clock, Out: writer{func(p []byte) {
			out.Write(p)
			if bytes.Contains(p, []byte("Ctrl-C")) {
				cancel()
			}
		}}})
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "200 OK") || !strings.Contains(out.String(), "change-privacy-3_0  done   6         5         1        1") {
		t.Errorf("the demo says:\n%s", out.String())
	}
}

type writer struct{ f func([]byte) }

func (w writer) Write(p []byte) (int, error) { w.f(p); return len(p), nil }

func TestBadRequests(t *testing.T) {
	s := start(t, local.Options{})
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/_local/clock", `{"advance":"-1h"}`}, {"POST", "/_local/clock", `{}x`}, {"POST", "/_local/faults", `{"ses":{"throttle":2}}`},
		{"POST", "/_local/faults", `{"sess":{}}`}, {"POST", "/2015-03-31/functions/nothing/invocations", `{}`}, {"GET", "/_local/messages/none", ""},
	} {
		if code, body := s.http(c.method, c.path, "", c.body); c.body != `{}x` && (code < 400 || code >= 500) {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, code, body)
		}
	}
	for command, args := range map[string]any{"approve": operate.ApproveArgs{Run: "none", By: "Ada"}, "status": operate.RunArgs{Run: "none"},
		"recipient-show": operate.PersonArgs{Address: "nobody@example.com"}, "nonsense": operate.None{}} {
		if err := s.operate(command, args, &struct{}{}); err == nil || err.Message == "" {
			t.Errorf("%s: %v", command, err)
		}
	}
}
