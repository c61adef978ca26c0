package privacy

import (
	"context"
	"time"

	"policymail/shared/notice"
)

// Letter is a message about one's own data, outside any run.
type Letter struct {
	Kind    LetterKind
	To      notice.Recipient // Address, Name and Locale count
	Link    string           // of its button; empty for none
	Request notice.Request   // whose number, dates and reasons it tells
}

// LetterKind says what a letter is about.
type LetterKind string

const (
	LetterLink         LetterKind = "link"         // opens the privacy center
	LetterUnsubscribed LetterKind = "unsubscribed" // what was done, with the undo
	LetterFewer        LetterKind = "fewer"        // the same of somebody who still gets some notices
	LetterErase        LetterKind = "erase"        // asks to confirm a deletion
	LetterNewAddress   LetterKind = "new-address"  // to the new mailbox: asks to confirm it
	LetterOldAddress   LetterKind = "old-address"  // to the old mailbox: tells of the new one
	LetterVerify       LetterKind = "verify"       // asks to confirm a request
	LetterReceived     LetterKind = "received"     // number and date of the answer
	LetterExtended     LetterKind = "extended"     // new date, and why
	LetterAnswered     LetterKind = "answered"
	LetterDenied       LetterKind = "denied" // and why
)

// LetterKinds lists every kind.
var LetterKinds = []LetterKind{LetterLink, LetterUnsubscribed, LetterFewer, LetterErase, LetterNewAddress, LetterOldAddress, LetterVerify,
	LetterReceived, LetterExtended, LetterAnswered, LetterDenied}

// Post mails letters.
type Post interface {
	Send(ctx context.Context, l Letter) error
}

// UndoLife is how long an undo works from when it is offered.
const UndoLife = 30 * 24 * time.Hour

// Declined is the letter that tells a person that notices were declined for them, by a link
// in a notice or by staff, with the link of the undo. after is how they stand since: who gets
// some notices still must not read that they are unsubscribed.
func Declined(person notice.Recipient, after notice.Standing, link string) Letter {
	kind := LetterFewer
	if after.OptOut == notice.OptOutAll {
		kind = LetterUnsubscribed
	}
	return Letter{Kind: kind, To: person, Link: link}
}
