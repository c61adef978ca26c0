package privacy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/store/bolt"
)

// office is a desk with a clock, a mailbox and a bus that may fail.
type office struct {
	privacy.Desk
	db     *bolt.Store
	now    time.Time
	mu     sync.Mutex // of what comes in
	mails  []privacy.LetterKind
	events []privacy.Announcement
	broken bool // neither mail nor bus
	log    bytes.Buffer
}

func (o *office) Send(_ context.Context, l privacy.Letter) error {
	if o.broken {
		return errors.New("no answer")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, l.Kind)
	return nil
}

func (o *office) Announce(_ context.Context, what privacy.Announcement, _ notice.Request) error {
	if o.broken {
		return errors.New("no answer")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, what)
	return nil
}

func openOffice(t *testing.T) *office {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{db: db, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	o.Desk = privacy.Desk{Store: db, Post: o, Announce: o, Now: func() time.Time { return o.now }, Log: slog.New(slog.NewJSONHandler(&o.log, nil))}
	return o
}

// rights are those of the office, on a store; the id of an address is its local part.
func (o *office) rights(store privacy.RightsStore) privacy.Rights {
	return privacy.NewRights(store, o, o, privacy.Terms{LeadDays: 14, Now: o.Now, Log: o.Log,
		ID: func(address string) notice.RecipientID { return notice.RecipientID(strings.Split(address, "@")[0]) }})
}

func (o *office) open(t *testing.T, right notice.Right) notice.Request {
	t.Helper()
	r, err := o.Open(context.Background(), o.New(right, notice.Recipient{ID: "ada", Address: "ada@example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// tend runs the daily pass twice: the second finds nothing to do.
func (o *office) tend(t *testing.T) privacy.Tended {
	t.Helper()
	first, err := o.Tend(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	mails, events := len(o.mails), len(o.events)
	if _, err := o.Tend(context.Background()); err != nil || len(o.mails) != mails || len(o.events) != events {
		t.Fatalf("the second pass of a day did something: %v %v, %v", o.mails, o.events, err)
	}
	return first
}

// A case through time: confirmed, announced, reminded before it is due, on the day and
// while it is late, each once.
func TestCaseThroughTime(t *testing.T) {
	o := openOffice(t)
	r := o.open(t, notice.Access)
	for _, c := range []struct{ day, events int }{{0, 1}, {30, 1}, {31, 2}, {32, 2}, {44, 2}, {45, 3}, {46, 4}, {47, 5}} {
		o.now = r.Received.AddDate(0, 0, c.day)
		got := o.tend(t)
		if len(o.events) != c.events || len(o.mails) != 1 {
			t.Errorf("day %d: events %v, mails %v", c.day, o.events, o.mails)
		}
		if late := c.day > 45; (got.Overdue == 1) != late || got.Open != 1 {
			t.Errorf("day %d: %+v", c.day, got)
		}
	}
	if !strings.Contains(o.log.String(), `"RequestsOverdue":1`) || strings.Contains(o.log.String(), "ada@") {
		t.Errorf("the log is what the alarm reads, and names nobody: %s", o.log.String())
	}
}

// What could not be mailed or announced is by a later pass; the case is never lost.
func TestReceiptIsConfirmedLater(t *testing.T) {
	o := openOffice(t)
	o.broken = true
	r := o.open(t, notice.Deletion)
	if got := o.tend(t); got.Unsettled != 1 || len(o.mails) != 0 {
		t.Fatalf("%+v, mails %v", got, o.mails)
	}
	if _, err := o.Extend(context.Background(), r.ID, "Mia", "much to do"); err == nil {
		t.Error("extended without telling the person")
	}
	o.broken = false
	o.tend(t)
	stored, err := o.db.Request(context.Background(), r.ID)
	if err != nil || stored.Confirmed.IsZero() || stored.Announced.IsZero() || !stored.Extended.IsZero() ||
		!slices.Equal(o.mails, []privacy.LetterKind{privacy.LetterReceived}) {
		t.Errorf("%+v, mails %v, %v", stored, o.mails, err)
	}
}

func TestDecisions(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	complied, denied := o.open(t, notice.Access), o.open(t, notice.Deletion)
	if r, err := o.Extend(ctx, denied.ID, "Mia", "an archive"); err != nil || r.Due != "2027-02-22" {
		t.Errorf("%+v %v", r, err)
	}
	o.now = o.now.AddDate(0, 0, 10)
	if _, err := o.Deny(ctx, denied.ID, "Ada", "", ""); !errors.Is(err, notice.ErrInvalid) {
		t.Errorf("denied without a basis: %v", err)
	}
	if r, err := o.Deny(ctx, denied.ID, "Ada", "a contract", ""); err != nil || r.State != notice.Denied {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := o.Comply(ctx, complied.ID, "Ada", "here it is"); err != nil || r.State != notice.Complied {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := o.Comply(ctx, complied.ID, "Ada", "again"); !errors.Is(err, notice.ErrRefused) {
		t.Errorf("answered twice: %v", err)
	}
	want := []privacy.LetterKind{privacy.LetterReceived, privacy.LetterReceived, privacy.LetterExtended, privacy.LetterDenied, privacy.LetterAnswered}
	if !slices.Equal(o.mails, want) {
		t.Errorf("mails %v, want %v", o.mails, want)
	}
	figures, err := o.Year(ctx, 2026)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range figures {
		want := privacy.Metrics{Year: 2026, Right: m.Right}
		switch m.Right {
		case notice.Access:
			want.Received, want.Complied, want.MedianDays = 1, 1, 10
		case notice.Deletion:
			want.Received, want.Denied, want.Extended, want.MedianDays = 1, 1, 1, 10
		}
		if m != want {
			t.Errorf("figures %+v, want %+v", m, want)
		}
	}
}

// Requests nobody verified lapse with what was typed; closed ones go after 24 months.
func TestLapseAndRetention(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	typed := o.New(notice.Access, notice.Recipient{ID: "bob", Address: "bob@example.com"})
	typed.State, typed.Details = notice.Unverified, "my orders"
	if err := o.db.AddRequest(ctx, typed); err != nil {
		t.Fatal(err)
	}
	closed := o.open(t, notice.Access)
	if _, err := o.Comply(ctx, closed.ID, "Ada", "done"); err != nil {
		t.Fatal(err)
	}
	received := o.now
	for _, c := range []struct {
		months int
		left   string
	}{{0, "unverified complied"}, {1, "unverified complied"}, {2, "lapsed complied"}, {23, "lapsed complied"}, {24, "lapsed"}, {26, ""}} {
		o.now = received.AddDate(0, c.months, 1)
		o.tend(t)
		var left []string
		for _, id := range []notice.RequestID{typed.ID, closed.ID} {
			if r, err := o.db.Request(ctx, id); err == nil {
				left = append(left, string(r.State))
				if r.State == notice.Lapsed && r.Address+r.Details != "" {
					t.Errorf("what was typed is kept: %+v", r)
				}
			}
		}
		if got := strings.Join(left, " "); got != c.left {
			t.Errorf("after %d months: %q, want %q", c.months, got, c.left)
		}
	}
}

// A request that was answered years late goes 24 months after its answer as well.
func TestRetentionOfALateAnswer(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	late := o.open(t, notice.Access)
	o.now = o.now.AddDate(4, 0, 0)
	if _, err := o.Comply(ctx, late.ID, "Ada", "done"); err != nil {
		t.Fatal(err)
	}
	answered := o.now
	for _, c := range []struct {
		months int
		left   bool
	}{{23, true}, {25, false}} {
		o.now = answered.AddDate(0, c.months, 0)
		o.tend(t)
		if _, err := o.db.Request(ctx, late.ID); (err == nil) != c.left {
			t.Errorf("after %d months: %v", c.months, err)
		}
	}
}

// An erased person's open case keeps its address until it is answered, and no longer.
func TestErasureAndAnOpenCase(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	if _, err := o.db.ImportRecipients(ctx, []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}}, 14); err != nil {
		t.Fatal(err)
	}
	r := o.open(t, notice.Access)
	p := privacy.Preferences{Store: o.db, LeadDays: 14, Now: o.Now}
	for range 2 {
		if err := privacy.Erase(ctx, o.db, p, privacy.Change{Recipient: "ada"}); err != nil {
			t.Fatal(err)
		}
	}
	if r, _ = o.db.Request(ctx, r.ID); r.Address == "" {
		t.Fatal("the answer has nowhere to go")
	}
	if _, err := o.Comply(ctx, r.ID, "Ada", "Dear Ada"); err != nil {
		t.Fatal(err)
	}
	if r, _ = o.db.Request(ctx, r.ID); r.Address+r.Answer != "" || r.State != notice.Complied {
		t.Errorf("%+v", r)
	}
}

// Erasing a person who moved, by either address, killed after every write and repeated,
// leaves nobody.
func TestErasureKilledBetweenSteps(t *testing.T) {
	for _, id := range []notice.RecipientID{"ada", "ada2"} {
		t.Run(string(id), func(t *testing.T) { erasureKilled(t, id) })
	}
}

func erasureKilled(t *testing.T, named notice.RecipientID) {
	ctx := context.Background()
	for step := range 12 {
		o := openOffice(t)
		rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", Name: "Ada", At: o.now}, {ID: "ada2", Address: "ada2@example.com", At: o.now}}
		if _, err := o.db.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
		rights := o.rights(o.db)
		person, _ := o.db.Recipient(ctx, "ada")
		asked := o.New(notice.Rectification, person)
		asked.Address = "ada2@example.com"
		if err := rights.Ask(ctx, asked, privacy.LetterNewAddress, func(notice.Request) string { return "https://x" }); err != nil {
			t.Fatal(err)
		}
		if _, err := rights.Confirm(ctx, asked.ID); err != nil {
			t.Fatal(err)
		}
		dying := &mortal{Store: o.db, left: step}
		p := privacy.Preferences{Store: dying, LeadDays: 14, Now: o.Now}
		err := privacy.Erase(ctx, dying, p, privacy.Change{Recipient: named})
		dying.left = 1 << 20
		if again := privacy.Erase(ctx, dying, p, privacy.Change{Recipient: named}); again != nil {
			t.Fatalf("killed at step %d (%v), then %v", step, err, again)
		}
		for _, id := range []notice.RecipientID{"ada", "ada2"} {
			r, err := o.db.Recipient(ctx, id)
			if err != nil || r.Address+r.Name != "" || r.Status != notice.Erased && r.Status != notice.Moved {
				t.Errorf("killed at step %d: %+v %v", step, r, err)
			}
			events, _ := o.db.PreferenceEvents(ctx, id)
			if slices.ContainsFunc(events, func(e notice.PreferenceEvent) bool { return e.Way != notice.ByErasure }) {
				t.Errorf("killed at step %d: history %+v", step, events)
			}
		}
		if requests, _ := o.db.RequestsOf(ctx, "ada"); len(requests) != 1 || requests[0].Address != "" {
			t.Errorf("killed at step %d: %+v", step, requests)
		}
	}
}

// A move to an address that somebody else was known under, killed before every write
// and repeated: one person, at the new address, who declines what either declined.
func TestMoveKilledBetweenSteps(t *testing.T) {
	ctx := context.Background()
	for step := range 6 {
		o := openOffice(t)
		rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}, {ID: "ada2", Address: "ada2@example.com", At: o.now}}
		if _, err := o.db.ImportRecipients(ctx, rows, 14); err != nil {
			t.Fatal(err)
		}
		p := privacy.Preferences{Store: o.db, LeadDays: 14, Now: o.Now}
		if _, _, err := p.Set(ctx, privacy.Change{Recipient: "ada2"}, func(notice.OptOut) notice.OptOut { return notice.OptOut{Change: true} }); err != nil {
			t.Fatal(err)
		}
		dying := &mortal{Store: o.db, left: step}
		rights := o.rights(dying)
		person, _ := o.db.Recipient(ctx, "ada")
		asked := o.New(notice.Rectification, person)
		asked.Address = "ada2@example.com"
		if err := rights.Ask(ctx, asked, privacy.LetterNewAddress, func(notice.Request) string { return "https://x" }); err != nil {
			t.Fatal(err)
		}
		_, died := rights.Confirm(ctx, asked.ID)
		if step < 2 && died == nil {
			t.Fatalf("step %d: nothing died", step)
		}
		dying.left = 1 << 20
		for range 2 {
			if _, err := rights.Confirm(ctx, asked.ID); err != nil {
				t.Fatalf("killed at step %d (%v), then %v", step, died, err)
			}
		}
		r, _ := o.db.Recipient(ctx, "ada")
		alias, _ := o.db.Recipient(ctx, "ada2")
		if r.Address != "ada2@example.com" || r.OptOut != (notice.OptOut{Change: true}) || r.Alias != "ada2" || alias.MovedTo != "ada" || alias.Address != "" {
			t.Errorf("killed at step %d: %+v, %+v", step, r, alias)
		}
	}
}

// move is the request for a new address of somebody, to be confirmed.
func (o *office) move(t *testing.T, rights privacy.Rights, who notice.RecipientID, to string) notice.RequestID {
	t.Helper()
	person, err := o.db.Recipient(context.Background(), who)
	if err != nil {
		t.Fatal(err)
	}
	asked := o.New(notice.Rectification, person)
	asked.Address = to
	if err := rights.Ask(context.Background(), asked, privacy.LetterNewAddress, func(notice.Request) string { return "https://x" }); err != nil {
		t.Fatal(err)
	}
	return asked.ID
}

// A correction, sent twice at once, races imports of what was there before: it stands,
// and is one request with one line of history.
func TestCorrectionRacesImports(t *testing.T) {
	ctx := context.Background()
	o := openOffice(t)
	rights := o.rights(o.db)
	for n := range 10 {
		id := notice.RecipientID(fmt.Sprintf("p%d", n))
		old := []notice.Imported{{ID: id, Address: string(id) + "@example.com", Name: "Ada Wrong", Locale: "en", At: o.now}}
		load := func() {
			if _, err := o.db.ImportRecipients(ctx, old, 14); err != nil {
				t.Error(err)
			}
		}
		load()
		seen, err := o.db.Recipient(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var racers sync.WaitGroup
		for range 2 {
			racers.Go(load)
			racers.Go(func() {
				if err := rights.Correct(ctx, seen, "Ada Right", "de"); err != nil {
					t.Error(err)
				}
			})
		}
		racers.Wait()
		load()
		r, _ := o.db.Recipient(ctx, id)
		history, _ := o.db.PreferenceEvents(ctx, id)
		requests, _ := o.db.RequestsOf(ctx, id)
		if r.Name != "Ada Right" || r.Locale != "de" || !r.NameCorrectedAt.Equal(o.now) || !r.LocaleCorrectedAt.Equal(o.now) || len(history) != 1 || len(requests) != 1 {
			t.Errorf("%+v, history %+v, requests %+v", r, history, requests)
		}
		held, err := rights.Copy(ctx, r)
		if err != nil || !held.Recipient.NameCorrectedAt.Equal(o.now) || !held.Recipient.LanguageCorrectedAt.Equal(o.now) {
			t.Errorf("their copy says %+v %v", held.Recipient, err)
		}
	}
}

// neighbours are Ada and Bob, and their rights on a store that may die.
func (o *office) neighbours(t *testing.T) (privacy.Rights, *mortal) {
	t.Helper()
	rows := []notice.Imported{{ID: "ada", Address: "ada@example.com", At: o.now}, {ID: "bob", Address: "bob@example.com", At: o.now}}
	if _, err := o.db.ImportRecipients(context.Background(), rows, 14); err != nil {
		t.Fatal(err)
	}
	dying := &mortal{Store: o.db, left: 1 << 20}
	return o.rights(dying), dying
}

// Whatever was declined at an address stays declined when somebody moves to it, killed
// after every write or not.
func TestWhatWasDeclinedAtANewAddressStaysSo(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		there func(r *notice.Recipient)
		want  notice.Standing
	}{
		"opted out":  {func(r *notice.Recipient) { r.OptOut = notice.OptOut{Change: true} }, notice.Standing{OptOut: notice.OptOut{Change: true}, Status: notice.Active}},
		"complained": {func(r *notice.Recipient) { r.Status = notice.Complained }, notice.Standing{Status: notice.Complained}},
		"restricted": {func(r *notice.Recipient) { r.Restricted = true }, notice.Standing{Status: notice.Active, Restricted: true}},
	} {
		for step := range 5 {
			o := openOffice(t)
			rights, dying := o.neighbours(t)
			before, _ := o.db.Recipient(ctx, "bob")
			after := before
			c.there(&after)
			if err := o.db.ChangeRecipient(ctx, before, after, notice.PreferenceEvent{ID: "1", At: o.now}); err != nil {
				t.Fatal(err)
			}
			asked := o.move(t, rights, "ada", "bob@example.com")
			dying.left = step
			_, err := rights.Confirm(ctx, asked)
			dying.left = 1 << 20
			if _, again := rights.Confirm(ctx, asked); again != nil {
				t.Fatalf("killed at step %d (%v), then %v", step, err, again)
			}
			if r, _ := o.db.Recipient(ctx, "ada"); r.Standing() != c.want || r.Address != "bob@example.com" {
				t.Errorf("%s, killed at step %d: %+v", name, step, r)
			}
		}
	}
}

// Who moved keeps their links, their mailbox and their choices when somebody else asks
// for the address they came from or went to: that is for the desk.
func TestAddressOfSomebodyWhoMoved(t *testing.T) {
	ctx := context.Background()
	for _, to := range []string{"bob@example.com", "bob2@example.com"} {
		o := openOffice(t)
		rights, _ := o.neighbours(t)
		if _, err := rights.Confirm(ctx, o.move(t, rights, "bob", "bob2@example.com")); err != nil {
			t.Fatal(err)
		}
		ada, _ := o.db.Recipient(ctx, "ada")
		bob, _ := o.db.Recipient(ctx, "bob")
		asked := o.move(t, rights, "ada", to)
		for range 2 {
			if r, err := rights.Confirm(ctx, asked); err != nil || r.State != notice.Pending || r.Details == "" {
				t.Errorf("%s: %+v %v", to, r, err)
			}
		}
		for _, before := range []notice.Recipient{ada, bob} {
			if r, _ := o.db.Recipient(ctx, before.ID); r != before {
				t.Errorf("%s: %+v, before %+v", to, r, before)
			}
		}
	}
}

// mortal is a store that dies before a write.
type mortal struct {
	*bolt.Store
	left int
}

func (m *mortal) step() error {
	if m.left--; m.left < 0 {
		return errors.New("killed")
	}
	return nil
}

func (m *mortal) ChangeRecipient(ctx context.Context, before, after notice.Recipient, e notice.PreferenceEvent) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.ChangeRecipient(ctx, before, after, e)
}

func (m *mortal) MoveRecipient(ctx context.Context, before, after notice.Recipient, e notice.PreferenceEvent, there, next notice.Recipient) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.MoveRecipient(ctx, before, after, e, there, next)
}

func (m *mortal) MoveDelivery(ctx context.Context, before, after notice.Delivery) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.MoveDelivery(ctx, before, after)
}

func (m *mortal) ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.Store.ForgetEvents(ctx, id, but)
}

func (m *mortal) SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error) {
	if err := m.step(); err != nil {
		return r, err
	}
	return m.Store.SaveRequest(ctx, r)
}

func TestSchema(t *testing.T) {
	seen := map[string]bool{}
	for _, part := range privacy.Schema() {
		if len(part.Fields) < 5 {
			t.Errorf("%q has %d fields", part.Name, len(part.Fields))
		}
		for _, f := range part.Fields {
			if key := part.Key(f.Name); f.Name == "" || f.Kind == "" || seen[key] {
				t.Errorf("%q: kind %q, seen %v", key, f.Kind, seen[key])
			} else {
				seen[key] = true
			}
		}
	}
	if !seen["made"] || !seen["recipient.address"] {
		t.Errorf("keys: %v", seen)
	}
	if fmt.Sprint(privacy.Tables) != "[recipient notices history requests]" {
		t.Error(privacy.Tables)
	}
}
