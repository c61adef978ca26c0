package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"policymail/shared/notice"
)

// FuzzWrite puts anything into every field that reaches a mail. Whatever the words are,
// the message has the header fields and the HTML elements and links it has for plain
// words, and goes to the same address: nothing gets in by a line break or a tag.
func FuzzWrite(f *testing.F) {
	f.Add("Zoë Example", "Exämple GmbH", "1 Example Street", "We keep it longer.\nNothing else changes.", "Art. 13", "de", true)
	f.Add("Ada\r\nBcc: eve@example.com", "Example", "Street", "x", "", "en", false)
	f.Add("</p><script>alert(1)</script>", "<b>Example</b>", "\" onload=\"x", "<a href=\"https://example.com\">here</a>", "", "ar", true)
	f.Add("{{.Name}}", "=?utf-8?q?Bcc:?=", "javascript:alert(1)", "--=_boundary--\n.\n", "&lt;i&gt;", "fr", true)
	f.Add(strings.Repeat("long ", 100), strings.Repeat("ü", 200), "\u202eright to left", "\u2028\u0085", "", "es", false)
	f.Fuzz(func(t *testing.T, name, company, postal, summary, basis, tag string, change bool) {
		b := example
		b.Company, b.PostalAddress = company, postal
		w, err := New(b, links{}, func() time.Time { return version.Effective.Time() })
		if err != nil {
			return // refused before anything is sent
		}
		run := notice.Run{ID: "run", Kind: notice.Annual, Class: notice.Optional}
		if change {
			run.Kind = notice.Change
		}
		if basis != "" {
			run.Class = notice.Mandatory
		}
		v, r := version, person(tag)
		v.Summary, v.Basis, r.Name = map[string]string{"en": summary}, basis, name
		e, language, err := w.Write(run, v, r)
		if err != nil {
			if strings.IndexFunc(name+company+postal+basis+strings.ReplaceAll(summary, "\n", ""), unicode.IsControl) < 0 && !strings.Contains(company+postal+basis+summary, "{{") {
				t.Errorf("a message of plain words was refused: %v", err)
			}
			return
		}
		plain := plainly(name, "Zoe")
		b.Company, b.PostalAddress, v.Basis = plainly(company, "Example"), plainly(postal, "Street"), plainly(basis, "Law")
		v.Summary = map[string]string{"en": paragraphs(summary)}
		r.Name, r.Locale = plain, language
		w, err = New(b, links{}, w.now)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := w.Write(run, v, r)
		if err != nil {
			t.Fatal(err)
		}
		gotHead, gotHTML, gotText := anatomy(t, e.Raw)
		wantHead, wantHTML, _ := anatomy(t, want.Raw)
		if !slices.Equal(gotHead, wantHead) {
			t.Errorf("header fields %v, want %v", gotHead, wantHead)
		}
		if !slices.Equal(gotHTML, wantHTML) {
			t.Errorf("elements %v, want %v", gotHTML, wantHTML)
		}
		if e.To != r.Address || e.From != want.From {
			t.Errorf("from %s to %s", e.From, e.To)
		}
		if utf8.ValidString(name) && !strings.Contains(name, "{{") && !strings.Contains(gotText, name) {
			t.Errorf("the text lacks the name %q:\n%s", name, gotText)
		}
	})
}

// plainly stands for a field whose words do not matter; an empty one stays empty.
func plainly(s, word string) string {
	if s == "" || strings.Contains(s, "{{") {
		return ""
	}
	return word
}

func paragraphs(summary string) (plain string) {
	for line := range strings.SplitSeq(summary, "\n") {
		if strings.TrimSpace(line) != "" {
			plain += "x\n"
		}
	}
	return plain
}

// anatomy is what a message is made of: the names of its header fields with the
// addresses in them, the elements of its HTML with their attributes and links.
func anatomy(t *testing.T, raw []byte) (fields, elements []string, text string) {
	for line := range bytes.Lines(raw) {
		if len(line) > 1000 {
			t.Errorf("a line of %d bytes (RFC 5322 § 2.1.1)", len(line))
		}
		if !bytes.HasSuffix(line, []byte("\r\n")) || bytes.IndexByte(line[:len(line)-2], '\r') >= 0 {
			t.Errorf("line %q does not end as a line ends", line)
		}
	}
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	for name, values := range m.Header {
		for range values {
			fields = append(fields, name)
		}
		if all, err := m.Header.AddressList(name); err == nil && slices.Contains([]string{"From", "To", "Reply-To"}, name) {
			for _, a := range all {
				fields = append(fields, name+" "+a.Address)
			}
		}
	}
	slices.Sort(fields)
	_, boundary, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for parts := multipart.NewReader(m.Body, boundary["boundary"]); ; {
		part, err := parts.NextPart() // decodes quoted-printable
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(body))
	}
	if len(bodies) != 2 {
		t.Fatalf("%d parts, want text and HTML", len(bodies))
	}
	for z := html.NewTokenizer(strings.NewReader(bodies[1])); ; {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Error(z.Err())
			}
			return fields, elements, bodies[0]
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			name := token.Data
			for _, a := range token.Attr {
				name += " " + a.Key
				if a.Key == "href" || a.Key == "src" {
					name += "=" + a.Val
				}
			}
			elements = append(elements, name)
		}
	}
}
