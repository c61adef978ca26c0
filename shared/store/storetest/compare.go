package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"policymail/shared/notice"
	"policymail/shared/store"
)

// Compare plays random operations, with ids that collide and revs that are stale,
// against two stores at once. Every answer must be the same, and in the end both
// must hold the same. open returns two empty stores and what closes them; a store
// with a method Reopen() error is reopened now and then.
func Compare(t *testing.T, open func(t *rapid.T) (a, b store.Store, close func())) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b, end := open(rt)
		defer end()
		g := &game{T: rt, a: a, b: b}
		rt.Repeat(map[string]func(*rapid.T){
			"import": g.importPeople, "change": g.changePerson, "change again": g.changePerson, "move": g.movePerson, "record notice": g.recordNotice, "take back notice": g.takeBackNotice, "move due": g.moveDue,
			"read": g.readPeople, "claim": g.claim, "claim again": g.claim, "record delivery": g.recordDelivery,
			"move delivery": g.moveDelivery, "move delivery again": g.moveDelivery, "forget": g.forget,
			"add version": g.addVersion, "decide": g.decide, "add run": g.addRun, "save run": g.saveRun, "add tally": g.addTally,
			"save document": g.saveDocument,
			"add request":   g.addRequest, "save request": g.saveRequest, "forget events": g.forgetEvents,
			"stray cursor": g.strayCursor, "list": func(*rapid.T) { g.list() }, "reopen": func(*rapid.T) { g.reopen() },
		})
		g.list()
	})
}

// game is one play. It remembers what was read, to write it back when it is stale.
type game struct {
	*rapid.T
	a, b   store.Store
	people []notice.Recipient
	lines  []notice.Delivery
	runs   []notice.Run
	asked  []notice.Request
	events int
}

// both asks both stores and returns what both answered.
func both[T any](g *game, what string, ask func(s store.Store) (T, error)) (T, bool) {
	g.Helper()
	fromA, errA := ask(g.a)
	fromB, errB := ask(g.b)
	if codeOf(errA) != codeOf(errB) {
		g.Fatalf("%s: error %v of the one, %v of the other", what, errA, errB)
	}
	if codeOf(errA) == "internal" {
		g.Fatalf("%s: %v, %v", what, errA, errB)
	}
	if d := gocmp.Diff(fromA, fromB, cmpopts.EquateEmpty()); d != "" {
		g.Fatalf("%s (-the one +the other):\n%s", what, d)
	}
	return fromA, errA == nil
}

// codeOf is what a caller can tell errors apart by.
func codeOf(err error) notice.Code {
	var known *notice.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.Code
	}
	return "internal"
}

// done asks for nothing but the error.
func done(g *game, what string, do func(s store.Store) error) {
	g.Helper()
	both(g, what, func(s store.Store) (struct{}, error) { return struct{}{}, do(s) })
}

var (
	someone   = rapid.Map(rapid.IntRange(0, 5), func(n int) notice.RecipientID { return notice.RecipientID(fmt.Sprintf("p%d", n)) })
	someRun   = rapid.SampledFrom([]notice.RunID{"annual-2026-11-24", "change-privacy-2_0", "change-privacy-2"})
	someDay   = rapid.Map(rapid.IntRange(0, 4), func(n int) notice.Date { return notice.Date("2026-11-28").AddDays(n) })
	someTime  = rapid.Map(rapid.IntRange(0, 6), func(n int) time.Time { return now.Add(time.Duration(n)*time.Hour + time.Duration(n%3)) })
	noTime    = rapid.OneOf(rapid.Just(time.Time{}), someTime)
	noDay     = rapid.OneOf(rapid.Just(notice.Date("")), someDay)
	word      = rapid.SampledFrom([]string{"", "", "de", "Zoë Example", `"quoted"`, "<b>"})
	someState = rapid.SampledFrom(notice.DeliveryStates)
	someLimit = rapid.SampledFrom([]int{1, 2, 3, 100})
)

