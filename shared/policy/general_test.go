package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"policymail/shared/policy"
)

// helpCentre is a policy as a help centre shows it: longer than base, with lists, a
// table and the address at its end.
const helpCentre = `# Privacy notice of Example Rides

Last updated: 4 March 2026

This notice says what Example Rides does with personal data of people who hire our bicycles.

## 1. Who is responsible

Example Rides is responsible for your personal data. Our data protection officer answers your questions.

## 2. What we process

When you open an account we process your name, your telephone number and your e-mail address. When you ride we process where the ride begins and where it ends.

We do not keep the way between the two, and we never build a profile of your movements.

- name and telephone number
- beginning and end of a ride
- means of payment
- messages you send us

## 3. Who receives data

We share personal data with the providers below, and with nobody else without your consent.

- [Sample Pay](https://pay.example.com/privacy)
- [Sample Mail](https://mail.example.com/privacy)
- [Sample Maps](https://maps.example.com/privacy)

| Recipient | What for | Country |
| --- | --- | --- |
| Sample Pay | payments | Ireland |
| Sample Mail | messages | Sweden |
| Sample Maps | maps | Norway |
| Sample Desk | support | Denmark |

## 4. How long we keep data

Rides are kept for 24 months and deleted then. Data of accounts that nobody used for three years are deleted, too. Invoices are kept for ten years, because the law of taxes asks for that.

We delete what you ask us to delete without undue delay, unless a law forbids it.

## 5. Children

Nobody under 16 may open an account. We delete the data of children as soon as we learn of them.

## 6. Your rights

You may ask for access to your data, have them corrected or deleted, and object to their use. You may withdraw your consent at any time, and complain to the authority of your country.

We answer requests within a month. A request costs you nothing, up to twice a year.

## 7. Security

We protect your personal data by encryption and by checks of who may see them. Our staff are trained once a year.

## 8. How to reach us

Write to Example Rides, 5 Sample Street, 12345 Example City, or to privacy@example.com. You may also call (212) 555-0142 from Monday to Friday, from 9 to 17.
`

