package policy

import (
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hiddenAddress stands where a page hides a mail address from robots and does not
// say which it is.
const hiddenAddress = "address@hidden"

// someTimeAgo stands where a page tells how long ago something was.
const someTimeAgo = "(some time ago)"

var (
	hiddenLink = regexp.MustCompile(`\S*/cdn-cgi/l/email-protection\S*`)
	hiddenText = regexp.MustCompile(`\\?\[ ?email ?(?:&#160;|[\\\s]+)?protected ?\\?\]`)
	// spamText is what Joomla shows until a script has run.
	spamText = regexp.MustCompile(`(?i)This email address is being protected from spambots\. You need JavaScript enabled to view it\.?|Diese E-Mail-Adresse ist vor Spambots geschützt! Zur Anzeige muss JavaScript eingeschaltet (?:sein|werden)[.!]?|` +
		`Cette adresse e-?mail est protégée contre les robots spammeurs\. Vous devez activer le JavaScript pour la visualiser\.?|Esta dirección de correo electrónico está siendo protegida contra los robots de spam\. Necesita tener JavaScript habilitado para poder verlo\.?|` +
		`Questo indirizzo email è protetto dagli spambots\. È necessario abilitare JavaScript per vederlo\.?`)
	invisible = strings.NewReplacer("\u2800", "", "\u200b", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", "\u00ad", "", "\u200e", "", "\u200f", "")
	bullet    = regexp.MustCompile(`^(?:[•·▪▫‣◦●○■□➢➤❖*–—-]+\s+)+`)
	strayTag  = regexp.MustCompile(`(?i)</?[a-z][a-z0-9]{0,9}\s*/?>|</?p\b>?|/p>|</?[a-z][a-z0-9]{0,9}$`)
	// headingID is what some Markdown writes behind a heading to link to it.
	headingID = regexp.MustCompile(`\{#[\w-]+\}$`)
	// opensLink is a line that begins as a link does, or one of a link that began before.
	opensLink = regexp.MustCompile(`^[^\pL\pN]*\[|^[^\[]*$`)
	// halfLink is what Markdown leaves of a link it cannot read.
	halfLink   = regexp.MustCompile(`\]\(\x{e000}?(?:https?://|#|/)[^\s)\x{e001}]*(?:\s+"[^"]*")?\)?\x{e001}?\)?`)
	tableMarks = regexp.MustCompile(`(?:\|\s*|:?-{3,}:?\s*)*\|\s*(?:\|\s*|:?-{3,}:?\s*)+`) // of a table that is none
	// spelledOut is an address written for people only: "name (at) example (dot) com".
	spelledOut = regexp.MustCompile(`(?i)([\w.+-]+)\s*[\[({<]+\s*(?:at|arobase|ät)\s*[\])}>]+\s*([\w-]+(?:(?:\s*[\[({<]+\s*(?:dot|punkt|point|punto|ponto)\s*[\])}>]+\s*|\.)[\w-]+)+)`)
	shoutedAt  = regexp.MustCompile(`\b([\w.+-]+) (?:AT|\(AT\)) ([\w-]+(?: DOT [\w-]+)+)\b`)
	shoutedDot = regexp.MustCompile(` DOT `)
	spelledDot = regexp.MustCompile(`(?i)\s*[\[({<]+\s*(?:dot|punkt|point|punto|ponto)\s*[\])}>]+\s*`)
	// times is a sign of multiplication for the letter: 8×8.
	times = regexp.MustCompile(`(\w)×(\w)`)
	// anchorHint is what a button beside a heading says that copies a link to it.
	anchorHint = regexp.MustCompile(`(?i)\s*\x{e000}?\s*#?\s*\b(?:link copied!?|copy (?:a )?link(?: to (?:clipboard|heading|(?:this )?section))?|(?:direct |perma)link to (?:this )?(?:heading|section))\x{e001}?$`)
	// linkHint is what a page says to screen readers of a link.
	linkHint = regexp.MustCompile(`(?i)\s*(?:[\[(]` + hints + `[\])]|,\s*` + hints + `(\x{e001}|$))`)
	// emptyLink is an anchor; before a mark it hides a list from Markdown.
	emptyLink = regexp.MustCompile(`(?m)^([ \t]*)\[\]\([^)\n]*\)[ \t]*`)
	// entryLine begins a line of a list within a block that knows none.
	entryLine = regexp.MustCompile(`\n[ \t]*(?:[*•·▪-]|\(?(?:[a-z]|[ivx]{2,4}|\d{1,2})[.)])[ \t]+`)
	// iconNames are words of fonts that draw them as icons.
	iconNames = regexp.MustCompile(`\b(?:keyboard_arrow_(?:down|up|left|right)|expand_(?:more|less)|chevron_(?:right|left)|arrow_(?:back|forward|upward|downward|drop_(?:down|up)|right(?:_alt)?|left)(?:_ios)?|open_in_new|more_(?:vert|horiz)|menu_open|check_circle|content_copy|add_circle(?:_outline)?|remove_circle(?:_outline)?|help_outline|error_outline|info_outline)\b`)
	// atLeast makes a rule of such a time.
	atLeast  = regexp.MustCompile(`(?i)\b(?:more|less|longer|older|fewer) than\b|\bat (?:least|most)\b|\b(?:mehr|länger|älter|weniger) als\b|\bdepuis plus\b|\bal menos\b`)
	agoWords = regexp.MustCompile(`ago|Ago|[Ii]l y a|[Vv]or |[Hh]ace |\bhá | fa\b| geleden| siden| sedan| temu| sitten|前|[전] ?$`)
	// relativeDate tells how long ago the page was touched; it changes by itself.
	relativeDate = regexp.MustCompile(`(?i)\b(?:(?:about|over|almost|around|nearly)\s+)?(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d+)\s+(?:second|minute|hour|day|week|month|year)s?\s+ago\b|` +
		`\bil y a (?:environ |plus de )?(?:un|une|\d+) (?:seconde|minute|heure|jour|semaine|mois|an|année)s?\b|` +
		`\bvor (?:etwa |über )?(?:einem|einer|\d+) (?:Sekunde|Minute|Stunde|Tag|Woche|Monat|Jahr)(?:e?n)?\b|` +
		`\bhace (?:unos |más de )?(?:un|una|\d+) (?:segundo|minuto|hora|día|semana|mes|año)(?:e?s)?\b|` +
		`\bhá (?:cerca de |mais de )?(?:um|uma|\d+) (?:segundo|minuto|hora|dia|semana|mês|mes|ano)(?:e?s)?\b|` +
		`\b(?:circa |più di )?(?:un|una|\d+) (?:second|minut|or|giorn|settiman|mes|ann)[oaei] fa\b|` +
		`\b(?:ongeveer |meer dan )?(?:een|\d+) (?:seconde|minuut|uur|dag|week|maand|jaar)(?:n|en)? geleden\b|\b(?:minuten|weken|maanden) geleden\b|` +
		`\b(?:för|for) (?:ca\.? |cirka |över |over )?(?:en|et|ett|\d+) \pL{2,8} (?:sedan|siden)\b|` +
		`\b(?:około |ponad )?\d+ (?:sekund|minut|godzin|dni|tygodni|miesiąc|miesięc|lat)\pL{0,3} temu\b|` +
		`\b\d+ (?:sekunti|minuutti|tunti|päivä|viikko|kuukau|vuo)\pL{1,4} sitten\b|\d+ ?(?:秒|分|分钟|時間|小时|日|天|週間|周|か月|ヶ月|个月|年)(?:以?前)(?:$|[\s·|])|\d+ ?(?:초|분|시간|일|주|개월|년) 전`)
)

// hints are the words of such a hint.
const hints = `(?:(?:this )?(?:link )?(?:will )?opens? in (?:a )?new (?:window|tab)|external link|external site|(?:le lien )?s['’]ouvre dans (?:une? )?(?:nouvelle fenêtre|nouvel onglet)|nouvelle fenêtre|lien externe|` +
	`(?:wird in |öffnet (?:sich )?)?(?:in )?(?:einem )?neue[mns]? (?:fenster|tab)(?: geöffnet)?|externer link|(?:se abre|abre) en (?:una )?(?:nueva ventana|ventana nueva|nueva pestaña)|enlace externo|si apre in (?:una )?nuova (?:finestra|scheda)|link esterno|abre em nova (?:janela|guia)|opent in (?:een )?nieuw (?:venster|tabblad))`

// hinted are what some of them hold; a text without needs no look.
var hinted = []string{"open", "extern", "ouvre dans", "nouvelle fen", "neue", "abre e", "enlace ext", "apre in", "link est"}

// reveal writes addresses back that Cloudflare hid: the page holds them, XORed with
// their first byte, in data-cfemail or in the link. A link without leaves the mark of a
// hidden one, however its label is laid out.
func reveal(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		reveal(c)
	}
	if n.Type != html.ElementNode {
		return
	}
	say := func(text string) {
		for n.FirstChild != nil {
			n.RemoveChild(n.FirstChild)
		}
		n.AppendChild(&html.Node{Type: html.TextNode, Data: text})
	}
	for _, a := range n.Attr {
		code := ""
		if a.Key == "data-cfemail" {
			code = a.Val
		} else if _, after, found := strings.Cut(a.Val, "/cdn-cgi/l/email-protection"); a.Key == "href" && found && n.DataAtom == atom.A {
			if code = strings.TrimPrefix(after, "#"); fold(textOf(n)) == "email protected" {
				say(hiddenAddress)
			}
		}
		if address := decode(code); address != "" && strings.Contains(fold(textOf(n)), hiddenAddress) {
			say(address)
			return
		}
	}
}

// respell writes addresses as they are that are spelled out for people: $1 at $2, with the
// dots of $2.
func respell(text string, at, dot *regexp.Regexp) string {
	return at.ReplaceAllStringFunc(text, func(spelled string) string {
		return at.ReplaceAllString(spelled, "$1@") + dot.ReplaceAllString(at.ReplaceAllString(spelled, "$2"), ".")
	})
}

// pigLatin is an address as some scripts hide it: the first letter of each word last,
// and "ay" behind it.
var pigLatin = regexp.MustCompile(`\b(?:\w+ay[.-])*\w+ay@(?:\w+ay[.-])+(?:omcay|etnay|rgoay|oiay)\b`)

func unpigged(address string) string {
	return pigWord.ReplaceAllString(address, "$2$1")
}

var pigWord = regexp.MustCompile(`(\w+?)(\w)ay\b`)

// decode is the address in a Cloudflare code, or nothing.
func decode(code string) string {
	raw, err := hex.DecodeString(code)
	if err != nil || len(raw) < 4 {
		return ""
	}
	key, address := raw[0], raw[1:]
	for i := range address {
		address[i] ^= key
	}
	text, _, _ := strings.Cut(string(address), "?")
	if !strings.Contains(text, "@") || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return ""
	}
	return text
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}