func (g *game) importPeople(t *rapid.T) {
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) notice.Imported {
		id := someone.Draw(t, "id")
		return notice.Imported{ID: id, Address: string(id) + "@example.com", Name: word.Draw(t, "name"), Locale: word.Draw(t, "locale"), Source: word.Draw(t, "source"),
			ConsentAt: noTime.Draw(t, "consent"), LastNotified: noTime.Draw(t, "last notified"), At: someTime.Draw(t, "at")}
	}), 0, 4).Draw(t, "rows")
	both(g, "ImportRecipients", func(s store.Store) ([]notice.Outcome, error) { return s.ImportRecipients(ctx, rows, lead) })
}

// person reads somebody, or takes what was read of somebody before.
func (g *game) person(t *rapid.T) notice.Recipient {
	if len(g.people) > 0 && rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
		return rapid.SampledFrom(g.people).Draw(t, "as read before")
	}
	id := someone.Draw(t, "id")
	r, ok := both(g, "Recipient", func(s store.Store) (notice.Recipient, error) { return s.Recipient(ctx, id) })
	if !ok {
		return notice.Recipient{ID: id, Rev: int64(rapid.IntRange(0, 1).Draw(t, "rev"))}
	}
	g.people = append(g.people, r)
	return r
}

func (g *game) changePerson(t *rapid.T) {
	before, after, e := g.change(t)
	done(g, "ChangeRecipient", func(s store.Store) error { return s.ChangeRecipient(ctx, before, after, e) })
}

func (g *game) movePerson(t *rapid.T) {
	before, after, e := g.change(t)
	there := g.person(t)
	if there.ID == before.ID {
		return // nobody moves to the address they have
	}
	next := notice.Recipient{Status: notice.Moved, MovedTo: before.ID, Alias: someone.Draw(t, "alias there")}
	done(g, "MoveRecipient", func(s store.Store) error { return s.MoveRecipient(ctx, before, after, e, there, next) })
}

// change makes up a change of somebody, with its line of history.
func (g *game) change(t *rapid.T) (before, after notice.Recipient, e notice.PreferenceEvent) {
	before = g.person(t)
	after = before
	after.Status = rapid.SampledFrom([]notice.Status{notice.Active, notice.Active, notice.Bounced, notice.Complained, notice.Erased, notice.Moved}).Draw(t, "status")
	after.Restricted, after.MovedTo, after.Alias = rapid.Bool().Draw(t, "restricted"), "", ""
	if after.Status == notice.Moved {
		after.MovedTo, after.Alias = someone.Draw(t, "moved to"), someone.Draw(t, "alias")
	}
	after.OptOut = notice.OptOut{Annual: rapid.Bool().Draw(t, "annual"), Change: rapid.Bool().Draw(t, "change")}
	after.Due, after.Name, after.Locale = noDay.Draw(t, "due"), word.Draw(t, "name"), word.Draw(t, "locale")
	after.NameCorrectedAt, after.LocaleCorrectedAt = noTime.Draw(t, "name corrected"), noTime.Draw(t, "locale corrected")
	after.ConsentAt, after.ImportedAt = noTime.Draw(t, "consent"), noTime.Draw(t, "imported")
	after.LastNotice, after.LastRun = noTime.Draw(t, "last notice"), "not written"
	g.events++
	id := fmt.Sprintf("e%03d", g.events)
	if rapid.IntRange(0, 5).Draw(t, "event id collides") == 0 {
		id = "e001"
	}
	return before, after, notice.PreferenceEvent{ID: id, Recipient: before.ID, At: someTime.Draw(t, "at"), Way: notice.ByPage, Run: someRun.Draw(t, "run"), Before: before.Standing(), After: after.Standing()}
}

func (g *game) recordNotice(t *rapid.T) {
	id, run, at, due := someone.Draw(t, "id"), someRun.Draw(t, "run"), someTime.Draw(t, "at"), noDay.Draw(t, "due")
	done(g, "RecordNotice", func(s store.Store) error { return s.RecordNotice(ctx, id, run, at, due) })
}

func (g *game) takeBackNotice(t *rapid.T) {
	id, run, to, due := someone.Draw(t, "id"), someRun.Draw(t, "run"), noTime.Draw(t, "to"), noDay.Draw(t, "due")
	done(g, "TakeBackNotice", func(s store.Store) error { return s.TakeBackNotice(ctx, id, run, to, due) })
}

