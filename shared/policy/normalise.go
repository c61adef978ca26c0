// Package policy reads the text of a policy, tells two texts apart, and says what the
// difference is and what a notice of it should say.
package policy

import (
	"bytes"
	"net/http"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	unsafe "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"policymail/shared/notice"
)

// Normaliser is the version of the rules that make Text.Plain. It is stored with
// every hash, so that better rules do not look like a change of the policy.
const Normaliser = 6

// MaxSource is the size in bytes of the largest policy accepted: four times the longest
// we know of.
const MaxSource = 1 << 20

// minPlain is the shortest text that can be a policy.
const minPlain = 40

// Text is a policy as it is compared and as it is shown.
type Text struct {
	Plain    string   // one paragraph a line; what is hashed
	HTML     string   // sanitised
	Document Document // what is compared
}

var (
	// HTML inside Markdown is kept, for the sanitizer judges all of it.
	markdown  = goldmark.New(goldmark.WithParser(proseParser()), goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(unsafe.WithUnsafe()))
	sanitizer = bluemonday.UGCPolicy()

	// glued is the mark of a list entry or a heading with a space behind it that Markdown
	// takes for a letter.
	glued = regexp.MustCompile(`(?m)^([ \t]*(?:[-*+]|\d{1,9}[.)]|#{1,6}))[ \t]*[\x{a0}\x{200b}\x{feff}][ \t\x{a0}\x{200b}\x{feff}]*`)
)

// proseParser reads Markdown whose indented blocks are paragraphs: a policy holds no
// program code.
func proseParser() parser.Parser {
	blocks := parser.DefaultBlockParsers()
	for i := range blocks {
		if blocks[i].Value == parser.NewCodeBlockParser() {
			blocks[i].Value = indented{parser.NewParagraphParser()}
		}
	}
	return parser.NewParser(parser.WithBlockParsers(blocks...), parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...))
}

type indented struct{ parser.BlockParser }

func (indented) CanAcceptIndentedLine() bool { return true }

// Normalise reads Markdown, HTML or plain text that can be a policy; the name's
// ending says which, else the content does. Layout, white space, bullets, menus,
// Unicode forms, hidden addresses and relative dates do not count in Plain.
func Normalise(source []byte, name string) (Text, error) {
	if !utf8.Valid(source) {
		return Text{}, notice.Invalid("%s is not UTF-8", name).Hint("save the text as UTF-8")
	}
	text, err := Read(source, name)
	if err != nil {
		return Text{}, err
	}
	if n := utf8.RuneCountInString(text.Plain); n < minPlain {
		return Text{}, notice.Invalid("%s holds no policy: %d characters of text are left", name, n).Hint("check that it is the right file")
	}
	return text, nil
}

// Read is Normalise for a text that may be none: what came instead of a policy, or is
// broken, is read too, to be recognised.
func Read(source []byte, name string) (Text, error) {
	if len(source) > MaxSource {
		return Text{}, notice.Invalid("%s is larger than %d KiB", name, MaxSource>>10).Hint("publish the text without images or scripts")
	}
	if bytes.HasPrefix(source, []byte("%PDF")) {
		return Text{}, notice.Invalid("%s is a PDF", name).Hint("publish the text as Markdown, HTML or plain text")
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	source = bytes.ToValidUTF8(source, []byte("\ufffd")) // broken characters are no change of the text
	source = []byte(repair(string(source)))
	form := kind(source, name)
	var page string
	switch form {
	case "html":
		page = string(source)
	case "markdown":
		var b bytes.Buffer
		source = glued.ReplaceAll(emptyLink.ReplaceAll(source, []byte("$1")), []byte("$1 "))
		if err := markdown.Convert(source, &b); err != nil {
			return Text{}, notice.Invalid("%s cannot be read as Markdown: %v", name, err)
		}
		page = b.String()
	default:
		var b strings.Builder
		for paragraph := range strings.Lines(string(source)) {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				b.WriteString("<p>" + html.EscapeString(paragraph) + "</p>\n")
			}
		}
		page = b.String()
	}
	clean, err := clean(page, form == "html")
	if err != nil {
		return Text{}, notice.Invalid("%s cannot be read as HTML: %v", name, err)
	}
	document, err := ReadHTML(clean)
	if err != nil {
		return Text{}, notice.Invalid("%s cannot be read as HTML: %v", name, err)
	}
	if form == "text" {
		document.guessHeadings()
	}
	return Text{Plain: document.Plain(), HTML: clean, Document: document}, nil
}

// clean sanitises a page. Of a whole page it drops what HTML itself marks as no
// part of the text.
func clean(page string, whole bool) (string, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", err
	}
	reveal(root)
	aim(root)
	part(root)
	if whole {
		dropFurniture(root)
	}
	var b strings.Builder
	if err := html.Render(&b, root); err != nil {
		return "", err
	}
	return sanitizer.Sanitize(b.String()), nil
}

