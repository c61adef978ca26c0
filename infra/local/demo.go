package local

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
	"policymail/shared/report"
)

//go:embed sample
var sample embed.FS

// officer approves the changes of the demonstration.
const officer = "officer@example.com"

// demo plays the whole story on the running stack: import, annual review, two edits
// nobody is told of, a change of substance, its approval, an unsubscribe by a real one-click POST, and a next run that
// leaves the person out.
func (s *Stack) demo(ctx context.Context, out io.Writer) error {
	d := demo{Stack: s, ctx: ctx}
	fmt.Fprintln(out, "\n1. Six people are imported; one row is no address.")
	imported := d.importSample("sample/people.csv")
	fmt.Fprintf(out, "   %d rows read, %d added, %d refused\n", imported.Read, imported.Added, imported.Refused)

	fmt.Fprintln(out, "2. The policy is published: its first version is the baseline. Tomorrow the annual reviews go out.")
	today := notice.DateOf(s.clock.Now())
	d.publish("sample/policy-1.md", "1.0", today, nil)
	// Nobody new is due before tomorrow: today's trigger may have passed.
	tomorrow := nextAnnual(today.AddDays(1).Time())
	d.travel(tomorrow.Sub(s.clock.Now()))
	d.wait(notice.AnnualRunID(notice.DateOf(tomorrow)))

	fmt.Fprintln(out, "3. Its date line is edited, then its contact address. Both are recorded, nobody is told.")
	edits := []string{"3 November 2026", "24 November 2026", "privacy-help@example.com", "privacy@example.com"}
	for i, version := range []string{"1.1", "1.2"} {
		edit := d.publish("sample/policy-1.md", version, today, nil, edits[:2*i+2]...)
		fmt.Fprintf(out, "   version %s: %s\n", version, edit.Change)
		if edit.Run != "" && d.err == nil {
			d.err = fmt.Errorf("an edit opened run %s", edit.Run)
		}
	}

	fmt.Fprintln(out, "4. A new category of data comes in. A draft says what changed; the run waits until the officer approves it.")
	fmt.Fprintf(out, "%s\n", indent(d.draft("sample/policy-2.md", edits...).Summary))
	first := d.publish("sample/policy-2.md", "2.0", today.AddDays(45), map[string]string{
		"en": "We keep order data for six years instead of ten.\nWe now collect the phone number you give us for deliveries.",
		"de": "Wir bewahren Bestelldaten sechs statt zehn Jahre auf.\nWir erheben jetzt die Telefonnummer, die Sie uns für Lieferungen geben.",
		"fr": "Nous conservons les données de commande six ans au lieu de dix.\nNous recueillons désormais le numéro de téléphone que vous donnez pour les livraisons.",
		"es": "Conservamos los datos de pedidos seis años en lugar de diez.\nAhora recogemos el teléfono que nos da para las entregas.",
		"ar": "نحتفظ ببيانات الطلبات ست سنوات بدلًا من عشر.\nنجمع الآن رقم الهاتف الذي تقدمونه للتوصيل."}, edits...)
	fmt.Fprintf(out, "   the officer's mail leads to a page; approved there: %s\n", d.approveOnPage())
	d.wait(first.Run)

	fmt.Fprintln(out, "5. Bruno's mail program unsubscribes him with one click (RFC 8058).")
	fmt.Fprintf(out, "   POST to his link: %s\n", d.oneClick("bruno@example.com"))

	fmt.Fprintln(out, "6. The policy changes once more; the run leaves Bruno out.")
	second := d.publish("sample/policy-1.md", "3.0", today.AddDays(90), map[string]string{"en": "We went back to the earlier text."}, edits...)
	d.approve(second.Run)
	d.wait(second.Run)
	var status []report.RunStatus
	d.operate("status", operate.RunArgs{}, &status)
	if d.err != nil {
		return d.err
	}
	fmt.Fprintln(out)
	t := tabwriter.NewWriter(out, 3, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tSTATE\tAUDIENCE\tACCEPTED\tSKIPPED\tNOT SENT")
	for _, r := range status {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\n", r.Run, r.State, r.Audience, r.Audience-r.NotSent, r.Skipped, r.NotSent)
	}
	t.Flush()
	fmt.Fprintf(out, "\ninbox          %s/_local/inbox\nprivacy center %s/\ngallery        %s/_local/gallery\n\nCtrl-C ends it.\n", s.URL, s.URL, s.URL)
	return nil
}

// demo keeps the first error; after it every step does nothing.
type demo struct {
	*Stack
	ctx context.Context
	err error
}

func (d *demo) operate(command string, args, result any) {
	if d.err != nil {
		return
	}
	if err := d.ask(command, args, result); err != nil {
		d.err = fmt.Errorf("%s: %w", command, err)
	}
}

func (d *demo) ask(command string, args, result any) error {
	event, err := operate.Encode(command, args)
	if err != nil {
		return err
	}
	response, err := http.Post(d.URL+"/2015-03-31/functions/operate/invocations", "application/json", bytes.NewReader(event))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.Header.Get("X-Amz-Function-Error") != "" {
		return errors.New("it failed; see the log")
	}
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return operate.Decode(answer, result)
}

func (d *demo) importSample(name string) (r imports.Report) {
	content, err := sample.ReadFile(name)
	if err != nil {
		d.err = err
		return r
	}
	var upload operate.Upload
	d.operate("import-start", operate.ImportArgs{Source: "demo"}, &upload)
	if d.err != nil {
		return r
	}
	request, err := http.NewRequestWithContext(d.ctx, http.MethodPut, upload.URL, bytes.NewReader(content))
	if err != nil {
		d.err = err
		return r
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.err = err
		return r
	}
	response.Body.Close()
	d.until("the import", func() bool {
		var status imports.Status
		d.operate("import-status", operate.ImportStatusArgs{ID: upload.ID}, &status)
		if status.Report != nil {
			r = *status.Report
		}
		return status.State == "done"
	})
	return r
}

// publish publishes a sample after edits, pairs of what stood there and what stands
// there now.
func (d *demo) publish(name, version string, effective notice.Date, summary map[string]string, edits ...string) (r publish.Result) {
	d.operate("publish", publish.Publication{Policy: "privacy", Version: version, Effective: string(effective), Summary: summary,
		Source: d.edited(name, edits), SourceName: name, By: "Ada"}, &r)
	return r
}

func (d *demo) draft(name string, edits ...string) (r operate.Draft) {
	d.operate("draft", operate.DraftArgs{Policy: "privacy", Source: d.edited(name, edits), SourceName: name}, &r)
	return r
}

func (d *demo) edited(name string, edits []string) []byte {
	content, err := sample.ReadFile(name)
	if err != nil && d.err == nil {
		d.err = err
	}
	return []byte(strings.NewReplacer(edits...).Replace(string(content)))
}

func indent(text string) string { return "   | " + strings.ReplaceAll(text, "\n", "\n   | ") }

func (d *demo) approve(run notice.RunID) (p delivery.Plan) {
	d.operate("approve", operate.ApproveArgs{Run: run, By: "Ada", Yes: true}, &p)
	return p
}

// approveOnPage follows the link in the officer's newest mail and posts its form.
func (d *demo) approveOnPage() string {
	if d.err != nil {
		return ""
	}
	link := ""
	for _, m := range d.inbox.list() {
		if m.To == officer {
			whole, _ := d.inbox.get(m.ID)
			link = approveLink.FindString(readParts(whole.Raw).text)
		}
	}
	response, err := http.Get(link)
	if err != nil {
		d.err = err
		return ""
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		d.err = err
		return ""
	}
	hash := approveHash.FindSubmatch(page)
	if hash == nil {
		d.err = errors.New("the officer's page has no form")
		return ""
	}
	answer, err := http.PostForm(link, url.Values{"action": {"approve"}, "confirm": {"1"}, "hash": {string(hash[1])}})
	if err != nil {
		d.err = err
		return ""
	}
	answer.Body.Close()
	return answer.Status
}

var (
	approveLink = regexp.MustCompile(`http://\S+/a/1\.[A-Za-z0-9._-]+`)
	approveHash = regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`)
)

func (d *demo) travel(t time.Duration) {
	if d.err == nil {
		d.engine.travel(d.ctx, t)
	}
}

// wait lets the run end, without the quiet time between its passes.
func (d *demo) wait(run notice.RunID) {
	d.until(string(run), func() bool {
		d.travel(settings.AuditDelay)
		var status []report.RunStatus
		d.operate("status", operate.RunArgs{Run: run}, &status)
		return len(status) == 1 && status[0].State == notice.Done
	})
}

func (d *demo) until(what string, done func() bool) {
	for end := time.Now().Add(time.Minute); d.err == nil && !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			d.err = fmt.Errorf("%s did not end within a minute", what)
		} else if d.ctx.Err() != nil {
			d.err = d.ctx.Err()
		}
	}
}

// oneClick takes the link from the header of the person's newest mail and posts to
// it as a mailbox provider does.
func (d *demo) oneClick(address string) string {
	if d.err != nil {
		return ""
	}
	link := ""
	for _, m := range d.inbox.list() {
		if m.To != address {
			continue
		}
		whole, _ := d.inbox.get(m.ID)
		if parsed, err := mail.ReadMessage(bytes.NewReader(whole.Raw)); err == nil {
			link = strings.Trim(parsed.Header.Get("List-Unsubscribe"), "<>")
		}
	}
	if link == "" {
		d.err = errors.New("no mail with an unsubscribe link")
		return ""
	}
	response, err := http.Post(link, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		d.err = err
		return ""
	}
	response.Body.Close()
	return response.Status
}