// What sites and their editors do to a text, each with its class, both ways round.
func TestClassifyWhatSitesDo(t *testing.T) {
	replace := func(pairs ...string) string {
		out := helpCentre
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(out, pairs[i]) {
				t.Fatalf("the notice does not hold %q", pairs[i])
			}
			out = strings.Replace(out, pairs[i], pairs[i+1], 1)
		}
		return out
	}
	before, after := func(place, text string) string { return replace(place, text+"\n\n"+place) }, func(place, text string) string { return replace(place, place+"\n\n"+text) }
	cut := func(from string) string { return helpCentre[:strings.Index(helpCentre, from)] }
	for name, c := range map[string]struct {
		text string
		want policy.Class
	}{
		"an offer in the middle":            {before("## 4. How", "**Winter sale: 40% off all passes**\n\nEnds in 3 d 11 h 20 m\n\n[Get the deal](/sale)"), policy.None},
		"a ticker in the middle":            {before("## 5. Children", "**Recently reviewed**\n\n★★★★☆ \"Good brakes\", 14 minutes ago\n\n★☆☆☆☆ \"Flat tyre\", 2 hours ago"), policy.None},
		"related articles and a box":        {helpCentre + "\nRelated Articles\n\n[Fees](/a/1)\n\n[Supported cities](/a/2)\n\nDid this answer your question? 😞😐😃\n", policy.None},
		"a cookie banner in one line":       {helpCentre + "\nWe value your privacy\n\nWe use cookies to show you personalized ads. By clicking \"Accept All\", you consent to our use of cookies.\n\nCustomize Reject All Accept All\n", policy.None},
		"buttons of a banner":               {helpCentre + "\nWe and our partners use cookies to measure traffic. You can change your mind at any time.\n\nManage preferences\n\nReject non-essential\n\nAccept all\n", policy.None},
		"buttons of an accordion":           {strings.ReplaceAll(helpCentre, "\n## ", "\nClose\n\n## "), policy.None},
		"icons of a font":                   {strings.ReplaceAll(helpCentre, "\n## ", "\n## keyboard_arrow_down "), policy.None},
		"signs of permanent links":          {strings.ReplaceAll(strings.ReplaceAll(helpCentre, "responsible\n", "responsible ¶\n"), "process\n", "process ¶\n"), policy.None},
		"characters misread":                {replace("nobody used", "nobody used — or opened —"), policy.Substantive},
		"an address for people only":        {replace("privacy@example.com", "privacy (at) example (dot) com"), policy.None},
		"an address behind a script":        {replace("privacy@example.com", "This email address is being protected from spambots. You need JavaScript enabled to view it."), policy.None},
		"a hint to a link":                  {replace("[Sample Pay]", "[Sample Pay (opens in new window)]"), policy.None},
		"a table of contents with dots":     {replace("This notice says", "1..... Who is responsible\n\n2..... What we process\n\n3..... Who receives data\n\nThis notice says"), policy.None},
		"a time stamp of the page":          {after("of Example Rides", "Printed on 4 March 2026 at 14:45 CET"), policy.None},
		"heads of a printed page":           {strings.ReplaceAll(strings.ReplaceAll(helpCentre, "\n## 3", "\nPage 1 of 3\n\n## 3"), "\n## 6", "\nPage 2 of 3\n\n## 6"), policy.None},
		"sections in another order":         {strings.Replace(strings.Replace(helpCentre, section("## 5. Children"), "", 1), "## 4. How", section("## 5. Children")+"## 4. How", 1), policy.Editorial},
		"a passage that stands twice":       {helpCentre + "\n**In short**\n\nWe do not keep the way between the two, and we never build a profile of your movements.\n", policy.None},
		"a telephone number":                {replace("(212) 555-0142", "(212) 555-0187"), policy.Editorial},
		"opening hours":                     {replace("from 9 to 17", "from 10 to 16"), policy.Editorial},
		"one negation for another":          {replace("We do not keep the way", "We never keep the way"), policy.Editorial},
		"an abbreviation spelled out":       {replace("Our data protection officer answers", "Our data protection officer (DPO) answers"), policy.Editorial},
		"a verb that binds alike":           {replace("Nobody under 16 may open", "Nobody under 16 can open"), policy.Editorial},
		"other words":                       {replace("Our staff are trained once a year.", "Each year our staff are trained once."), policy.Editorial},
		"a mail address beside a menu":      {replace("privacy@example.com", "dpo@example.com") + "\n[Cities](/cities)\n\n[Prices](/prices)\n\n[Jobs](/jobs)\n", policy.Editorial},
		"a capital letter of a term":        {replace("personal data of people", "Personal Data of people"), policy.Editorial},
		"a recipient in a list of links":    {replace("- [Sample Maps]", "- [Sample Ads](https://ads.example.com/privacy)\n- [Sample Maps]"), policy.Substantive},
		"another provider":                  {replace("| Sample Desk |", "| Acme Desk |"), policy.Substantive},
		"a country more":                    {replace("| maps | Norway |", "| maps | Norway and India |"), policy.Substantive},
		"how often":                         {replace("up to twice a year", "up to once a year"), policy.Substantive},
		"a promise gone":                    {replace(", and we never build a profile of your movements", ""), policy.Substantive},
		"a section gone, and a new date":    {replace(section("## 5. Children"), "", "4 March", "5 May"), policy.Substantive},
		"the last right gone":               {replace(" A request costs you nothing, up to twice a year.", ""), policy.Substantive},
		"a change beside an offer":          {strings.Replace(before("## 4. How", "**Winter sale: 40% off all passes**\n\n[Get the deal](/sale)"), "24 months", "36 months", 1), policy.Substantive},
		"cut at a heading":                  {cut("## 7. Security"), policy.Broken},
		"cut behind a heading":              {cut("We protect your personal data"), policy.Broken},
		"cut in a word":                     {cut("cks of who may see"), policy.Broken},
		"the address missing":               {cut("## 8. How"), policy.Broken},
		"paragraphs clipped":                {clipped(helpCentre), policy.Broken},
		"headings without text":             {collapsed(helpCentre), policy.Broken},
		"small print of a shop":             {helpCentre + shopFoot, policy.None},
		"a newsletter with its hint":        {helpCentre + "\nSubscription\n\nExample Rides takes your privacy seriously. For details see our Privacy Policy.\n\nEmail Address  Sign Up\n\n[Bicycles](/b)\n\n[Scooters](/s)\n", policy.None},
		"lines of hours with a price":       {helpCentre + "\nRider service\n\nMon–Sun 8 a.m.–8 p.m., 0600 555 014 (1.99 €/answered call + local network charge/mobile charge)\n\n[Chat](/chat) | [Traffic](/traffic)\n", policy.None},
		"a heading the site's parts have":   {after("of Example Rides", "## Anchor navigation"), policy.None},
		"initials for words":                {replace("Our data protection officer answers", "Our DPO answers"), policy.Editorial},
		"cells that exchange rows":          {replace("| payments | Ireland |", "| payments | Sweden |", "| messages | Sweden |", "| messages | Ireland |"), policy.Substantive},
		"rows in another order":             {replace("| Sample Pay | payments | Ireland |\n| Sample Mail | messages | Sweden |", "| Sample Mail | messages | Sweden |\n| Sample Pay | payments | Ireland |"), policy.None},
		"a provider beside one in plural":   {replace("We share personal data with the providers below", "We share personal data with the providers and Acme Ads below"), policy.Substantive},
		"counts of readers in the middle":   {before("## 5. Children", "**Most read**\n\n1. Seven bells for under £50 12 comments\n2. How well do you know your brakes? 305 comments"), policy.None},
		"the hours of a desk":               {replace("from Monday to Friday, from 9 to 17", "from Monday to Friday, from 9 am to 5 pm, and on public holidays from 10 am"), policy.Editorial},
		"a county in an address":            {replace("5 Sample Street, 12345 Example City", "12 Sample Street, Co. Example, K78 X5P8"), policy.Editorial},
		"an address in Pig Latin":           {replace("privacy@example.com", "rivacypay@xampleeay.omcay"), policy.None},
		"a hint behind a comma":             {replace("[Sample Pay]", "[Sample Pay, opens in a new tab]"), policy.None},
		"an emoji misread":                  {replace("Last updated", "ðŸ—“ Last updated"), policy.None},
		"a dialog of consent in Markdown":   {helpCentre + "\n**Our concern is your privacy**\n\nWe and our partners use cookies and similar technologies to run this site. You can change your mind at any time.\n\nContinue\n\nReject all\n\nAccept all\n", policy.None},
		"what costs money from now on":      {replace("A request costs you nothing", "A request is answered at our hourly rate"), policy.Substantive},
		"no longer free":                    {replace("A request costs you nothing, up to twice a year.", "A request is free, up to twice a year.", "A request is free, up", "A request is answered, up"), policy.Substantive},
		"a promise said of another section": {replace("## 7. Security\n\n", "## 7. Security\n\nWe answer requests within a month. A request costs you nothing, up to twice a year.\n\n"), policy.Substantive},
		"a banner whose button is its own":  {helpCentre + "\nThis website uses cookies to give you the best experience.\n\n[Fine by me](#)\n", policy.None},
		"an advertisement in the middle":    {before("## 5. Children", "Hide your IP address and keep your data private – 68% off SafeTunnel"), policy.None},
		"the time it takes to read":         {after("of Example Rides", "Reading time: 4 minutes"), policy.None},
		"apostrophes that were lost":        {strings.ReplaceAll(replace("We do not keep", "We don't keep"), "'", "?"), policy.Editorial},
		"a part that did not load":          {strings.NewReplacer(section("## 6. Your rights"), "## 6. Your rights\n\nSomething went wrong. Try again.\n\n", section("## 4. How long"), "## 4. How long we keep data\n\nSomething went wrong. Try again.\n\n").Replace(helpCentre), policy.Broken},
		"the end behind a wall":             {cut("## 6. Your rights") + "To keep reading our policy, create a free account.\n", policy.Broken},
		"cut in a word above the foot":      {cut("cks of who may see") + "\n\n[Cities](/cities)\n\n© 2026 Example Rides\n", policy.Broken},
		"what the document is called":       {strings.ReplaceAll(helpCentre, "notice", "statement"), policy.Editorial},
		"news that hold a figure":           {before("# Privacy notice", "LATEST COVID-19 UPDATE"), policy.None},
		"cut in a tag of a table":           {cut("Sample Maps | maps") + "Sample Maps<br><br", policy.Broken},
		"a question that leads on":          {after("of Example Rides", "Looking for your data?\n\n[Take the privacy check-up](/check)"), policy.None},
		"a menu in one line":                {after("of Example Rides", "Terms of use | Privacy notice | Data protection | Help | Contact us"), policy.None},
		"a title over two lines":            {replace("# Privacy notice of Example Rides", "Privacy notice  \nof Example Rides\n==="), policy.None},
		"who is in a forum":                 {helpCentre + "\nMembers online\n\n- brake_ray\n- 556_wheels\n\nForum statistics\n\nThreads\n\n61,882\n\nMessages\n\n904,315\n", policy.None},
		"names of columns in every entry":   {replace("| Recipient | What for | Country |\n| --- | --- | --- |\n| Sample Pay | payments | Ireland |\n| Sample Mail | messages | Sweden |\n| Sample Maps | maps | Norway |\n| Sample Desk | support | Denmark |", "- Recipient\n- Sample Pay\n- What for\n- payments\n- Country\n- Ireland\n- Recipient\n- Sample Mail\n- What for\n- messages\n- Country\n- Sweden\n- Recipient\n- Sample Maps\n- What for\n- maps\n- Country\n- Norway\n- Recipient\n- Sample Desk\n- What for\n- support\n- Country\n- Denmark"), policy.None},
		"a box for a newsletter":            {before("## 5. Children", "## Sign up to Morning Rides\n\nOur free email tells you every weekday where it is worth riding. Newsletters may contain information about offers and content that others pay for.\n\nEnter your email address Sign up"), policy.None},
		"cut in a word above a banner":      {cut("cks of who may see") + "\n\nWe use cookies to personalise content and ads, and to analyse our traffic.\n\nAccept all\n\nReject all\n\nManage preferences\n", policy.Broken},
		"cut in a word above teasers":       {cut("cks of who may see") + "\n\n## Latest news\n\n### [Five rides for autumn](/blog/rides)\n\nWarm up with hills from our town.\n\n[Read more](/blog/rides)\n", policy.Broken},
		"cut in the address of a link":      {cut("ple Mail](https") + "ple Mail](https:/", policy.Broken},
		"a banner in place of the end":      {cut("## 4. How") + "## We value your privacy\n\nWe and our 812 partners store and access information on a device, such as cookies, and process personal data.\n\nAccept\n\nMore options\n", policy.Broken},
		"names of headings for links":       {strings.Replace(strings.Replace(helpCentre, "## 5. Children", "## 5. Children {#children}", 1), "## 6. Your rights", "## 6. Your rights {#your-rights}", 1), policy.None},
		"a chat for readers":                {helpCentre + "\nHi, I'm Bike! How can I help?\n\n- Move house\n- Report a bicycle\n\nStart chat\n", policy.None},
		"the page twice, its address shown": {strings.Replace(helpCentre, "privacy@example.com", "[\\[email protected\\]](/cdn-cgi/l/email-protection)", 1) + "\n" + helpCentre, policy.None},
		"hours of a shop that live by date": {after("of Example Rides", "Today 412 bicycles in Example City, 17 °C"), policy.None},
	} {
		if name == "characters misread" {
			continue // below
		}
		bothWays(t, name, read(t, helpCentre, "a.md"), read(t, c.text, "b.md"), c.want)
	}
	// UTF-8 that a server calls Windows-1252.
	fine := replace("of people who", "of people – “riders”, it’s said – who")
	misread := strings.NewReplacer("–", "â€“", "“", "â€œ", "”", "â€\u009d", "’", "â€™").Replace(fine)
	if v := policy.Classify(read(t, fine, "a.md"), read(t, misread, "b.md")); v.Class != policy.None {
		t.Errorf("misread characters: %s %q", v.Class, v.Reasons)
	}
}

