package notice

import "time"

// Way is how a change of preference reached us.
type Way string

const (
	ByOneClick  Way = "one-click"
	ByPage      Way = "page"
	ByUndo      Way = "undo" // of what an unsubscribe link or staff did
	ByImport    Way = "import"
	ByBounce    Way = "bounce"
	ByComplaint Way = "complaint"
	ByOperator  Way = "operator"
	ByErasure   Way = "erasure"
	ByRequest   Way = "request" // a right was used: corrected, restricted, objected
)

// Standing is the part of a recipient that decides whether mail may be sent.
type Standing struct {
	Status     Status `json:"status"`
	OptOut     OptOut `json:"opt_out"`
	Restricted bool   `json:"restricted,omitempty"`
}

// Standing returns the recipient's present standing.
func (r Recipient) Standing() Standing { return Standing{r.Status, r.OptOut, r.Restricted} }

// PreferenceEvent is one line of the append-only history of a recipient: who
// changed what, when, in which way, before and after. It holds no address.
type PreferenceEvent struct {
	ID        string      `json:"id"` // sorts by time, then by chance
	Recipient RecipientID `json:"recipient"`
	At        time.Time   `json:"at"`
	Way       Way         `json:"way"`
	By        string      `json:"by,omitempty"`  // operator or system; empty for the recipient
	Run       RunID       `json:"run,omitempty"` // the notice whose link was used
	Before    Standing    `json:"before"`
	After     Standing    `json:"after"`
	Corrected []string    `json:"corrected,omitempty"` // fields that were corrected, never their values
}
