package notice

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Edit records that somebody changed the summary of a version before it was approved.
type Edit struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Before string    `json:"before"` // ContentHash until then
	// Was holds the words that were replaced, by locale; those of a language that had no
	// summary are empty.
	Was map[string]string `json:"was,omitempty"`
}

// mostReplaced is how many bytes of replaced words a version keeps: it is stored as one
// record, beside its text.
const mostReplaced = 60_000

// Rejection records who ended a run before it began, and why.
type Rejection struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// RejectedVersion is a version that was rejected, by whom and why.
type RejectedVersion struct {
	Version string `json:"version"`
	Rejection
}

// Warning says to whoever decides about a version that its text was rejected before.
func (r RejectedVersion) Warning() string {
	return fmt.Sprintf("this very text was rejected before, as version %s, by %s on %s: %s", r.Version, r.By, DateOf(r.At), strings.Join(strings.Fields(r.Reason), " "))
}

// RejectedBefore are those of a policy's versions that have the text of v and were
// rejected, in their order; run finds the run of a version.
func RejectedBefore(v Version, versions []Version, run func(RunID) (Run, error)) (rejected []RejectedVersion, err error) {
	for _, other := range versions {
		if other.Name == v.Name || other.SHA256 != v.SHA256 {
			continue
		}
		told, err := run(ChangeRunID(other.Policy, other.Name))
		if errors.Is(err, ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		if told.Rejection != nil {
			rejected = append(rejected, RejectedVersion{other.Name, *told.Rejection})
		}
	}
	return rejected, nil
}

// ApproveFirst records the first of two approvals; the run goes on waiting.
func (r *Run) ApproveFirst(v Version, by string, way ApprovalWay, at time.Time) error {
	trial := *r
	if err := trial.Approve(v, by, way, at); err != nil {
		return err
	}
	r.First = trial.Approval
	return nil
}

// Edit gives a version another summary while nobody has approved its run. The run's hash
// becomes that of the new content, which is what will be approved and sent: run and
// version are to be stored in one write (invariant 5, nothing unapproved).
func (r *Run) Edit(v *Version, summary map[string]string, by string, at time.Time) error {
	switch {
	case r.State != Waiting:
		return Refused("run %s is %s: its summary stays as it is", r.ID, r.State)
	case r.First != nil || v.Approval != nil:
		return Refused("run %s has an approval: its summary stays as it is", r.ID).Hint("reject it, then publish it again under another version")
	case by == "":
		return Invalid("an edit needs a name")
	case maps.Equal(v.Summary, summary):
		return nil
	}
	edit := Edit{By: by, At: at, Before: v.ContentHash(), Was: replaced(v.Summary, summary)}
	edits := append(v.Edits[:len(v.Edits):len(v.Edits)], edit)
	if size(edits) > mostReplaced {
		return Refused("the summary of version %s was edited too often to keep all its earlier words", v.Name).
			Hint("reject it, then publish it again under another version with the summary it is to have")
	}
	v.Edits, v.Summary = edits, summary
	// Nobody was told these words before.
	r.ContentHash, r.Follows = v.ContentHash(), ""
	return nil
}

// replaced are the words of before that are others in after, by locale.
func replaced(before, after map[string]string) map[string]string {
	was := map[string]string{}
	for _, summary := range []map[string]string{before, after} {
		for locale := range summary {
			if before[locale] != after[locale] {
				was[locale] = before[locale]
			}
		}
	}
	return was
}

// size is how many bytes of replaced words edits hold.
func size(edits []Edit) (n int) {
	for _, e := range edits {
		for _, words := range e.Was {
			n += len(words)
		}
	}
	return n
}

// Wording is one edit of a summary as it is read: the words it replaced, and by what.
type Wording struct {
	Edit
	Became map[string]string `json:"became,omitempty"` // by locale, the words in place of Was; empty where the language was taken out
}

// Wordings are the edits of the summary, oldest first.
func (v Version) Wordings() []Wording {
	all, then := make([]Wording, len(v.Edits)), maps.Clone(v.Summary)
	for i := len(v.Edits) - 1; i >= 0; i-- {
		w := Wording{Edit: v.Edits[i], Became: map[string]string{}}
		for locale, words := range w.Was {
			w.Became[locale] = then[locale]
			then[locale] = words
		}
		all[i] = w
	}
	return all
}

// Reject ends a run that waits.
func (r *Run) Reject(by, reason string, at time.Time) error {
	if by == "" || strings.TrimSpace(reason) == "" {
		return Invalid("a rejection needs a name and a reason")
	}
	if err := r.step("rejected", Cancelled, Waiting); err != nil {
		return err
	}
	r.Rejection = &Rejection{By: by, At: at, Reason: strings.TrimSpace(reason)}
	return nil
}