// The same pair has the same answer, every time: rows of buttons can be read in more
// than one way.
func TestClassifyIsOneAnswer(t *testing.T) {
	banner := "Accept all Reject all Accept\n\n" + helpCentre
	old, new := read(t, helpCentre, "a.md"), read(t, banner, "b.md")
	first := policy.Classify(old, new)
	for range 40 {
		if v := policy.Classify(old, new); v.Class != policy.None || v.Confidence != first.Confidence || !slices.Equal(v.Reasons, first.Reasons) {
			t.Fatalf("%s %.2f %q, then %s %.2f %q", first.Class, first.Confidence, first.Reasons, v.Class, v.Confidence, v.Reasons)
		}
	}
}

// shopFoot is what a shop writes behind its policy.
const shopFoot = `
Our best offers
---------------

*   [City bicycle](/shop/1) from €9.99 a month*
*   [Cargo bicycle](/shop/2) from €29.99 a month¹

*24-month contract. App and device required. While stocks last.
¹ 0% APR for 36 months with equal payments. Subject to credit approval.
`

// What HTML says of itself to stand beside the text does not count, a policy within
// such an element does.
func TestDialogsOfConsent(t *testing.T) {
	const text = "<h1>Privacy policy</h1><p>We collect personal data of our riders: name and address.</p><p>We keep your data for 24 months, and delete them then.</p><p>You may ask for access to your data at any time.</p>"
	page := func(body string) string { return "<!doctype html><html><body><main>" + body + "</main></body></html>" }
	for name, dialog := range map[string]string{
		"a role":              `<div role="dialog"><h2>Your privacy matters</h2><p>We and our partners share data about you with advertisers.</p><label><input type="checkbox"> Marketing</label><a href="#">Accept all</a></div>`,
		"the name of a maker": `<div id="onetrust-consent-sdk"><h2>Your privacy matters</h2><p>We and our partners share data about you with advertisers.</p><button>Reject all</button><button>Accept all</button></div>`,
	} {
		for way, pair := range map[string][2]string{"": {page(text), page(text + dialog)}, ", backwards": {page(dialog + text), page(text)}} {
			if v := policy.Classify(read(t, pair[0], "a.html"), read(t, pair[1], "b.html")); v.Class != policy.None {
				t.Errorf("%s%s: %s %q", name, way, v.Class, v.Reasons)
			}
		}
	}
	for name, c := range map[string][2]string{
		"a policy in a dialog":      {page(`<div role="dialog">` + text + `</div>`), page(`<div role="dialog">` + strings.Replace(text, "24", "36", 1) + `</div>`)},
		"a list in a dialog":        {page(text + `<div role="dialog"><p>We share data with these companies:</p><ul><li>Sample Pay</li></ul></div>`), page(text + `<div role="dialog"><p>We share data with these companies:</p><ul><li>Sample Pay</li><li>Acme Ads</li></ul></div>`)},
		"settings in a section":     {page(text), page(text + `<section class="cookie-notice"><h2>Cookies</h2><p>We share what cookies tell with advertisers.</p><a href="/c">Cookie settings</a></section>`)},
		"a section about the same":  {page(text), page(text + `<section id="cookie-notice"><h2>Cookies</h2><p>We share what cookies tell with advertisers.</p></section>`)},
		"buttons that are headings": {page(text + `<h2><button>Fees</button></h2><p>A request for data costs 5 euro.</p>`), page(text + `<h2><button>Fees</button></h2><p>A request for data costs 50 euro.</p>`)},
	} {
		if v := policy.Classify(read(t, c[0], "a.html"), read(t, c[1], "b.html")); v.Class != policy.Substantive {
			t.Errorf("%s: %s %q", name, v.Class, v.Reasons)
		}
	}
}

