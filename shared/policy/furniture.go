package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// What a site puts around a policy, or in the middle of it: menus, offers, boxes of
// related articles, tickers, cookie banners. It is told from text by what it holds and
// by what it lacks: a word about data.
var (
	price     = regexp.MustCompile(`[€$£¥₹]\s?\d|\d\s?[€$£¥₹]|\d+ ?% (?:off|rabatt|de descuento|de réduction|di sconto|korting)`)
	discount  = regexp.MustCompile(`(?i)\d ?% (?:off|discount|rabatt|de descuento|de réduction|di sconto|de desconto|korting)\b`)
	offer     = regexp.MustCompile(`(?i)% off|\b(?:sale|deal|offer|discount|promo\w*|cart|buy|shop|rabatt|angebot|soldes?|remise|oferta|descuento|saldi|sconto|korting)\b`)
	countdown = regexp.MustCompile(`(?i)\b\d+ ?(?:d|days?|h|hours?|tage?|std|jours?) ?:? ?\d+ ?(?:h|m|min|hours?|std|minut\w*)\b`)
	clock     = regexp.MustCompile(`^\d{1,2}:\d{2}\b`)
	crumbs    = regexp.MustCompile(`^(?:[^/>›»|.]{1,40} ?[/>›»] ?){1,6}[^/>›»|.]{1,80}$`)
	live      = regexp.MustCompile(`(?i)\b\d+:\d\d ?/ ?\d+:\d\d\b|\d ?°[CF]\b|\d (?:members? online|people have (?:read|viewed|signed)|queries in)\b|\b\d+ min(?:ute)?s? (?:read|de lecture|Lesezeit|de lectura|di lettura)\b|` +
		`\b(?:reading time|read time|lesezeit|lesedauer|temps de lecture|tiempo de lectura|tempo di lettura|leestijd)\b.{0,4}\d|\b1 [A-Z]{3} ?= ?\d|\b\d+ (?:out of|of|sur|von|de|su|van|z|av) \d+\b.{1,40} (?:helpful|utiles?|hilfreich|útil(?:es)?|nuttig|przydatn\pL+|användbar\pL*|nyttig\pL*)|\b(?:visitor|visitatore|besucher|visiteur|visitante|bezoeker)(?:in|s)? (?:no\.?|n\.|nr\.?|n[°º]|#)? ?\d|[−+]\d+[.,]\d+ ?%|^(?:request|ray|trace|correlation) id:? [0-9a-f-]{6,}$`)
	trail    = regexp.MustCompile(`^[^>›»]{1,60}[>›»][^>›»]{1,60}[>›»][^>›»]{1,80}$`)
	strokes  = regexp.MustCompile(`\d/\d`) // of a date
	stars    = regexp.MustCompile(`[★☆⭐👍👎]|[\x{1F300}-\x{1FAFF}]`)
	pageMark = regexp.MustCompile(`(?i)^(?:page|seite|página|pagina|pág\.|strona|sida|side|p\.)\s*\d+(?:\s*(?:/|of|von|de|sur|di|van|z|av|af)\s*\d+)?$|^\d+\s*/\s*\d+$|^-\s*\d+\s*-$|^[.\s\d]{1,12}$`)

	// banner is a sentence of a cookie banner: it names its button.
	banner = regexp.MustCompile(`(?i)\b(?:click(?:ing)?|en cliquant|klick\w*|al hacer clic|haciendo clic|cliccando|ao clicar)\b.{0,24}["“«'„]?(?:accept|allow|agree|ok\b|tout accepter|accepter|alle akzeptieren|akzeptieren|zustimmen|aceptar|accetta|aceitar)|we value your privacy$|(?:by continuing to (?:browse|use|visit)|en poursuivant votre (?:navigation|visite)|durch die weitere nutzung|si (?:contin[uú]a|sigue) navegando|continuando (?:a navigare|la navigazione)).{0,80}cookie`)
	// toggles open and close parts of a page.
	toggles = phrases("open", "close", "expand", "collapse", "open all", "close all", "expand all", "collapse all", "show more", "show less", "show all", "hide", "hide all", "see more", "see less",
		"read more", "read less", "top", "back to top", "ouvrir", "fermer", "voir plus", "voir moins", "tout ouvrir", "tout fermer", "haut", "öffnen", "schließen", "mehr anzeigen", "weniger anzeigen", "alle öffnen", "alle schließen",
		"nach oben", "abrir", "cerrar", "abrir todo", "cerrar todo", "ver más", "ver menos", "apri", "chiudi", "apri tutto", "chiudi tutto", "fechar", "ver mais", "meer", "minder", "openen", "sluiten")

	// smallPrint is said of an offer, below it.
	smallPrint = []string{"black friday", "cyber monday", "période de soldes", "produits signalés", "while stocks last", "while stock lasts", "while supplies last", "subject to credit approval", "subject to availability", "offer ends", "offer valid", "offer expires",
		"offer may not", "% apr", "valid until", "valid through", "sale ends", "t&cs apply", "limited time", "offre valable", "offre soumise", "offre réservée", "voir conditions", "voir les conditions",
		"voir modalités", "voir les modalités", "voir les mentions", "limite des stocks", "solange der vorrat", "angebot gilt", "angebot gültig", "gültig bis", "sujeto a aprobación", "oferta termina",
		"oferta válida", "hasta agotar", "fino a esaurimento", "offerta valida", "enquanto durar", "zolang de voorraad"}

	// furnitureLabels are what sites write on what is no text.
	furnitureLabels = regexp.MustCompile(`(?i)\b(?:video player|play video|related (?:articles|posts|topics|pages|links)|did this answer|heeft deze (?:pagina|informatie)|(?:was|is) deze (?:pagina|informatie)|war diese (?:seite|information|antwort)|hat ihnen dies|cette (?:page|information) vous a-t-elle|(?:le|te) ha (?:sido|resultado) útil|ti è stat[ao] utile|esta (?:página|informação) foi útil|was this (?:article |page |information )?helpful|found (?:it|this) (?:article |page )?helpful|did you find|subscribe|newsletter|follow us|share (?:this|on)|` +
		`(?:sign|log) ?(?:in|up|out)|search|print|back to top|skip to|read (?:more|next)|recently (?:viewed|reviewed)|recent posts|trending|popular|advertisement|sponsored|download the app|get it on|` +
		`(?:add to|your) (?:cart|basket)|my account|menu|cookie settings|learn more|see also|on this page|breadcrumb|you may also like|recommended|latest news|get started|free trial|(?:members?|users?|guests?) online|forum statistics|(?:latest|newest) member|(?:start|live) chat|chat (?:with us|now)|how (?:can|may) (?:i|we) help|(?:system|service) status|` +
		`articles (?:liés|similaires)|suivez-nous|partager|rechercher|imprimer|haut de page|lire (?:aussi|la suite)|mon compte|panier|se connecter|inscrivez-vous|à lire|` +
		`das könnte sie|folgen sie|teilen|suche|drucken|nach oben|weiterlesen|mehr erfahren|mein konto|warenkorb|anmelden|abonnieren|beliebt|zugriffe|` +
		`artículos relacionados|síguenos|compartir|buscar|imprimir|volver arriba|leer más|mi cuenta|carrito|iniciar sesión|suscríbete|te puede interesar|` +
		`articoli correlati|seguici|condividi|cerca|stampa|torna su|leggi anche|il mio account|carrello|accedi|iscriviti|` +
		`artigos relacionados|siga-nos|compartilhar|entrar|carrinho|volg ons|delen|zoeken|winkelwagen|inloggen)\b`)
)

