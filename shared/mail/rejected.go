package mail

import (
	"context"
	"fmt"
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/officers"
)

// WriteRejected writes to an approver that another one rejected a change, and why.
func (w *Writer) WriteRejected(in officers.Rejected) (delivery.Envelope, error) {
	l, v := locale.Match("en", ""), in.Version
	m := w.blank(l, notice.Recipient{Address: in.To})
	m.Subject = fmt.Sprintf("%s: version %s of %s was rejected", w.brand.Company, v.Name, v.Policy)
	m.Heading = "A change notice was rejected"
	m.Intro = []string{
		fmt.Sprintf("%s rejected version %s of %s on %s. It was published by %s.", in.Rejection.By, v.Name, v.Policy, l.Date(notice.DateOf(in.Rejection.At)), v.PublishedBy),
		"Nobody was told of it, and nobody will be. There is nothing left to decide: the link you were mailed shows what became of it.",
		"If the same text is published again, its approvers are told that it was rejected, by whom and why.",
	}
	for line := range strings.Lines(in.Rejection.Reason) {
		if line = strings.TrimSpace(line); line != "" {
			m.Details = append(m.Details, line)
		}
	}
	m.DetailsHead = "The reason given"
	m.Why = "You get this mail because you are an approver."
	return w.toOfficer(m, in.To, "rejected", v.Policy, v.Name)
}

// Rejected writes and sends one such mail; Post implements approval.Post.
func (p Post) Rejected(ctx context.Context, in officers.Rejected) error {
	return p.sending(ctx)(p.Letters.WriteRejected(in))
}