// Entries of a list say what the words above the list say of them.
func TestEntriesBelongToTheirList(t *testing.T) {
	const lists = "We share with our partners:\n\n- your name\n- your address\n\nWe never share:\n\n- your bank details\n- your photo\n\n## Fees"
	text := func(lists string) policy.Document { return read(t, strings.Replace(gym, "## Fees", lists, 1), "a.md") }
	for name, c := range map[string]struct {
		lists string
		want  policy.Class
	}{
		"two exchanged":         {strings.NewReplacer("address", "photo", "photo", "address").Replace(lists), policy.Substantive},
		"one went to the other": {strings.Replace(strings.Replace(lists, "- your photo\n", "", 1), "- your name\n", "- your name\n- your photo\n", 1), policy.Substantive},
		"another order":         {strings.Replace(lists, "- your name\n- your address", "- your address\n- your name", 1), policy.None},
		"nested otherwise":      {strings.Replace(lists, "\n\nWe never share:\n\n- your bank details\n- your photo", "\n\n  We never share:\n\n- your bank details\n- your photo", 1), policy.None},
		"all within an entry":   {"- " + strings.ReplaceAll(lists, "\n", "\n  "), policy.None},
		"other words above":     {strings.Replace(lists, "We share with our partners:", "With our partners we share:", 1), policy.Editorial},
	} {
		v := policy.Classify(text(lists), text(c.lists))
		if v.Class != c.want {
			t.Errorf("%s: %s %q, want %s", name, v.Class, v.Reasons, c.want)
		}
	}
}

// bothWays tries a pair in either order: what makes a change makes its taking back one.
func bothWays(t *testing.T, name string, a, b policy.Document, want policy.Class) {
	t.Helper()
	for way, pair := range map[string][2]policy.Document{"": {a, b}, ", backwards": {b, a}} {
		if v := policy.Classify(pair[0], pair[1]); v.Class != want {
			t.Errorf("%s%s: %s %q, want %s", name, way, v.Class, v.Reasons, want)
		}
	}
}

// section is the text of helpCentre from a heading to the next.
func section(heading string) string {
	rest := helpCentre[strings.Index(helpCentre, heading):]
	return rest[:strings.Index(rest[3:], "## ")+3]
}

// clipped cuts every longer paragraph, as pages with "Read more" do.
func clipped(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if len(line) > 120 {
			lines[i] = line[:strings.LastIndexByte(line[:100], ' ')] + "… [Read more](#)"
		}
	}
	return strings.Join(lines, "\n")
}

// collapsed leaves the headings only, from the second on, as accordions do.
func collapsed(text string) string {
	var out []string
	for i, part := range strings.Split(text, "\n## ") {
		if heading, _, _ := strings.Cut(part, "\n"); i > 1 {
			part = heading + "\n"
		}
		out = append(out, part)
	}
	return strings.Join(out, "\n## ")
}

// Small words alike do not make a language known.
func TestClassifyHungarian(t *testing.T) {
	const hungarian = "# Adatkezelési tájékoztató\n\nA társaság az Ön nevét, lakcímét és telefonszámát kezeli a megrendelések teljesítése érdekében.\n\n" +
		"Az adatokat a teljesítés után 30 napig őrizzük meg, majd a törvény szerint véglegesen töröljük azokat.\n\nAz adatokat a futárszolgálatnak adjuk át, másnak a hozzájárulása nélkül nem adjuk tovább.\n\n" +
		"Ön bármikor kérheti az adatokhoz való hozzáférést, azok helyesbítését és a törlésüket is tőlünk.\n"
	for _, c := range [][2]string{{"30 napig", "900 napig"}, {"Ön bármikor", "Az Ön adatait hirdetési cégeknek is eladjuk, ha ez ellen nem tiltakozik nálunk.\n\nÖn bármikor"}} {
		if v := policy.Classify(read(t, hungarian, "a.md"), read(t, strings.Replace(hungarian, c[0], c[1], 1), "b.md")); v.Class != policy.Substantive {
			t.Errorf("%q: %s %q", c, v.Class, v.Reasons)
		}
	}
}

// Terms that call themselves by a compound and speak of no data are a policy, too.
func TestClassifyTermsInCompounds(t *testing.T) {
	for name, text := range map[string]string{
		"German": "# Allgemeine Mietbedingungen\n\nDie Räder dürfen nur im Rahmen der Ordnung auf der Straße gefahren werden, und nur von einer Person.\n\nBei Schäden haften Sie bis zu einem Betrag von 150 Euro je Fall und Rad.\n\nUnfälle sind uns unverzüglich anzuzeigen, Diebstähle zudem der Polizei der Stadt.\n\nDie Räder sind am Ende der Miete wieder an einer Station abzustellen und anzuschließen.\n",
		"Dutch":  "# Huurvoorwaarden\n\nOver de huurprijs van spullen rekent Leenhuis een commissie van 150 procent van de waarde.\n\nSpullen moeten schoon en op tijd worden teruggebracht naar degene die ze heeft uitgeleend.\n\nWie iets breekt, vergoedt de schade binnen twee weken aan de eigenaar van het ding.\n\nRuzies worden eerst door een medewerker van Leenhuis bekeken en zo mogelijk opgelost.\n",
	} {
		if v := policy.Classify(read(t, text, "a.md"), read(t, strings.Replace(text, "150", "500", 1), "b.md")); v.Class != policy.Substantive {
			t.Errorf("%s: %s %q", name, v.Class, v.Reasons)
		}
	}
}

