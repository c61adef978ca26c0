package policy_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"policymail/shared/policy"
)

// An alteration is one thing that happens to a page between two readings. It gives the
// text back as it was where it does not apply.
type alteration struct {
	name  string
	apply func(r *rand.Rand, text string) string
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// blocks are the parts of a text between blank lines.
func blocks(text string) []string { return strings.Split(text, "\n\n") }

func joined(blocks []string) string { return strings.Join(blocks, "\n\n") }

func everywhere(pattern, replacement string) func(*rand.Rand, string) string {
	re := regexp.MustCompile(pattern)
	return func(_ *rand.Rand, text string) string { return re.ReplaceAllString(text, replacement) }
}

var (
	mailAddress  = regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`)
	paragraphs   = regexp.MustCompile(`(?m)^[A-Z][^\n|#\[]{80,}$`)
	headingLine  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	bulletLine   = regexp.MustCompile(`(?m)^(\s*)[-*+] +`)
	betweenWords = regexp.MustCompile(`[a-z,] [a-z]`)
	linkTarget   = regexp.MustCompile(`\]\((https?://[^)\s]+)\)`)
)

// links are a menu's, in a handful of forms.
func links(r *rand.Rand, labels ...string) string {
	var out []string
	for _, l := range labels {
		out = append(out, "["+l+"](/"+strings.ToLower(strings.ReplaceAll(l, " ", "-"))+")")
	}
	return strings.Join(out, pick(r, "\n\n", "\n", " | ", " · "))
}

func menu(r *rand.Rand) string {
	labels := slices.Clone(menus[r.IntN(len(menus))])
	r.Shuffle(len(labels), func(i, j int) { labels[i], labels[j] = labels[j], labels[i] })
	labels = labels[:3+r.IntN(len(labels)-3)]
	if r.IntN(2) == 0 {
		return "*   " + strings.Join(strings.Split(links(rand.New(rand.NewPCG(0, 0)), labels...), "\n\n"), "\n*   ")
	}
	return links(r, labels...)
}

// aboveOrBelow puts what a site has beside a text on either side of it.
func aboveOrBelow(r *rand.Rand, part, text string) string {
	if r.IntN(2) == 0 {
		return part + "\n\n" + text
	}
	return text + "\n\n" + part + "\n"
}

var menus = [][]string{
	{"Home", "Products", "Pricing", "About us", "Blog", "Careers", "Contact", "Help center", "Log in", "Sign up"},
	{"Women", "Men", "Kids", "New arrivals", "Sale", "Gift cards", "Stores", "My account", "Basket", "Wishlist"},
	{"News", "Sport", "Culture", "Opinion", "Lifestyle", "Newsletters", "Podcasts", "Search jobs", "Crosswords"},
	{"Terms of use", "Privacy policy", "Cookie policy", "Accessibility", "Imprint", "Sitemap", "Do not sell my personal information", "Your privacy choices", "Modern slavery statement"},
	{"Accueil", "Nos produits", "Nos engagements", "Le magazine", "Mon compte", "Panier", "Aide et contact", "Mentions légales"},
	{"Startseite", "Produkte", "Über uns", "Karriere", "Presse", "Kontakt", "Warenkorb", "Impressum"},
}

// noises are what readings of an unchanged policy differ in.
var noises = []alteration{
	{"reflow", func(r *rand.Rand, text string) string {
		return paragraphs.ReplaceAllStringFunc(text, func(p string) string {
			words, line, out := strings.Fields(p), 0, ""
			for _, w := range words {
				if line > 60+r.IntN(20) && unicode.IsLetter(rune(w[0])) {
					out, line = strings.TrimRight(out, " ")+"\n", 0
				}
				out += w + " "
				line += len(w) + 1
			}
			return strings.TrimRight(out, " ")
		})
	}},
	{"bullets", func(r *rand.Rand, text string) string {
		return bulletLine.ReplaceAllString(text, "${1}"+pick(r, "- ", "* ", "+ ", "*   "))
	}},
	{"heading levels", func(r *rand.Rand, text string) string {
		return headingLine.ReplaceAllString(text, pick(r, "##", "###", "####")+" $1")
	}},
	{"headings are links to themselves", func(r *rand.Rand, text string) string {
		n := 0
		return headingLine.ReplaceAllStringFunc(text, func(h string) string {
			mark, words, _ := strings.Cut(h, " ")
			if strings.ContainsAny(words, "[]()") {
				return h
			}
			n++
			return fmt.Sprintf("%s [%s](#section-%d)", mark, words, n)
		})
	}},
	{"no-break spaces", func(r *rand.Rand, text string) string {
		return betweenWords.ReplaceAllStringFunc(text, func(s string) string {
			if r.IntN(10) > 0 {
				return s
			}
			return strings.Replace(s, " ", "\u00a0", 1)
		})
	}},
	{"curly quotes", func(_ *rand.Rand, text string) string {
		return strings.NewReplacer("’", "'", "“", `"`, "”", `"`).Replace(text)
	}},
	{"zero-width spaces", func(r *rand.Rand, text string) string {
		b := blocks(text)
		for range 5 {
			i := r.IntN(len(b))
			b[i] = strings.Replace(b[i], ". ", ".\u200b ", 1)
		}
		return joined(b)
	}},
	{"addresses hidden", func(r *rand.Rand, text string) string {
		switch hidden := pick(r, `[\[email protected\]](/cdn-cgi/l/email-protection)`, `[\[email protected\]](/cdn-cgi/l/email-protection#1a2b3c4d5e6f)`, "at"); hidden {
		case "at":
			if strings.Contains(text, "mailto:") {
				return text
			}
			return mailAddress.ReplaceAllStringFunc(text, func(a string) string {
				return strings.NewReplacer("@", " (at) ", ".", " (dot) ").Replace(a)
			})
		default:
			if strings.Contains(text, "mailto:") {
				return text
			}
			return mailAddress.ReplaceAllString(text, hidden)
		}
	}},
	{"tracking parameters", func(r *rand.Rand, text string) string {
		return linkTarget.ReplaceAllStringFunc(text, func(l string) string {
			if strings.ContainsAny(l, "?#") {
				return l
			}
			return l[:len(l)-1] + "?utm_source=site&utm_medium=footer&gclid=" + fmt.Sprint(r.IntN(1e6)) + ")"
		})
	}},
	{"https", everywhere(`\]\(http://`, "](https://")},
	{"menu above", func(r *rand.Rand, text string) string { return menu(r) + "\n\n" + text }},
	{"menu below", func(r *rand.Rand, text string) string { return text + "\n\n" + menu(r) + "\n" }},
	{"footer", func(r *rand.Rand, text string) string {
		return text + "\n\n" + menu(r) + "\n\n" + pick(r, "© 2026 Example Ltd. All rights reserved.", "Copyright © 2020-2026 Example Inc.", "© Example GmbH 2026", "Made with ♥ in Dublin", "© 2026 Example. Registered in England No. 0123456.") + "\n"
	}},
	{"cookie banner", func(r *rand.Rand, text string) string {
		b := pick(r,
			"We use cookies to personalise content and ads, to provide social media features and to analyse our traffic.\n\nAccept all\n\nReject all\n\nManage preferences",
			"## We value your privacy\n\nWe and our 812 partners store and access information on a device, such as cookies, and process personal data.\n\nAccept\n\nMore options",
			"This website uses cookies to ensure you get the best experience on our website. [Learn more](/cookies)\n\nGot it!",
			"Nous utilisons des cookies pour améliorer votre expérience.\n\nTout accepter\n\nContinuer sans accepter\n\nParamétrer")
		return aboveOrBelow(r, b, text)
	}},
	{"breadcrumb", func(r *rand.Rand, text string) string {
		return pick(r, "[Home](/) > [Legal](/legal) > Privacy Policy", "[Home](/) / Privacy", "[Help Center](/hc) › [Account](/hc/account) › [Privacy](/hc/privacy)", "*   [Home](/)\n*   Privacy Policy") + "\n\n" + text
	}},
	{"contents", func(r *rand.Rand, text string) string {
		var toc []string
		for i, h := range headingLine.FindAllStringSubmatch(text, -1) {
			if i > 0 && !strings.ContainsAny(h[1], "[]()*") {
				toc = append(toc, fmt.Sprintf("*   [%s](#s%d)", h[1], i))
			}
		}
		if len(toc) < 3 {
			return text
		}
		b := blocks(text)
		at := min(len(b), 1+r.IntN(3))
		return joined(slices.Insert(b, at, strings.Join(toc, "\n")))
	}},
	{"newsletter box", func(r *rand.Rand, text string) string {
		return text + "\n\n" + pick(r, "## Stay in touch\n\nSubscribe to our newsletter\n\nEnter your email\n\nSubscribe", "### Join 50,000 readers\n\nGet the best of our blog every Friday.\n\n[Subscribe](/newsletter)", "## Newsletter\n\n10 % off your first order when you sign up!\n\n[Sign up](/newsletter)") + "\n"
	}},
	{"helpful?", func(r *rand.Rand, text string) string {
		return text + "\n\n" + pick(r, "Was this article helpful?\n\nYes No\n\n127 out of 312 found this helpful", "Did this answer your question?\n\n😞 😐 😃", "### Related articles\n\n*   [How do I reset my password?](/a/1)\n*   [How do I delete my account?](/a/2)\n*   [Where is my order?](/a/3)", "Have more questions? [Submit a request](/hc/requests/new)") + "\n"
	}},
	{"share buttons", func(r *rand.Rand, text string) string {
		b := blocks(text)
		return joined(slices.Insert(b, 1, pick(r, "Share\n\n[Facebook](https://www.facebook.com/sharer)\n\n[X](https://x.com/share)\n\n[LinkedIn](https://www.linkedin.com/share)", "[Tweet](https://twitter.com/share) [Share](https://facebook.com/sharer)", "Print this page", "[Download PDF](/privacy.pdf)")))
	}},
	{"relative date", func(r *rand.Rand, text string) string {
		b := blocks(text)
		return joined(slices.Insert(b, 1, pick(r, "Updated 3 weeks ago", "Last updated over a year ago", "Written by Support. Updated this week", "5 min read", "Modified on: Tue, 3 Mar, 2026 at 4:12 PM")))
	}},
	{"back to top", func(r *rand.Rand, text string) string {
		label := pick(r, "Back to top", "[Back to top](#top)", "[Top](#)", "↑ Back to top", "[Return to top](#top)")
		n := 0
		return headingLine.ReplaceAllStringFunc(text, func(h string) string {
			if n++; n < 3 {
				return h
			}
			return label + "\n\n" + h
		})
	}},
	{"images", func(r *rand.Rand, text string) string {
		b := blocks(text)
		for range 1 + r.IntN(3) {
			b = slices.Insert(b, r.IntN(min(len(b), 20)), pick(r, "![](/img/hero.jpg)", "![Logo](https://cdn.example.com/logo.svg)", "![](data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP)", "[![App Store](/appstore.svg)](https://apps.apple.com/app)"))
		}
		return joined(b)
	}},
	{"twice", func(_ *rand.Rand, text string) string { return text + "\n\n" + text }},
	{"teasers", func(r *rand.Rand, text string) string {
		t := pick(r,
			"## Latest news\n\n### [Five recipes for autumn evenings](/blog/recipes)\n\nWarm up with soups and stews from our kitchen.\n\n[Read more](/blog/recipes)\n\n### [Meet the team: Ada](/blog/ada)\n\nOur head of design on colour and coffee.\n\n[Read more](/blog/ada)",
			"### Trending\n\n1. [Storm closes coastal roads](/news/1)\n2. [Team wins the derby](/news/2)\n3. [New line opens in spring](/news/3)",
			"## You may also like\n\n[Linen shirt – €39.00](/p/1)\n\n[Canvas bag – €19.00](/p/2)\n\n[Wool socks – €9.00](/p/3)")
		return aboveOrBelow(r, t, text)
	}},
	{"languages", func(r *rand.Rand, text string) string {
		return pick(r, "English\n\nDeutsch\n\nFrançais\n\nEspañol\n\nItaliano", "[English](/en) [Deutsch](/de) [Français](/fr)", "*   [English (US)](/en-us)\n*   [Português do Brasil](/pt-br)\n*   [日本語](/ja)\n*   [한국어](/ko)") + "\n\n" + text
	}},
	{"skip link", func(r *rand.Rand, text string) string {
		return pick(r, "[Skip to main content](#main)", "Skip to content", "Toggle navigation", "Search", "Loading…") + "\n\n" + text
	}},
	{"emphasis", everywhere(`(?m)(^|\s)\*\*(\w[^*\n]{3,80})\*\*(\s|$)`, "$1$2$3")},
	{"links without targets", func(_ *rand.Rand, text string) string { return linkTarget.ReplaceAllString(text, "](#)") }},
	{"link underlines", everywhere(`(?m)^(#{1,6} .+[^#\n])$`, "$1 [¶](#x)")},
	{"promotion", func(r *rand.Rand, text string) string {
		return pick(r, "Free shipping on orders over $50", "🎉 Black Friday: up to 60% off everything. [Shop now](/sale)", "Summer sale ends in 2 days 14 h", "New: try our app. [Download](/app)", "Due to the storm our stores close at 4 pm today.") + "\n\n" + text
	}},
}

// failures are what stands in the place of a policy that could not be read whole.
var failures = []alteration{
	{"cut", func(r *rand.Rand, text string) string { return text[:int(float64(len(text))*(0.05+0.4*r.Float64()))] }},
	{"cut at a paragraph", func(r *rand.Rand, text string) string {
		b := blocks(text)
		return joined(b[:max(1, int(float64(len(b))*(0.05+0.4*r.Float64())))])
	}},
	{"cut in the middle of a word", func(r *rand.Rand, text string) string {
		cut := text[:int(float64(len(text))*(0.3+0.6*r.Float64()))]
		return strings.TrimRight(cut, " .\n:*#|-0123456789)(]["+"\u00a0")
	}},
	{"headings only", func(_ *rand.Rand, text string) string {
		h := headingLine.FindAllString(text, -1)
		if len(h) < 5 {
			return text
		}
		return strings.Join(h, "\n\n")
	}},
	{"beginning missing", func(r *rand.Rand, text string) string {
		b := blocks(text)
		return joined(b[int(float64(len(b))*(0.55+0.3*r.Float64())):])
	}},
	{"another page", func(r *rand.Rand, _ string) string {
		return pick(r,
			"# 404\n\nSorry, this page does not exist.\n\n[Home](/)", "# Access denied\n\nYou don't have permission to access this page.\n\nReference #18.2d3a", "Checking your browser before accessing example.com\n\nThis process is automatic. Please allow up to 5 seconds…",
			"# Log in\n\nEmail\n\nPassword\n\nForgot your password?\n\n[Create an account](/join)", "Please enable JavaScript to continue using this application.", "# We'll be back soon\n\nOur site is down for scheduled maintenance.",
			"# Before you continue\n\nWe use cookies and data to deliver and maintain services.\n\nReject all\n\nAccept all", "# Service unavailable\n\nHTTP Error 503.", "", "Too many requests", "{\"error\":\"rate limited\"}",
			"# Our spring collection\n\nLight fabrics, bright colours and cuts that last. Discover what our designers have made for long evenings.\n\n[Shop women](/women)\n\n[Shop men](/men)\n\nFree returns within 30 days. Over 200 stores. Loved by millions of people around the world since 1987.",
			"# Help center\n\n## Popular questions\n\n*   [How do I change my plan?](/1)\n*   [Where can I see my invoices?](/2)\n*   [How do I delete my account?](/3)\n\nStill need help? [Contact us](/contact)")
	}},
}

// substances are changes of what is done with data, by whom and for how long.
var substances = []alteration{
	{"sentence added", func(r *rand.Rand, text string) string {
		s := pick(r,
			"We share your precise location with advertising partners.", "We record calls with our support team and keep the recordings for six months.", "We use the content of your messages to train machine learning models.",
			"We disclose your purchase history to data brokers.", "We collect biometric data such as fingerprints when you sign in.", "We transfer personal data to service providers in Brazil.",
			"You may no longer object to the use of your data for direct marketing.", "Your contacts are uploaded to our servers when you use the app.", "We buy demographic data about you from third parties.")
		return intoProse(r, text, func(p string) string { return p + " " + s })
	}},
	{"paragraph added", func(r *rand.Rand, text string) string {
		s := pick(r, "Starting this year, we combine the information we receive from our affiliates with your profile and use it to show you personalised advertising on other websites.",
			"We work with Example Analytics Ltd, which sets cookies on your device and receives your IP address and the pages you visit.",
			"If you take part in our research programme, we collect health data such as heart rate and sleep, and share it with universities.")
		return intoProse(r, text, func(p string) string { return p + "\n\n" + s })
	}},
	{"sentence removed", func(r *rand.Rand, text string) string {
		practice := regexp.MustCompile(`(?: |^)(?:We|You|Our) [^.\n\[(]{10,200}(?:collect|share|disclos|retain|sell|transfer|third part|delet|process|consent)[^.\n\[(]{10,120}\. `)
		at := practice.FindAllStringIndex(text, -1)
		if len(at) == 0 {
			return text
		}
		x := at[r.IntN(len(at))]
		if strings.Count(text, text[x[0]:x[1]]) > 1 {
			return text
		}
		return text[:x[0]] + " " + text[x[1]:]
	}},
	{"period changed", func(r *rand.Rand, text string) string {
		period := regexp.MustCompile(`\b(\d{1,3})( (?:calendar |business )?(?:days|months|years|jours|mois|ans|hours))`)
		at := period.FindAllStringSubmatchIndex(text, -1)
		if len(at) == 0 {
			return text
		}
		x := at[r.IntN(len(at))]
		if strings.HasPrefix(text[x[1]:], " ago") {
			return text // the time of a reading, no period
		}
		return text[:x[2]] + fmt.Sprint(7*(1+r.IntN(3))+100) + text[x[3]:]
	}},
	{"negation dropped", func(r *rand.Rand, text string) string {
		not := regexp.MustCompile(`\b(?i:(we )(?:do not|don't|will not|won't|never) )(sell|share|rent|disclose|collect|use|store|transfer|knowingly)`)
		at := not.FindAllStringSubmatchIndex(text, -1)
		if len(at) == 0 {
			return text
		}
		x := at[r.IntN(len(at))]
		return text[:x[3]] + text[x[4]:]
	}},
}

// intoProse changes one paragraph of prose of a text.
func intoProse(r *rand.Rand, text string, change func(string) string) string {
	at := paragraphs.FindAllStringIndex(text, -1)
	if len(at) == 0 {
		return text
	}
	x := at[r.IntN(len(at))]
	return text[:x[0]] + change(text[x[0]:x[1]]) + text[x[1]:]
}

var rounds = flag.Int("rounds", 0, "pairs of each kind TestAlteredTexts makes; with it the labelled texts are altered, too")

// altered are the texts to alter: ours, and with rounds the labelled ones that were read
// whole.
func altered(t *testing.T) []string {
	out := []string{base, helpCentre}
	if *rounds == 0 {
		return out
	}
	folder := histories(t)
	for _, pair := range table(t, filepath.Join(folder, "pairs.tsv")) {
		for _, name := range []string{"old.md", "new.md"} {
			source, err := os.ReadFile(filepath.Join(folder, "pairs", pair["id"], name))
			if err != nil {
				t.Fatal(err)
			}
			// Xanga's are of a forum, and no policy.
			if pair["label"] != "broken" && pair["service"] != "Xanga" && len(source) > 3000 && len(source) < 60000 {
				out = append(out, string(source))
			}
		}
	}
	return out
}

// TestAlteredTexts makes pairs by machine and asks that noise and failures never become a
// notice, and that a change of substance is never called nothing.
func TestAlteredTexts(t *testing.T) {
	all := altered(t)
	for _, kind := range []struct {
		name  string
		first []alteration
		noisy int
		want  policy.Class
		never policy.Class // "" where it is measured only
	}{
		{"noise", nil, 1, policy.None, policy.Substantive},
		{"three kinds of noise", nil, 3, policy.None, policy.Substantive},
		{"failures", failures, 0, policy.Broken, policy.Substantive},
		{"failures in noise", failures, 1, policy.Broken, ""},
		{"substance", substances, 0, policy.Substantive, policy.None},
		{"substance in noise", substances, 2, policy.Substantive, policy.None},
	} {
		right, made := 0, 0
		for i := range max(*rounds, 150) {
			r := rand.New(rand.NewPCG(uint64(i), 2))
			old := all[r.IntN(len(all))]
			new, how := alter(r, old, kind.first, kind.noisy)
			if len(how) == 0 || kind.first != nil && new == old {
				continue
			}
			a, b := read(t, old, "a.md"), read(t, new, "b.md")
			if r.IntN(2) == 0 {
				a, b, how = b, a, append(how, "the other way round")
			}
			made++
			v := policy.Classify(a, b)
			if v.Class == kind.want {
				right++
				continue
			}
			title, _, _ := strings.Cut(old, "\n")
			say := t.Logf
			if v.Class == kind.never && *rounds == 0 {
				say = t.Errorf
			}
			say("%s %d, %.40q %q: %s %.300q", kind.name, i, title, how, v.Class, v.Reasons)
		}
		t.Logf("%s: %d of %d right", kind.name, right, made)
	}
}

// alter does one of the first alterations to a text, if there are any, and some noise; how
// names what was done.
func alter(r *rand.Rand, text string, first []alteration, noisy int) (altered string, how []string) {
	do := func(kinds []alteration) {
		k := kinds[r.IntN(len(kinds))]
		if next := k.apply(r, text); next != text {
			text, how = next, append(how, k.name)
		}
	}
	if first != nil {
		if do(first); len(how) == 0 {
			return text, nil
		}
	}
	for range noisy {
		do(noises)
	}
	return text, how
}
