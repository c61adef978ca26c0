package mail

import (
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// toOfficer makes a message of what is said to an officer; about tells it from others.
func (w *Writer) toOfficer(m letter, to string, about ...string) (delivery.Envelope, error) {
	reader := notice.Recipient{Address: to}
	h := w.header(w.from, reader, m.Subject, strings.Join(append(about, to, w.now().String()), "/"))
	raw, err := w.compose(h, m, reader)
	return delivery.Envelope{From: w.from.Address, To: to, Raw: raw}, err
}
