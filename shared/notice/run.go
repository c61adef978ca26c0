package notice

import (
	"cmp"
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
	Audience  int        `json:"audience"`            // people concerned, as last counted
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
	Counts   Counts `json:"counts,omitempty"` // frozen when the run was done or cancelled
	Gone     Counts `json:"gone,omitempty"`   // whose lines had left the ledger when the run was reopened
	// Rev rises with every save; a save names the Rev it was based on.
	Rev int64 `json:"rev"`
}

// Figures is what became of the audience of a run; ledger is what the ledger counts now.
// People leave the ledger when they are erased or when its retention ends, and stay
// counted (invariant 2, counts add up): in Gone if they left before the run was reopened,
// in Counts if they left after it had ended. Counts does not say who left, only how many
// were in each state. So whoever is missing from the ledger is counted as skipped, bounced,
// sent or failed as far as these numbers were higher then, and as held otherwise. A message
// that was delivered counts as sent, and one that was still to be tried again when the run
// was cancelled as failed.
func (r Run) Figures(ledger Counts) Counts {
	all := ledger.Plus(r.Gone)
	gone := r.Counts.Total() - all.Total()
	if gone <= 0 {
		return all
	}
	add := func(s DeliveryState, n int) {
		n = min(max(n, 0), gone)
		all[s], gone = all[s]+n, gone-n
	}
	add(Skipped, r.Counts[Skipped]-all[Skipped])
	add(BouncedBack, r.Counts[BouncedBack]-all[BouncedBack])
	add(Sent, r.Counts.Accepted()-all.Accepted())
	add(Failed, r.Counts[Failed]+r.Counts[Retry]-all[Failed]-all[Retry])
	add(Held, gone)
	return all
}

// Freeze keeps what became of the audience until now, whatever leaves the ledger later.
func (r *Run) Freeze(ledger Counts) { r.Counts = r.Figures(ledger) }

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
// saw: its hash goes into the run and is compared before every slice.
func (r *Run) Approve(v Version, by string, at time.Time) error {
	if err := r.Approvable(v); err != nil {
		return err
	}
	if err := CheckApprover(by); err != nil {
		return err
	}
	r.Approval = &Approval{By: by, At: at, Hash: r.ContentHash}
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
// its held deliveries are sent again. Those who have left the ledger stay counted.
func (r *Run) Reopen(ledger Counts) error {
	if err := r.step("reopened", Running, Done); err != nil {
		return err
	}
	r.Gone = r.Figures(ledger).Less(ledger)
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
