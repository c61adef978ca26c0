package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"policymail/shared/logging"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/record"
)

// Store is what a watcher reads and keeps.
type Store interface {
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	publish.Runs
	record.Store
}

// Pages reads a page of the internet; Fetcher does.
type Pages interface {
	Fetch(ctx context.Context, address, etag, lastModified string) (Page, error)
}

// Settings say what is watched.
type Settings struct {
	Policy    string
	URL       string // empty watches nothing
	Selectors Selectors
	Language  string        // expected, like "en"; empty expects that of the version known
	Apart     time.Duration // between the two readings that make a change a draft
}

// ReadingsApart is how far two readings lie apart that make a change a draft: more than
// a broken deployment or a cache lives, less than the schedule's six hours.
const ReadingsApart = 5 * time.Hour

// Watcher takes readings.
type Watcher struct {
	Store    Store
	Pages    Pages
	Settings Settings
	Now      func() time.Time
	Log      *slog.Logger
}

// state is what is remembered between readings.
type state struct {
	Version      string    `json:"version"` // the one the page was compared with
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	Candidate    []byte    `json:"candidate,omitempty"` // HTML of a change seen once, gzip
	SeenAt       time.Time `json:"seen_at,omitzero"`
}

// states are kept by policy.
func (w Watcher) states() record.Of[state] {
	return record.Of[state]{Store: w.Store, Kind: record.Watch}
}

// Outcome is the answer of a reading.
type Outcome struct {
	Event   policy.Event `json:"event,omitempty"`
	Class   policy.Class `json:"class,omitempty"`
	Reasons []string     `json:"reasons,omitempty"`
	Shown   string       `json:"shown,omitempty"`  // the version on the page, if it is one of ours
	Reason  string       `json:"reason,omitempty"` // why nothing was read
}

// ErrBroken says that the page is not the policy; its alarm calls somebody.
var ErrBroken = errors.New("the page of the policy is broken")

// Look takes a reading of the page and compares it with the latest version that is
// approved or waits to be. It never publishes and never mails: two equal readings, Apart
// from each other, leave a draft for somebody to look at (invariant 5, nothing
// unapproved). A page that is not the policy is an error and changes nothing of what is
// remembered.
//
// One reading that shows a version withdraws the draft, for it refuses approvals: that a
// page says word for word what we published is no accident that a second reading had to
// rule out, as a page that says something else may be.
func (w Watcher) Look(ctx context.Context) (Outcome, error) {
	if w.Settings.URL == "" {
		return Outcome{Reason: "no page is watched"}, nil
	}
	all, err := w.Store.Versions(ctx, w.Settings.Policy)
	if err != nil {
		return Outcome{}, err
	}
	versions, err := publish.Standing(ctx, w.Store, all)
	if err != nil {
		return Outcome{}, err
	}
	known, ok := notice.Latest(versions)
	if !ok {
		w.Log.Error("page not watched", "policy", w.Settings.Policy, "reason", "no version is published to compare it with")
		return Outcome{Reason: "no version is published to compare the page with"}, nil
	}
	out, err := w.read(ctx, versions, known)
	if errors.Is(err, notice.ErrConflict) {
		return Outcome{Reason: "another reading took place at the same time"}, nil
	}
	return out, errors.Join(err, w.note(ctx, out, err), w.tell(ctx, known, out))
}

// note keeps for people what a reading amounts to. One that failed on our side says
// nothing about the page.
func (w Watcher) note(ctx context.Context, out Outcome, err error) error {
	why := ""
	if errors.Is(err, ErrBroken) {
		why = out.Reasons[0]
	} else if err != nil {
		return nil
	}
	return publish.NoteReading(ctx, w.Store, w.Settings.Policy, w.Now(), out.Shown, why)
}

// tell logs what a reading amounts to, with the metric DraftWaiting of its alarm: a draft
// that differs from the version the page is compared with waits for somebody, however the
// reading itself went.
func (w Watcher) tell(ctx context.Context, known notice.Version, out Outcome) error {
	d, err := publish.LoadDraft(ctx, w.Store, w.Settings.Policy)
	if err != nil {
		return err
	}
	var waiting float64
	if d.Since == known.Name {
		waiting = 1
	}
	w.Log.Info("page watched", append([]any{"policy", w.Settings.Policy, "event", out.Event, "class", out.Class, "version", known.Name, "shown", out.Shown},
		logging.Metrics(w.Now(), map[string]float64{"DraftWaiting": waiting})...)...)
	return nil
}

