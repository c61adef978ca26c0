package policy_test

import (
	"strings"
	"testing"

	"policymail/shared/policy"
)

// base is a policy small enough to read and long enough to be one.
const base = `# Privacy Policy

Last updated: 4 March 2026

Example Company ("we") runs example.com. This policy says what we do with personal data and why.

## What we collect

When you open an account we collect your name, email address and postal address. If you buy something we also collect payment details.

- name and address
- payment details
- pages you visit

You must be at least 16 years old to open an account. We do not sell personal data.

## Who gets your data

We share data with carriers, payment providers and tax advisers. We may share statistics with our partners.

| Recipient | Purpose | Country |
| --- | --- | --- |
| Example Mail Ltd | sending mail | Ireland |
| Example Pay Inc. | payments | France |

## How long we keep it

We keep order data for 6 years and delete everything else after 30 days. Backups are overwritten every week.

## Your rights

You can ask for access, rectification and deletion of your data at any time. The law of Ireland applies.

## Contact

Write to Example Company, 1 Example Street, Dublin 2, Ireland, or to privacy@example.com. Our phone number is 01 555 0100.
`

func read(t testing.TB, text, name string) policy.Document {
	t.Helper()
	got, err := policy.Read([]byte(text), name)
	if err != nil {
		t.Fatal(err)
	}
	return got.Document
}