func (g *game) moveDue(t *rapid.T) {
	id, due := someone.Draw(t, "id"), noDay.Draw(t, "due")
	done(g, "MoveDue", func(s store.Store) error { return s.MoveDue(ctx, id, due) })
}

func (g *game) readPeople(t *rapid.T) {
	ids := rapid.SliceOfN(someone, 0, 8).Draw(t, "ids")
	both(g, "Recipients", func(s store.Store) (map[notice.RecipientID]notice.Recipient, error) { return s.Recipients(ctx, ids) })
}

// line makes up what a delivery may be.
func line(t *rapid.T, run notice.RunID, id notice.RecipientID, state notice.DeliveryState) notice.Delivery {
	return notice.Delivery{Run: run, Recipient: id, State: state, Reason: word.Draw(t, "reason"), Attempt: rapid.IntRange(0, 2).Draw(t, "attempt"),
		LeaseUntil: noTime.Draw(t, "lease"), SettleAfter: noTime.Draw(t, "settle after"), SentAt: noTime.Draw(t, "sent"), UpdatedAt: someTime.Draw(t, "updated"),
		MessageID: word.Draw(t, "message"), Version: word.Draw(t, "version"), Locale: word.Draw(t, "locale"), Left: rapid.Bool().Draw(t, "left")}
}

type claimed struct {
	Line notice.Delivery
	OK   bool
}

func (g *game) claim(t *rapid.T) {
	r := g.person(t)
	d := line(t, someRun.Draw(t, "run"), r.ID, notice.Claimed)
	got, _ := both(g, "Claim", func(s store.Store) (claimed, error) {
		l, ok, err := s.Claim(ctx, d, r.Rev)
		return claimed{l, ok}, err
	})
	if got.Line.State != "" {
		g.lines = append(g.lines, got.Line)
	}
}

func (g *game) recordDelivery(t *rapid.T) {
	d := line(t, someRun.Draw(t, "run"), someone.Draw(t, "id"), someState.Draw(t, "state"))
	both(g, "RecordDelivery", func(s store.Store) (bool, error) { return s.RecordDelivery(ctx, d) })
}

func (g *game) moveDelivery(t *rapid.T) {
	run, id := someRun.Draw(t, "run"), someone.Draw(t, "id")
	lines, _ := both(g, "Deliveries", func(s store.Store) (map[notice.RecipientID]notice.Delivery, error) {
		return s.Deliveries(ctx, run, []notice.RecipientID{id, "p0", id})
	})
	before, ok := lines[id]
	if stale := rapid.IntRange(0, 3).Draw(t, "stale") == 0; len(g.lines) > 0 && (stale || !ok) {
		before = rapid.SampledFrom(g.lines).Draw(t, "as read before")
	} else if !ok {
		before = line(t, run, id, someState.Draw(t, "state"))
	}
	g.lines = append(g.lines, before)
	after := line(t, before.Run, before.Recipient, someState.Draw(t, "next state"))
	if rapid.IntRange(0, 3).Draw(t, "under another id") == 0 {
		after.Recipient = someone.Draw(t, "other id")
	}
	done(g, "MoveDelivery", func(s store.Store) error { return s.MoveDelivery(ctx, before, after) })
}

func (g *game) forget(t *rapid.T) {
	id, runs := someone.Draw(t, "id"), rapid.SliceOfN(someRun, 0, 2).Draw(t, "runs")
	done(g, "ForgetDeliveries", func(s store.Store) error { return s.ForgetDeliveries(ctx, id, runs) })
}

var (
	somePolicy  = rapid.SampledFrom([]string{"privacy", "privacy-2"})
	someVersion = rapid.SampledFrom([]string{"1.0", "1.0-b", "2", "10"})
)

