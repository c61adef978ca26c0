package policy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/abadojack/whatlanggo"
)

// brokenness asks whether both texts are the policy, the whole of it and in the same
// language. It looks at the texts as wholes: how much of each stands in the other,
// whether what is missing is one piece, and what the rest looks like.
func (j *judge) brokenness(findings []Finding) (reason string, weight float64, oldBroken, ok bool) {
	c, old, new := j.c, j.measure(false, j.furniture), j.measure(true, j.furniture)
	switch {
	case new.words < 40 && old.words >= 100 && new.words*4 < old.words:
		return "hardly any text is left", 0.97, false, true
	case old.words < 40 && new.words >= 100 && old.words*4 < new.words:
		return "the old text was next to empty; the new one restores it", 0.97, true, true
	}
	if new.words*4 < old.words && old.kept < 0.3 {
		return "most of the text is gone", 0.9, false, true
	}
	if old.words*4 < new.words && new.kept < 0.3 {
		return "most of the text was missing and is restored", 0.9, true, true
	}
	if old.kept < 0.5 && new.kept < 0.5 {
		if a, b := Language(c.old), Language(c.new); a != b && a != "" && b != "" {
			return "the text came in another language (" + a + ", then " + b + ")", 0.97, false, true
		}
	}
	if old.kept < 0.35 && new.kept < 0.35 && max(old.words, new.words) >= 60 {
		// Two texts with little in common: another page, or a policy written anew.
		switch {
		case old.nature != "" && new.nature != "" && old.nature != new.nature:
			return "the page of another document came (" + old.nature + ", then " + new.nature + ")", 0.85, false, true
		case old.subject >= 0.5 && new.subject < 0.6*old.subject:
			return "the text is about something else", 0.9, false, true
		case new.subject >= 0.5 && old.subject < 0.6*new.subject:
			return "the old text was about something else; the new one restores the policy", 0.9, true, true
		case old.nature != "" && new.nature == "":
			return "the text no longer calls itself what it did", 0.7, false, true
		case new.nature != "" && old.nature == "":
			return "the old text was another page; the new one restores the policy", 0.7, true, true
		}
	}
	if old.kept < 0.99 && new.words < old.words && walled(c, added) {
		return "a wall stands before the text", 0.85, false, true
	}
	if new.kept < 0.99 && old.words < new.words && walled(c, removed) {
		return "a wall stood before the text; it is restored", 0.85, true, true
	}
	if piece, weight, ok := cutShort(old, new, findings, c, removed, j.furniture); ok {
		return "part of the text is missing: " + piece, weight, false, true
	}
	if piece, weight, ok := cutShort(new, old, findings, c, added, j.furniture); ok {
		return "part of the text was missing and is restored: " + piece, weight, true, true
	}
	return "", 0, false, false
}

// wall is what a site says instead of the rest of a page.
var wall = regexp.MustCompile(`(?i)\b(?:subscribe|register|(?:sign|log) ?in|create (?:a|an|your) (?:free )?account) (?:now )?to (?:continue|keep reading|(?:read|view|see)(?: (?:more|this|the (?:full|rest|whole)|all)|\W*$))|to (?:continue|keep) reading\b.{0,40}\b(?:subscribe|register|(?:sign|log) ?in|join|create)|(?:subscribe|register|join|(?:sign|log) ?in)(?: or (?:subscribe|register|join|sign up))? to read|you(?:'ve| have) (?:reached|read|used) (?:your|the|all)|(?:verify|confirm) (?:that )?you are (?:a )?human|` +
	`(?:please|must|need to) (?:enable|turn on) (?:javascript|cookies)|(?:enable|turn on) (?:javascript|cookies)(?: and (?:javascript|cookies))? (?:to (?:continue|view|proceed)|in your browser and)|access (?:to this page )?(?:is |has been )?(?:denied|restricted)|unusual traffic|checking your browser|you have been blocked|the request could not be satisfied|(?:is|are|down) for maintenance|under maintenance|be right back|not available in your (?:country|region)|page (?:not found|cannot be found)|` +
	`weiter mit werbung\b|\bpur-abo\b|(?:abonnez|connectez|inscrivez)-vous pour|bitte (?:melden sie sich an|anmelden)|um weiterzulesen|para (?:continuar|seguir) leyendo|inicia sesión para|per continuare a leggere|accedi per|faça login para`)

// walled reports whether paragraphs that came, or went, are such words.
func walled(c Comparison, fate string) bool {
	for i, r := range c.rows {
		if r.fate == fate {
			for _, s := range sentences(c.only(i).Text) {
				if len(s) <= 240 && wall.MatchString(s) {
					return true
				}
			}
		}
	}
	return false
}

// maxBlock is how many words a page has at most that keeps its reader out.
const maxBlock = 200

// blocked reports whether a text says that the page is not shown.
func blocked(d Document) bool {
	return slices.ContainsFunc(d, func(p Paragraph) bool { return len(p.Text) <= 240 && wall.MatchString(p.Text) })
}

