package mail

import (
	"context"
	"fmt"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/officers"
)

// WritePageBroken writes to an approver that no policy is found on the public page, or
// that it is again.
func (w *Writer) WritePageBroken(in officers.PageBroken) (delivery.Envelope, error) {
	l, since := locale.Match("en", ""), in.Since.UTC().Format("15:04 UTC")
	m := w.blank(l, notice.Recipient{Address: in.To})
	day := l.Date(notice.DateOf(in.Since))
	if in.Again {
		m.Subject = fmt.Sprintf("%s: the public page of %s can be read again", w.brand.Company, in.Policy)
		m.Heading = "The public page of the policy can be read again"
		m.Intro = []string{fmt.Sprintf("It could not be read since %s, %s. There is nothing left to do.", day, since)}
		m.Why = "You get this mail because you are an approver and were told that the page could not be read."
		return w.toOfficer(m, in.To, "page-again", in.Policy)
	}
	m.Subject = fmt.Sprintf("%s: the public page of %s cannot be read", w.brand.Company, in.Policy)
	m.Heading = "The public page of the policy cannot be read"
	m.Intro = []string{
		fmt.Sprintf("Since %s, %s, no reading of the public page of %s found the policy there.", day, since, in.Policy),
		"The last one failed because: " + sentence(in.Why),
		"While this lasts nobody notices when the page says something else than what was published. Open the page as a visitor; if it is right, the people who run policymail must look at how it is read.",
		"policymail doctor says whether it still fails.",
	}
	m.Why = "You get this mail because you are an approver; you are told once more when the page can be read again."
	return w.toOfficer(m, in.To, "page-broken", in.Policy)
}

// PageBroken writes and sends one such mail; Post implements approval.Post.
func (p Post) PageBroken(ctx context.Context, in officers.PageBroken) error {
	return p.sending(ctx)(p.Letters.WritePageBroken(in))
}
