// Package mail writes the messages recipients get: one RFC 5322 message per
// person, text and HTML made from the same sentences.
package mail

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"

	"policymail/shared/brand"
	"policymail/shared/delivery"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/token"
)

// Linker makes the links of a notice for one person.
type Linker interface {
	Notice(run notice.Run, v notice.Version, r notice.Recipient) token.Notice
}

// Writer writes messages. It is safe for concurrent use.
type Writer struct {
	brand           brand.Brand
	from, mandatory netmail.Address
	replyTo         netmail.Address
	linker          Linker
	now             func() time.Time
}

// New returns the writer of a brand; all faults of the brand are reported at once.
func New(b brand.Brand, l Linker, now func() time.Time) (*Writer, error) {
	var faults []error
	for _, f := range b.Faults() {
		faults = append(faults, fmt.Errorf("%s %s", f.Field, f.Reason))
	}
	mailbox := func(s string) netmail.Address {
		a, err := netmail.ParseAddress(s)
		if err != nil {
			return netmail.Address{} // named above
		}
		return *a
	}
	w := &Writer{brand: b, linker: l, now: now, from: mailbox(b.From), mandatory: mailbox(cmp.Or(b.FromMandatory, b.From)), replyTo: mailbox(b.ReplyTo)}
	return w, errors.Join(faults...)
}

// oneLine refuses what could end a header line and begin another.
func oneLine(name, s string) error {
	if i := strings.IndexFunc(s, unicode.IsControl); i >= 0 {
		return fmt.Errorf("%s holds a line break or control character at byte %d", name, i)
	}
	return nil
}

// Write writes the notice of a run for one person; it implements
// delivery.Letters. A message of an optional run cannot be written without its
// unsubscribe link, and no message with an address other than the person's.
func (w *Writer) Write(run notice.Run, v notice.Version, r notice.Recipient) (delivery.Envelope, string, error) {
	r.Name = given(r.Name)
	l := locale.Match(r.Locale, "")
	links := w.linker.Notice(run, v, r)
	optional := run.Class != notice.Mandatory
	if optional && !strings.HasPrefix(links.Unsubscribe, "http") {
		return delivery.Envelope{}, "", errors.New("an optional notice needs its unsubscribe link")
	}
	m := w.letter(l, run, v, r, links)
	e := delivery.Envelope{From: w.from.Address, To: r.Address, Run: run.ID, Recipient: r.ID, Kind: run.Kind}
	from := w.from
	if !optional {
		from, e.From = w.mandatory, w.mandatory.Address
	}
	h := w.header(from, r, m.Subject, string(run.ID)+"/"+string(r.ID))
	if optional {
		// RFC 8058 § 3.1: exactly one https URI, and the POST header after it;
		// what is set last is written first.
		h.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
		h.Set("List-Unsubscribe", "<"+links.Unsubscribe+">")
	}
	var err error
	e.Raw, err = w.compose(h, m, r)
	return e, l.Tag, err
}

// given is a name to greet by: none where it is a placeholder that an export left
// behind. Nobody goes without a notice for that.
func given(name string) string {
	if strings.Contains(name, "{{") {
		return ""
	}
	return name
}

// header sets what every message carries, each header once. The seed makes the
// message id and the part boundary the same for the same message.
func (w *Writer) header(from netmail.Address, r notice.Recipient, subject, seed string) gomail.Header {
	sum := sha256.Sum256([]byte(seed))
	id := hex.EncodeToString(sum[:12])
	_, domain, _ := strings.Cut(from.Address, "@")
	var h gomail.Header
	h.SetAddressList("From", []*gomail.Address{{Name: from.Name, Address: from.Address}})
	h.SetAddressList("To", []*gomail.Address{{Name: r.Name, Address: r.Address}})
	h.SetAddressList("Reply-To", []*gomail.Address{{Name: w.replyTo.Name, Address: w.replyTo.Address}})
	h.SetSubject(subject)
	h.SetDate(w.now())
	h.SetMessageID(id + "@" + domain)
	h.Set("MIME-Version", "1.0")
	h.SetContentType("multipart/alternative", map[string]string{"boundary": "=_" + id})
	h.Set("List-Id", "<"+w.brand.ListID+">")  // RFC 2919 § 3
	h.Set("Auto-Submitted", "auto-generated") // RFC 3834 § 5
	return h
}

// attachment is a message that goes along with another.
type attachment struct {
	name string
	raw  []byte // RFC 5322, ASCII only
}

// compose renders both bodies and puts the message together.
func (w *Writer) compose(h gomail.Header, m letter, r notice.Recipient, attached ...attachment) ([]byte, error) {
	for name, s := range map[string]string{"subject": m.Subject, "recipient name": r.Name, "recipient address": r.Address} {
		if err := oneLine(name, s); err != nil {
			return nil, err
		}
	}
	var out, text, html bytes.Buffer
	text.Grow(2 << 10) // what most bodies fit into: growing costs more than writing
	html.Grow(10 << 10)
	if err := textTemplate.Execute(&text, m); err != nil {
		return nil, err
	}
	if err := htmlTemplate.Execute(&html, m); err != nil {
		return nil, err
	}
	for _, body := range []*bytes.Buffer{&text, &html} {
		if i := bytes.Index(body.Bytes(), []byte("{{")); i >= 0 {
			return nil, errors.New("a placeholder was left in the message")
		}
	}
	out.Grow(3<<10 + (text.Len()+html.Len())*5/4)
	if len(attached) == 0 {
		mw, err := message.CreateWriter(&out, h.Header)
		if err != nil {
			return nil, err
		}
		err = errors.Join(bodies(mw, text.Bytes(), html.Bytes()), mw.Close())
		return out.Bytes(), err
	}
	kind, params, err := h.ContentType()
	if err != nil {
		return nil, err
	}
	h.SetContentType("multipart/mixed", map[string]string{"boundary": params["boundary"] + "-mixed"})
	mw, err := message.CreateWriter(&out, h.Header)
	if err != nil {
		return nil, err
	}
	var ph message.Header
	ph.SetContentType(kind, params)
	pw, err := mw.CreatePart(ph)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(bodies(pw, text.Bytes(), html.Bytes()), pw.Close()); err != nil {
		return nil, err
	}
	for _, a := range attached {
		// RFC 2046 § 5.2.1: a message goes as it is, in no encoding.
		var ph message.Header
		ph.SetContentType("message/rfc822", nil)
		ph.SetContentDisposition("attachment", map[string]string{"filename": a.name})
		ph.Set("Content-Transfer-Encoding", "7bit")
		if err := part(mw, ph, a.raw); err != nil {
			return nil, err
		}
	}
	err = mw.Close()
	return out.Bytes(), err
}

// bodies writes the parts of a multipart/alternative.
func bodies(mw *message.Writer, text, html []byte) error {
	for _, body := range []struct {
		kind    string
		content []byte
	}{{"text/plain", text}, {"text/html", html}} {
		var ph message.Header
		ph.SetContentType(body.kind, map[string]string{"charset": "utf-8"})
		ph.Set("Content-Transfer-Encoding", "quoted-printable")
		if err := part(mw, ph, body.content); err != nil {
			return err
		}
	}
	return nil
}

func part(mw *message.Writer, h message.Header, content []byte) error {
	pw, err := mw.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = pw.Write(content)
	return errors.Join(err, pw.Close())
}
