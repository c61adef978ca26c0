package checks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"policymail/infra/runtimeapi"
	"policymail/infra/tools"
	"policymail/shared/approval"
	"policymail/shared/config"
	"policymail/shared/delivery"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
	"policymail/shared/report"
)

// story is what its chapters hand on.
type story struct {
	*cloud
	now    time.Time
	center string // Cy's link to the privacy center
}

const (
	policyText = "# Privacy policy\n\nWe keep your name and your address to send you what you asked for.\n"
	// second and third are the runs of the versions 2.0 and 3.0.
	second = "change-privacy-2_0"
	third  = "change-privacy-3_0"
)

// chapters are told in order on one cloud; each begins where the one before ended.
var chapters = []struct {
	name string
	tell func(*story)
}{
	{"files are imported", (*story).importFiles},
	{"a baseline is published", (*story).publishBaseline},
	{"annual reviews go out", (*story).annualReviews},
	{"a change is published, edited and approved", (*story).approveChange},
	{"it goes out and comes back", (*story).sendChange},
	{"pages are looked at", (*story).lookAtPages},
	{"a person uses their rights", (*story).useRights},
	{"what is in doubt is settled", (*story).settle},
	{"SES suspends the account", (*story).suspend},
	{"commands about runs and people", (*story).commands},
	{"cancelled changes are published again", (*story).publishAgain},
	{"the doctor calls", (*story).doctor},
	{"a person is deleted", (*story).deletePerson},
	{"a name is imported again", (*story).importAgain},
	{"a page that cannot be reached is watched", (*story).watch},
}

// The binaries, under their roles, play the product's story; each is fed its example
// event on the way. A chapter that fails is the last; which rights it lacked is told
// all the same.
func TestFunctionsForReal(t *testing.T) {
	s := &story{cloud: deploy(t), now: time.Now().UTC()}
	told := 0
	for _, chapter := range chapters {
		ok := t.Run(chapter.name, func(t *testing.T) {
			s.T = t
			chapter.tell(s)
		})
		if s.T = t; !ok {
			break
		}
		told++
	}
	if denied := s.aws.Denied(); len(denied) > 0 {
		t.Errorf("roles that allow too little:\n%s", strings.Join(denied, "\n"))
	}
	if told == len(chapters) {
		s.noUnusedRights()
	}
	for name, f := range s.functions {
		for _, secret := range []string{"@example.com", "1.k1."} {
			if strings.Contains(f.Log(), secret) {
				t.Errorf("%s logs %s:\n%s", name, secret, f.Log())
			}
		}
	}
}

// importing hands the example event about a file to the imports function, and its parts;
// it returns how many there were.
func (s *story) importing(key, sequencer string) (parts int) {
	s.Helper()
	var batch events.SQSEventResponse
	s.invoke("imports", s.arrived(key, sequencer), &batch)
	parts = s.drain("ImportQueue", "imports")
	if len(batch.BatchItemFailures) > 0 {
		s.Fatalf("%s: failures %v\n%s", key, batch, s.functions["imports"].Log())
	}
	return parts
}

func (s *story) importFiles() {
	year := s.now.AddDate(-1, 0, 3).Format(time.DateOnly) // due now: within the lead
	s.aws.Put("imports/people.csv", fmt.Sprintf("email,name,locale,last_notified_on\nada@example.com,Ada,en,%[1]s\nbob@example.com,Bob,de,%[1]s\ncy@example.com,Cy,fr,%[2]s\nbroken,X,,\n", year, s.now.Format(time.DateOnly)))
	if n := s.importing("imports/people.csv", "1"); n != 1 {
		s.Fatalf("%d parts", n)
	}
	var job struct {
		State  string
		Report struct{ Added, Refused int }
	}
	if err := s.operate("import-status", operate.ImportStatusArgs{ID: "people"}, &job); err != nil || job.State != "done" || job.Report.Added != 3 || job.Report.Refused != 1 {
		s.Fatalf("import %+v %v", job, err)
	}
	if n := s.importing("imports/people.csv", "2"); n > 0 {
		s.Fatalf("%d parts of a file that is gone", n)
	}
	// An announced import goes through the URL it is given.
	var upload operate.Upload
	for _, dry := range []bool{true, false} {
		s.operate("import-start", operate.ImportArgs{Source: "test", DryRun: dry}, &upload)
		request, _ := http.NewRequest(http.MethodPut, upload.URL, strings.NewReader("email\ndee@example.com\n"))
		if response, err := http.DefaultClient.Do(request); err != nil || response.StatusCode != http.StatusOK {
			s.Fatalf("upload: %v %+v", err, response)
		}
		key := "imports/" + upload.ID + ".csv"
		if n := s.importing(key, "1"); n != 1 || s.aws.Object(key) != "" {
			s.Errorf("%d parts\n%s", n, s.functions["imports"].Log())
		}
	}
}