func (g *game) addVersion(t *rapid.T) {
	v := notice.Version{Policy: somePolicy.Draw(t, "policy"), Name: someVersion.Draw(t, "version"), Effective: someDay.Draw(t, "effective"),
		Class: notice.Optional, Summary: map[string]string{"en": word.Draw(t, "summary")}, Text: word.Draw(t, "text"), PublishedAt: someTime.Draw(t, "published")}
	if rapid.Bool().Draw(t, "later") {
		v.Previous, v.Corrects = "0", someVersion.Draw(t, "corrects")
	}
	if rapid.Bool().Draw(t, "approved") {
		v.Approval = &notice.Approval{By: "Ada Example", At: someTime.Draw(t, "at"), Hash: v.ContentHash(), Given: []notice.Given{{By: "Ada Example", At: someTime.Draw(t, "given"), Way: notice.ByLink}}}
	}
	done(g, "AddVersion", func(s store.Store) error { return s.AddVersion(ctx, v) })
}

// decide approves a version with its run, or edits its summary.
func (g *game) decide(t *rapid.T) {
	id, policy, version := someRun.Draw(t, "run"), somePolicy.Draw(t, "policy"), someVersion.Draw(t, "version")
	r, _ := both(g, "Run", func(s store.Store) (notice.Run, error) { return s.Run(ctx, id) })
	v, _ := both(g, "Version", func(s store.Store) (notice.Version, error) { return s.Version(ctx, policy, version) })
	if rapid.IntRange(0, 3).Draw(t, "stale") == 0 && len(g.runs) > 0 {
		r = rapid.SampledFrom(g.runs).Draw(t, "run read before")
	}
	r.ID, r.State, v.Policy, v.Name = id, notice.Waiting, policy, version
	v.Summary = map[string]string{"de": word.Draw(t, "summary")}
	if rapid.Bool().Draw(t, "approve") {
		v.Approval = &notice.Approval{By: "Bob Example", At: someTime.Draw(t, "at"), Hash: v.ContentHash()}
	} else {
		v.Edits = append(slices.Clone(v.Edits), notice.Edit{By: "Bob Example", At: someTime.Draw(t, "at"), Before: "hash"})
	}
	both(g, "Decide", func(s store.Store) (notice.Run, error) { return s.Decide(ctx, r, v) })
	both(g, "Version", func(s store.Store) (notice.Version, error) { return s.Version(ctx, policy, version) })
}

var someRunState = rapid.SampledFrom([]notice.RunState{notice.Waiting, notice.Running, notice.Paused, notice.Stopped, notice.Done, notice.Cancelled})

func (g *game) addRun(t *rapid.T) {
	r := notice.Run{ID: someRun.Draw(t, "run"), Kind: notice.Change, State: someRunState.Draw(t, "state"), OpenedAt: someTime.Draw(t, "opened"), Rev: 7}
	done(g, "AddRun", func(s store.Store) error { return s.AddRun(ctx, r) })
}

func (g *game) addTally(t *rapid.T) {
	run, n := someRun.Draw(t, "run"), rapid.IntRange(0, 3)
	tally := notice.Tally{Accepted: n.Draw(t, "accepted"), Refused: n.Draw(t, "refused"), Bounced: n.Draw(t, "bounced"), Complained: n.Draw(t, "complained"),
		FirstSent: noTime.Draw(t, "first sent"), LastSent: noTime.Draw(t, "last sent")}
	done(g, "AddTally", func(s store.Store) error { return s.AddTally(ctx, run, tally) })
}

func (g *game) saveRun(t *rapid.T) {
	id := someRun.Draw(t, "run")
	r, ok := both(g, "Run", func(s store.Store) (notice.Run, error) { return s.Run(ctx, id) })
	if stale := rapid.IntRange(0, 3).Draw(t, "stale") == 0; len(g.runs) > 0 && (stale || !ok) {
		r = rapid.SampledFrom(g.runs).Draw(t, "as read before")
	} else if !ok {
		r.ID = id
	}
	g.runs = append(g.runs, r)
	r.State, r.Cursor, r.Counts = someRunState.Draw(t, "state"), word.Draw(t, "cursor"), notice.Counts{notice.Sent: 1}
	both(g, "SaveRun", func(s store.Store) (notice.Run, error) { return s.SaveRun(ctx, r) })
}