// A language without word lists is judged with care: what may matter matters.
func TestClassifyInALanguageWithoutLists(t *testing.T) {
	const swedish = "# Integritetspolicy\n\nSenast uppdaterad: 2026-03-04\n\nVi samlar in ditt namn, din adress och ditt telefonnummer när du ställer dig i bostadskön hos oss.\n\n" +
		"Vi sparar uppgifterna så länge du står i kön och raderar dem därefter inom två månader.\n\nVi tar kreditupplysning först när du har tackat ja till en lägenhet.\n\nDu kan när som helst begära att få se dina uppgifter och få dem rättade.\n"
	for _, c := range []struct {
		old, new string
		want     policy.Class
	}{
		{"först när du har tackat ja till en lägenhet", "när du anmäler dig till bostadskön", policy.Substantive},
		{"inom två månader", "inom sex månader", policy.Substantive},
		{"2026-03-04", "2026-05-01", policy.Editorial},
	} {
		if v := policy.Classify(read(t, swedish, "a.md"), read(t, strings.Replace(swedish, c.old, c.new, 1), "b.md")); v.Class != c.want {
			t.Errorf("%q became %q: %s %q, want %s", c.old, c.new, v.Class, v.Reasons, c.want)
		}
	}
}

// gym is short, in lists and lines, as many small companies write.
const gym = `# Privacy policy

Last updated: 1 May 2026

Example Gym keeps personal data of its members to run their contracts.

## Location data

We collect personal data about where you train, to open the doors for you.

## What we hold

- Name
- Address
- Bank details

Shared with third parties: No

Shared with insurers: No

## Fees

Monthly fee: $25

Joining fee: $50

## Your rights

You may ask for access to your personal data, and have them deleted, at any time.

Write to privacy@example.com.
`

// inGym is gym with some words before its fees.
func inGym(t *testing.T, words string) policy.Document {
	t.Helper()
	return read(t, strings.Replace(gym, "## Fees", words+"\n\n## Fees", 1), "a.md")
}

// What replaces a figure in such a sentence, or a range, or turns it round.
func TestFiguresAndRangesCount(t *testing.T) {
	for _, c := range [][2]string{
		{"Logs of your visits are kept for 30 days.", "Logs of your visits are kept for 90 days."},
		{"We record calls made between 9:00 and 17:00 and keep them for 30 days.", "We record calls made between 9:00 and 17:00 and keep them for 900 days."},
		{"We delete messages that you sent more than 30 days ago.", "We delete messages that you sent more than 10 years ago."},
		{"Orders are kept for 30 days after delivery.", "Orders are kept for 90\ufffddays after delivery."},
		{"You may object by mail to privacy@example.com within thirty (30) days of first use.", "You may object by mail to privacy@example.com within fourteen (14) days of first use."},
		{"De naam van leden is in de app standaard zichtbaar voor anderen.", "De naam van leden is in de app standaard afgeschermd voor anderen."},
		{"We keep your orders for 2 years.", "We keep your orders for 36 months."},
		{"- kept 3-6 months", "- kept 36 months"},
		{"We knowingly collect nothing of anybody under the age of thirteen.", "We knowingly collect nothing of anybody under the age of sixteen."},
		{"| Company | What |\n| --- | --- |\n| Sample Pay | name |\n| Sample Post | address |", "| Company | What |\n| --- | --- |\n| Sample Pay | name |\n| Acme Credit | date of birth |\n| Sample Post | address |"},
		{"- Sold: ✗", "- Sold: ✓"},
		{"Consumimos datos de menores de menos de trece años.", "Consumimos datos de menores de menos de dieciséis años."},
		{"Students under the age of 18 who use the website of the official are registered by a parent.", "Students under the age of 13 who use the website of the official are registered by a parent."},
		{"OUR LIABILITY IS LIMITED TO THE FEES OR TO $100, WHICHEVER IS GREATER.", "OUR LIABILITY IS LIMITED TO THE FEES OR TO $100, WHICHEVER IS LESS."},
		{"Solo respondemos a dos solicitudes de acceso cada período.", "Solo respondemos a una solicitud de acceso cada período."},
		{"We delete your data before the end of the contract.", "We delete your data after the end of the contract."},
		{"We do not sell your photos but share your videos.", "We sell your photos but do not share your videos."},
	} {
		if v := policy.Classify(inGym(t, c[0]), inGym(t, c[1])); v.Class != policy.Substantive {
			t.Errorf("%q became %q: %s %q", c[0], c[1], v.Class, v.Reasons)
		}
	}
}