// aim gives links that lead nowhere, or that a script follows, the beginning of the page
// for a target: the sanitizer takes those without one for text.
func aim(root *html.Node) {
	for n := range root.Descendants() {
		if n.DataAtom != atom.A {
			continue
		}
		for i, a := range n.Attr {
			if to := strings.ToLower(strings.TrimSpace(a.Val)); a.Key == "href" && (to == "" || to == "#" || strings.HasPrefix(to, "javascript:")) {
				n.Attr[i].Val = "#top"
			}
		}
	}
}

// part sets controls apart, which a page lays out as boxes and the sanitizer takes for
// words.
func part(root *html.Node) {
	var controls []*html.Node
	for n := range root.Descendants() {
		switch n.DataAtom {
		case atom.Button, atom.Select, atom.Option, atom.Textarea:
			controls = append(controls, n)
		}
	}
	for _, n := range controls {
		for _, before := range []*html.Node{n, n.NextSibling} {
			n.Parent.InsertBefore(&html.Node{Type: html.ElementNode, DataAtom: atom.Br, Data: "br"}, before)
		}
	}
}

// furniture is what a page holds beside its text.
var furniture = map[atom.Atom]bool{atom.Nav: true, atom.Footer: true, atom.Aside: true,
	atom.Noscript: true, atom.Template: true, atom.Title: true, atom.Head: true}

// landmarks are the roles (WAI-ARIA 1.2) of the same.
var landmarks = set("navigation banner contentinfo complementary search menu menubar")

// dialogs are the roles of what opens over a page: a form, a question, or a part of the
// text.
var dialogs = set("dialog alertdialog")

// consentManager is in the id or the class of what asks for consent to cookies.
var consentManager = regexp.MustCompile(`(?i)onetrust-(?:consent|banner|pc)|cybotcookiebotdialog|didomi-|usercentrics|truste-consent|trustarc|qc-cmp|sp_message|cc-window|cookie[-_]?(?:banner|notice|consent|bar|popup|law|modal|dialog)|consent[-_]?(?:banner|manager|modal|dialog)|` +
	`cmplz-|iubenda-cs|borlabs|tarteaucitron|axeptio|klaro|osano|termly|cmpbox|moove_gdpr|gdpr-(?:banner|notice)|fc-consent|fc-dialog|\bcky-`)

// dropFurniture takes out what stands beside the text: what HTML says does, and what
// says so of itself unless most of the text is in it, for some sites show a policy in a
// dialog.
func dropFurniture(root *html.Node) {
	seen := map[*html.Node]held{}
	all := hold(root, seen).text
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			if c.Type == html.ElementNode && (furniture[c.DataAtom] || seen[c].text*2 < all && seen[c].stands(c)) {
				n.RemoveChild(c)
			} else {
				walk(c)
			}
			c = next
		}
	}
	walk(root)
}

// held is what an element holds: how much text, a field to fill in, a button or a link
// that decides on consent.
type held struct {
	text           int
	field, decides bool
}

// hold looks a page over once, from its leaves.
func hold(n *html.Node, seen map[*html.Node]held) (h held) {
	h.text = len(n.Data)
	if n.Type == html.ElementNode {
		h.text = 0
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		in := hold(c, seen)
		h.text, h.field, h.decides = h.text+in.text, h.field || in.field, h.decides || in.decides
	}
	switch n.DataAtom {
	case atom.Input, atom.Select, atom.Textarea:
		h.field = true
	case atom.Button, atom.A:
		h.decides = h.decides || h.text <= longLabel && decides(newParagraph(fold(textOf(n))).key)
	}
	if n.Type == html.ElementNode {
		seen[n] = h
	}
	return h
}

// decides reports whether the label of a button, by its key, decides on consent.
func decides(key string) bool {
	words := strings.Fields(key)
	return decisions[key] || len(words) > 1 && len(words) <= 6 && deciding[words[0]]
}

// stands reports whether an element says of itself that it stands beside the text: by its
// role; as a dialog that asks for something, where one that shows more of the text does
// not; by the name of a consent manager and a button of one, which a section about
// cookies has not.
func (h held) stands(n *html.Node) bool {
	if n.DataAtom == atom.Dialog && (h.field || h.decides) {
		return true
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "role":
			for _, role := range strings.Fields(strings.ToLower(a.Val)) {
				if landmarks[role] || dialogs[role] && (h.field || h.decides) {
					return true
				}
			}
		case "id", "class":
			if h.decides && consentManager.MatchString(a.Val) {
				return true
			}
		}
	}
	return false
}

func kind(source []byte, name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm":
		return "html"
	case ".md", ".markdown":
		return "markdown"
	case ".txt":
		return "text"
	}
	if strings.HasPrefix(http.DetectContentType(source), "text/html") {
		return "html"
	}
	return "markdown"
}

// blocks end a paragraph.
var blocks = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.H1: true, atom.H2: true,
	atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Tr: true, atom.Td: true, atom.Th: true, atom.Table: true, atom.Br: true,
	atom.Blockquote: true, atom.Section: true, atom.Article: true, atom.Hr: true, atom.Main: true, atom.Header: true, atom.Footer: true, atom.Aside: true, atom.Nav: true, atom.Summary: true, atom.Details: true, atom.Figcaption: true, atom.Caption: true, atom.Dt: true, atom.Dd: true, atom.Pre: true, atom.Button: true, atom.Label: true}
