// Package store names what policymail asks of its database. store/bolt and
// store/dynamo implement it, and storetest holds both to one contract. Callers
// do not use this interface: each declares the few methods it needs.
package store

import (
	"context"
	"time"

	"policymail/shared/notice"
	"policymail/shared/record"
)

// Store is the whole of it. Every method is safe for concurrent use. A thing that
// is not there is notice.ErrNotFound; a condition that no longer holds is
// notice.ErrConflict. Reads are strongly consistent unless they say otherwise. A list
// that is read in pages takes the cursor that came with its page before; any other is
// notice.ErrInvalid.
type Store interface {
	Recipients
	Deliveries
	Policies
	Runs
	record.Store
	Requests
}

// Recipients and their history.
type Recipients interface {
	// Recipient reads one person.
	Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error)
	// Recipients reads up to 100 people; whoever is unknown is left out.
	Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error)
	// ImportRecipients adds or merges rows by Imported.Recipient and
	// Imported.Apply, one outcome a row. A new person's due date is taken with the
	// lead in days. A known person keeps their standing, clock and due date, and every
	// field they corrected themselves, also one they correct during the call.
	ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error)
	// ChangeRecipient replaces the person read as before by after and appends the
	// event in one transaction. It is ErrConflict if the stored Rev is no longer
	// before.Rev, or if the person's history holds an event of that ID already: an
	// event is never overwritten. It stores Rev before.Rev+1, and of after only what
	// Recipient.Kept keeps.
	// LastNotice and LastRun are not written by it (RecordNotice and TakeBackNotice own
	// them), except that they go with an erased or moved person's other data.
	ChangeRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error
	// MoveRecipient is ChangeRecipient for a person whose address changes: the same
	// transaction stores next under the id of the new address. there is what was read
	// under that id, or holds the id alone, with Rev 0, if nobody was. It is ErrConflict,
	// too, if the Rev stored there is another by now, or somebody is there after all.
	MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error
	// RecordNotice moves the person's clock: LastNotice, LastRun and Due. It never
	// moves LastNotice back (TakeBackNotice does), touches nothing else, does not raise Rev, and is
	// silent for a person who is unknown or erased. due is stored only while the
	// person is active and has not opted out of annual notices.
	RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error
	// TakeBackNotice undoes RecordNotice for a run whose message came back: LastNotice
	// becomes to (zero: none), LastRun empty, and Due. It is silent unless LastRun is run,
	// and otherwise under the same conditions as RecordNotice.
	TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, due notice.Date) error
	// MoveDue sets only the due date, under the same conditions as RecordNotice.
	MoveDue(ctx context.Context, id notice.RecipientID, due notice.Date) error
	// ListRecipients pages through everybody but the erased, in the store's own
	// order, from cursor ("" at first; "" returned at the end). Eventually
	// consistent. A page may hold fewer than limit and still not be the last.
	ListRecipients(ctx context.Context, cursor string, limit int) (page []notice.Recipient, next string, err error)
	// DueRecipients pages through the ids due on a day from first to last, both
	// included, through the sparse index; its cost depends on how many are due, not
	// on how many there are. Eventually consistent. A page may hold fewer than limit, or
	// nobody, and still not be the last.
	DueRecipients(ctx context.Context, first, last notice.Date, cursor string, limit int) (page []notice.RecipientID, next string, err error)
	// PreferenceEvents lists a person's history, oldest first.
	PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error)
	// ForgetEvents removes a person's history but the lines of one way (erasure).
	ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error
}