// adorned reports whether a paragraph carries a sign of what sites put around a text.
func (p Paragraph) adorned() bool {
	if p.Linked || len(p.Text) > longLabel || p.sentence() && p.core() > 0 {
		return p.Linked || p.banner()
	}
	if strings.ContainsAny(p.Text, "0123456789") && (price.MatchString(p.Text) || countdown.MatchString(p.Text) || clock.MatchString(p.Text) || p.live()) {
		return true
	}
	return consentLabels[p.key] || toggles[p.key] || strings.Contains(p.Text, someTimeAgo) || p.dateLine() || p.copyright() || p.offers() || p.banner() ||
		!p.states() && (stars.MatchString(p.Text) || letterWords(p.words) <= 12 && furnitureLabels.MatchString(p.Text))
}

// states reports whether a paragraph is a sentence that says how things are: no call, no
// question, no label.
func (p Paragraph) states() bool {
	return p.sentence() && strings.HasSuffix(strings.TrimRight(p.Text, ` )"'”’»`), ".") && has(p.words, pronouns.has) && !has(p.words, courtesies.has)
}

// live reports whether a line holds a figure that changes by itself: a count of readers,
// a temperature.
func (p Paragraph) live() bool {
	for i, w := range p.words {
		if !w.number() {
			continue
		}
		next := i + 1
		if next < len(p.words) && (p.words[next].key == "k" || p.words[next].key == "m") {
			next++
		}
		if next < len(p.words) && counters[plainKey(p.words[next].key)] || letterWords(p.words) == 2 && counters[plainKey(p.words[0].key)] {
			return true
		}
	}
	return len(p.Text) <= longLabel && live.MatchString(p.Text)
}

