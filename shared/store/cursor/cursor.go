// Package cursor makes what a page of a list comes with, for the next page to be asked
// with: text without spaces or quotes, that says which list it is of and, in the store's
// own terms, where in it the page ended.
package cursor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"policymail/shared/notice"
)

// List names what is paged through. A cursor is good for the list it came with.
type List string

// Recipients is the list of everybody.
const Recipients List = "recipients"

// Due is the list of those who are due on a day from first to last.
func Due(first, last notice.Date) List { return List(fmt.Sprintf("due %s %s", first, last)) }

// Ledger is the list of a run's deliveries.
func Ledger(run notice.RunID) List { return List("ledger " + run) }

// Unresolved is the list of the deliveries in one state that wait.
func Unresolved(state notice.DeliveryState) List { return List("unresolved " + state) }

type cursor[Place any] struct {
	List  List  `json:"list"`
	Place Place `json:"place"`
}

// Write makes the cursor of a page that ended at a place.
func Write[Place any](list List, at Place) (string, error) {
	record, err := json.Marshal(cursor[Place]{list, at})
	return base64.RawURLEncoding.EncodeToString(record), err
}

// Read returns the place that a page of the list ended at; of an empty cursor the zero
// place. It is notice.ErrInvalid for what Write did not make for this list.
func Read[Place any](list List, text string) (at Place, err error) {
	if text == "" {
		return at, nil
	}
	var c cursor[Place]
	record, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(record, &c)
	}
	if err != nil || c.List != list {
		return at, notice.Invalid("cursor %q is not of this list", text).Hint("ask with the one that came with the page before, or with none")
	}
	return c.Place, nil
}