var (
	someKind = rapid.SampledFrom([]string{"import", "import-part"})
	someID   = rapid.SampledFrom([]string{"a", "b"})
)

type body struct{ Text string }

type documentRead struct {
	Body body
	Rev  int64
}

func (g *game) saveDocument(t *rapid.T) {
	kind, id := someKind.Draw(t, "kind"), someID.Draw(t, "id")
	v, rev := body{word.Draw(t, "text")}, int64(rapid.IntRange(0, 3).Draw(t, "rev"))
	both(g, "SaveDocument", func(s store.Store) (int64, error) { return s.SaveDocument(ctx, kind, id, v, rev) })
	both(g, "Document", func(s store.Store) (d documentRead, err error) {
		d.Rev, err = s.Document(ctx, kind, id, &d.Body)
		return d, err
	})
}

func (g *game) reopen() {
	for _, s := range []store.Store{g.a, g.b} {
		if s, ok := s.(interface{ Reopen() error }); ok {
			if err := s.Reopen(); err != nil {
				g.Fatal(err)
			}
		}
	}
}

// list compares everything the stores hold. Each pages in its own order.
func (g *game) list() {
	limit := someLimit.Draw(g.T, "limit")
	both(g, "ListRecipients", func(s store.Store) ([]notice.Recipient, error) {
		return pages(g, limit, func(r notice.Recipient) string { return string(r.ID) }, func(cursor string) ([]notice.Recipient, string, error) { return s.ListRecipients(ctx, cursor, limit) })
	})
	first, last := someDay.Draw(g.T, "first"), someDay.Draw(g.T, "last")
	both(g, "DueRecipients", func(s store.Store) ([]notice.RecipientID, error) {
		return pages(g, limit, func(id notice.RecipientID) string { return string(id) }, func(cursor string) ([]notice.RecipientID, string, error) {
			return s.DueRecipients(ctx, first, last, cursor, limit)
		})
	})
	for n := range 6 {
		id := notice.RecipientID(fmt.Sprintf("p%d", n))
		both(g, "PreferenceEvents", func(s store.Store) ([]notice.PreferenceEvent, error) { return s.PreferenceEvents(ctx, id) })
	}
	key := func(d notice.Delivery) string { return string(d.Run) + "/" + string(d.Recipient) }
	for _, run := range []notice.RunID{"annual-2026-11-24", "change-privacy-2_0", "change-privacy-2"} {
		both(g, "ListDeliveries", func(s store.Store) ([]notice.Delivery, error) {
			return pages(g, limit, key, func(cursor string) ([]notice.Delivery, string, error) {
				return s.ListDeliveries(ctx, run, cursor, limit)
			})
		})
		both(g, "CountDeliveries", func(s store.Store) (notice.Counts, error) { return s.CountDeliveries(ctx, run) })
		both(g, "Run", func(s store.Store) (notice.Run, error) { return s.Run(ctx, run) })
		both(g, "Tally", func(s store.Store) (notice.Tally, error) { return s.Tally(ctx, run) })
	}
	until := someTime.Draw(g.T, "until")
	for _, state := range []notice.DeliveryState{notice.Retry, notice.Unknown} {
		both(g, "UnresolvedDeliveries", func(s store.Store) ([]notice.Delivery, error) {
			return pages(g, limit, key, func(cursor string) ([]notice.Delivery, string, error) {
				return s.UnresolvedDeliveries(ctx, state, until, cursor, limit)
			})
		})
	}
	both(g, "CountUnresolved", func(s store.Store) (map[notice.RunID]notice.Counts, error) { return s.CountUnresolved(ctx) })
	for _, policy := range []string{"privacy", "privacy-2"} {
		both(g, "Versions", func(s store.Store) ([]notice.Version, error) { return s.Versions(ctx, policy) })
	}
	both(g, "OpenRuns", func(s store.Store) ([]notice.Run, error) { return s.OpenRuns(ctx) })
	both(g, "ListRuns", func(s store.Store) ([]notice.Run, error) { return s.ListRuns(ctx) })
}