// The baseline comes from the bucket, at first without its text.
func (s *story) publishBaseline() {
	s.aws.Put("policies/privacy/1.0/publish.json", `{"effective":"2026-01-01","text":"policy.md","by":"Ada Example"}`)
	for _, c := range []struct{ text, want string }{{"", "policy.md is not in the folder"}, {policyText, `"baseline": true`}} {
		if c.text != "" {
			s.aws.Put("policies/privacy/1.0/policy.md", c.text)
		}
		s.invoke("publish", s.example("publish"), nil)
		if result := s.aws.Object("policies/privacy/1.0/result.json"); !strings.Contains(result, c.want) {
			s.Fatalf("result %s\n%s", result, s.functions["publish"].Log())
		}
	}
}

// Ada and Bob are due.
func (s *story) annualReviews() {
	s.dayLater(s.now)
	var opened struct {
		Run    notice.RunID
		Opened bool
	}
	s.invoke("annual", s.example("annual"), &opened)
	if !opened.Opened {
		s.Fatalf("no annual run: %s", s.functions["annual"].Log())
	}
	s.invoke("annual", s.example("annual"), &opened)
	if opened.Opened {
		s.Error("the trigger came twice and opened twice")
	}
	// Its report ends with whom it has not come to yet, behind pages of days with nobody.
	var rest []report.Row
	for cursor := "audience:"; cursor != ""; {
		var page operate.Page[report.Row]
		if err := s.operate("report", operate.ReportArgs{Run: opened.Run, Cursor: cursor}, &page); err != nil {
			s.Fatalf("report %v\n%s", err, s.functions["operate"].Log())
		}
		rest, cursor = append(rest, page.Rows...), page.Next
	}
	if len(rest) != 2 {
		s.Errorf("report %+v\n%s", rest, s.functions["operate"].Log())
	}
	s.invoke("pace", s.example("pace"), nil)
	if n := s.drain("SendQueue", "send"); n == 0 || len(s.aws.Mails) != 2 {
		s.Fatalf("%d slices, %d mails\n%s\n%s", n, len(s.aws.Mails), s.functions["pace"].Log(), s.functions["send"].Log())
	}
}

// The officer is told once, edits the summary and approves, all by the link in the mail.
func (s *story) approveChange() {
	result := s.putVersion("2.0", "2027-01-31", policyText+"\nWe delete it after one year.\n",
		map[string]string{"en": "We now delete your address after a year.", "pt": "Agora apagamos o seu endereço depois de um ano."})
	// The bucket knows the languages of the readers as the command line does.
	if v, err := s.store.Version(context.Background(), "privacy", "2.0"); err != nil || v.Summary["pt-BR"] == "" {
		s.Errorf("summaries %v %v", v.Summary, err)
	}
	if !strings.Contains(result, string(second)) {
		s.Errorf("result %s", result)
	}
	// A publication by the bucket counts nobody; the approval does.
	var plan operate.Approved
	if err := s.operate("approve", operate.ApproveArgs{Run: second, By: "Ada Example"}, &plan); err != nil || plan.Audience != 4 ||
		!strings.Contains(strings.Join(plan.Warnings, "\n"), "get the summary in another language") {
		s.Fatalf("plan %+v %v", plan, err)
	}
	for i := range 2 {
		var told approval.Announced
		if err := s.command(operate.Announcing, &told); err != nil || told.Mailed != 1-i || told.Waiting != 1 {
			s.Fatalf("told %+v %v\n%s", told, err, s.functions["operate"].Log())
		}
	}
	page := s.link("a")
	shown := func() string {
		m := regexp.MustCompile(`name="hash" value="([0-9a-f]+)"`).FindStringSubmatch(s.web("GET", page, "").Body)
		if m == nil {
			s.Fatalf("the officer's page %q has no form\n%s", page, s.functions["web"].Log())
		}
		return "&hash=" + m[1]
	}
	for _, part := range []string{"/changes", "/de.eml"} {
		if got := s.web("GET", page+part, ""); got.StatusCode != http.StatusOK {
			s.Errorf("%s: %d\n%s", part, got.StatusCode, s.functions["web"].Log())
		}
	}
	for _, form := range []string{"action=edit&summary-en=We+delete+it+after+a+year.", "action=approve&confirm=1"} {
		if got := s.web("POST", page, form+shown()); got.StatusCode != http.StatusOK {
			s.Fatalf("%s: %d\n%s", form, got.StatusCode, s.functions["web"].Log())
		}
	}
}