func TestClassify(t *testing.T) {
	edit := func(old, new string) string {
		t.Helper()
		if !strings.Contains(base, old) {
			t.Fatalf("the policy does not hold %q", old)
		}
		return strings.Replace(base, old, new, 1)
	}
	menu := "[Home](/)\n\n[Shop](/shop)\n\n[Sale](/sale)\n\n[Help](/help)\n\nWelcome! Summer offers end soon.\n\n"
	for _, c := range []struct {
		name string
		text string
		want policy.Class
	}{
		{"nothing", base, policy.None},
		{"white space and quotes", strings.ReplaceAll(strings.ReplaceAll(base, `"we"`, "“we”"), ". ", ".\n"), policy.None},
		{"bullets", strings.ReplaceAll(base, "- ", "* "), policy.None},
		{"menu above", menu + base, policy.None},
		{"menu below", base + "\n" + menu + "Copyright © 2026 Example Company\n", policy.None},
		{"hidden address", edit("privacy@example.com", `[\[email protected\]](/cdn-cgi/l/email-protection)`), policy.None},
		{"table of contents", edit("Last updated: 4 March 2026\n", "Last updated: 4 March 2026\n\n- [What we collect](#a)\n- [Who gets your data](#b)\n- [How long we keep it](#c)\n- [Your rights](#d)\n"), policy.None},
		{"twice", base + "\n" + base, policy.None},
		{"heading levels", strings.ReplaceAll(base, "## ", "#### "), policy.None},
		{"cookie banner", base + "\nWe use cookies to improve your visit and share information with our partners.\n\nAccept all\n\nReject all\n", policy.None},

		{"date", edit("4 March 2026", "1 May 2026"), policy.Editorial},
		{"typo", edit("overwritten", "overwriten"), policy.Editorial},
		{"mail address", edit("privacy@example.com", "dataprotection@example.com"), policy.Editorial},
		{"phone", edit("01 555 0100", "01 555 0199"), policy.Editorial},
		{"street", edit("1 Example Street, Dublin 2", "20 Sample Road, Cork"), policy.Editorial},
		{"comma", edit("name, email address and", "name, email address, and"), policy.Editorial},
		{"article", edit("runs example.com", "runs the example.com"), policy.Editorial},
		{"heading", edit("## How long we keep it", "## Retention"), policy.Editorial},

		{"age", edit("16 years", "13 years"), policy.Substantive},
		{"retention", edit("30 days", "90 days"), policy.Substantive},
		{"retention unit", edit("30 days", "30 months"), policy.Substantive},
		{"negation", edit("do not sell", "sell"), policy.Substantive},
		{"new data", edit("email address and postal address", "email address, date of birth and postal address"), policy.Substantive},
		{"new list entry", edit("- pages you visit", "- pages you visit\n- location of your device"), policy.Substantive},
		{"new recipient", edit("carriers, payment providers", "carriers, advertising networks, payment providers"), policy.Substantive},
		{"new row", edit("| Example Pay Inc. |", "| Sample Ads GmbH | advertising | Germany |\n| Example Pay Inc. |"), policy.Substantive},
		{"row gone", edit("| Example Mail Ltd | sending mail | Ireland |\n", ""), policy.Substantive},
		{"right gone", edit("access, rectification and deletion", "access and rectification"), policy.Substantive},
		{"modal", edit("We may share statistics", "We will share statistics"), policy.Substantive},
		{"modal inserted", edit("We share data with carriers", "We may share data with carriers"), policy.Substantive},
		{"number in words", strings.Replace(edit("30 days", "thirty days"), "thirty days", "ninety days", 1), policy.Substantive},
		{"kind of recipient", edit("with our partners", "with our advertisers"), policy.Substantive},
		{"right replaced", edit("and deletion of your data", "and anonymisation of your data"), policy.Substantive},
		{"figure without a unit", edit("1 Example Street, Dublin 2", "1 Example Street, Dublin 4"), policy.Editorial},
		{"law", edit("The law of Ireland", "The law of Delaware"), policy.Substantive},
		{"country of a recipient", edit("payments | France", "payments | India"), policy.Substantive},
		{"entity", edit(`Example Company ("we") runs`, `Sample Holdings Ltd ("we") runs`), policy.Substantive},
		{"promise gone", edit(" We do not sell personal data.", ""), policy.Substantive},
		{"change among noise", menu + edit("30 days", "60 days"), policy.Substantive},
		{"change and a date", strings.Replace(edit("30 days", "60 days"), "4 March", "5 May", 1), policy.Substantive},
		{"new section", edit("## Contact", "## Children\n\nWe do not knowingly collect personal data of children under 13 and delete them when we learn of it.\n\n## Contact"), policy.Substantive},

		{"empty", "", policy.Broken},
		{"not found", "# 404\n\nPage not found. [Home](/)\n", policy.Broken},
		{"title only", "# Privacy Policy\n\nLast updated: 4 March 2026\n", policy.Broken},
		{"first third, with a new date", strings.Replace(base[:len(base)/3], "4 March", "5 May", 1), policy.Broken},
		{"another page", "# Summer sale\n\n" + strings.Repeat("Our new shoes are here and they are lighter than ever, so come and try a pair today. ", 12), policy.Broken},
		{"Spanish", spanish, policy.Broken},
	} {
		if v := policy.Classify(read(t, base, "a.md"), read(t, c.text, "b.md")); v.Class != c.want || len(v.Reasons) == 0 || v.Confidence <= 0 || v.Confidence > 1 {
			t.Errorf("%s: %s %.2f %q, want %s", c.name, v.Class, v.Confidence, v.Reasons, c.want)
		}
		// What breaks a page and what repairs it are the same pair.
		back := policy.Classify(read(t, c.text, "b.md"), read(t, base, "a.md"))
		if back.Class != c.want {
			t.Errorf("%s, backwards: %s %q, want %s", c.name, back.Class, back.Reasons, c.want)
		}
	}
}

const spanish = `# Política de privacidad

Última actualización: 4 de marzo de 2026

Example Company gestiona example.com. Esta política explica qué hacemos con los datos personales y por qué.

## Qué recogemos

Cuando abre una cuenta recogemos su nombre, su correo electrónico y su dirección postal. Si compra algo recogemos también los datos de pago.

Debe tener al menos 16 años para abrir una cuenta. No vendemos datos personales.

## Quién recibe sus datos

Compartimos datos con transportistas, proveedores de pago y asesores fiscales. Podemos compartir estadísticas con nuestros socios.

## Cuánto tiempo los guardamos

Guardamos los datos de los pedidos durante 6 años y borramos todo lo demás a los 30 días.

## Sus derechos

Puede pedir el acceso, la rectificación y la supresión de sus datos en cualquier momento.
`