// otherPage reports whether both texts are the same wrong page: nothing they say, or
// call themselves, is of a policy.
func (j *judge) otherPage() bool {
	if j.old.nature != "" || j.new.nature != "" {
		return false
	}
	old, new := j.measure(false, nil), j.measure(true, nil)
	if max(old.words, new.words) <= maxBlock && blocked(j.c.old) && blocked(j.c.new) {
		return true
	}
	return old.prose < 0.3 && new.prose < 0.3 &&
		(min(old.words, new.words) >= 60 || max(old.words, new.words) < 60 && old.subject+new.subject == 0)
}

// side is one text of a pair, measured.
type side struct {
	words   int     // of prose: menus and contents do not count
	kept    float64 // share of them that stands in the other text, too
	subject float64 // share of its sentences that speak of the subject
	prose   float64 // share of its words that stand in such sentences
	nature  string  // what it calls itself: privacy, terms, or nothing known
}

// measure takes a text's measures. Idle rows, the site's, do not count.
func (j *judge) measure(isNew bool, idle map[int]bool) (s side) {
	d := j.old
	if isNew {
		d = j.new
	}
	kept, sentences, about, prose := 0, 0, 0, 0
	for i, r := range j.c.rows {
		if idle[i] {
			continue
		}
		for _, p := range r.in(isNew) {
			n := letterWords(d.Document[p].words)
			if d.Document[p].Linked {
				continue
			}
			s.words += n
			if r.fate == same || r.fate == moved {
				kept += n
			}
			if d.Document[p].sentence() {
				sentences++
				if d.Document[p].subject() >= 2 || d.Document[p].binding() {
					about++
					prose += n
				}
			}
		}
		if r.fate == edited {
			kept += agreeing(r.hunks)
		}
	}
	if s.words > 0 {
		s.prose = float64(prose) / float64(s.words)
		s.kept = min(float64(kept)/float64(s.words), 1)
	}
	if sentences > 0 {
		s.subject = float64(about) / float64(sentences)
	}
	s.nature = d.nature
	return s
}

// natures are words by which a document says what it is.
var natures = []struct {
	name    string
	stems   stemSet
	endings []string // of compounds: Mietbedingungen, huurvoorwaarden
	phrases []string // of more words than one, or in scripts without spaces
}{
	{"privacy", stems("privacy confidentialit datenschutz privacidad riservatezza privacidade gdpr rgpd dsgvo donnees конфиденциальн персональн الخصوصية gizlilik prywatnosci integritet personvern personuppgift personoplysning personopplysning tietosuoja henkilotie adatkezel adatvedel osobnich confidentialitat προσωπικ απορρητ конфіденційн"),
		[]string{"datenschutz", "privacy"},
		[]string{"data protection", "protección de datos", "protezione dei dati", "proteção de dados", "隐私", "隱私", "個人情報", "プライバシー", "개인정보"}},
	{"terms", stems("terms conditions condition nutzungsbedingungen agb utilisation terminos condiciones termini condizioni termos agreement eula voorwaarden bedingungen"), []string{"bedingungen", "voorwaarden", "ordnung", "vilkar", "villkor"}, []string{"利用規約", "服务条款", "服務條款", "이용약관"}},
	{"cookies", stems("cookie"), nil, nil}, // where nothing else is said
}

// natureOf reads the first lines and headings.
func natureOf(d Document) string {
	counts := make([]int, len(natures))
	seen := 0
	for _, p := range d {
		if p.Linked {
			continue
		}
		if seen++; seen > 6 && !(p.Heading > 0 && p.Heading <= 2) {
			continue
		}
		lower := strings.ToLower(p.Text)
		for i, n := range natures {
			for _, phrase := range n.phrases {
				counts[i] += strings.Count(lower, phrase)
			}
		}
		for _, w := range p.words[:min(len(p.words), 30)] {
			for i, n := range natures {
				if k := plainKey(w.key); n.stems.has(k) || slices.ContainsFunc(n.endings, func(end string) bool { return strings.HasSuffix(k, end) }) {
					counts[i]++
				}
			}
		}
	}
	switch {
	case counts[0] > counts[1]:
		return natures[0].name
	case counts[1] > counts[0]:
		return natures[1].name
	case counts[0] == 0 && counts[2] > 0:
		return natures[2].name
	}
	return ""
}

// Language names (ISO 639-1) the language most sentences of a text are in, or nothing when the
// text is short or mixed.
func Language(d Document) string {
	votes, all := map[string]int{}, 0
	for _, p := range d {
		if len(p.Text) < 60 || !p.sentence() {
			continue
		}
		votes[whatlanggo.DetectLang(p.Text).Iso6391()]++
		if all++; all == 40 {
			break
		}
	}
	if all > 0 && all < 4 { // too few to vote
		var b strings.Builder
		for _, p := range d {
			b.WriteString(p.Text + "\n")
		}
		if info := whatlanggo.Detect(b.String()); b.Len() >= 200 && info.IsReliable() {
			return info.Lang.Iso6391()
		}
	}
	for language, n := range votes {
		if all >= 4 && n*10 >= all*7 {
			return language
		}
	}
	return ""
}