// Ada comes first by the example, and not again. Feedback and a one-click POST come twice.
func (s *story) sendChange() {
	var batch events.SQSEventResponse
	s.invoke("send", s.example("send"), &batch)
	s.invoke("pace", s.example("pace"), nil)
	s.drain("SendQueue", "send")
	got := map[string]int{}
	for _, m := range s.aws.Mails {
		if m.Tags["run"] == second {
			got[m.To]++
		}
	}
	if len(got) != 4 || got["ada@example.com"] != 1 {
		s.Errorf("mails %v\n%s", got, s.functions["send"].Log())
	}
	for range 2 {
		if s.invoke("feedback", s.example("feedback"), &batch); len(batch.BatchItemFailures) > 0 {
			s.Fatal(s.functions["feedback"].Log())
		}
		var page events.APIGatewayV2HTTPResponse
		if s.invoke("web", s.example("web"), &page); page.StatusCode != http.StatusOK {
			s.Fatalf("one-click: %d %s\n%s", page.StatusCode, page.Body, s.functions["web"].Log())
		}
	}
	ada, bob := s.person("ada"), s.person("bob")
	if ada.Recipient.Status != notice.Bounced || bob.Recipient.OptOut != notice.OptOutAll || len(bob.History) != 1 || bob.History[0].Way != notice.ByOneClick {
		s.Errorf("ada %s, bob %+v %+v", ada.Recipient.Status, bob.Recipient.OptOut, bob.History)
	}
}

// person is what operators see of a name at example.com.
func (s *story) person(name string) (p operate.Person) {
	s.Helper()
	if err := s.operate("recipient-show", operate.PersonArgs{Address: name + "@example.com"}, &p); err != nil {
		s.Errorf("%s: %v", name, err)
	}
	return p
}

func (s *story) lookAtPages() {
	mails := len(s.aws.Mails)
	for _, path := range []string{"/", "/policy/privacy", "/policy/privacy/2.0", "/policy/privacy/2.0/changes", "/link"} {
		if page := s.web("GET", path, ""); page.StatusCode != http.StatusOK {
			s.Errorf("%s: %d", path, page.StatusCode)
		}
	}
	if page := s.web("POST", "/link", "address=cy%40example.com"); page.StatusCode != http.StatusOK || len(s.aws.Mails) != mails+1 {
		s.Fatalf("send me my link: %d, %d mails\n%s", page.StatusCode, len(s.aws.Mails)-mails, s.functions["web"].Log())
	}
	s.center = s.link("pc")
}

// Cy uses the link that came: a copy, a case for the desk, a new address and, as that
// person, deletion.
func (s *story) useRights() {
	if page := s.web("GET", s.center, ""); page.StatusCode != http.StatusOK || !strings.Contains(page.Body, "cy@example.com") {
		s.Fatalf("the privacy center: %d\n%s", page.StatusCode, s.functions["web"].Log())
	}
	for _, form := range []string{"action=copy", "action=correct&name=Cyrus&language=fr", "action=ask&right=access&details=My+orders", "action=move&address=cyrus%40example.com"} {
		if page := s.web("POST", s.center, form); page.StatusCode != http.StatusOK {
			s.Errorf("%s: %d\n%s", form, page.StatusCode, s.functions["web"].Log())
		}
	}
	if len(s.aws.Events) != 1 || strings.Contains(s.aws.Events[0].Detail, "example.com") {
		s.Errorf("events %+v", s.aws.Events)
	}
	if page := s.web("POST", s.link("pc"), ""); page.StatusCode != http.StatusOK {
		s.Errorf("new address: %d\n%s", page.StatusCode, s.functions["web"].Log())
	}
	var cases []operate.Case
	if err := s.operate("request-list", operate.YearArgs{}, &cases); err != nil || len(cases) != 1 {
		s.Fatalf("cases %+v %v", cases, err)
	}
	s.carriedOut("request-open", operate.OpenArgs{Address: "dee@example.com", Right: "objection", By: "Ada", Yes: true})
	s.carriedOut("request-answer", operate.AnswerArgs{RequestArgs: operate.RequestArgs{ID: cases[0].ID}, Answer: "Here it is.", By: "Ada", Yes: true})
	s.carriedOut("request-report", operate.YearArgs{Year: s.now.Year()})
	s.carriedOut("request-tend", operate.None{})
}