// strayCursor asks both stores for a page with a cursor that neither made for the list.
func (g *game) strayCursor(t *rapid.T) {
	stray := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"x", "3|p0", "2026-11-28#03|p0", "p0", "e30"})).Filter(func(s string) bool { return s != "" }).Draw(t, "cursor")
	ask := rapid.SampledFrom([]func(s store.Store) error{
		func(s store.Store) error { _, _, err := s.ListRecipients(ctx, stray, 1); return err },
		func(s store.Store) error {
			_, _, err := s.DueRecipients(ctx, "2026-11-28", "2026-11-30", stray, 1)
			return err
		},
		func(s store.Store) error {
			_, _, err := s.ListDeliveries(ctx, "change-privacy-2", stray, 1)
			return err
		},
		func(s store.Store) error {
			_, _, err := s.UnresolvedDeliveries(ctx, notice.Retry, now, stray, 1)
			return err
		},
	}).Draw(t, "list")
	if _, ok := both(g, "a stray cursor", func(s store.Store) (struct{}, error) { return struct{}{}, ask(s) }); ok {
		g.Fatalf("both answered the cursor %q", stray)
	}
}

// pages reads to the end, in pages no longer than the limit, and sorts.
func pages[T any](g *game, limit int, key func(T) string, read func(cursor string) ([]T, string, error)) (all []T, err error) {
	for cursor, n := "", 0; ; n++ {
		page, next, err := read(cursor)
		if err != nil {
			return nil, err
		}
		if len(page) > limit || n > 1000 {
			g.Fatalf("page %d holds %d, the limit is %d", n, len(page), limit)
		}
		if all = append(all, page...); next == "" {
			slices.SortFunc(all, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
			return all, nil
		}
		cursor = next
	}
}

func (g *game) addRequest(t *rapid.T) {
	day := someTime.Draw(t, "received").AddDate(0, rapid.IntRange(0, 3).Draw(t, "months"), 0)
	id := notice.RequestID(fmt.Sprintf("%s-%d", day.Format("20060102"), rapid.IntRange(0, 2).Draw(t, "number")))
	r := notice.NewRequest(id, rapid.SampledFrom(notice.Rights).Draw(t, "right"), day)
	r.Recipient, r.Details = someone.Draw(t, "of"), word.Draw(t, "details")
	done(g, "AddRequest", func(s store.Store) error { return s.AddRequest(ctx, r) })
	if stored, ok := both(g, "Request", func(s store.Store) (notice.Request, error) { return s.Request(ctx, id) }); ok {
		g.asked = append(g.asked, stored)
	}
}

// saveRequest saves what was read once, as it was or closed.
func (g *game) saveRequest(t *rapid.T) {
	if len(g.asked) == 0 {
		return
	}
	r := rapid.SampledFrom(g.asked).Draw(t, "as read before")
	if rapid.Bool().Draw(t, "close") && r.State.Open() {
		r.State, r.Closed = notice.Complied, someTime.Draw(t, "closed")
	}
	if saved, ok := both(g, "SaveRequest", func(s store.Store) (notice.Request, error) { return s.SaveRequest(ctx, r) }); ok {
		g.asked = append(g.asked, saved)
	}
	both(g, "OpenRequests", func(s store.Store) ([]notice.Request, error) { return s.OpenRequests(ctx) })
	both(g, "ListRequests", func(s store.Store) ([]notice.Request, error) { return s.ListRequests(ctx, 2026) })
	both(g, "RequestsOf", func(s store.Store) ([]notice.Request, error) { return s.RequestsOf(ctx, r.Recipient) })
}

func (g *game) forgetEvents(t *rapid.T) {
	id := someone.Draw(t, "id")
	but := rapid.SampledFrom([]notice.Way{notice.ByPage, notice.ByErasure}).Draw(t, "but")
	done(g, "ForgetEvents", func(s store.Store) error { return s.ForgetEvents(ctx, id, but) })
	both(g, "DeliveriesOf", func(s store.Store) ([]notice.Delivery, error) {
		return s.DeliveriesOf(ctx, id, []notice.RunID{"change-privacy-2", "annual-2026-11-24"})
	})
}