// The same in other words, each once taken for a change.
func TestTheSameOtherwise(t *testing.T) {
	for _, c := range [][2]string{
		{"We keep your orders for 30 days.", "We keep your orders for thirty (30) days."},
		{"We follow Regulation No. 2016/679 on the protection of your data.", "We follow Regulation (EU) 2016/679 on the protection of your data."},
		{"We keep your orders for six months.", "We keep your orders for 6 months."},
		{"A late answer costs us 2.50 % of your fee, up to 5000 euro.", "A late answer costs us 2.5 % of your fee, up to 5,000 euro."},
		{"We will collect your name when you write to us.", "We collect your name when you write to us."},
		{"We share your data only with Sample Pay.", "We only share your data with Sample Pay."},
		{"Copies of your data are free of charge.", "Copies of your data are at no charge."},
		{"Your data are stored by Sample Cloud Ltd in Ireland.", "Your data are stored by Sample Cloud Limited in Ireland."},
		{"Facebook, Inc. receives data of those who visit our page there.", "Meta Platforms, Inc. receives data of those who visit our page there."},
		{"Your data are kept since 9/28/2019, when our old register closed.", "Your data are kept since 9/4/2019, when our old register closed."},
		{"Read your data under Account > Data.", "Read your data under Profile > Data."},
		{"Write to Storgatan 5, 411 99 Example City.", "Write to Hamngatan 9, 411 98 Example City."},
		{"Write to privacy@example.com about your data.", "Write to privacy@example.com or [here](https://example.com/form) about your data."},
		{"We keep your orders for 2 years.", "We keep your orders for 24 months."},
		{"We answer questions about data within 2 weeks.", "We answer questions about data within 14 days."},
		{"Wir geben Daten unserer Kunden nicht weiter.", "Wir geben Daten unserer Kundinnen und Kunden nicht weiter."},
		{"Strona używa plików cookie do zapamiętania danych.", "Strona używa ciasteczek do zapamiętania danych."},
		{"Programul biroului pentru date: luni-vineri, 8:00-16:30, tel. 0200 000 000", "Programul biroului pentru date: luni-vineri, 8:30-15:30, tel. 0200 000 000"},
		{"60 29th Street #343", "80 30th Street #12"},
		{"We dont share your data.", "We don't share your data."},
		{"- Who looks after data: Mrs A. Sample, desk manager", "- Who looks after data: Mr B. Example, desk manager"},
		{"In force from 1 May 2024 | [Print](/p) | [Contact](/c) | [Version of 3 March 2023](/v/3)", "In force from 1 June 2024 | [Print](/p) | [Contact](/c) | [Version of 1 May 2024](/v/4)"},
		{"Example Gym Ltd keeps data. Directors: M. Keohane, A. Ní Bhriain", "Example Gym Ltd keeps data. Directors: M. Keohane, A. Walsh"},
		{"These rules on data hold for the academic year 2024/25.", "These rules on data hold for the academic year 2025/26."},
		{"We do not collect your location while the app rests.", "Your location is not collected while the app rests."},
		{"Our data are kept with Sample Ferries AS, Nøstegaten 58, 5004 Example.", "Our data are kept with Sample Ferries AS, Strandgaten 41, 5004 Example."},
		{"Sample Survey (formerly Wheel Vote) gets data from Sample. Our partners of Wheel Vote get data.", "Sample Survey (formerly Wheel Vote) gets data from Sample. Our partners of Sample Survey get data."},
		{"To limit the use of your data, see Section 5(d) and 5(e).", "To limit the use of your data, see Sections 6(d) and 6(e)."},
		{"Number of requests for access to data last year: 468", "Number of requests for access to data last year: 512"},
		{"Hai diritto di chiedere i tuoi dati solo solo dopo un mese.", "Hai diritto di chiedere i tuoi dati solo dopo un mese."},
		{"The bank blocks your P.I.N. data on request.", "The bank blocks your personal identity number data on request."},
		{"Call us about your data on Monday to Friday from 9.00 to 12.00 uur.", "Call us about your data on Monday to Friday from 9.00 to 16.00 uur."},
		{"Appelez le 09 00 00 00 00 (appel non surtaxé) pour vos données.", "Appelez le 09 00 00 00 00 (prix d'un appel local) pour vos données."},
		{"Vi använder nödvändiga cookies för dina uppgifter.", "Vi använder nödvändiga kakor för dina uppgifter."},
		{"Example Gym is a company with a capital of 100,000 euros, registered in Example City.", "Example Gym is a company with a capital of 120,000 euros, registered in Example City."},
	} {
		bothWays(t, fmt.Sprintf("%q became %q", c[0], c[1]), inGym(t, c[0]), inGym(t, c[1]), policy.Editorial)
	}
}

// What readings of a page differ in by the way it is laid out or written down.
func TestTheSameLaidOutOtherwise(t *testing.T) {
	for name, pair := range map[string][2]string{
		"spaces Markdown takes for letters": {"1. Name\n2. Address of yours", "1.\u00a0Name\n2.\u00a0\u200bAddress of yours"},
		"indented text":                     {"● We keep the **name** you give us.", "        ● We keep the **name** you give us."},
		"links that lead nowhere":           {"See the [Sample Pay notice, opens in a new tab](https://pay.example.com).", "See the [Sample Pay notice, opens in a new tab](#)."},
		"another table of characters":       {"Prywatności i bezpieczeństwa danych strzeże urząd.", "PrywatnoĹ›ci i bezpieczeĹ„stwa danych strzeĹĽe urzÄ…d."},
		"a sign for a letter":               {"Data of 8x8 guests are kept.", "Data of 8×8 guests are kept."},
		"time gone by, in Portuguese":       {"Atualizado há 3 meses", "Atualizado há 5 meses"},
		"readers who found it of use":       {"19 de 38 usuários acharam isto útil", "21 de 57 usuários acharam isto útil"},
		"Romanian letters of old":           {"Obligaţie legală de a păstra datele", "Obligație legală de a păstra datele"},
		"a visitor of the page":             {"You are visitor no. 8,120,443", "You are visitor no. 8,131,092"},
		"a ticker":                          {"DJIA 35,870.95 −0.17% · NASDAQ 15,993.71 +0.45%", "DJIA 35,601.98 −0.75% · NASDAQ 16,057.44 +0.40%"},
		"who wrote the page":                {"Written by Ada", "Written by Bob from Example Gym"},
		"an address hidden on its line":     {"email: privacy@example.com", "email: [\\[email protected\\]](/cdn-cgi/l/email-protection)"},
		"bold within a word":                {"**We need to** **f****ulfil a contract of yours.**", "**We need to** f**ulfil a contract of yours.**"},
		"languages of a page":               {"Valid from: 20 March 2023 | [Danish](/da) | [Swedish](/sv)", "Valid from: 20 March 2023 | [Dansk](/da) | [Svenska](/sv) | [Suomi](/fi) | [Norsk](/no)"},
		"a broken line behind a short word": {"You may receive mail about data from us. It tells of news.", "You may receive mail about data from\nus. It tells of news."},
	} {
		bothWays(t, name, inGym(t, pair[0]), inGym(t, pair[1]), policy.None)
	}
	page := func(header string) policy.Document {
		return read(t, "<!doctype html><html><body><div>"+header+"</div><main><h1>Privacy policy</h1><p>We keep your name and address for 24 months.</p><p>You may ask for access to your personal data.</p></main></body></html>", "a.html")
	}
	bothWays(t, "controls without a space between", page(`<button>Log in</button><a href="/cart">Cart<span>0</span></a>`), page(`<button>Hello, Ada</button><a href="/cart">Cart<span>2</span></a>`), policy.None)
	bothWays(t, "a button beside a heading", read(t, "<h1>Privacy policy</h1><p>We keep your name.</p>", "a.html"), read(t, `<h1>Privacy policy <a href="#p">Copy link</a></h1><p>We keep your name.</p>`, "a.html"), policy.None)
	bothWays(t, "a consent manager with a long button", page(""), page(`<div class="cc-window" role="dialog"><p>We share what cookies tell with partners.</p><a class="cc-btn">Accept all and visit site</a></div>`), policy.None)
}

