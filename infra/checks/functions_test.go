package checks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"policymail/infra/awsstub"
	"policymail/infra/dynamolocal"
	"policymail/infra/runtimeapi"
	"policymail/infra/sam"
	"policymail/infra/tools"
	"policymail/shared/approval"
	"policymail/shared/config"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
	"policymail/shared/report"
	"policymail/shared/store/dynamo"
	"policymail/shared/token"
)

// cloud is the stack of template.yaml on one machine: its binaries, each with the
// environment and the rights the template gives it.
type cloud struct {
	*testing.T
	tpl       *sam.Template
	aws       *awsstub.AWS
	store     *dynamo.Store
	functions map[string]*runtimeapi.Function
}

func deploy(t *testing.T) *cloud {
	tools.Needs(t, "DynamoDB Local and SAM")
	tpl := translate(t)
	client, endpoint := dynamolocal.Start(t)
	c := &cloud{t, tpl, awsstub.Start(t, tpl, endpoint), nil, map[string]*runtimeapi.Function{}}
	tables := dynamo.Tables{Recipients: "Recipients", Deliveries: "Deliveries", Control: "Control", Audit: "Audit"}
	if err := dynamo.CreateTables(context.Background(), client, tables); err != nil {
		t.Fatal(err)
	}
	c.store = dynamo.New(client, tables)
	for name, f := range functions(t, tpl) {
		env := c.aws.Environment(name)
		for v, value := range f.Environment.Variables {
			env[v] = tpl.Text(value)
		}
		c.functions[name] = runtimeapi.Start(t, runtimeapi.Build(t, "./functions/"+name), env)
	}
	return c
}

// invoke calls a function and reads its answer.
func (c *cloud) invoke(name string, event []byte, answer any) {
	c.Helper()
	out, err := c.functions[name].Invoke(event)
	if err != nil {
		c.Fatalf("%s: %v", name, err)
	}
	if err := json.Unmarshal(out, answer); err != nil && answer != nil {
		c.Fatalf("%s answered %s: %v", name, out, err)
	}
}

func (c *cloud) example(name string) []byte {
	event, err := os.ReadFile(filepath.Join(root, "functions", name, "testdata", "event.json"))
	if err != nil {
		c.Fatal(err)
	}
	return event
}

func (c *cloud) operate(command string, args, result any) *notice.Error {
	c.Helper()
	raw, _ := json.Marshal(args)
	event, _ := json.Marshal(operate.Command{Name: command, Args: raw})
	answer := operate.Answer{Result: result}
	c.invoke("operate", event, &answer)
	return answer.Error
}

// arrived is the example event of a file, about another file of the bucket.
func (c *cloud) arrived(key, sequencer string) []byte {
	c.Helper()
	return []byte(strings.NewReplacer("imports/people.csv", key, "d41d8cd98f00b204e9800998ecf8427e", c.aws.ETag(key), "0000000000000001", sequencer).Replace(string(c.example("imports"))))
}

// drain hands everything on a queue to its function.
func (c *cloud) drain(queue, function string) (n int) {
	c.Helper()
	for all := c.aws.Take(queue); len(all) > 0; all = c.aws.Take(queue) {
		for _, body := range all {
			event, _ := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}})
			var out events.SQSEventResponse
			if c.invoke(function, event, &out); len(out.BatchItemFailures) > 0 {
				c.Fatalf("%s failed on %s\n%s", function, body, c.functions[function].Log())
			}
			n++
		}
	}
	return n
}

// dayLater makes due today who is due tomorrow: binaries have no clock to move, and
// nobody new is due on the day of the import.
func (c *cloud) dayLater(now time.Time) {
	c.Helper()
	today := notice.DateOf(now)
	ids, _, err := c.store.DueRecipients(context.Background(), today.AddDays(1), today.AddDays(1), "", 100)
	for _, id := range ids {
		err = errors.Join(err, c.store.MoveDue(context.Background(), id, today))
	}
	if err != nil || len(ids) == 0 {
		c.Fatal("nobody is due tomorrow", err)
	}
}

// id is the recipient id of a name at example.com.
func (c *cloud) id(name string) notice.RecipientID {
	c.Helper()
	keys, err := token.NewKeys(context.Background(), c.aws.Root, "k1")
	if err != nil {
		c.Fatal(err)
	}
	return keys.RecipientID(name + "@example.com")
}