// Deliveries is the ledger.
type Deliveries interface {
	// Claim takes the right to send to d.Recipient in d.Run. In one transaction it
	// checks that the person's Rev is still rev and that the ledger holds no line
	// for them in this run, or one in state retry, and writes d. Otherwise nothing
	// is written: notice.ErrConflict if Rev moved on; else no error and claimed is
	// false. line is what the ledger holds now: the claim as written, its Attempt one
	// more than that of the line before, or the line that was in the way.
	Claim(ctx context.Context, d notice.Delivery, rev int64) (line notice.Delivery, claimed bool, err error)
	// RecordDelivery writes d (a skip, for one) if the ledger has no line for it
	// yet, or one that may become d.State; wrote is false otherwise.
	RecordDelivery(ctx context.Context, d notice.Delivery) (wrote bool, err error)
	// MoveDelivery replaces the line read as before by after if the stored line
	// still has before's State, Attempt and UpdatedAt; ErrConflict otherwise. after may stand
	// under another Recipient, of whom the run has no line (ErrConflict if it has): then the
	// one line goes and the other comes in one transaction.
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
	// Deliveries reads the lines of up to 100 people in a run; missing ones are left out.
	Deliveries(ctx context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error)
	// DeliveriesOf reads one person's lines in the runs given, in their order.
	DeliveriesOf(ctx context.Context, id notice.RecipientID, runs []notice.RunID) ([]notice.Delivery, error)
	// ListDeliveries pages through a run's ledger. Eventually consistent.
	ListDeliveries(ctx context.Context, run notice.RunID, cursor string, limit int) (page []notice.Delivery, next string, err error)
	// CountDeliveries counts a run's ledger by state, exactly.
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	// UnresolvedDeliveries pages through lines in one state, unknown or retry, whose
	// SettleAfter is not after the instant, through a sparse index; its cost depends on
	// how many those are, not on how many wait beside them. Eventually consistent.
	UnresolvedDeliveries(ctx context.Context, state notice.DeliveryState, before time.Time, cursor string, limit int) (page []notice.Delivery, next string, err error)
	// CountUnresolved counts the lines of every run that wait (Delivery.Waits), due or
	// not, through the same index; a run without any is left out. If ctx ends first, what
	// was counted until then comes with the error. Eventually consistent.
	CountUnresolved(ctx context.Context) (map[notice.RunID]notice.Counts, error)
	// ForgetDeliveries removes every line of a person in the runs given, from every count
	// too. Lines of people who are erased are not removed so, but moved (notice.Delivery.Nobodys).
	ForgetDeliveries(ctx context.Context, id notice.RecipientID, runs []notice.RunID) error
}

// Policies and their versions.
type Policies interface {
	// AddVersion stores a version for ever; ErrConflict if its name is taken, or if it is
	// a baseline and the policy has another.
	AddVersion(ctx context.Context, v notice.Version) error
	// Version reads one version.
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	// Versions lists all versions of a policy, oldest publication first, then by name.
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
}

// Runs and their progress.
type Runs interface {
	// AddRun stores a new run with Rev 1; ErrConflict if the id is taken.
	AddRun(ctx context.Context, r notice.Run) error
	// SaveRun replaces a run, open or ended, if the stored Rev is r.Rev (ErrConflict
	// otherwise) and returns it with Rev raised by one.
	SaveRun(ctx context.Context, r notice.Run) (notice.Run, error)
	// Decide saves an open run that stays open together with the version it tells of,
	// both or neither. Of the version it stores Summary, Edits and Approval. It is
	// ErrConflict if the run's stored Rev is no longer r.Rev or the version is not there
	// or approved already, and returns the run with Rev raised by one.
	Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error)
	// Run reads one run, open or ended.
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	// OpenRuns lists the runs whose state is Open, oldest first, then by id.
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	// ListRuns lists every run in the same order.
	ListRuns(ctx context.Context) ([]notice.Run, error)
	// AddTally adds to what is counted of a run as Tally.Plus does, atomically.
	AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error
	// Tally reads what was counted; zero for a run nothing was counted of.
	Tally(ctx context.Context, run notice.RunID) (notice.Tally, error)
}

// Requests are people's uses of their rights.
type Requests interface {
	// AddRequest stores a new request with Rev 1; ErrConflict if the id is taken.
	AddRequest(ctx context.Context, r notice.Request) error
	// SaveRequest replaces a request if the stored Rev is r.Rev (ErrConflict
	// otherwise) and returns it with Rev raised by one.
	SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error)
	// Request reads one request, open or closed.
	Request(ctx context.Context, id notice.RequestID) (notice.Request, error)
	// OpenRequests lists the requests whose state is Open, oldest first.
	OpenRequests(ctx context.Context) ([]notice.Request, error)
	// ListRequests lists every request received in a year (UTC), oldest first.
	ListRequests(ctx context.Context, year int) ([]notice.Request, error)
	// RequestsOf lists a person's requests, oldest first.
	RequestsOf(ctx context.Context, id notice.RecipientID) ([]notice.Request, error)
	// DeleteRequest removes a request for good; removing what is not there is no error.
	DeleteRequest(ctx context.Context, r notice.Request) error
}