// A verb and its short form bind alike.
func TestContractions(t *testing.T) {
	for _, c := range [][2]string{{"we'll keep your data", "we will keep your data"}, {"we don't keep your data", "we do not keep your data"}} {
		text := func(words string) policy.Document {
			return inGym(t, "When you leave us "+words+" for a month, and delete them then.")
		}
		if v := policy.Classify(text(c[0]), text(c[1])); v.Class != policy.Editorial {
			t.Errorf("%q: %s %q", c, v.Class, v.Reasons)
		}
	}
}

// Words that take no room and turn a sentence, each once taken for nothing or an edit.
func TestSmallWordsTurnSentences(t *testing.T) {
	for _, c := range [][2]string{
		{"Pictures you send us are stored.", "Pictures you send us are shared."},
		{"Samples are returned after the test of your shoes.", "Samples are retained after the test of your shoes."},
		{"The right to deletion includes backups of your data.", "The right to deletion excludes backups of your data."},
		{"Your password is encrypted on its way.", "Your password is unencrypted on its way."},
		{"We share non-personal information with partners.", "We share personal information with partners."},
		{"We set essential cookies in your browser.", "We set essential and non-essential cookies in your browser."},
		{"We keep your records for up to 18 months.", "We keep your records for at least 18 months."},
		{"Orders are kept for two years and measurements for ten years.", "Orders are kept for ten years and measurements for two years."},
		{"We must tell you about a breach and may tell the press.", "We may tell you about a breach and must tell the press."},
		{"We sell your address with your consent and where the law permits it.", "We sell your address with your consent or where the law permits it."},
		{"You own the pictures you send us.", "We own the pictures you send us."},
		{"Shoes can be returned at our expense.", "Shoes can be returned at your expense."},
		{"We delete all of your personal data when you leave.", "We delete some of your personal data when you leave."},
		{"The microphone is off when you do not train.", "The microphone is on when you do not train."},
		{"We delete your data when you close your account.", "We aim to delete your data when you close your account."},
		{"We do not collect data of children.", "We usually do not collect data of children."},
		{"Write to privacy@example.com and we will answer within 30 calendar days.", "Write to privacy@example.com and we will answer within 90 calendar days."},
		{"Cameras watch the halls from Monday to Saturday; their pictures are deleted after 72 hours.", "Cameras watch the halls from Monday to Saturday; their pictures are deleted after 720 hours."},
		{"Call recordings: 30 days", "Call recordings: 180 days"},
		{"We keep the last 10 versions of what you publish.", "We keep the last 100 versions of what you publish."},
		{"A free account comes with 100 downloads every month.", "A free account comes with 10 downloads every month."},
		{"### We never sell your photos", "### We may sell your photos"},
		{"The controller of your personal data is the Lighthouse Trust.", "The controller of your personal data is the Northern Star Foundation."},
		{"Our website runs on Sample Cloud, which stores your data.", "Our website runs on Acme Cloud, which stores your data."},
		{"We store your data in Ireland.", "We store your data in Singapore."},
		{"We share your IP address with the host of our website.", "We share your IP address with insurers, police and the host of our website."},
		{"ALL DISPUTES ARE DECIDED BY THE COURTS OF IRELAND.", "ALL DISPUTES ARE DECIDED BY THE COURTS OF DELAWARE."},
		{"We share data of those who visit our page with Facebook.", "We share data of those who visit our page with Meta and TikTok."},
		{"Acme receives data of those who visit our page there.", "Sample Ads receives data of those who visit our page there."},
		{"Our servers are in the EU.", "Our servers are outside the EU."},
		{"We keep your data until you close your account.", "We keep your data after you close your account."},
		{"We delete your messages weekly.", "We delete your messages annually."},
		{"We share your health data with your explicit consent only.", "We share your health data with your consent only."},
		{"The charges are borne by the payer of the fee for data.", "The charges are borne by the payee of the fee for data."},
		{"We process your name on the basis of Art. 6(1)(b) GDPR.", "We process your name on the basis of Art. 6(1)(f) GDPR."},
		{"Website visits: 13 months", "Website visits: 25 months"},
		{"Newsletter: two years", "Newsletter: five years"},
		{"", "We recognise your face when you log in."},
		{"", "📹 Cameras film you in our halls, around the clock."},
		{"- deleted if you trained more than 2 years ago", "- deleted if you trained more than 10 years ago"},
		{"- shared with partners: ❌", "- shared with partners: ✅"},
		{"| Data | Sold |\n| --- | --- |\n| Name | ✓ |\n| Weight | |", "| Data | Sold |\n| --- | --- |\n| Name | ✓ |\n| Weight | ✓ |"},
		{"- Everybody sees\n  - your name\n- Nobody but you sees\n  - your photo\n  - your birthday", "- Everybody sees\n  - your name\n  - your birthday\n- Nobody but you sees\n  - your photo"},
	} {
		bothWays(t, fmt.Sprintf("%q became %q", c[0], c[1]), inGym(t, c[0]), inGym(t, c[1]), policy.Substantive)
	}
}

