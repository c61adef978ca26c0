// Package watch reads the public page of a policy on a schedule and says when it is
// no longer the version we know.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"policymail/shared/notice"
)

// Limits of a reading.
const (
	maxPage      = 4 << 20
	maxTime      = 30 * time.Second
	maxRedirects = 5
)

// Page is what a reading brought. Nothing but NotModified is set when the page says
// that it is the one whose validators were sent.
type Page struct {
	NotModified  bool
	Body         []byte // UTF-8
	Name         string // tells the form: page.html, page.md, page.txt
	ETag         string
	LastModified string
}

// Fetcher reads pages of the public internet, and of nothing else: an address that
// is private, local or reserved is refused when the connection is made, so that no
// name can point there, not even one that changes between two look-ups.
type Fetcher struct {
	// Private allows such addresses: for a local stack and for tests.
	Private bool
}

// Fetch reads a page, unless it is the one whose validators (RFC 9110, section 8.8)
// are given. Redirects are followed within the site only.
func (f Fetcher) Fetch(ctx context.Context, address, etag, lastModified string) (Page, error) {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, notice.Invalid("the address of the page cannot be read").Hint("it must be like https://www.example.com/privacy")
	}
	request.Header.Set("User-Agent", "policymail (reads its owner's privacy policy)")
	request.Header.Set("Accept", "text/html, text/markdown, text/plain;q=0.9")
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	if lastModified != "" {
		request.Header.Set("If-Modified-Since", lastModified)
	}
	response, err := f.client(request.URL).Do(request)
	if err != nil {
		var forPeople *notice.Error
		if errors.As(err, &forPeople) {
			return Page{}, forPeople
		}
		return Page{}, fmt.Errorf("read the page: %w", err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified:
		return Page{NotModified: true}, nil
	case response.StatusCode != http.StatusOK:
		return Page{}, notice.Refused("the page answers %s", response.Status)
	}
	p := Page{ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified")}
	contentType := response.Header.Get("Content-Type")
	switch kind, _, _ := strings.Cut(contentType, ";"); strings.TrimSpace(kind) {
	case "text/html", "application/xhtml+xml", "":
		p.Name = "page.html"
	case "text/markdown":
		p.Name = "page.md"
	case "text/plain":
		p.Name = "page.txt"
	case "application/pdf":
		return Page{}, notice.Refused("the page is a PDF").Hint("watch the HTML page of the policy, or publish its text as Markdown")
	default:
		return Page{}, notice.Refused("the page is %s, no text", kind)
	}
	if p.Body, err = io.ReadAll(io.LimitReader(response.Body, maxPage+1)); err != nil {
		return Page{}, fmt.Errorf("read the page: %w", err)
	}
	if len(p.Body) > maxPage {
		return Page{}, notice.Refused("the page is larger than %d MiB", maxPage>>20)
	}
	if p.Body, err = decode(p.Body, contentType); err != nil {
		return Page{}, notice.Refused("the page cannot be decoded: %v", err).Hint("serve it in UTF-8, and say so in its Content-Type")
	}
	return p, nil
}

// decode returns a text as UTF-8. One that is UTF-8 stays as it is, whatever is said of
// it: a server that names another encoding for all it serves changes no policy. Else the
// encoding is the one of its byte order mark, of its Content-Type, or of its own meta
// element, in this order, or windows-1252 (HTML, section 13.2.3.2).
func decode(text []byte, contentType string) ([]byte, error) {
	if mostlyUTF8(text) {
		return text, nil
	}
	encoding, _, _ := charset.DetermineEncoding(text, contentType)
	return encoding.NewDecoder().Bytes(text)
}

// mostlyUTF8 reports whether of what is not ASCII in a text more is UTF-8 than is not: a
// broken character makes no other encoding of it.
func mostlyUTF8(text []byte) bool {
	valid, broken := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case size > 1:
			valid++
		case r == utf8.RuneError:
			broken++
		}
		text = text[size:]
	}
	return valid > broken
}

// client is made anew for a reading: it keeps no connection and no cookie.
func (f Fetcher) client(from *url.URL) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if !f.Private {
		dialer.Control = refusePrivate
	}
	return &http.Client{
		// No proxy: it would make the connection whose address we must see.
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: 20 * time.Second, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			switch {
			case len(via) >= maxRedirects:
				return notice.Refused("the page redirects more than %d times", maxRedirects)
			case site(next.URL) != site(from):
				return notice.Refused("the page redirects to another site").Hint("watch the address it leads to, if that is yours")
			case from.Scheme == "https" && next.URL.Scheme != "https":
				return notice.Refused("the page redirects to an address without TLS")
			}
			return nil
		},
	}
}

// site is the host of an address without www.
func site(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Host), "www.") }

// shared are the addresses of carriers (RFC 6598) and of translation to IPv4
// (RFC 6052, RFC 8215), behind which private ones may lie.
var shared = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("2002::/16")}

// refusePrivate looks at the address a connection is about to be made to, after all
// look-ups.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	for _, p := range shared {
		public = public && !p.Contains(ip)
	}
	if !public {
		return notice.Refused("the page lies at an address that is not public")
	}
	return nil
}
