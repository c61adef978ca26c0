package mail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/officers"
)

// WriteInvitation writes to an approver what waits, with the link to decide. Officers
// are written to in English.
func (w *Writer) WriteInvitation(in officers.Invitation) (delivery.Envelope, error) {
	if !strings.HasPrefix(in.Link, "http") {
		return delivery.Envelope{}, errors.New("an invitation needs its link")
	}
	l, to := locale.Match("en", ""), notice.Recipient{Address: in.To}
	v := in.Version
	m := w.blank(l, to)
	m.Subject = fmt.Sprintf("%s: version %s of %s waits for your approval", w.brand.Company, v.Name, v.Policy)
	m.Heading = "A change notice waits for your approval"
	m.Intro = []string{
		fmt.Sprintf("Version %s of %s was published by %s. Nothing is sent until it is approved.", v.Name, v.Policy, v.PublishedBy),
		fmt.Sprintf("The change is %s (confidence %.0f %%): %s.", in.Change, 100*in.Confidence, strings.Join(in.Reasons, "; ")),
		fmt.Sprintf("Its %s notice would go to %d people, cost about $%.2f and take %s at today's quota.", in.Run.Class, in.Plan.Audience, in.Plan.CostUSD, in.Plan.Takes()),
	}
	if without := in.Plan.Without(); without != "" {
		m.Intro = append(m.Intro, "Left out: "+without+".")
	}
	if v.Basis != "" {
		m.Intro = append(m.Intro, "Legal basis: "+sentence(v.Basis))
	}
	for _, warning := range append(slices.Clone(in.Warnings), in.Plan.Warning) {
		if warning != "" {
			m.Intro = append(m.Intro, "Look at this: "+sentence(warning))
		}
	}
	if in.Two {
		m.Intro = append(m.Intro, "Two people must approve it.")
	}
	m.SummaryHead = "What readers are told"
	for _, tag := range slices.Sorted(maps.Keys(v.Summary)) {
		for i, line := range strings.Split(v.Summary[tag], "\n") {
			if line = strings.TrimSpace(line); line != "" && i == 0 {
				line = tag + ": " + line
			}
			if line != "" {
				m.Summary = append(m.Summary, line)
			}
		}
	}
	m.Details, m.DetailsHead = excerpt(in.Comparison), "How the text differs: + came, - went"
	m.Date = "Effective " + l.Date(v.Effective)
	m.Buttons = []button{{"Review and decide", in.Link}, {"See the comparison", in.Link + "/changes"}}
	m.Why = "You get this mail because you are an approver. The link is yours alone: whoever has it can approve in your name. A sample of the notice in every language is attached."
	var samples []attachment
	for _, tag := range locale.Tags() {
		raw, err := w.Sample(in.Run, v, tag)
		if err != nil {
			return delivery.Envelope{}, err
		}
		samples = append(samples, attachment{"sample-" + tag + ".eml", raw})
	}
	h := w.header(w.from, to, m.Subject, "approve/"+in.Link)
	raw, err := w.compose(h, m, to, samples...)
	return delivery.Envelope{From: w.from.Address, To: in.To, Raw: raw}, err
}

// How much of a comparison stands in an invitation; the page shows all.
const (
	maxLines = 80
	maxLine  = 600 // characters
)

// excerpt is the beginning of a comparison, long lines cut.
func excerpt(comparison string) (lines []string) {
	for line := range strings.Lines(comparison) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(lines) == maxLines {
			return append(lines, "… and more: see the comparison.")
		}
		if r := []rune(line); len(r) > maxLine {
			line = string(r[:maxLine]) + " …"
		}
		lines = append(lines, line)
	}
	return lines
}

// Invite writes and sends one invitation; Post implements approval.Post.
func (p Post) Invite(ctx context.Context, in officers.Invitation) error {
	return p.sending(ctx)(p.Letters.WriteInvitation(in))
}

// Sample is the notice of a run as it would be sent to a made-up person who reads a
// language; its links open nobody's data.
func (w *Writer) Sample(run notice.Run, v notice.Version, tag string) ([]byte, error) {
	e, _, err := w.Write(run, v, notice.Recipient{ID: "preview", Address: "reader@example.com", Name: "Alex Example", Locale: tag, Status: notice.Active})
	return e.Raw, err
}