// rewrite changes a line of the ledger to what a failure would have left.
func (c *cloud) rewrite(run notice.RunID, name string, change func(*notice.Delivery)) {
	c.Helper()
	lines, err := c.store.Deliveries(context.Background(), run, []notice.RecipientID{c.id(name)})
	if err != nil {
		c.Fatal(err)
	}
	line := lines[c.id(name)]
	after := line
	change(&after)
	if err := c.store.MoveDelivery(context.Background(), line, after); err != nil {
		c.Fatal(err)
	}
}

// report hands feedback an event of SES, made from its example.
func (c *cloud) report(detailType string, run notice.RunID, name string) {
	c.Helper()
	event, err := json.Marshal(map[string]any{"source": "aws.ses", "detail-type": detailType, "time": time.Now(), "detail": map[string]any{"mail": map[string]any{
		"messageId": "message-1", "timestamp": time.Now(), "tags": map[string][]string{"run": {string(run)}, "recipient": {string(c.id(name))}}}}})
	if err != nil {
		c.Fatal(err)
	}
	batch, _ := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(event)}}})
	var out events.SQSEventResponse
	if c.invoke("feedback", batch, &out); len(out.BatchItemFailures) > 0 {
		c.Fatalf("%s: %s", detailType, c.functions["feedback"].Log())
	}
}

// quietTimeOver lets the next pass of every running run begin now.
func (c *cloud) quietTimeOver() {
	c.Helper()
	runs, err := c.store.OpenRuns(context.Background())
	if err != nil {
		c.Fatal(err)
	}
	for _, r := range runs {
		r.NotBefore = time.Time{}
		if _, err := c.store.SaveRun(context.Background(), r); err != nil {
			c.Fatal(err)
		}
	}
}