// discussed reports whether a line holds a count of comments or of those who watch, as no
// entry of a policy does.
func (p Paragraph) discussed() bool { return discussion.MatchString(p.Text) }

var discussion = regexp.MustCompile(`(?i)\b(?:visitor|visitatore|besucher|visiteur|visitante|bezoeker)(?:in|s)? (?:no\.?|n\.|nr\.?|n[°º]|#)? ?\d|\b\d[\d.,]* ?[km]? (?:comments?|viewers?|watching|commentaires?|kommentare?|comentarios?|commenti)\b`)

// offers reports whether a paragraph holds the small print of an offer.
func (p Paragraph) offers() bool {
	lower := strings.ToLower(p.Text)
	return slices.ContainsFunc(smallPrint, func(phrase string) bool { return strings.Contains(lower, phrase) })
}

// breadcrumb reports whether a line is the path to the page: with links, or with signs
// that say nothing else.
func (p Paragraph) breadcrumb() bool {
	if letterWords(p.words) > 20 || p.addressed() {
		return false
	}
	return trail.MatchString(p.Text) || crumbs.MatchString(p.Text) && !strokes.MatchString(p.Text) && slices.ContainsFunc(p.words, func(w word) bool { return w.linked })
}

// menu reports whether a line is a row of short labels with strokes between.
func (p Paragraph) menu() bool { return p.labels() >= 4 }

// labels counts those of a row of short labels with strokes between; in other lines it
// finds none.
func (p Paragraph) labels() int {
	labels := strings.FieldsFunc(p.Text, func(r rune) bool { return r == '|' || r == '•' || r == '·' })
	if p.Item || p.addressed() || slices.ContainsFunc(labels, func(label string) bool { return len(strings.Fields(label)) > 5 }) {
		return 0
	}
	return len(labels)
}

// banner reports whether a paragraph is of a cookie banner: the sentence that names the
// button, or the buttons.
func (p Paragraph) banner() bool {
	if len(p.Text) > 800 {
		return false
	}
	lower := strings.ToLower(p.Text)
	for _, word := range []string{"cookie", "click", "klick", "clic", "value"} {
		if strings.Contains(lower, word) {
			if letterWords(p.words) <= 80 && banner.MatchString(p.Text) {
				return true
			}
			break
		}
	}
	if len(p.Text) > longLabel {
		return false
	}
	// Buttons in a row: the longest label first, for "accept" begins "accept all".
	rest := strings.Fields(p.key)
	for len(rest) > 0 {
		n := min(len(rest), 4)
		for n > 0 && !consentLabels[strings.Join(rest[:n], " ")] {
			n--
		}
		if n == 0 {
			return false
		}
		rest = rest[n:]
	}
	return p.key != ""
}

// longLabel is how long, in bytes, a line is that may carry another sign than a link; a
// longer one is text, whatever it mentions.
const longLabel = 160

// idle reports whether a paragraph may be furniture: it says nothing of data.
func (p Paragraph) idle() bool {
	if p.banner() || p.Linked || !p.Item && !p.sentence() && discount.MatchString(p.Text) {
		return true
	}
	return p.core() == 0 && (!p.sentence() || p.subject() <= 1) && !(p.dateLine() && has(p.words, dateContext.has))
}

