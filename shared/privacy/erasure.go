package privacy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"policymail/shared/notice"
)

// ErasureStore is what erasing a person needs beyond their standing.
type ErasureStore interface {
	Store
	ListRuns(ctx context.Context) ([]notice.Run, error)
	DeliveriesOf(ctx context.Context, id notice.RecipientID, runs []notice.RunID) ([]notice.Delivery, error)
	MoveDelivery(ctx context.Context, before, after notice.Delivery) error
	ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error
	RequestsOf(ctx context.Context, id notice.RecipientID) ([]notice.Request, error)
	SaveRequest(ctx context.Context, r notice.Request) (notice.Request, error)
}

// KeptOnErasure is the basis on which the keyed hash, the opt-out and the bare log of
// requests outlive an erasure.
const KeptOnErasure = "keyed hash and opt-out, so that no import mails the person again; number, right and dates of requests as proof (GDPR art. 17(3)(b); CCPA regulations § 7101)"

// KeptUntilAnswered is the basis on which a case that is open keeps its address and
// words until the answer, which removes them.
const KeptUntilAnswered = "address and words of this open case are kept until it is answered, so that it can be (GDPR art. 12(3), 17(3)(b))"

// KeptAsNobodys is what an erasure leaves of the person's notices, and on which basis.
const KeptAsNobodys = "what became of each notice, on which day and of which version, as nobody's, so that the figures of runs add up (no personal data: GDPR recital 26)"

// outlives reports whether a request keeps its address and words when its person is
// erased: an open case needs them.
func outlives(r notice.Request) bool { return r.State == notice.Pending }

// Stays says what the erasure of a person with these requests leaves, and on which basis.
func Stays(requests []notice.Request) []string {
	stays := []string{KeptOnErasure, KeptAsNobodys}
	for _, r := range requests {
		if outlives(r) {
			stays = append(stays, fmt.Sprintf("request %s: %s", r.ID, KeptUntilAnswered))
		}
	}
	return stays
}

// Erase removes a person: afterwards only the keyed hash of each address they had,
// the opt-out, the line that says so, the bare log of their requests, lines of the ledger
// that are nobody's, and until they are answered the address and words of open requests are
// left (see Stays; invariant 7, erased means erased). The person's standing goes before
// their data, so nothing is sent meanwhile. It may be repeated after it was cut short, by
// any address they had: the ids of later ones lead to the person until nothing of them is
// left.
func Erase(ctx context.Context, store ErasureStore, p Preferences, c Change) error {
	c.Way = notice.ByErasure
	runs, err := runIDs(ctx, store)
	if err != nil {
		return err
	}
	person, later, err := eraseAddresses(ctx, store, p, c, runs)
	if err != nil {
		return err
	}
	if err := forget(ctx, store, person, runs); err != nil {
		return err
	}
	// From the far end of the chain: what is left after a death still leads to the rest.
	for _, r := range slices.Backward(later) {
		err := eraseStanding(ctx, p, c, r)
		for errors.Is(err, notice.ErrConflict) {
			if r, err = store.Recipient(ctx, r.ID); err == nil {
				err = eraseStanding(ctx, p, c, r)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseAddresses forgets what is kept under the later addresses of a person, then erases the
// person's standing, which names them. If the person changes meanwhile it begins again: they
// may have another address by now (invariant 7, erased means erased). It returns the person's
// id and the later addresses, whose standing is left.
func eraseAddresses(ctx context.Context, store ErasureStore, p Preferences, c Change, runs []notice.RunID) (person notice.RecipientID, later []notice.Recipient, err error) {
	for {
		named, err := store.Recipient(ctx, c.Recipient)
		if err != nil {
			return "", nil, err
		}
		r, err := p.Find(ctx, named.ID)
		if err != nil {
			return "", nil, err
		}
		next := r.Alias
		if next == "" && named.ID != r.ID {
			next = named.ID // what an erasure that was cut short left
		}
		if later, err = laterAddresses(ctx, store, next); err != nil {
			return "", nil, err
		}
		for _, address := range later {
			if err := forget(ctx, store, address.ID, runs); err != nil {
				return "", nil, err
			}
		}
		if err = eraseStanding(ctx, p, c, r); !errors.Is(err, notice.ErrConflict) {
			return r.ID, later, err
		}
	}
}

// eraseStanding leaves of a recipient the id and the opt-out. It is ErrConflict if they
// changed since they were read.
func eraseStanding(ctx context.Context, p Preferences, c Change, r notice.Recipient) error {
	if r.Status == notice.Erased {
		return nil
	}
	erased := r
	erased.Status, erased.OptOut, erased.Restricted = notice.Erased, notice.OptOutAll, false
	return p.write(ctx, c, r, erased, nil)
}

// forget removes what is kept under an id: ledger, history, and who asked and what.
func forget(ctx context.Context, store ErasureStore, id notice.RecipientID, runs []notice.RunID) error {
	if err := forgetDeliveries(ctx, store, id, runs); err != nil {
		return err
	}
	if err := store.ForgetEvents(ctx, id, notice.ByErasure); err != nil {
		return err
	}
	requests, err := store.RequestsOf(ctx, id)
	if err != nil {
		return err
	}
	for _, request := range requests {
		bare := request
		if outlives(request) {
			bare.Basis = KeptUntilAnswered
		} else {
			bare.Forget()
		}
		if bare == request {
			continue
		}
		if _, err := store.SaveRequest(ctx, bare); err != nil {
			return err
		}
	}
	return nil
}

// forgetDeliveries takes a person out of the ledger. Each of their lines becomes nobody's in
// one write, and goes on counting in its run (invariants 2, counts add up, and 7, erased means
// erased). It reads again until no line is left, as events may change one meanwhile.
func forgetDeliveries(ctx context.Context, store ErasureStore, id notice.RecipientID, runs []notice.RunID) error {
	for {
		lines, err := store.DeliveriesOf(ctx, id, runs)
		if err != nil || len(lines) == 0 {
			return err
		}
		for _, line := range lines {
			err := store.MoveDelivery(ctx, line, line.Nobodys(strings.ToLower(rand.Text())))
			if err != nil && !errors.Is(err, notice.ErrConflict) {
				return err
			}
		}
	}
}

func runIDs(ctx context.Context, store interface {
	ListRuns(ctx context.Context) ([]notice.Run, error)
}) ([]notice.RunID, error) {
	all, err := store.ListRuns(ctx)
	ids := make([]notice.RunID, 0, len(all))
	for _, r := range all {
		ids = append(ids, r.ID)
	}
	return ids, err
}