// read takes a reading and compares it with the latest version.
func (w Watcher) read(ctx context.Context, versions []notice.Version, known notice.Version) (Outcome, error) {
	s, rev, err := w.states().Load(ctx, w.Settings.Policy)
	if err != nil {
		return Outcome{}, err
	}
	if s.Version != known.Name {
		s = state{Version: known.Name}
	}
	page, err := w.Pages.Fetch(ctx, w.Settings.URL, s.ETag, s.LastModified)
	if err != nil {
		return w.broken(err)
	}
	if page.NotModified {
		return Outcome{Event: policy.NoChange, Class: policy.None, Reasons: []string{"the page says that it did not change"}, Shown: known.Name},
			publish.WithdrawDraft(ctx, w.Store, w.Settings.Policy)
	}
	text, err := w.Settings.Selectors.extract(page, w.Settings.URL)
	if err != nil {
		return w.broken(err)
	}
	// Without a language that is named, the comparison finds one that is not the version's.
	if language := policy.Language(text.Document); w.Settings.Language != "" && language != "" && language != w.Settings.Language {
		return w.broken(notice.Refused("the page came in language %s, not %s", language, w.Settings.Language))
	}
	now := w.Now()
	before, shown, err := match(versions, known, notice.DateOf(now), text.Document)
	if err != nil {
		return Outcome{}, err
	}
	event, verdict, err := s.next(before, text, now, w.Settings.Apart)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Event: event, Class: verdict.Class, Reasons: verdict.Reasons, Shown: shown}
	if event == policy.Failed {
		_, err := w.broken(notice.Refused("%s", verdict.Reasons[0]))
		return out, err
	}
	var old string
	if event == policy.DraftMade {
		if old, err = outdated(versions, notice.DateOf(now), text.Document); err != nil {
			return out, err
		}
	}
	// Only a page that shows the latest version may answer "not modified" next time: one
	// that still shows the version before must be read again once the latest takes effect.
	s.ETag, s.LastModified = "", ""
	if shown == known.Name {
		s.ETag, s.LastModified = page.ETag, page.LastModified
	}
	return out, w.keep(ctx, out, publish.Draft{Policy: w.Settings.Policy, Since: known.Name, Class: verdict.Class, Confidence: verdict.Confidence,
		Reasons: verdict.Reasons, HTML: s.Candidate, SeenAt: now, Shows: old}, s, rev)
}

// keep records what a reading amounts to: first the draft that came of it or is
// withdrawn by it, then the state. Cut short in between, the next reading does it again,
// for the validators that would spare it one are in the state.
func (w Watcher) keep(ctx context.Context, out Outcome, d publish.Draft, s state, rev int64) (err error) {
	switch out.Event {
	case policy.NoChange:
		err = publish.WithdrawDraft(ctx, w.Store, d.Policy)
	case policy.DraftMade:
		err = publish.SaveDraft(ctx, w.Store, d)
	}
	if err != nil {
		return err
	}
	_, err = w.states().Save(ctx, d.Policy, s, rev)
	return err
}

// match finds the version a page shows: the latest or, until that takes effect, the
// one in force. Else it is the latest the page is compared with.
func match(versions []notice.Version, latest notice.Version, today notice.Date, reading policy.Document) (known policy.Document, shown string, err error) {
	if known, err = policy.DocumentOf(latest); err != nil {
		return nil, "", err
	}
	if policy.Classify(known, reading).Class == policy.None {
		return known, latest.Name, nil
	}
	if inForce, ok := notice.InForce(versions, today); ok && latest.Effective > today {
		before, err := policy.DocumentOf(inForce)
		if err != nil {
			return nil, "", err
		}
		if policy.Classify(before, reading).Class == policy.None {
			return before, inForce.Name, nil
		}
	}
	return known, "", nil
}

// outdated finds the version that a page shows which was in force before the one in force
// now; "" if the page shows none of them.
func outdated(versions []notice.Version, today notice.Date, reading policy.Document) (name string, err error) {
	inForce, _ := notice.InForce(versions, today)
	for _, v := range slices.Backward(versions) {
		if v.Name == inForce.Name || !v.Approved() || v.Effective > today {
			continue
		}
		text, err := policy.DocumentOf(v)
		if err != nil {
			return "", err
		}
		if policy.Classify(text, reading).Class == policy.None {
			return v.Name, nil
		}
	}
	return "", nil
}

// next takes a reading into account. A candidate read too soon again stays one.
func (s *state) next(known policy.Document, text policy.Text, now time.Time, apart time.Duration) (policy.Event, policy.Verdict, error) {
	w := policy.Watched{Known: known}
	if s.Candidate != nil {
		page, err := publish.Unpack(s.Candidate)
		if err != nil {
			return "", policy.Verdict{}, err
		}
		if w.Candidate, err = policy.ReadHTML(page); err != nil {
			return "", policy.Verdict{}, err
		}
	}
	event, verdict := w.Next(text.Document)
	switch event {
	case policy.NoChange:
		s.Candidate, s.SeenAt = nil, time.Time{}
	case policy.DraftMade:
		if now.Sub(s.SeenAt) < apart {
			return policy.Pending, verdict, nil
		}
		packed, err := publish.Pack(text.HTML)
		s.Candidate = packed
		return event, verdict, err
	case policy.Pending:
		packed, err := publish.Pack(text.HTML)
		s.Candidate, s.SeenAt = packed, now
		return event, verdict, err
	}
	return event, verdict, nil
}

// broken ends a reading that is not of the policy.
func (w Watcher) broken(cause error) (Outcome, error) {
	w.Log.Error("page broken", "policy", w.Settings.Policy, "reason", cause.Error())
	return Outcome{Event: policy.Failed, Class: policy.Broken, Reasons: []string{cause.Error()}}, fmt.Errorf("%w: %w", ErrBroken, cause)
}
