package notice

import "time"

// Status says whether mail may reach a recipient at all.
type Status string

const (
	Active     Status = "active"
	Bounced    Status = "bounced"    // a permanent bounce: the mailbox does not exist
	Complained Status = "complained" // the person reported a notice as spam
	Erased     Status = "erased"     // only the id and the opt-out are kept
	Moved      Status = "moved"      // stands for a later address of the person it points to
)

// OptOut is what a recipient declined. The zero value declines nothing.
type OptOut struct {
	Annual bool `json:"annual"`
	Change bool `json:"change"`
}

// OptOutAll declines every optional notice.
var OptOutAll = OptOut{Annual: true, Change: true}

// Has reports whether notices of the kind are declined.
func (o OptOut) Has(k Kind) bool { return k == Annual && o.Annual || k == Change && o.Change }

// Recipient is one address and what we know of the person behind it.
type Recipient struct {
	ID         RecipientID `json:"id"`
	Address    string      `json:"address,omitempty"` // normalised; empty once erased
	Name       string      `json:"name,omitempty"`
	Locale     string      `json:"locale,omitempty"` // BCP 47; empty means the default
	Status     Status      `json:"status"`
	OptOut     OptOut      `json:"opt_out"`
	Restricted bool        `json:"restricted,omitempty"` // kept, not used: no optional notice goes out
	Source     string      `json:"source,omitempty"`     // where the address came from
	ConsentAt  time.Time   `json:"consent_at,omitzero"`
	ImportedAt time.Time   `json:"imported_at,omitzero"`
	LastNotice time.Time   `json:"last_notice,omitzero"` // last accepted notice of the policy
	LastRun    RunID       `json:"last_run,omitempty"`   // the run of that notice
	Due        Date        `json:"due,omitempty"`        // day of the next annual review; empty when none may be sent
	// A person keeps their id when their address changes, so that their links, ledger
	// and history stay theirs. Each later address has a record under its own id, with
	// status Moved and the person's id in MovedTo. The person's Alias is the id of the
	// latest of these, whose Alias is the id of the one before, and so on.
	MovedTo RecipientID `json:"moved_to,omitempty"`
	Alias   RecipientID `json:"alias,omitempty"`
	// When the person last corrected a field; from then on no import changes it.
	NameCorrectedAt   time.Time `json:"name_corrected_at,omitzero"`
	LocaleCorrectedAt time.Time `json:"locale_corrected_at,omitzero"`
	// Rev rises with every change but those of imports and of the clock. A claim names
	// the Rev it was decided on, so the store can refuse a claim that an opt-out overtook.
	Rev int64 `json:"rev"`
}

// Kept is what a store keeps of a recipient: everything, but of an erased person
// only the id and the opt-out (invariant 7, erased means erased), and of a later address
// of somebody (status Moved) only whose it is.
func (r Recipient) Kept() Recipient {
	switch r.Status {
	case Erased:
		return Recipient{ID: r.ID, Status: r.Status, OptOut: r.OptOut, Rev: r.Rev}
	case Moved:
		return Recipient{ID: r.ID, Status: r.Status, OptOut: r.OptOut, MovedTo: r.MovedTo, Alias: r.Alias, Rev: r.Rev}
	}
	return r
}

// Remindable reports whether annual reviews may be sent at all.
func (r Recipient) Remindable() bool {
	return r.Status == Active && !r.OptOut.Annual && !r.Restricted
}

// ClockStart is the instant the twelve months are counted from: the last notice,
// else the consent, else the import.
func (r Recipient) ClockStart() time.Time {
	switch {
	case !r.LastNotice.IsZero():
		return r.LastNotice
	case !r.ConsentAt.IsZero():
		return r.ConsentAt
	}
	return r.ImportedAt
}

// Deadline is the last day on which a notice is still in time: twelve calendar
// months after the clock started (invariant 4, twelve months).
func (r Recipient) Deadline() Date { return DateOf(r.ClockStart()).AddMonths(12) }

// DueDate is the day from which an annual review may be sent: the deadline less
// the lead in days. It is empty for a recipient who may get none: who opted out
// of it or restricted the use of their data, whose mailbox is gone, who complained,
// who was erased.
func (r Recipient) DueDate(lead int) Date {
	if !r.Remindable() {
		return ""
	}
	return r.Deadline().AddDays(-lead)
}

// NextDue is DueDate as it is stored: never before tomorrow, because today's
// annual run may have passed that day already. At most one day is lost; the lead
// covers it.
func (r Recipient) NextDue(lead int, today Date) Date {
	due := r.DueDate(lead)
	if due == "" {
		return ""
	}
	return Later(due, today.AddDays(1))
}

// Decline says why a recipient gets no notice of a run, or "" when the recipient
// gets one. It is the one rule for who is mailed (invariants 3 and 7).
func (r Recipient) Decline(run Run, lead int, today Date) SkipReason {
	switch {
	case r.Status == Erased:
		return SkipErased
	case r.Status == Moved:
		return SkipMoved
	case r.Status == Bounced:
		return SkipBounced
	case r.Status == Complained:
		return SkipComplained
	case run.Class != Mandatory && r.Restricted:
		return SkipRestricted
	case run.Class != Mandatory && r.OptOut.Has(run.Kind):
		return SkipOptedOut
	case run.Kind == Annual && r.DueDate(lead) > today:
		return SkipNotDue
	}
	return ""
}

// Imported is one good row of an import: what an import may say of a recipient.
type Imported struct {
	ID           RecipientID
	Address      string
	Name         string
	Locale       string
	Source       string
	ConsentAt    time.Time
	LastNotified time.Time // only for a recipient that is new
	At           time.Time // when the import ran
}

// Recipient is what a new person starts as; lead is in days.
func (i Imported) Recipient(lead int) Recipient {
	r := Recipient{ID: i.ID, Address: i.Address, Name: i.Name, Locale: i.Locale, Status: Active,
		Source: i.Source, ConsentAt: i.ConsentAt, ImportedAt: i.At, LastNotice: i.LastNotified, Rev: 1}
	r.Due = r.NextDue(lead, DateOf(i.At))
	return r
}

// Outcome is what an import did with one row.
type Outcome struct {
	What Effect
	Kept []string // columns left as the person corrected them, though the row differs
}

// Effect is what a row changed.
type Effect string

const (
	Added     Effect = "added"
	Updated   Effect = "updated"
	Unchanged Effect = "unchanged"
	// KeptErased: the person asked to be erased; an import does not bring them back.
	KeptErased Effect = "erased"
)

// Apply merges an imported row into a recipient that exists. Preferences, status,
// opt-outs, clock and due date stay; a column that is empty changes nothing. What the
// person corrected, to another value or to none, stays corrected (GDPR art. 16), however
// new the file is; the outcome names the columns that the row would have changed.
func (i Imported) Apply(r Recipient) (Recipient, Outcome) {
	switch r.Status {
	case Erased:
		return r, Outcome{What: KeptErased}
	case Moved: // the person is known under another id, with what they corrected
		return r, Outcome{What: Unchanged}
	}
	out := Outcome{What: Unchanged}
	for _, f := range []struct {
		column    string
		to        *string
		from      string
		corrected time.Time
	}{{"name", &r.Name, i.Name, r.NameCorrectedAt}, {"locale", &r.Locale, i.Locale, r.LocaleCorrectedAt}, {"source", &r.Source, i.Source, time.Time{}}} {
		switch {
		case f.from == "" || f.from == *f.to:
		case !f.corrected.IsZero():
			out.Kept = append(out.Kept, f.column)
		default:
			*f.to, out.What = f.from, Updated
		}
	}
	return r, out
}