// carriedOut sends a command that must not be refused.
func (s *story) carriedOut(command string, args any) {
	s.Helper()
	if err := s.operate(command, args, &json.RawMessage{}); err != nil {
		s.Errorf("%s: %v", command, err)
	}
}

// Cy's answer was lost and Dee's worker died; events and the audit settle both.
func (s *story) settle() {
	s.rewrite(second, "cy", func(d *notice.Delivery) {
		d.State, d.MessageID, d.SettleAfter = notice.Unknown, "", s.now.Add(time.Hour)
	})
	s.rewrite(second, "dee", func(d *notice.Delivery) { d.State, d.LeaseUntil = notice.Claimed, s.now.Add(-time.Hour) })
	s.report("Email Sent", second, "cy")
	s.quietTimeOver()
	s.invoke("pace", s.example("pace"), nil)
	s.report("Email Delivered", second, "dee")
	for range 2 {
		s.quietTimeOver()
		s.invoke("pace", s.example("pace"), nil)
	}
	var status []report.RunStatus
	if err := s.command(s.example("operate"), &status); len(status) != 2 || status[0].State != notice.Done || status[1].State != notice.Done || status[1].Audience != 4 {
		s.Errorf("status %+v %v", status, err)
	}
}

// A third version comes by the CLI's way; SES suspends the account meanwhile. What is
// held is sent again on Ada's word.
func (s *story) suspend() {
	s.operate("publish", publish.Publication{Policy: "privacy", Version: "3.0", Effective: "2027-03-31", Summary: map[string]string{"en": "We now keep it for two years."},
		Source: []byte(policyText + "\nWe delete it after two years.\n"), SourceName: "policy.md", By: "Ada"}, &publish.Result{})
	s.carriedOut("approve", operate.ApproveArgs{Run: third, By: "Ada", Yes: true})
	s.aws.Refusal = "AccountSuspendedException"
	s.invoke("pace", s.example("pace"), nil)
	s.drain("SendQueue", "send")
	s.aws.Refusal = ""
	var status []report.RunStatus
	if err := s.operate("status", operate.RunArgs{Run: third}, &status); err != nil || status[0].State != notice.Stopped {
		s.Errorf("the account is suspended, the run %+v %v", status, err)
	}
	// A slice that comes up now is dropped.
	slice, _ := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: `{"run":"` + third + `","recipients":["cy"]}`}}})
	var batch events.SQSEventResponse
	if s.invoke("send", slice, &batch); len(batch.BatchItemFailures) > 0 {
		s.Errorf("a slice of a stopped run\n%s", s.functions["send"].Log())
	}
	// SES refused the first of the two who were to get it.
	who := "cy"
	if lines, err := s.store.Deliveries(context.Background(), third, []notice.RecipientID{s.id(who)}); err != nil || len(lines) == 0 {
		who = "dee"
	}
	s.rewrite(third, who, func(d *notice.Delivery) { d.State = notice.Held })
	var held delivery.HeldReport
	if err := s.operate("held", operate.RunArgs{Run: third}, &held); err != nil || len(held.Held) != 1 || held.Resent != 0 {
		s.Errorf("held %+v %v", held, err)
	}
	if err := s.operate("held-resend", operate.HeldArgs{Run: third, By: "Ada"}, &held); err != nil || held.Resent != 1 {
		s.Errorf("sent again %+v %v", held, err)
	}
}

func (s *story) commands() {
	for _, command := range []string{"resume", "pause", "cancel"} {
		s.carriedOut(command, operate.RunArgs{Run: third})
	}
	s.carriedOut("report", operate.ReportArgs{Run: second})
	s.carriedOut("overdue", operate.OverdueArgs{})
	s.carriedOut("version", operate.VersionArgs{Policy: "privacy"})
	s.carriedOut("preview", operate.PreviewArgs{Kind: "change", Policy: "privacy"})
	dee := operate.PersonArgs{Address: "dee@example.com", By: "Ada"}
	s.carriedOut("recipient-unsubscribe", dee)
	s.carriedOut("recipient-erase", operate.EraseArgs{PersonArgs: dee, Yes: true})
	var status []report.RunStatus
	if err := s.operate("status", operate.RunArgs{Run: "none"}, &status); err == nil || err.Code != notice.CodeNotFound {
		s.Errorf("unknown run: %v", err)
	}
}

