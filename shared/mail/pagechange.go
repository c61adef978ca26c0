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

// WritePageChange writes to an approver what the public page says that we did not
// publish, and by which command to look at it. Officers are written to in English.
func (w *Writer) WritePageChange(in officers.PageChange) (delivery.Envelope, error) {
	l, to, v := locale.Match("en", ""), notice.Recipient{Address: in.To}, in.Version
	m := w.blank(l, to)
	m.Subject = fmt.Sprintf("%s: the public page of %s differs from version %s", w.brand.Company, v.Policy, v.Name)
	m.Heading = "The public page of the policy changed"
	m.Intro = []string{
		fmt.Sprintf("Since %s the page reads differently from version %s of %s, in two readings at least. Nothing was published, and no reader was told.", l.Date(in.Seen), v.Name, v.Policy),
		fmt.Sprintf("The change is %s (confidence %.0f %%): %s.", in.Class, 100*in.Confidence, strings.Join(in.Reasons, "; ")),
	}
	if !v.Approved() {
		m.Intro = append(m.Intro, fmt.Sprintf("Version %s waits for approval. It cannot be approved while the page contradicts it.", v.Name))
	}
	m.Intro = append(m.Intro, "See what the page says by this command, then publish it, or have the page corrected: its next reading clears this.",
		fmt.Sprintf("policymail draft --policy %s --out draft", v.Policy))
	m.Details, m.DetailsHead = excerpt(strings.Join(in.Sections, "\n")), "Sections that differ"
	m.Why = "You get this mail because you are an approver, and again every week that the page goes on differing."
	h := w.header(w.from, to, m.Subject, strings.Join([]string{"page", v.Policy, in.To, w.now().String()}, "/"))
	raw, err := w.compose(h, m, to)
	return delivery.Envelope{From: w.from.Address, To: in.To, Raw: raw}, err
}

// PageChanged writes and sends one such mail; Post implements approval.Post.
func (p Post) PageChanged(ctx context.Context, in officers.PageChange) error {
	e, err := p.Letters.WritePageChange(in)
	if err != nil {
		return err
	}
	_, err = p.Mailer.Send(ctx, e)
	return err
}
