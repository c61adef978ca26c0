// Package policy turns a published text into a version, tells two versions apart,
// and opens the run that tells people.
package policy

import (
	"bytes"
	"net/http"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"

	"policymail/shared/notice"
)

// Normaliser is the version of the rules that make Text.Plain. It is stored with
// every hash, so that better rules do not look like a change of the policy.
const Normaliser = 1

// maxSource is the largest policy accepted: four times the longest we know of.
const maxSource = 1 << 20

// minPlain is the shortest text that can be a policy.
const minPlain = 40

// Text is a policy as it is compared and as it is shown.
type Text struct {
	Plain string // one paragraph a line; what is hashed and compared
	HTML  string // sanitised
}

var (
	markdown  = goldmark.New(goldmark.WithExtensions(extension.GFM))
	sanitizer = bluemonday.UGCPolicy()
)

// Normalise reads Markdown, HTML or plain text; the name's ending says which, else
// the content does. Layout, white space, bullets and Unicode forms do not count in
// Plain.
func Normalise(source []byte, name string) (Text, error) {
	if len(source) > maxSource {
		return Text{}, notice.Invalid("%s is larger than %d KiB", name, maxSource>>10).Hint("publish the text without images or scripts")
	}
	if bytes.HasPrefix(source, []byte("%PDF")) {
		return Text{}, notice.Invalid("%s is a PDF", name).Hint("publish the text as Markdown, HTML or plain text")
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(source) {
		return Text{}, notice.Invalid("%s is not UTF-8", name).Hint("save the text as UTF-8")
	}
	var page string
	switch kind(source, name) {
	case "html":
		page = string(source)
	case "markdown":
		var b bytes.Buffer
		if err := markdown.Convert(source, &b); err != nil {
			return Text{}, notice.Invalid("%s cannot be read as Markdown: %v", name, err)
		}
		page = b.String()
	default:
		for paragraph := range strings.SplitSeq(strings.ReplaceAll(string(source), "\r\n", "\n"), "\n") {
			if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
				page += "<p>" + html.EscapeString(paragraph) + "</p>\n"
			}
		}
	}
	clean := sanitizer.Sanitize(page)
	plain, err := paragraphs(clean)
	if err != nil {
		return Text{}, notice.Invalid("%s cannot be read as HTML: %v", name, err)
	}
	if utf8.RuneCountInString(plain) < minPlain {
		return Text{}, notice.Invalid("%s holds no policy: %d characters of text are left", name, utf8.RuneCountInString(plain)).Hint("check that it is the right file")
	}
	return Text{Plain: plain, HTML: clean}, nil
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
	atom.Blockquote: true, atom.Section: true, atom.Article: true, atom.Hr: true, atom.Dt: true, atom.Dd: true, atom.Pre: true}

// paragraphs is the text of a page, one block a line, its white space folded and
// its characters in one Unicode form (NFKC).
func paragraphs(page string) (string, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", err
	}
	var out, line strings.Builder
	flush := func() {
		if text := strings.Join(strings.Fields(norm.NFKC.String(line.String())), " "); text != "" {
			out.WriteString(text + "\n")
		}
		line.Reset()
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			line.WriteString(n.Data)
		}
		if n.Type == html.ElementNode && blocks[n.DataAtom] {
			flush()
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && blocks[n.DataAtom] {
			flush()
		}
	}
	walk(root)
	flush()
	return out.String(), nil
}
