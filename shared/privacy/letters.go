package privacy

import (
	"context"

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
var LetterKinds = []LetterKind{LetterLink, LetterUnsubscribed, LetterErase, LetterNewAddress, LetterOldAddress, LetterVerify,
	LetterReceived, LetterExtended, LetterAnswered, LetterDenied}

// Post mails letters.
type Post interface {
	Send(ctx context.Context, l Letter) error
}
