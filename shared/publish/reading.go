package publish

import (
	"context"
	"fmt"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// Reading is what the last reading of the public page amounted to, for the people who
// answer for the page.
type Reading struct {
	At    time.Time `json:"at"`
	Shown string    `json:"shown,omitempty"` // the version of ours that the page showed
	// FailedSince is the first of the readings in a row, up to the last one, that found no
	// policy on the page; zero if the last one did.
	FailedSince time.Time `json:"failed_since,omitzero"`
	Why         string    `json:"why,omitempty"` // the last one found none
}

// readings are kept by policy.
func readings(store record.Store) record.Of[Reading] {
	return record.Of[Reading]{Store: store, Kind: record.Reading}
}

// NoteReading records a reading of the page of a policy. why says for what reason it
// found no policy there, and is empty if it did.
func NoteReading(ctx context.Context, store record.Store, policy string, at time.Time, shown, why string) error {
	return readings(store).Change(ctx, policy, func(r *Reading) error {
		since := r.FailedSince
		*r = Reading{At: at, Shown: shown, Why: why}
		if why == "" {
			return nil
		}
		if r.FailedSince = since; since.IsZero() {
			r.FailedSince = at
		}
		return nil
	})
}

// LoadReading is the last reading of the page of a policy; zero if there was none.
func LoadReading(ctx context.Context, store record.Store, policy string) (Reading, error) {
	r, _, err := readings(store).Load(ctx, policy)
	return r, err
}

// Trouble says since when the page cannot be read and why, or "".
func (r Reading) Trouble() string {
	if r.FailedSince.IsZero() {
		return ""
	}
	return fmt.Sprintf("the public page cannot be read since %s: %s", notice.Minute(r.FailedSince), r.Why)
}

// TroubleAdvice says what to do about the trouble of a reading.
const TroubleAdvice = "open the page as a visitor; if it is right, look at what of it is taken for the policy"

// Difference is a draft that stands.
type Difference struct {
	Draft
	Version notice.Version // the page is compared with
	InForce notice.Version // on the day it is asked for; zero for none
}

// Behind reports whether the page differs because it was not brought up to date: it shows
// a version that was in force before.
func (d Difference) Behind() bool {
	return d.Shows != "" && d.InForce.Name != "" && d.InForce.Name != d.Shows
}

// Sentence says what is the matter with the page.
func (d Difference) Sentence() string {
	if d.Behind() {
		return fmt.Sprintf("version %s is in force since %s, and the public page still shows version %s", d.InForce.Name, d.InForce.Effective, d.Shows)
	}
	return fmt.Sprintf("the public page reads differently from version %s since %s", d.Since, notice.DateOf(d.SeenAt))
}

// Advice says what to do about it.
func (d Difference) Advice() string {
	if d.Behind() {
		return "bring the page up to date: its next reading clears this"
	}
	return "look at it by policymail draft; publish what the page says, or correct the page: its next reading clears this"
}

// DifferenceStore is what differences are found in.
type DifferenceStore interface {
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	Runs
	record.Store
}

// FindDifference finds the draft of a policy, if it stands: while the version it differs
// from is the one the page is compared with. What was published since is the answer to it.
func FindDifference(ctx context.Context, store DifferenceStore, policy string, today notice.Date) (d Difference, stands bool, err error) {
	if d.Draft, err = LoadDraft(ctx, store, policy); err != nil || d.Since == "" {
		return d, false, err
	}
	versions, err := store.Versions(ctx, policy)
	if err != nil {
		return d, false, err
	}
	if versions, err = Standing(ctx, store, versions); err != nil {
		return d, false, err
	}
	latest, ok := notice.Latest(versions)
	d.Version = latest
	d.InForce, _ = notice.InForce(versions, today)
	return d, ok && d.Since == latest.Name, nil
}
