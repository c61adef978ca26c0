package mail

import (
	"context"
	"fmt"
	"strings"

	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// note finds the words of a letter.
func note(n locale.Notes, kind privacy.LetterKind) (locale.Note, error) {
	words, ok := map[privacy.LetterKind]locale.Note{
		privacy.LetterLink: n.Link, privacy.LetterUnsubscribed: n.Unsubscribed, privacy.LetterFewer: n.Fewer, privacy.LetterErase: n.Erase,
		privacy.LetterNewAddress: n.NewAddress, privacy.LetterOldAddress: n.OldAddress, privacy.LetterVerify: n.Verify,
		privacy.LetterReceived: n.Received, privacy.LetterExtended: n.Extended, privacy.LetterAnswered: n.Answered, privacy.LetterDenied: n.Denied,
	}[kind]
	if !ok {
		return words, fmt.Errorf("no letter is called %q", kind)
	}
	return words, nil
}

// WriteLetter writes a message about one's own data. It carries no List-Unsubscribe:
// it answers what was asked, once.
func (w *Writer) WriteLetter(in privacy.Letter) (delivery.Envelope, error) {
	in.To.Name = given(in.To.Name)
	l := locale.Match(in.To.Locale, "")
	words, err := note(l.Words.Mail.Notes, in.Kind)
	if err != nil {
		return delivery.Envelope{}, err
	}
	reason := in.Request.Extension
	if in.Kind == privacy.LetterDenied {
		reason = in.Request.Basis
	}
	fill := func(s string) string {
		return locale.Fill(s, "company", w.brand.Company, "heading", words.Heading, "number", string(in.Request.ID),
			"date", l.Date(in.Request.Due), "reason", sentence(reason))
	}
	m := w.blank(l, in.To)
	m.Subject, m.Heading, m.Intro, m.Why = fill(l.Words.Mail.NoteSubject), words.Heading, []string{fill(words.Body)}, fill(l.Words.Mail.NoteWhy)
	for paragraph := range strings.SplitSeq(in.Request.Answer, "\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			m.Intro = append(m.Intro, paragraph)
		}
	}
	if words.Button != "" {
		if !strings.HasPrefix(in.Link, "http") {
			return delivery.Envelope{}, fmt.Errorf("the letter %s needs its link", in.Kind)
		}
		m.Buttons = []button{{words.Button, in.Link}}
		if in.Kind != privacy.LetterUnsubscribed && in.Kind != privacy.LetterFewer {
			m.Why = l.Words.Mail.NotYou
		}
	}
	h := w.header(w.from, in.To, m.Subject, strings.Join([]string{string(in.Kind), string(in.To.ID), string(in.Request.ID), in.Link, w.now().String()}, "/"))
	raw, err := w.compose(h, m, in.To)
	return delivery.Envelope{From: w.from.Address, To: in.To.Address, Recipient: in.To.ID, Raw: raw}, err
}

// sentence ends with a stop, so that another one can follow.
func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" || strings.ContainsAny(s[len(s)-1:], ".!?") || strings.HasSuffix(s, "。") || strings.HasSuffix(s, "؟") {
		return s
	}
	return s + "."
}

// Post mails letters through a mailer; it implements privacy.Post.
type Post struct {
	Letters *Writer
	Mailer  delivery.Mailer
}

// Send writes and sends one letter.
func (p Post) Send(ctx context.Context, l privacy.Letter) error {
	if l.To.Status == notice.Erased || l.To.Address == "" {
		return fmt.Errorf("the letter %s has nobody to go to", l.Kind)
	}
	return p.sending(ctx)(p.Letters.WriteLetter(l))
}

// sending sends what a function that writes a message returned.
func (p Post) sending(ctx context.Context) func(delivery.Envelope, error) error {
	return func(e delivery.Envelope, err error) error {
		if err == nil {
			_, err = p.Mailer.Send(ctx, e)
		}
		return err
	}
}
