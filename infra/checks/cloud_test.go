package checks

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"policymail/infra/awsstub"
	"policymail/infra/dynamolocal"
	"policymail/infra/runtimeapi"
	"policymail/infra/sam"
	"policymail/infra/tools"
	"policymail/shared/notice"
	"policymail/shared/operate"
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
	event, err := operate.Encode(command, args)
	if err != nil {
		c.Fatal(err)
	}
	return c.command(event, result)
}

// command invokes the operate function with an event.
func (c *cloud) command(event []byte, result any) *notice.Error {
	c.Helper()
	var answer json.RawMessage
	c.invoke("operate", event, &answer)
	err := operate.Decode(answer, result)
	var forPeople *notice.Error
	if err != nil && !errors.As(err, &forPeople) {
		c.Fatalf("%s: %v", event, err)
	}
	return forPeople
}

// web asks for a page, or posts a form to it.
func (c *cloud) web(method, path, form string) (page events.APIGatewayV2HTTPResponse) {
	c.Helper()
	in := events.APIGatewayV2HTTPRequest{RawPath: path, Body: form, Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}}
	in.RequestContext.HTTP.Method = method
	event, _ := json.Marshal(in)
	c.invoke("web", event, &page)
	return page
}

// link is the newest mail's link to one of the pages, like "pc" of /p/ and /c/.
func (c *cloud) link(pages string) string {
	c.Helper()
	raw := strings.ReplaceAll(strings.ReplaceAll(string(c.aws.Mails[len(c.aws.Mails)-1].Raw), "=\r\n", ""), "=3D", "=")
	link := regexp.MustCompile(`/[` + pages + `]/1\.[A-Za-z0-9._-]+`).FindString(raw)
	if link == "" {
		c.Fatalf("no link to /%s/ in\n%s", pages, raw)
	}
	return link
}

// putVersion puts what publishes a version into the bucket, publish.json last, and has it
// published. Summaries are by language.
func (c *cloud) putVersion(version, effective, text string, summaries map[string]string) (result string) {
	c.Helper()
	folder, files := "policies/privacy/"+version+"/", map[string]string{}
	for language, summary := range summaries {
		files[language] = language + ".txt"
		c.aws.Put(folder+files[language], summary)
	}
	c.aws.Put(folder+"policy.md", text)
	publication, _ := json.Marshal(map[string]any{"effective": effective, "text": "policy.md", "summary": files})
	c.aws.Put(folder+"publish.json", string(publication))
	c.invoke("publish", []byte(strings.ReplaceAll(string(c.example("publish")), "1.0", version)), nil)
	return c.aws.Object(folder + "result.json")
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
