package notice

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// RunState is where a run stands.
type RunState string

const (
	Waiting   RunState = "waiting"   // for approval
	Running   RunState = "running"   // released, audited, settled
	Paused    RunState = "paused"    // by an operator
	Stopped   RunState = "stopped"   // by the system; StopReason says why
	Done      RunState = "done"      // an audit pass found no gap
	Cancelled RunState = "cancelled" // for good
)

// Open reports whether the run can still send.
func (s RunState) Open() bool { return s != Done && s != Cancelled }

// Begun reports whether anybody was released. A run that has begun goes on with its text
// when a newer version is approved, because the newer one does not tell what this one
// changed. One that has not begun does not: nobody should be told of an old text.
func (r Run) Begun() bool { return r.Pass > 0 || r.Released > 0 }

// Run is one sending of one notice to everyone concerned.
type Run struct {
	ID          RunID     `json:"run"`
	Kind        Kind      `json:"kind"`
	Class       Class     `json:"class"`
	Policy      string    `json:"policy"`
	Version     string    `json:"version"`
	ContentHash string    `json:"content_hash"` // of the approved version
	State       RunState  `json:"state"`
	StopReason  string    `json:"stop_reason,omitempty"`
	OpenedAt    time.Time `json:"opened_at"`
	StartedAt   time.Time `json:"started_at,omitzero"` // approved; people known by then are the audience
	DoneAt      time.Time `json:"done_at,omitzero"`
	Approval    *Approval `json:"approval,omitempty"`
	// First is the approval of the first of two people, while the run waits.
	First     *Approval  `json:"first_approval,omitempty"`
	Rejection *Rejection `json:"rejection,omitempty"`
	From      Date       `json:"from,omitempty"`      // annual: first due day covered
	To        Date       `json:"to,omitempty"`        // annual: last due day covered
	Effective Date       `json:"effective,omitempty"` // change: the day the version takes effect
	// Follows is the cancelled run that told some people the same words: they get no
	// second notice from this one.
	Follows  RunID `json:"follows,omitempty"`
	Audience int   `json:"audience"` // people concerned, as last counted; whoever was erased before their turn is none
	// Progress of the release. Pass 0 releases everyone; each later pass is an
	// audit that releases whom it finds missing.
	Pass      int       `json:"pass"`
	Cursor    string    `json:"cursor,omitempty"`
	Released  int       `json:"released"`            // recipients queued so far, over all passes
	Missing   int       `json:"missing"`             // found without a terminal state in this pass
	NotBefore time.Time `json:"not_before,omitzero"` // the next pass starts then
	MovedAt   time.Time `json:"moved_at,omitzero"`   // the release last made progress
	Canary    int       `json:"canary,omitempty"`    // change: so many go first, then the run waits for bad signs
	Settling  bool      `json:"settling,omitempty"`  // nobody is missing; what is unknown or to be tried again is waited for
	// Forgiven is the tally at the time an operator resumed the run: the bad signs in it
	// stop the run no more.
	Forgiven Tally  `json:"forgiven,omitzero"`
	Counts   Counts `json:"counts,omitempty"` // as last counted: when the run ended, or was closed
	// ClosedAt is when an ended run was counted for the last time (Close).
	ClosedAt time.Time `json:"closed_at,omitzero"`
	// Rev rises with every save; a save names the Rev it was based on.
	Rev int64 `json:"rev"`
}

// Figures is what became of the audience of a run; ledger is what the ledger counts now.
// Whoever was erased is still in the ledger, as nobody (Delivery.Nobodys), so while the
// ledger is whole it is the truth, with every event that came late. Once its lines leave it
// at the end of their retention, the figures are those that were last counted (invariant 2,
// counts add up): Close counts them before the first line leaves.
func (r Run) Figures(ledger Counts) Counts {
	if !r.ClosedAt.IsZero() || ledger.Total() < r.Counts.Total() {
		return maps.Clone(r.Counts)
	}
	return maps.Clone(ledger)
}

// Freeze keeps what became of the audience until now, whatever leaves the ledger later.
func (r *Run) Freeze(ledger Counts) { r.Counts = r.Figures(ledger) }