// Small words in short lines carry as much as sentences do.
func TestSmallIsNotSafe(t *testing.T) {
	for _, c := range [][2]string{
		{"- Address\n", "- Address\n- Location data\n"}, // the name of a heading
		{"- Address\n", "- Address\n- Bank\n"},          // words of the line beside it
		{"- Bank details\n", "- Bank details\n- Fingerprints\n"},
		{"- Bank details\n", ""},
		{"insurers: No", "insurers: Yes"},
		{"fee: $25", "fee: $35"},
		{"Joining fee: $50\n", "Joining fee: $50\n\nCancellation fee: $80\n"},
		{"## Fees", "## Biometrics\n\nThe doors know your fingerprints.\n\n## Fees"},
		{"## Fees", "## Biometrics\n\n- Fingerprints\n- Face\n\n[More](/biometrics)\n\n## Fees"},
		{", and have them deleted,", ""},
		{"at any time", "once a year"},
		// Words that sites use, too.
		{"- Address\n", "- Address\n- Search history\n"},
		{"- Address\n", "- Address\n- Log in times and search terms\n"},
		{"- Address\n", "- Address\n- 📍 Precise location\n"},
		{"- Address\n", "- Address\n- Calls recorded 9:00-17:00\n"},
		// Signs without words.
		{"fee: $25", "fee: €25"},
		// Figures beside words of page stamps, and times of day.
		{"We collect personal data about where", "Logs of your visits are kept for 30 days. We collect personal data about where"},
		// An address hidden beside it excuses nothing.
		{"Write to", "We sell your data to brokers; object at [\\[email protected\\]](/cdn-cgi/l/email-protection) or not at all.\n\nWrite to"},
		{"Write to", "We sell your data to brokers like @acme and others.\n\nWrite to"},
		// No more does a broken character, nor a word of copyright.
		{"to run their contracts", "to sell them to Caf\ufffd Partners and others"},
		{"Write to", "We disclose your identity and your address to copyright owners who say that you infringe.\n\nWrite to"},
		{"Write to", "Disputes are settled by a court of arbitration in Delaware.\n\nWrite to"},
	} {
		changed := strings.Replace(gym, c[0], c[1], 1)
		if changed == gym {
			t.Fatalf("%q is not in the text", c[0])
		}
		bothWays(t, fmt.Sprintf("%q became %q", c[0], c[1]), read(t, gym, "a.md"), read(t, changed, "b.md"), policy.Substantive)
	}
}

// Lines off the text that live: figures, whatever the language calls what they count, the
// foot of the page, a menu.
func TestLinesOfTheSiteLive(t *testing.T) {
	for _, c := range [][2]string{{"조회수 3,027", "조회수 3,415"}, {"Sivua on katsottu 12 101 kertaa", "Sivua on katsottu 12 480 kertaa"}, {"Vapaana nyt: 412 pyörää, 388 telinettä", "Vapaana nyt: 97 pyörää, 703 telinettä"},
		{"© 2026 Example Rides. All rights reserved", "© 2026 Example Rides. All rights reserved. EXAMPLE and the wheel are registered trademarks of Example Rides."},
		{"System status: all systems are up", "System status: some systems are down"}, {"Log in · Create account · Donate", "Donate · Create account · Log in"}} {
		bothWays(t, c[0], read(t, helpCentre+"\n[Home](/)\n\n"+c[0]+"\n", "a.md"), read(t, helpCentre+"\n[Home](/)\n\n"+c[1]+"\n", "a.md"), policy.None)
	}
	for _, c := range [][2]string{{"Minimum age: 16", "Minimum age: 13"}, {"Last change: 2 May 2025", "Last change: 4 June 2026"}} {
		if v := policy.Classify(read(t, helpCentre+"\n[Home](/)\n\n"+c[0]+"\n", "a.md"), read(t, helpCentre+"\n[Home](/)\n\n"+c[1]+"\n", "a.md")); v.Class == policy.None {
			t.Errorf("%q became %q: %s %q", c[0], c[1], v.Class, v.Reasons)
		}
	}
}

// A wall in the place of a text, and a page about cookies in the place of the policy.
func TestWallsAndOtherDocumentsAreBroken(t *testing.T) {
	const wall = "# Weiter mit Werbung lesen\n\nBesuchen Sie unsere Seite wie gewohnt mit Werbung. Zum Akzeptieren klicken Sie auf „Einverstanden“.\n\n# PUR-Abo: ohne Werbetracking\n\nNutzen Sie unser Angebot ohne Werbetracking für 2,99 € im Monat.\n"
	cookies := "# Cookies\n\n" + strings.Repeat("Cookies are small files that a page leaves on your device. Your browser lets you block or delete them whenever you like.\n\n", 4)
	for name, text := range map[string]string{"a wall": wall, "cookies": cookies} {
		bothWays(t, name, read(t, helpCentre, "a.md"), read(t, text, "b.md"), policy.Broken)
	}
}

// A page that keeps its reader out is the same wrong page every time.
func TestTheSameWallIsNoChange(t *testing.T) {
	page := func(id string) policy.Document {
		return read(t, "# Sorry, you have been blocked\n\nThis website uses a security service. What you did triggered it; a word, a command of a database or malformed data could have been the cause.\n\nYou can write to the owner of the site. Please include what you were doing.\n\nRay ID: "+id+" • Your IP: 192.0.2.1\n", "a.md")
	}
	bothWays(t, "a wall", page("76f2aa90cd1e0f3c"), page("77b02ce41f9d2bb1"), policy.None)
	rest := func(node string) policy.Document {
		return read(t, "# We are changing the lanterns\n\nOur site is down for maintenance. Bicycles that are on their way are not affected.\n\nRequest 7f1c09e2, node sea-web-"+node+", 2024-02-13T09:14:02Z\n", "a.md")
	}
	bothWays(t, "a site at rest", rest("04"), rest("11"), policy.None)
}

// Below its title a policy is the policy's, though its first parts never say "data".
func TestAPolicyBeginsAtItsTitle(t *testing.T) {
	const text = "# Privacy policy of Example VPN\n\nWe do not log what you do, nor which sites you visit or which IP address you come from.\n\n## What we keep for each account\n\n| What | Why | How long |\n| --- | --- | --- |\n| Account number | To tell accounts apart | 30 days |\n| Public keys | To let you in | Until you remove them |\n\n## Your rights\n\nYou can ask for a copy of your personal data and have your data deleted.\n"
	bothWays(t, "a row more", read(t, text, "a.md"), read(t, strings.Replace(text, "\n\n## Your", "\n| Traffic of each day | To find accounts that are sold on | Seven days |\n\n## Your", 1), "b.md"), policy.Substantive)
}

// A consent manager above the policy has a title of its own; the policy's own still stands.
func TestAConsentManagerAboveTheTitle(t *testing.T) {
	const manager = "## Privacy preference centre\n\nWhen you visit a site it may keep or read information on your browser, mostly in the form of cookies. It might be about you or your device and makes the site work as you expect it to.\n\n### Strictly necessary cookies\n\nAlways active\n\nThese cookies are necessary for the website to function and cannot be switched off.\n\nConfirm my choices\n\n"
	bothWays(t, "a consent manager", read(t, helpCentre, "a.md"), read(t, manager+helpCentre, "b.md"), policy.None)
}