// A short text has no frame to lose a change in.
func TestClassifyShortTexts(t *testing.T) {
	old := "<h1>Privacy policy</h1><p>Example Company keeps your name and your email address to answer you.</p><p>We delete both after 30 days, and we share them with nobody at all.</p><p>You may ask for access to your data at any time.</p>"
	for _, c := range [][2]string{{"30 days", "90 days"}, {"nobody at all", "our partners"}, {"your name and", "your name, your photo and"}, {"at any time", "once a year"}, {"<p>You may ask for access to your data at any time.</p>", ""}} {
		for _, name := range []string{"a.html", "a.txt"} {
			a, b := old, strings.Replace(old, c[0], c[1], 1)
			if name == "a.txt" {
				plain := strings.NewReplacer("<h1>", "", "</h1>", "\n", "<p>", "", "</p>", "\n")
				a, b = plain.Replace(a), plain.Replace(b)
			}
			if v := policy.Classify(read(t, a, name), read(t, b, name)); v.Class != policy.Substantive {
				t.Errorf("%s, %q: %s %q", name, c, v.Class, v.Reasons)
			}
		}
	}
}

func TestClassifyInOtherScripts(t *testing.T) {
	for _, c := range []struct {
		text, old, new string
		want           policy.Class
	}{
		{"# 隐私政策\n\n更新日期：2026年3月4日\n\n我们收集您的姓名、电子邮件地址和邮寄地址。我们不会出售您的个人信息。\n\n我们将订单数据保留6年。您必须年满16岁才能开设账户。", "不会出售", "会出售", policy.Substantive},
		{"# 隐私政策\n\n更新日期：2026年3月4日\n\n我们收集您的姓名、电子邮件地址和邮寄地址。我们不会出售您的个人信息。\n\n我们将订单数据保留6年。您必须年满16岁才能开设账户。", "保留6年", "保留9年", policy.Substantive},
		{"# 隐私政策\n\n更新日期：2026年3月4日\n\n我们收集您的姓名、电子邮件地址和邮寄地址。我们不会出售您的个人信息。\n\n我们将订单数据保留6年。您必须年满16岁才能开设账户。", "3月4日", "5月1日", policy.Editorial},
		{"# プライバシーポリシー\n\n当社はお客様の氏名とメールアドレスを収集します。個人情報を第三者に販売することはありません。\n\n注文データは6年間保存します。", "メールアドレスを", "メールアドレス、位置情報を", policy.Substantive},
		{"# Политика конфиденциальности\n\nМы собираем ваше имя и адрес электронной почты. Мы не продаём персональные данные третьим лицам.\n\nМы храним данные заказов 6 лет.", "Мы не продаём", "Мы продаём", policy.Substantive},
		{"# سياسة الخصوصية\n\nنجمع اسمك وعنوان بريدك الإلكتروني. لا نبيع بياناتك الشخصية لأي طرف.\n\nنحتفظ ببيانات الطلبات لمدة 6 سنوات.", "لا نبيع", "نبيع", policy.Substantive},
		{"# Datenschutzerklärung\n\nStand: 4. März 2026\n\nWir erheben Ihren Namen und Ihre E-Mail-Adresse. Wir verkaufen keine personenbezogenen Daten.\n\nBestelldaten speichern wir sechs Jahre, alles andere löschen wir nach 30 Tagen.", "30 Tagen", "90 Tagen", policy.Substantive},
		{"# Datenschutzerklärung\n\nStand: 4. März 2026\n\nWir erheben Ihren Namen und Ihre E-Mail-Adresse. Wir verkaufen keine personenbezogenen Daten.\n\nBestelldaten speichern wir sechs Jahre, alles andere löschen wir nach 30 Tagen.", "4. März", "1. Mai", policy.Editorial},
		{"# Datenschutzerklärung\n\nStand: 4. März 2026\n\nWir erheben Ihren Namen und Ihre E-Mail-Adresse. Wir verkaufen keine personenbezogenen Daten.\n\nBestelldaten speichern wir sechs Jahre, alles andere löschen wir nach 30 Tagen.", "Wir verkaufen keine personenbezogenen Daten.", "Wir verkaufen personenbezogene Daten.", policy.Substantive},
	} {
		changed := strings.Replace(c.text, c.old, c.new, 1)
		if changed == c.text {
			t.Fatalf("%q is not in the text", c.old)
		}
		if v := policy.Classify(read(t, c.text, "a.md"), read(t, changed, "b.md")); v.Class != c.want {
			t.Errorf("%q became %q: %s %q, want %s", c.old, c.new, v.Class, v.Reasons, c.want)
		}
	}
}