// closeMargin is how many months before its lines begin to leave the ledger the figures of a
// run are counted for the last time. Events come days after a message, complaints weeks.
const closeMargin = 1

// ClosesOn is the day from which the figures of an ended run are to be counted for the last
// time. No line of a run is older than the run's start.
func (r Run) ClosesOn() Date {
	began := r.StartedAt
	if began.IsZero() {
		began = r.OpenedAt
	}
	return DateOf(began).AddMonths(RetentionMonths - closeMargin)
}

// Close counts a run that has ended for the last time. From then on its figures stay as they
// are, whatever leaves the ledger.
func (r *Run) Close(ledger Counts, at time.Time) error {
	if r.State.Open() || !r.ClosedAt.IsZero() {
		return Refused("run %s is %s and cannot be closed", r.ID, r.State)
	}
	r.Freeze(ledger)
	r.ClosedAt = at
	return nil
}

// Approvable refuses a run that does not wait, or waits to tell of another text than v.
func (r Run) Approvable(v Version) error {
	if r.State != Waiting {
		return Refused("run %s is %s and cannot be approved", r.ID, r.State)
	}
	if v.ContentHash() != r.ContentHash {
		return Refused("run %s was opened for another text of version %s", r.ID, v.Name).Hint("publish the text again and approve its run")
	}
	return nil
}

// CheckApprover refuses an approval that names nobody.
func CheckApprover(by string) error {
	if strings.TrimSpace(by) == "" {
		return Invalid("an approval needs a name").Hint("say who approves with --by")
	}
	return nil
}

// Approve releases a waiting run. The version must be exactly what the approver
// saw: its hash goes into the run and is compared before every slice. A first approval of
// two becomes part of this one.
func (r *Run) Approve(v Version, by string, way ApprovalWay, at time.Time) error {
	if err := r.Approvable(v); err != nil {
		return err
	}
	if err := CheckApprover(by); err != nil {
		return err
	}
	r.Approval = &Approval{By: by, At: at, Hash: r.ContentHash, Given: []Given{{by, at, way}}}
	if r.First != nil {
		r.Approval.By = r.First.By + " and " + by
		r.Approval.Given = append(slices.Clone(r.First.Given), r.Approval.Given...)
	}
	r.State, r.StartedAt = Running, at
	return nil
}

// Pause holds a running run.
func (r *Run) Pause() error { return r.step("paused", Paused, Running, Stopped) }

// Resume lets a paused or stopped run go on. What was released before counts as
// lost until the audit pass proves otherwise, so the run is audited again.
func (r *Run) Resume() error {
	if err := r.step("resumed", Running, Paused, Stopped); err != nil {
		return err
	}
	r.StopReason = ""
	return nil
}

// Reopen lets a run that was done go on, because an operator decided that some of
// its held deliveries are sent again. One whose figures are closed stays as it is: its lines
// leave the ledger.
func (r *Run) Reopen() error {
	if !r.ClosedAt.IsZero() {
		return Refused("the lines of run %s leave the ledger after %d months: its figures were closed on %s", r.ID, RetentionMonths, DateOf(r.ClosedAt)).
			Hint("leave what is held with --leave")
	}
	if err := r.step("reopened", Running, Done); err != nil {
		return err
	}
	r.DoneAt, r.Counts, r.Cursor, r.Missing, r.Settling = time.Time{}, nil, "", 0, true
	return nil
}

// Cancel ends a run for good.
func (r *Run) Cancel() error {
	return r.step("cancelled", Cancelled, Waiting, Running, Paused, Stopped)
}

// Stop holds a running run for a reason of the system's.
func (r *Run) Stop(reason string) error {
	if err := r.step("stopped", Stopped, Running); err != nil {
		return err
	}
	r.StopReason = reason
	return nil
}

func (r *Run) step(verb string, to RunState, from ...RunState) error {
	for _, s := range from {
		if r.State == s {
			r.State = to
			return nil
		}
	}
	return Refused("run %s is %s and cannot be %s", r.ID, r.State, verb)
}

// ByOpening orders runs, oldest first, then by id, as slices.SortFunc asks for it.
func ByOpening(a, b Run) int {
	return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
}