// small reports whether a paragraph off the policy's text is the small print of an
// offer, or refers to the policy from elsewhere: it speaks of a contract, not of data,
// and binds nobody.
func (p Paragraph) small(terms bool) bool {
	if p.foreign || foreign(p.words) || p.dateLine() {
		return false
	}
	return p.core() == 0 && !p.binding() && !has(p.words, lawWords.has) && (!terms || p.subject() <= 1 || p.offers()) ||
		refersToPolicy.MatchString(p.Text) && letterWords(p.words) <= 30 && !has(p.words, practised)
}

// practised reports whether a word is of what is done with data, beyond consent and where
// to write.
func practised(k string) bool {
	return practiceStems.has(k) && !contacts.has(k) && !strings.HasPrefix(k, "consent")
}

// refersToPolicy is how a form or a banner names the policy it stands beside.
var refersToPolicy = regexp.MustCompile(`(?i)\b(?:privacy (?:policy|notice|statement)|politique de (?:confidentialité|protection)|datenschutz(?:erklärung|hinweise?)|pol[ií]tica de privaci?dade?|informativa (?:sulla )?privacy|privacy(?:verklaring|beleid)|polityk\pL+ prywatności)`)

// furnished finds rows that came or went together and are furniture, all of them: none
// says a word about data, and one in three at least carries a sign.
func (j *judge) furnished() map[int]bool {
	out := map[int]bool{}
	for _, fate := range []string{added, removed} {
		var run []int
		judge := func() {
			if len(run) > 0 && j.site(run) {
				for _, i := range run {
					out[i] = true
				}
			}
			run = nil
		}
		for i, r := range j.c.rows {
			switch r.fate {
			case fate:
				run = append(run, i)
			case same, edited:
				judge()
			}
		}
		judge()
	}
	return out
}

// site reports whether rows that came or went together are the site's.
func (j *judge) site(run []int) bool {
	signs, links, weak, dates, charges, buttons, inside := 0, 0, 0, 0, 0, 0, false
	if j.bareBanner(run) || j.signUp(run) {
		return true
	}
	for _, i := range run {
		p := j.c.only(i)
		inside = inside || j.inside(i)
		if consentLabels[p.key] {
			buttons++
		} else if letterWords(p.words) <= 12 && p.banner() {
			buttons += 2 // in a row
		}
		if p.adorned() {
			signs++
			if p.Linked {
				weak++
			}
			if p.dateLine() {
				dates++
			}
			if price.MatchString(p.Text) && !offer.MatchString(p.Text) && !p.live() {
				charges++
			}
			if p.Linked = false; !p.adorned() {
				links++
			}
		}
	}
	switch {
	// Links may be the text's as well as the site's: one alone, or entries beside others
	// of a list that stayed.
	case links == signs && (len(run) == 1 || j.extends(run[0]) || j.extends(run[len(run)-1])):
		return false
	case inside && charges > 0:
		return false // what a contract costs is part of it
	case dates == signs && len(run) < 3:
		return false // a date alone may be the policy's
	case signs*3 < len(run) && buttons < 2:
		return false
	}
	return !slices.ContainsFunc(run, func(i int) bool {
		p, inside := j.c.only(i), j.inside(i)
		// An entry of a list of the policy's is never the site's, whatever it is called.
		entry := inside && !p.Linked && !p.discussed() && (p.Item || j.amongEntries(i))
		idle := p.idle() && !entry && !(p.states() && signs == weak && weak < 3)
		return !idle && (inside || signs == weak && weak < 3 || !p.small(j.new.terms())) && !(buttons >= 2 && p.asksForConsent()) && !(buttons > 0 && !inside && p.saysThereAreCookies())
	})
}

// bareBanner reports whether rows off the policy are a sentence that there are cookies, and
// not to whom they tell what, and a button or two, whatever these say.
func (j *judge) bareBanner(run []int) bool {
	buttons, says := 0, false
	for _, i := range run {
		switch p := j.c.only(i); {
		case j.inside(i) || p.Heading > 0:
			return false
		case !sentenceEnd(p.Text) && !p.Item && letterWords(p.words) <= 4 || consentLabels[p.key]:
			buttons++
		case p.saysThereAreCookies():
			says = true
		default:
			return false
		}
	}
	return says && buttons > 0 && buttons <= 3
}

