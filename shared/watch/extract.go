package watch

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

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
	dropped, err := query(root, s.Drop)
	if err != nil {
		return policy.Text{}, err
	}
	for _, n := range dropped {
		remove(n)
	}
	taken, err := query(root, s.Take)
	if err != nil {
		return policy.Text{}, err
	}
	strip(root)
	if s.Take != "" {
		return read(taken...)
	}
	return find(root, address)
}

// query returns the elements a selector names, none if it is empty.
func query(root *html.Node, selector string) ([]*html.Node, error) {
	if selector == "" {
		return nil, nil
	}
	group, err := cascadia.ParseGroup(selector)
	if err != nil {
		return nil, notice.Invalid("the CSS selector %q cannot be read: %v", selector, err)
	}
	return cascadia.QueryAll(root, group), nil
}

func remove(n *html.Node) {
	if n.Parent != nil {
		n.Parent.RemoveChild(n)
	}
}

// strip takes out of a page what nobody reads of it and what is often most of its bytes:
// scripts, styles, comments, drawings without words, and images written into the markup.
// The text stays what it is.
func strip(root *html.Node) {
	var silent []*html.Node
	for n := range root.Descendants() {
		switch {
		case n.Type == html.CommentNode, n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Svg && !speaks(n):
			silent = append(silent, n)
		}
		n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return written[a.Key] && strings.HasPrefix(a.Val, "data:") })
	}
	for _, n := range silent {
		remove(n)
	}
}

// written are the attributes an image may be written into (RFC 2397).
var written = map[string]bool{"src": true, "srcset": true, "href": true, "poster": true}

// speaks reports whether a drawing has words in it, or a piece of HTML; its title is a
// tooltip.
func speaks(svg *html.Node) bool {
	for n := range svg.Descendants() {
		if n.Data == "text" || n.Data == "foreignObject" {
			return true
		}
	}
	return false
}

// read reads elements of a page, unless there is more in them than a policy can be.
func read(elements ...*html.Node) (policy.Text, error) {
	var b bytes.Buffer
	for _, n := range elements {
		if err := html.Render(&b, n); err != nil {
			return policy.Text{}, err
		}
	}
	if b.Len() > policy.MaxSource {
		return policy.Text{}, notice.Refused("the page is larger than %d KiB even without scripts, styles and drawings", policy.MaxSource>>10).
			Hint("set WatchTake to a CSS selector of the policy on it, like main")
	}
	return policy.Read(b.Bytes(), "page.html")
}

// find looks for the policy on a page.
func find(root *html.Node, address string) (policy.Text, error) {
	whole, err := read(root)
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
	var b bytes.Buffer
	if err := article.RenderHTML(&b); err != nil {
		return whole, nil
	}
	main, err := policy.Read(b.Bytes(), "page.html")
	if err != nil || float64(len(main.Plain)) < minShare*float64(len(whole.Plain)) {
		return whole, nil
	}
	return main, nil
}
