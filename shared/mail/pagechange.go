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
// publish, and by which command to look at it; or that the page was not brought up to
// date, which is no text to publish. Officers are written to in English.
func (w *Writer) WritePageChange(in officers.PageChange) (delivery.Envelope, error) {
	l, to, v := locale.Match("en", ""), notice.Recipient{Address: in.To}, in.Version
	m := w.blank(l, to)
	if in.Shows != "" {
		m.Subject = fmt.Sprintf("%s: the public page of %s still shows version %s", w.brand.Company, v.Policy, in.Shows)
		m.Heading = "The public page of the policy is out of date"
		m.Intro = []string{
			fmt.Sprintf("Version %s of %s is in force since %s, and the public page still shows version %s: bring the page up to date.", in.InForce.Name, v.Policy, l.Date(in.InForce.Effective), in.Shows),
			"What the page says is no new text. Do not publish it: readers would be told that the change was taken back. The next reading of a page that shows the version in force clears this.",
		}
		m.DetailsHead = "Sections in which the page differs from version " + in.InForce.Name
	} else {
		m.Subject = fmt.Sprintf("%s: the public page of %s differs from version %s", w.brand.Company, v.Policy, v.Name)
		m.Heading = "The public page of the policy changed"
		m.Intro = []string{
			fmt.Sprintf("Since %s the page reads differently from version %s of %s, in two readings at least. Nothing was published, and no reader was told.", l.Date(in.Seen), v.Name, v.Policy),
			fmt.Sprintf("The change is %s (confidence %.0f %%): %s.", in.Class, 100*in.Confidence, strings.Join(in.Reasons, "; ")),
		}
		m.DetailsHead = "Sections that differ"
	}
	if !v.Approved() {
		m.Intro = append(m.Intro, fmt.Sprintf("Version %s waits for approval. It cannot be approved while the page contradicts it.", v.Name))
	}
	if in.Shows == "" {
		m.Intro = append(m.Intro, "See what the page says by this command, then publish it, or have the page corrected: its next reading clears this.",
			fmt.Sprintf("policymail draft --policy %s --out draft", v.Policy))
	}
	m.Details = excerpt(strings.Join(in.Sections, "\n"))
	m.Why = "You get this mail because you are an approver, and again every week that the page goes on differing."
	return w.toOfficer(m, in.To, "page", v.Policy)
}

// PageChanged writes and sends one such mail; Post implements approval.Post.
func (p Post) PageChanged(ctx context.Context, in officers.PageChange) error {
	return p.sending(ctx)(p.Letters.WritePageChange(in))
}
