package watch

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"policymail/shared/notice"
	"policymail/shared/policy"
)

// Selectors cut the policy out of its page (CSS, selectors level 3).
type Selectors struct {
	Take string // like "main, .policy"; empty leaves it to the readability library
	Drop string // like ".cookie-banner"
}

// Check reports selectors that cannot be read.
func (s Selectors) Check() error {
	var faults []error
	for _, selector := range []string{s.Take, s.Drop} {
		if selector == "" {
			continue
		}
		if _, err := cascadia.ParseGroup(selector); err != nil {
			faults = append(faults, notice.Invalid("the CSS selector %q cannot be read: %v", selector, err))
		}
	}
	return errors.Join(faults...)
}

// minShare is how much of a page's text the library must leave: a long policy with
// many lists is sometimes taken for a menu, and then all of the page is read.
const minShare = 0.4

// extract returns the policy on a page.
func (s Selectors) extract(p Page, address string) (policy.Text, error) {
	if p.Name != "page.html" {
		return policy.Read(p.Body, p.Name)
	}
	root, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return policy.Text{}, notice.Refused("the page cannot be read as HTML: %v", err)
	}
	if s.Drop != "" {
		drop, err := cascadia.ParseGroup(s.Drop)
		if err != nil {
			return policy.Text{}, notice.Invalid("the CSS selector %q cannot be read: %v", s.Drop, err)
		}
		for _, n := range cascadia.QueryAll(root, drop) {
			if n.Parent != nil {
				n.Parent.RemoveChild(n)
			}
		}
	}
	if s.Take != "" {
		take, err := cascadia.ParseGroup(s.Take)
		if err != nil {
			return policy.Text{}, notice.Invalid("the CSS selector %q cannot be read: %v", s.Take, err)
		}
		var b strings.Builder
		for _, n := range cascadia.QueryAll(root, take) {
			if err := html.Render(&b, n); err != nil {
				return policy.Text{}, err
			}
		}
		return policy.Read([]byte(b.String()), p.Name)
	}
	var b bytes.Buffer
	if err := html.Render(&b, root); err != nil {
		return policy.Text{}, err
	}
	whole, err := policy.Read(b.Bytes(), p.Name)
	if err != nil {
		return whole, err
	}
	at, err := url.Parse(address)
	if err != nil {
		return whole, fmt.Errorf("address of the page: %w", err)
	}
	article, err := readability.FromDocument(root, at)
	if err != nil || article.Node == nil {
		return whole, nil
	}
	b.Reset()
	if err := article.RenderHTML(&b); err != nil {
		return whole, nil
	}
	main, err := policy.Read(b.Bytes(), p.Name)
	if err != nil || float64(len(main.Plain)) < minShare*float64(len(whole.Plain)) {
		return whole, nil
	}
	return main, nil
}