// The binaries, under their roles, play the product's story; each is fed its example
// event on the way.
func TestFunctionsForReal(t *testing.T) {
	c := deploy(t)
	now := time.Now().UTC()
	year := now.AddDate(-1, 0, 3).Format(time.DateOnly) // due now: within the lead
	policyText := "# Privacy policy\n\nWe keep your name and your address to send you what you asked for.\n"
	c.aws.Put("imports/people.csv", fmt.Sprintf("email,name,locale,last_notified_on\nada@example.com,Ada,en,%[1]s\nbob@example.com,Bob,de,%[1]s\ncy@example.com,Cy,fr,%[2]s\nbroken,X,,\n", year, now.Format(time.DateOnly)))
	c.aws.Put("policies/privacy/1.0/publish.json", `{"effective":"2026-01-01","text":"policy.md","by":"Ada Example"}`)

	// Import: the file, then its part.
	var batch events.SQSEventResponse
	c.invoke("imports", c.arrived("imports/people.csv", "1"), &batch)
	if n := c.drain("ImportQueue", "imports"); n != 1 || len(batch.BatchItemFailures) > 0 {
		t.Fatalf("%d parts, failures %v\n%s", n, batch, c.functions["imports"].Log())
	}
	var job struct {
		State  string
		Report struct{ Added, Refused int }
	}
	if err := c.operate("import-status", operate.Args{ID: "people"}, &job); err != nil || job.State != "done" || job.Report.Added != 3 || job.Report.Refused != 1 {
		t.Fatalf("import %+v %v", job, err)
	}
	// A put of which nothing is left to import.
	if c.invoke("imports", c.arrived("imports/people.csv", "2"), &batch); len(batch.BatchItemFailures) > 0 || len(c.aws.Take("ImportQueue")) > 0 {
		t.Fatalf("a file that is gone: %v\n%s", batch, c.functions["imports"].Log())
	}
	// An announced import goes through the URL it is given.
	var upload operate.Upload
	for _, dry := range []bool{true, false} {
		c.operate("import-start", operate.Args{Source: "test", DryRun: dry}, &upload)
		request, _ := http.NewRequest(http.MethodPut, upload.URL, strings.NewReader("email\ndee@example.com\n"))
		if response, err := http.DefaultClient.Do(request); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("upload: %v %+v", err, response)
		}
		c.invoke("imports", c.arrived("imports/"+upload.ID+".csv", "1"), &batch)
		if n := c.drain("ImportQueue", "imports"); n != 1 || len(batch.BatchItemFailures) > 0 || c.aws.Object("imports/"+upload.ID+".csv") != "" {
			t.Errorf("%d parts, failures %v\n%s", n, batch, c.functions["imports"].Log())
		}
	}

	// Publish the baseline from the bucket, at first without its text, then open the annual
	// run: Ada and Bob.
	c.invoke("publish", c.example("publish"), nil)
	if result := c.aws.Object("policies/privacy/1.0/result.json"); !strings.Contains(result, "policy.md is not in the folder") {
		t.Fatalf("result %s\n%s", result, c.functions["publish"].Log())
	}
	c.aws.Put("policies/privacy/1.0/policy.md", policyText)
	c.invoke("publish", c.example("publish"), nil)
	if result := c.aws.Object("policies/privacy/1.0/result.json"); !strings.Contains(result, `"baseline": true`) {
		t.Fatalf("result %s\n%s", result, c.functions["publish"].Log())
	}
	c.dayLater(now)
	var opened struct {
		Run    notice.RunID
		Opened bool
	}
	c.invoke("annual", c.example("annual"), &opened)
	if !opened.Opened {
		t.Fatalf("no annual run: %s", c.functions["annual"].Log())
	}
	c.invoke("annual", c.example("annual"), &opened)
	if opened.Opened {
		t.Error("the trigger came twice and opened twice")
	}
	// Its report ends with whom it has not come to yet.
	var rest operate.Page[report.Row]
	if err := c.operate("report", operate.Args{Run: opened.Run, Cursor: "audience:"}, &rest); err != nil || len(rest.Rows) != 2 {
		t.Errorf("report %+v %v\n%s", rest, err, c.functions["operate"].Log())
	}
	c.invoke("pace", c.example("pace"), nil)
	if n := c.drain("SendQueue", "send"); n == 0 || len(c.aws.Mails) != 2 {
		t.Fatalf("%d slices, %d mails\n%s\n%s", n, len(c.aws.Mails), c.functions["pace"].Log(), c.functions["send"].Log())
	}

	// A change, approved; Ada comes first by the example, and not again.
	c.aws.Put("policies/privacy/2.0/policy.md", policyText+"\nWe delete it after one year.\n")
	c.aws.Put("policies/privacy/2.0/short.txt", "We now delete your address after a year.")
	c.aws.Put("policies/privacy/2.0/curto.txt", "Agora apagamos o seu endereço depois de um ano.")
	c.aws.Put("policies/privacy/2.0/publish.json", `{"effective":"2027-01-31","text":"policy.md","summary":{"en":"short.txt","pt":"curto.txt"}}`)
	c.invoke("publish", []byte(strings.ReplaceAll(string(c.example("publish")), "1.0", "2.0")), nil)
	// The bucket knows the languages of the readers as the command line does.
	if v, err := c.store.Version(context.Background(), "privacy", "2.0"); err != nil || v.Summary["pt-BR"] == "" {
		t.Errorf("summaries %v %v", v.Summary, err)
	}
	if result := c.aws.Object("policies/privacy/2.0/result.json"); !strings.Contains(result, "get the summary in another language") {
		t.Errorf("nobody is warned of the languages that are missing: %s", result)
	}
	const run = "change-privacy-2_0"
	var plan struct{ Audience int }
	if err := c.operate("approve", operate.Args{Run: run, By: "Ada Example"}, &plan); err != nil || plan.Audience != 4 {
		t.Fatalf("plan %+v %v", plan, err)
	}
	web := func(method, path, body string) (page events.APIGatewayV2HTTPResponse) {
		t.Helper()
		in := events.APIGatewayV2HTTPRequest{RawPath: path, Body: body, Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}}
		in.RequestContext.HTTP.Method = method
		event, _ := json.Marshal(in)
		c.invoke("web", event, &page)
		return page
	}
	// The officer is told once, edits the summary and approves, all by the link in the mail.
	for i := range 2 {
		var told approval.Announced
		if c.invoke("operate", operate.Announcing, &operate.Answer{Result: &told}); told.Mailed != 1-i || told.Waiting != 1 {
			t.Fatalf("told %+v\n%s", told, c.functions["operate"].Log())
		}
	}
	raw := strings.ReplaceAll(strings.ReplaceAll(string(c.aws.Mails[len(c.aws.Mails)-1].Raw), "=\r\n", ""), "=3D", "=")
	page := regexp.MustCompile(`/a/1\.[A-Za-z0-9._-]+`).FindString(raw)
	shown := func() string {
		m := regexp.MustCompile(`name="hash" value="([0-9a-f]+)"`).FindStringSubmatch(web("GET", page, "").Body)
		if m == nil {
			t.Fatalf("the officer's page %q has no form\n%s", page, c.functions["web"].Log())
		}
		return "&hash=" + m[1]
	}
	for _, part := range []string{"/changes", "/de.eml"} {
		if got := web("GET", page+part, ""); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %d\n%s", part, got.StatusCode, c.functions["web"].Log())
		}
	}
	for _, form := range []string{"action=edit&summary-en=We+delete+it+after+a+year.", "action=approve&confirm=1"} {
		if got := web("POST", page, form+shown()); got.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d\n%s", form, got.StatusCode, c.functions["web"].Log())
		}
	}
	c.invoke("send", c.example("send"), &batch)
	c.invoke("pace", c.example("pace"), nil)
	c.drain("SendQueue", "send")
	got := map[string]int{}
	for _, m := range c.aws.Mails {
		if m.Tags["run"] == run {
			got[m.To]++
		}
	}
	if len(got) != 4 || got["ada@example.com"] != 1 {
		t.Errorf("mails %v\n%s", got, c.functions["send"].Log())
	}

	// Feedback and a one-click POST, each twice.
	for range 2 {
		if c.invoke("feedback", c.example("feedback"), &batch); len(batch.BatchItemFailures) > 0 {
			t.Fatal(c.functions["feedback"].Log())
		}
		var page events.APIGatewayV2HTTPResponse
		if c.invoke("web", c.example("web"), &page); page.StatusCode != http.StatusOK {
			t.Fatalf("one-click: %d %s\n%s", page.StatusCode, page.Body, c.functions["web"].Log())
		}
	}
	var ada, bob operate.Person
	c.operate("recipient-show", operate.Args{Address: "ada@example.com"}, &ada)
	c.operate("recipient-show", operate.Args{Address: "bob@example.com"}, &bob)
	if ada.Recipient.Status != notice.Bounced || bob.Recipient.OptOut != notice.OptOutAll || len(bob.History) != 1 || bob.History[0].Way != notice.ByOneClick {
		t.Errorf("ada %s, bob %+v %+v", ada.Recipient.Status, bob.Recipient.OptOut, bob.History)
	}
	// The other pages.
	mails := len(c.aws.Mails)
	for _, path := range []string{"/", "/policy/privacy", "/policy/privacy/2.0", "/policy/privacy/2.0/changes", "/link"} {
		if page := web("GET", path, ""); page.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, page.StatusCode)
		}
	}
	if page := web("POST", "/link", "address=cy%40example.com"); page.StatusCode != http.StatusOK || len(c.aws.Mails) != mails+1 {
		t.Errorf("send me my link: %d, %d mails\n%s", page.StatusCode, len(c.aws.Mails)-mails, c.functions["web"].Log())
	}
	// Cy uses the link that came: a copy, a case for the desk, a new address and, as
	// that person, deletion.
	linkIn := func(m awsstub.Mail) string {
		raw := strings.ReplaceAll(strings.ReplaceAll(string(m.Raw), "=\r\n", ""), "=3D", "=")
		return regexp.MustCompile(`/[pc]/1\.[A-Za-z0-9._-]+`).FindString(raw)
	}
	center := linkIn(c.aws.Mails[mails])
	if page := web("GET", center, ""); page.StatusCode != http.StatusOK || !strings.Contains(page.Body, "cy@example.com") {
		t.Fatalf("the privacy center: %d\n%s", page.StatusCode, c.functions["web"].Log())
	}
	for _, form := range []string{"action=copy", "action=correct&name=Cyrus&language=fr", "action=ask&right=access&details=My+orders", "action=move&address=cyrus%40example.com"} {
		if page := web("POST", center, form); page.StatusCode != http.StatusOK {
			t.Errorf("%s: %d\n%s", form, page.StatusCode, c.functions["web"].Log())
		}
	}
	if len(c.aws.Events) != 1 || strings.Contains(c.aws.Events[0].Detail, "example.com") {
		t.Errorf("events %+v", c.aws.Events)
	}
	if page := web("POST", linkIn(c.aws.Mails[len(c.aws.Mails)-1]), ""); page.StatusCode != http.StatusOK {
		t.Errorf("new address: %d\n%s", page.StatusCode, c.functions["web"].Log())
	}
	var cases []operate.Case
	if err := c.operate("request-list", operate.RequestArgs{}, &cases); err != nil || len(cases) != 1 {
		t.Fatalf("cases %+v %v", cases, err)
	}
	for _, o := range []struct {
		command string
		args    operate.RequestArgs
	}{
		{"request-open", operate.RequestArgs{Address: "dee@example.com", Right: "objection", By: "Ada", Yes: true}},
		{"request-answer", operate.RequestArgs{ID: cases[0].ID, Answer: "Here it is.", By: "Ada", Yes: true}},
		{"request-report", operate.RequestArgs{Year: now.Year()}}, {"request-tend", operate.RequestArgs{}},
	} {
		if err := c.operate(o.command, o.args, &json.RawMessage{}); err != nil {
			t.Errorf("%s: %v", o.command, err)
		}
	}
	// Cy's answer was lost and Dee's worker died; events and the audit settle both.
	c.rewrite(run, "cy", func(d *notice.Delivery) { d.State, d.MessageID, d.SettleAfter = notice.Unknown, "", now.Add(time.Hour) })
	c.rewrite(run, "dee", func(d *notice.Delivery) { d.State, d.LeaseUntil = notice.Claimed, now.Add(-time.Hour) })
	c.report("Email Sent", run, "cy")
	c.quietTimeOver()
	c.invoke("pace", c.example("pace"), nil)
	c.report("Email Delivered", run, "dee")
	c.quietTimeOver()
	c.invoke("pace", c.example("pace"), nil)
	c.quietTimeOver()
	c.invoke("pace", c.example("pace"), nil)
	var status []report.RunStatus
	answer := operate.Answer{Result: &status}
	if c.invoke("operate", c.example("operate"), &answer); len(status) != 2 || status[0].State != notice.Done || status[1].State != notice.Done || status[1].Audience != 4 {
		t.Errorf("status %+v %v", status, answer.Error)
	}

	// A third version by the CLI's way; SES suspends the account meanwhile.
	const third = "change-privacy-3_0"
	c.operate("publish", publish.Publication{Policy: "privacy", Version: "3.0", Effective: "2027-03-31", Summary: map[string]string{"en": "We now keep it for two years."},
		Source: []byte(policyText + "\nWe delete it after two years.\n"), SourceName: "policy.md", By: "Ada"}, &publish.Result{})
	c.operate("approve", operate.Args{Run: third, By: "Ada", Yes: true}, &plan)
	c.aws.Refusal = "AccountSuspendedException"
	c.invoke("pace", c.example("pace"), nil)
	c.drain("SendQueue", "send")
	c.aws.Refusal = ""
	if c.operate("status", operate.Args{Run: third}, &status); status[0].State != notice.Stopped {
		t.Errorf("the account is suspended, the run %+v", status[0])
	}
	// A slice that comes up now is dropped; what is held is sent again on Ada's word.
	slice, _ := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: `{"run":"` + third + `","recipients":["cy"]}`}}})
	if c.invoke("send", slice, &batch); len(batch.BatchItemFailures) > 0 {
		t.Errorf("a slice of a stopped run\n%s", c.functions["send"].Log())
	}
	// SES refused the first of the two who were to get it.
	who := "cy"
	if lines, err := c.store.Deliveries(context.Background(), third, []notice.RecipientID{c.id(who)}); err != nil || len(lines) == 0 {
		who = "dee"
	}
	c.rewrite(third, who, func(d *notice.Delivery) { d.State = notice.Held })
	var held delivery.HeldReport
	if err := c.operate("held", operate.Args{Run: third, By: "Ada", Yes: true}, &held); err != nil || held.Resent != 1 {
		t.Errorf("held %+v %v", held, err)
	}
	for _, o := range []struct {
		command string
		args    operate.Args
	}{
		{"resume", operate.Args{Run: third}}, {"pause", operate.Args{Run: third}}, {"cancel", operate.Args{Run: third}},
		{"report", operate.Args{Run: run}}, {"overdue", operate.Args{}}, {"version", operate.Args{Policy: "privacy"}}, {"preview", operate.Args{Kind: "change", Policy: "privacy"}},
		{"recipient-unsubscribe", operate.Args{Address: "dee@example.com", By: "Ada"}}, {"recipient-erase", operate.Args{Address: "dee@example.com", By: "Ada", Yes: true}},
	} {
		if err := c.operate(o.command, o.args, &json.RawMessage{}); err != nil {
			t.Errorf("%s: %v", o.command, err)
		}
	}
	// What was cancelled unapproved may be published again, under another name.
	for _, version := range []string{"4.0", "4.1"} {
		folder := "policies/privacy/" + version
		c.aws.Put(folder+"/policy.md", policyText+"\nWe delete it after three years.\n")
		c.aws.Put(folder+"/short.txt", "We now delete your address after three years.")
		c.aws.Put(folder+"/publish.json", `{"effective":"2027-05-31","text":"policy.md","summary":{"en":"short.txt"}}`)
		c.invoke("publish", []byte(strings.ReplaceAll(string(c.example("publish")), "1.0", version)), nil)
		run := notice.ChangeRunID("privacy", version)
		if result := c.aws.Object(folder + "/result.json"); !strings.Contains(result, string(run)) {
			t.Errorf("result %s", result)
		}
		if err := c.operate("cancel", operate.Args{Run: run}, &json.RawMessage{}); err != nil {
			t.Error(err)
		}
	}
	if err := c.operate("status", operate.Args{Run: "none"}, &status); err == nil || err.Code != notice.CodeNotFound {
		t.Errorf("unknown run: %v", err)
	}
	var tests operate.Tests
	var checks []operate.Check
	c.operate("preview", operate.Args{Kind: "annual", Policy: "privacy", To: "me@example.com"}, &operate.Preview{})
	c.operate("doctor", operate.Args{}, &checks)
	c.operate("doctor-send", operate.Args{}, &tests)
	if n := len(c.aws.Mails); n < 4 || c.aws.Mails[n-4].To != "me@example.com" || len(checks) == 0 {
		t.Errorf("%d mails, checks %v", n, checks)
	}
	if err := c.operate("doctor-events", operate.Args{Run: tests.Run}, &checks); err != nil || len(checks) != 3 || checks[0].OK {
		t.Errorf("no event came and doctor says %v %v", checks, err)
	}
	// Deletion, confirmed by mail, with the link of before: it is Cy's still.
	web("POST", center, "action=delete")
	if page := web("POST", linkIn(c.aws.Mails[len(c.aws.Mails)-1]), ""); page.StatusCode != http.StatusOK {
		t.Errorf("deletion: %d\n%s", page.StatusCode, c.functions["web"].Log())
	}
	var cy operate.Person
	if c.operate("recipient-show", operate.Args{Address: "cyrus@example.com"}, &cy); cy.Recipient.Status != notice.Erased {
		t.Errorf("cy %+v", cy.Recipient)
	}
	// An import that changes a name changes nothing else.
	c.aws.Put("imports/again.csv", "email,name\nbob@example.com,Robert\n")
	c.invoke("imports", c.arrived("imports/again.csv", "1"), &batch)
	c.drain("ImportQueue", "imports")
	c.operate("recipient-show", operate.Args{Address: "bob@example.com"}, &bob)
	if bob.Recipient.Name != "Robert" || bob.Recipient.OptOut != notice.OptOutAll {
		t.Errorf("bob %+v", bob.Recipient)
	}

	// The page that is watched cannot be reached from a test.
	if out, err := c.functions["watch"].Invoke(c.example("watch")); err == nil {
		t.Errorf("a page that does not exist was read: %s", out)
	}

	if denied := c.aws.Denied(); len(denied) > 0 {
		t.Errorf("roles that allow too little:\n%s", strings.Join(denied, "\n"))
	}
	var tooMuch []string
	for _, right := range c.aws.Unused() {
		if !slices.ContainsFunc(usedByAWS, func(s string) bool { return strings.Contains(right, s) }) {
			tooMuch = append(tooMuch, right)
		}
	}
	slices.Sort(tooMuch)
	if len(tooMuch) > 0 {
		t.Errorf("rights nobody used:\n%s", strings.Join(tooMuch, "\n"))
	}
	for name, f := range c.functions {
		for _, secret := range []string{"@example.com", "1.k1."} {
			if strings.Contains(f.Log(), secret) {
				t.Errorf("%s logs %s:\n%s", name, secret, f.Log())
			}
		}
	}
}

// usedByAWS are rights Lambda itself uses, or the watch function once it has read a page.
var usedByAWS = []string{"watch dynamodb:PutItem", " logs:", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "InvocationDeadLetters"}

// A function that is not configured says everything that is missing, and does not
// start.
func TestFunctionsSayWhatIsMissing(t *testing.T) {
	tools.Needs(t, "function binaries")
	for _, name := range config.Functions() {
		f := runtimeapi.Start(t, runtimeapi.Build(t, "./functions/"+name), nil)
		if err := f.Wait(); err == nil {
			t.Errorf("%s starts without configuration", name)
		}
		for _, v := range config.Variables(name) {
			if !config.Optional(v) && !strings.Contains(f.Log(), v) {
				t.Errorf("%s does not name %s:\n%s", name, v, f.Log())
			}
		}
	}
}
