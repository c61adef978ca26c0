package notice

import (
	"maps"
	"strings"
	"time"
)

// Edit records that somebody changed the summary of a version before it was approved.
type Edit struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Before string    `json:"before"` // ContentHash until then
}

// Rejection records who ended a run before it began, and why.
type Rejection struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// ApproveFirst records the first of two approvals; the run goes on waiting.
func (r *Run) ApproveFirst(v Version, by string, at time.Time) error {
	trial := *r
	if err := trial.Approve(v, by, at); err != nil {
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
	before := v.ContentHash()
	v.Edits = append(v.Edits[:len(v.Edits):len(v.Edits)], Edit{By: by, At: at, Before: before})
	v.Summary = summary
	r.ContentHash = v.ContentHash()
	return nil
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