// What was cancelled unapproved may be published again, under another name.
func (s *story) publishAgain() {
	for _, version := range []string{"4.0", "4.1"} {
		result := s.putVersion(version, "2027-05-31", policyText+"\nWe delete it after three years.\n", map[string]string{"en": "We now delete your address after three years."})
		run := notice.ChangeRunID("privacy", version)
		if !strings.Contains(result, string(run)) {
			s.Errorf("result %s", result)
		}
		s.carriedOut("cancel", operate.RunArgs{Run: run})
	}
	// A wrong date is corrected before anybody approves: the run that waits ends.
	text := policyText + "\nWe delete it after four years.\n"
	words := map[string]string{"en": "We now delete your address after four years."}
	s.putVersion("4.2", "2037-05-31", text, words)
	if result := s.putVersion("4.3", "2027-05-31", text, words); !strings.Contains(result, `"run": "change-privacy-4_3"`) || !strings.Contains(result, "run change-privacy-4_2 ends") {
		s.Errorf("result %s", result)
	}
	s.carriedOut("cancel", operate.RunArgs{Run: "change-privacy-4_3"})
}

func (s *story) doctor() {
	var tests operate.Tests
	var checks []operate.Check
	s.operate("preview", operate.PreviewArgs{Kind: "annual", Policy: "privacy", To: "me@example.com"}, &operate.Preview{})
	s.operate("doctor", operate.None{}, &checks)
	s.operate("doctor-send", operate.None{}, &tests)
	if n := len(s.aws.Mails); n < 4 || s.aws.Mails[n-4].To != "me@example.com" || len(checks) == 0 {
		s.Errorf("%d mails, checks %v", n, checks)
	}
	if err := s.operate("doctor-events", operate.RunArgs{Run: tests.Run}, &checks); err != nil || len(checks) != 3 || checks[0].OK {
		s.Errorf("no event came and doctor says %v %v", checks, err)
	}
}

// Deletion is asked for by a link mailed since the move, which ended the one of before, and
// is confirmed by mail.
func (s *story) deletePerson() {
	if page := s.web("POST", s.center, "action=delete"); page.StatusCode != http.StatusGone {
		s.Errorf("the link to the mailbox that was left: %d", page.StatusCode)
	}
	s.web("POST", "/link", "address=cyrus%40example.com")
	s.web("POST", s.link("pc"), "action=delete")
	if page := s.web("POST", s.link("pc"), ""); page.StatusCode != http.StatusOK {
		s.Errorf("deletion: %d\n%s", page.StatusCode, s.functions["web"].Log())
	}
	if cy := s.person("cyrus"); cy.Recipient.Status != notice.Erased {
		s.Errorf("cy %+v", cy.Recipient)
	}
}

// An import that changes a name changes nothing else.
func (s *story) importAgain() {
	s.aws.Put("imports/again.csv", "email,name\nbob@example.com,Robert\n")
	s.importing("imports/again.csv", "1")
	if bob := s.person("bob"); bob.Recipient.Name != "Robert" || bob.Recipient.OptOut != notice.OptOutAll {
		s.Errorf("bob %+v", bob.Recipient)
	}
}

func (s *story) watch() {
	if out, err := s.functions["watch"].Invoke(s.example("watch")); err == nil {
		s.Errorf("a page that does not exist was read: %s", out)
	}
}

// usedByAWS are rights Lambda itself uses, or the watch function once it has read a page.
var usedByAWS = []string{"watch dynamodb:PutItem", " logs:", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "InvocationDeadLetters"}

// noUnusedRights finds rights of the roles that the whole story needs not.
func (s *story) noUnusedRights() {
	s.Helper()
	var tooMuch []string
	for _, right := range s.aws.Unused() {
		if !slices.ContainsFunc(usedByAWS, func(by string) bool { return strings.Contains(right, by) }) {
			tooMuch = append(tooMuch, right)
		}
	}
	slices.Sort(tooMuch)
	if len(tooMuch) > 0 {
		s.Errorf("rights nobody used:\n%s", strings.Join(tooMuch, "\n"))
	}
}

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