// signUp reports whether rows are a box for the address of who wants a newsletter.
func (j *judge) signUp(run []int) bool {
	form := false
	return len(run) <= 5 && !slices.ContainsFunc(run, func(i int) bool {
		p := j.c.only(i)
		form = form || letterWords(p.words) <= 8 && signUpForm.MatchString(p.Text)
		return p.binding() || letterWords(p.words) > 60 || !(p.Heading > 0 || p.adorned() || signUpForm.MatchString(p.Text) || newsletter.MatchString(p.Text))
	}) && form
}

var (
	signUpForm = regexp.MustCompile(`(?i)\be-?mail(?: address)?\W*(?:sign up|subscribe|submit|join|get (?:it|started))\b|^(?:enter )?your e-?mail(?: address)?\W*$`)
	newsletter = regexp.MustCompile(`(?i)\b(?:newsletters?|every (?:weekday|morning|week|friday|month)|inbox)\b`)
)

// saysThereAreCookies reports whether a paragraph says that, and not to whom they tell what.
func (p Paragraph) saysThereAreCookies() bool {
	return letterWords(p.words) <= 60 && has(p.words, cookieWords.has) && !slices.ContainsFunc(p.words, word.party) && !has(p.words, func(k string) bool { return practised(k) && !cookieWords.has(k) })
}

// asksForConsent reports whether a paragraph may be what a banner says above its buttons.
func (p Paragraph) asksForConsent() bool {
	return letterWords(p.words) <= 80 && (has(p.words, cookieWords.has) || has(p.words, consentWords.has)) || p.Heading > 0 && letterWords(p.words) <= 10
}

// own is the page of a row that one text only has, and the paragraph's index.
func (j *judge) own(row int) (page, int) {
	if r := j.c.rows[row]; len(r.new) == 0 {
		return j.old, r.old[0]
	}
	return j.new, j.c.rows[row].new[0]
}

// inside reports whether a row stands within the policy.
func (j *judge) inside(row int) bool {
	own, index := j.own(row)
	return !own.body.outside(index)
}

// stayedBeside are the rows right before and behind one that stayed as they were.
func (c Comparison) stayedBeside(at int) (out []row) {
	for _, i := range []int{at - 1, at + 1} {
		if i >= 0 && i < len(c.rows) && c.rows[i].fate == same {
			out = append(out, c.rows[i])
		}
	}
	return out
}

// only is the paragraph of a row that one text only has.
func (c Comparison) only(row int) Paragraph {
	r := c.rows[row]
	if len(r.new) > 0 {
		return c.new[r.new[0]]
	}
	return c.old[r.old[0]]
}

// contents reports whether a line of links is a table of contents: headings in a row.
func (p Paragraph) contents(headings map[string]int) bool {
	if !p.Linked || letterWords(p.words) < 6 {
		return false
	}
	rest := " " + p.key + " "
	for _, key := range slices.Sorted(maps.Keys(headings)) {
		if strings.Contains(key, " ") {
			rest = strings.ReplaceAll(rest, " "+key+" ", "  ")
		}
	}
	return len(strings.TrimSpace(rest))*2 <= len(p.key)
}

// overElsewhere reports whether a heading that came or went stands over text that both
// texts hold: a box that repeats a passage.
func (c Comparison) overElsewhere(row int) bool {
	some := false
	for i := row + 1; i < len(c.rows); i++ {
		r := c.rows[i]
		switch {
		case r.fate == moved:
			some = true
		case r.fate == c.rows[row].fate && c.only(i).Heading > 0:
			return some
		default:
			return some && (r.fate == same || r.fate == edited)
		}
	}
	return some
}

// framed counts, by gap, what came or went together: a gap that is links for the most
// part is a menu, one with two buttons of consent a banner, and so is what stands
// between them.
func (j *judge) framed() map[int]bool {
	links, others, buttons := map[int]int{}, map[int]int{}, map[int]int{}
	for _, r := range j.c.rows {
		d, indexes := j.c.new, r.new
		if r.fate == removed {
			d, indexes = j.c.old, r.old
		} else if r.fate != added {
			continue
		}
		if p := d[indexes[0]]; consentLabels[p.key] || p.banner() {
			buttons[r.gap]++
		}
		if d[indexes[0]].Linked {
			links[r.gap]++
		} else {
			others[r.gap]++
		}
	}
	out := map[int]bool{}
	for g, n := range links {
		out[g] = n >= 3 && n >= others[g]
	}
	for g, n := range buttons {
		out[g] = out[g] || n >= 2
	}
	return out
}
