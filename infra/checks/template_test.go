package checks

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"policymail/infra/sam"
	"policymail/shared/config"
	"policymail/shared/ses"
)

// These tests read template.yaml as CloudFormation gets it, and assert what the
// linters do not see.

func translate(t *testing.T) *sam.Template {
	return sam.Translate(t, map[string]string{"Company": "Example Company", "PostalAddress": "1 Example Street, 12345 Example City",
		"MailFromName": "Example Company Privacy", "MailFrom": "privacy@example.com", "ReplyTo": "privacy-help@example.com",
		"ListId": "privacy.example.com", "SesIdentity": "example.com", "WatchUrl": "https://www.example.invalid/privacy",
		"Approvers": "officer@example.com"})
}

// load reads properties into a struct, after resolution.
func load(t *testing.T, tpl *sam.Template, id string, into any) {
	t.Helper()
	raw, err := json.Marshal(tpl.Resolve(tpl.Resources[id].Properties))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", id, err)
	}
}

// number reads what may be a number or a parameter's text.
func number(t *testing.T, v json.Number) int {
	t.Helper()
	n, err := strconv.Atoi(string(v))
	if err != nil && v != "" {
		t.Fatal(err)
	}
	return n
}

func TestTemplateLints(t *testing.T) {
	if out := sam.Lint(t, "template.yaml"); out != "" {
		t.Errorf("as SAM:\n%s", out)
	}
	if out := sam.Lint(t, translate(t).Path); out != "" {
		t.Errorf("as CloudFormation:\n%s", out)
	}
}

type function struct {
	FunctionName, Handler, Runtime, Role, Description string
	Architectures                                     []string
	Timeout, ReservedConcurrentExecutions             json.Number
	Environment                                       struct{ Variables map[string]any }
	LoggingConfig                                     struct{ LogGroup, LogFormat string }
}

// functions by the name of their folder.
func functions(t *testing.T, tpl *sam.Template) map[string]function {
	all := map[string]function{}
	for _, id := range tpl.Of("AWS::Lambda::Function") {
		var f function
		load(t, tpl, id, &f)
		name, ok := strings.CutPrefix(f.FunctionName, sam.StackName+"-")
		if !ok || !strings.EqualFold(id, name+"Function") {
			t.Errorf("%s is named %s", id, f.FunctionName)
		}
		all[name] = f
	}
	return all
}

func TestFunctionsAreFolders(t *testing.T) {
	tpl := translate(t)
	all := functions(t, tpl)
	folders, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name())
	}
	if got := slices.Sorted(maps.Keys(all)); !slices.Equal(got, names) || !slices.Equal(got, config.Functions()) {
		t.Errorf("template %v, folders %v, config %v", got, names, config.Functions())
	}
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bool{}
	for name, f := range all {
		if !strings.Contains(string(source), "CodeUri: functions/"+name+"/\n") {
			t.Errorf("no function is built from functions/%s/", name)
		}
		if f.Runtime != "provided.al2023" || f.Handler != "bootstrap" || !slices.Equal(f.Architectures, []string{"arm64"}) || f.Description == "" {
			t.Errorf("%s: %+v", name, f)
		}
		if roles[f.Role] {
			t.Errorf("%s shares its role", name)
		}
		roles[f.Role] = true
		if f.LoggingConfig.LogFormat != "JSON" || f.LoggingConfig.LogGroup != "/aws/lambda/"+f.FunctionName {
			t.Errorf("%s logs to %+v", name, f.LoggingConfig)
		}
		if _, err := os.Stat(filepath.Join(root, "functions", name, "testdata", "event.json")); err != nil {
			t.Errorf("%s has no example event: %v", name, err)
		}
	}
}

func TestEnvironmentIsWhatIsRead(t *testing.T) {
	tpl := translate(t)
	for name, f := range functions(t, tpl) {
		set := slices.Sorted(maps.Keys(f.Environment.Variables))
		if read := config.Variables(name); !slices.Equal(set, read) {
			t.Errorf("%s:\nset  %v\nread %v", name, set, read)
		}
		if _, err := config.Load(name, func(v string) string { return tpl.Text(f.Environment.Variables[v]) }); err != nil {
			t.Errorf("the template's values are refused: %v", err)
		}
	}
}

type queue struct {
	VisibilityTimeout, MessageRetentionPeriod json.Number
	SqsManagedSseEnabled                      bool
	KmsMasterKeyId                            string
	RedrivePolicy                             struct {
		DeadLetterTargetArn string `json:"deadLetterTargetArn"`
		MaxReceiveCount     int    `json:"maxReceiveCount"`
	}
}

func TestQueues(t *testing.T) {
	tpl := translate(t)
	queues, arn := map[string]queue{}, map[string]string{}
	dead, overTLS := map[string]bool{}, map[string]bool{}
	for _, id := range tpl.Of("AWS::SQS::Queue") {
		var q queue
		load(t, tpl, id, &q)
		queues[id], arn[id] = q, "arn:aws:sqs:us-east-1:"+sam.Account+":"+id
		dead[q.RedrivePolicy.DeadLetterTargetArn] = true
	}
	dead[arn["InvocationDeadLetters"]] = true
	for _, id := range tpl.Of("AWS::SQS::QueuePolicy") {
		for _, s := range statements(t, tpl, tpl.Resources[id].Properties["PolicyDocument"]) {
			if s.Effect == "Deny" && strings.Contains(s.condition, `"aws:SecureTransport":"false"`) {
				for _, r := range s.Resource {
					overTLS[r] = true
				}
			}
		}
	}
	alarmed := map[string]bool{}
	for _, id := range tpl.Of("AWS::CloudWatch::Alarm") {
		alarmed[tpl.Text(tpl.Resources[id].Properties["Dimensions"])] = true
	}
	for id, q := range queues {
		if !q.SqsManagedSseEnabled && q.KmsMasterKeyId == "" {
			t.Errorf("%s is not encrypted", id)
		}
		if !overTLS[arn[id]] {
			t.Errorf("%s may be reached without TLS", id)
		}
		if !dead[arn[id]] && (q.RedrivePolicy.DeadLetterTargetArn == "" || q.RedrivePolicy.MaxReceiveCount < 5) {
			t.Errorf("%s has no dead-letter queue, or gives up early: %+v", id, q.RedrivePolicy)
		}
		if dead[arn[id]] && (number(t, q.MessageRetentionPeriod) != 14*86400 || !alarmed["[map[Name:QueueName Value:"+id+".QueueName]]"]) {
			t.Errorf("dead letters in %s are lost early or unnoticed", id)
		}
	}
	mappings := tpl.Of("AWS::Lambda::EventSourceMapping")
	if len(mappings) != 3 {
		t.Fatalf("mappings %v", mappings)
	}
	for _, id := range mappings {
		var m struct {
			EventSourceArn, FunctionName              string
			BatchSize, MaximumBatchingWindowInSeconds json.Number
			FunctionResponseTypes                     []string
			ScalingConfig                             struct{ MaximumConcurrency json.Number }
			ProvisionedPollerConfig                   any
		}
		load(t, tpl, id, &m)
		f := functions(t, tpl)[strings.TrimPrefix(m.FunctionName, sam.StackName+"-")]
		q := queues[m.EventSourceArn[strings.LastIndexByte(m.EventSourceArn, ':')+1:]]
		if v, timeout := number(t, q.VisibilityTimeout), number(t, f.Timeout); v < 6*timeout || timeout == 0 {
			t.Errorf("%s: visibility %d s, timeout %d s", id, v, timeout)
		}
		if !slices.Contains(m.FunctionResponseTypes, "ReportBatchItemFailures") {
			t.Errorf("%s: one bad message brings the whole batch again", id)
		}
		if number(t, m.BatchSize) > 10 && number(t, m.MaximumBatchingWindowInSeconds) < 1 {
			t.Errorf("%s: a batch above 10 needs a window", id)
		}
		reserved := number(t, f.ReservedConcurrentExecutions)
		if c := number(t, m.ScalingConfig.MaximumConcurrency); c < 2 || m.ProvisionedPollerConfig != nil || reserved > 0 && c > reserved {
			t.Errorf("%s: concurrency %d, reserved %d", id, c, reserved)
		}
	}
	// A lease outlives the worker that took it, and ends before its slice comes again.
	send := functions(t, tpl)["send"]
	c, _ := config.Load("send", func(v string) string { return tpl.Text(send.Environment.Variables[v]) })
	timeout := time.Duration(number(t, send.Timeout)) * time.Second
	visibility := time.Duration(number(t, queues["SendQueue"].VisibilityTimeout)) * time.Second
	if !(timeout < c.Settings.Lease && c.Settings.Lease < visibility) {
		t.Errorf("timeout %s, lease %s, visibility %s", timeout, c.Settings.Lease, visibility)
	}
}

func TestTablesAreKept(t *testing.T) {
	tpl := translate(t)
	tables := tpl.Of("AWS::DynamoDB::Table")
	if len(tables) != 4 {
		t.Fatalf("tables %v", tables)
	}
	for _, id := range tables {
		var table struct {
			BillingMode                      string
			DeletionProtectionEnabled        bool
			PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
			SSESpecification                 struct{ KMSMasterKeyId string }
		}
		load(t, tpl, id, &table)
		if !table.DeletionProtectionEnabled || !table.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled ||
			table.SSESpecification.KMSMasterKeyId == "" || table.BillingMode != "PAY_PER_REQUEST" || tpl.Resources[id].DeletionPolicy != "Retain" {
			t.Errorf("%s: %+v %s", id, table, tpl.Resources[id].DeletionPolicy)
		}
	}
	for _, kind := range []string{"AWS::KMS::Key", "AWS::S3::Bucket"} {
		for _, id := range tpl.Of(kind) {
			if tpl.Resources[id].DeletionPolicy != "Retain" {
				t.Errorf("%s goes with the stack", id)
			}
		}
	}
}

type statement struct {
	Effect           string
	Action, Resource []string
	condition        string
}

func statements(t *testing.T, tpl *sam.Template, document any) (all []statement) {
	t.Helper()
	list := func(v any) (out []string) {
		switch v := v.(type) {
		case string:
			return []string{v}
		case []any:
			for _, e := range v {
				out = append(out, e.(string))
			}
		}
		return out
	}
	for _, s := range tpl.Resolve(document).(map[string]any)["Statement"].([]any) {
		m := s.(map[string]any)
		condition, err := json.Marshal(m["Condition"])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, statement{m["Effect"].(string), list(m["Action"]), list(m["Resource"]), string(condition)})
	}
	return all
}

func TestRolesAllowTheLeast(t *testing.T) {
	tpl := translate(t)
	for _, id := range tpl.Of("AWS::IAM::Role") {
		r := tpl.Resources[id].Properties
		if r["ManagedPolicyArns"] != nil {
			t.Errorf("%s has managed policies: %v", id, r["ManagedPolicyArns"])
		}
		for _, p := range r["Policies"].([]any) {
			for _, s := range statements(t, tpl, p.(map[string]any)["PolicyDocument"]) {
				for _, a := range s.Action {
					if strings.Contains(a, "*") {
						t.Errorf("%s allows %s", id, a)
					}
					// Only erasure removes history, and leaves the line that says so.
					if a == "dynamodb:DeleteItem" && strings.Contains(strings.Join(s.Resource, " "), "table/Audit") && id != "WebRole" && id != "OperateRole" {
						t.Errorf("%s may delete history", id)
					}
					if strings.HasPrefix(a, "ses:Send") && !strings.Contains(s.condition, "ses:FromAddress") {
						t.Errorf("%s may send from any address", id)
					}
					// GetAccount has no resource to name (Service Authorization Reference, SES v2).
					if slices.Contains(s.Resource, "*") && a != "ses:GetAccount" {
						t.Errorf("%s allows %s on everything", id, a)
					}
				}
			}
		}
	}
}

func TestEventNames(t *testing.T) {
	tpl := translate(t)
	// Amazon SES API v2 event types, and what EventBridge calls them.
	names := map[string]string{"SEND": "Email Sent", "DELIVERY": "Email Delivered", "BOUNCE": "Email Bounced", "COMPLAINT": "Email Complaint Received",
		"REJECT": "Email Rejected", "DELIVERY_DELAY": "Email Delivery Delayed"}
	type pattern struct {
		Source     []string `json:"source"`
		DetailType []string `json:"detail-type"`
	}
	for _, id := range tpl.Of("AWS::Events::Rule") {
		var rule struct {
			EventPattern pattern
			Targets      []struct{ DeadLetterConfig struct{ Arn string } }
		}
		load(t, tpl, id, &rule)
		want := map[string][]string{"aws.ses": slices.Sorted(maps.Values(names)), "aws.s3": {"Object Created"}, "aws.kms": {"AWS API Call via CloudTrail"}}[rule.EventPattern.Source[0]]
		if slices.Sort(rule.EventPattern.DetailType); !slices.Equal(rule.EventPattern.DetailType, want) {
			t.Errorf("%s: %+v", id, rule.EventPattern)
		}
		for _, target := range rule.Targets {
			if target.DeadLetterConfig.Arn == "" {
				t.Errorf("%s loses what it cannot deliver", id)
			}
		}
	}
	var destination struct {
		EventDestination struct{ MatchingEventTypes []string }
	}
	load(t, tpl, "SesEvents", &destination)
	if got := destination.EventDestination.MatchingEventTypes; len(got) != len(names) {
		t.Errorf("SES publishes %v", got)
	}
	for _, kind := range destination.EventDestination.MatchingEventTypes {
		body := `{"source":"aws.ses","time":"2026-11-24T09:00:00Z","detail-type":"` + names[kind] +
			`","detail":{"mail":{"tags":{"run":["r"],"recipient":["p"]}},"bounce":{"bounceType":"Permanent"}}}`
		if _, ours, err := ses.ParseEvent([]byte(body)); err != nil || !ours {
			t.Errorf("%s is published and not understood: %v", kind, err)
		}
	}
}

func TestSchedules(t *testing.T) {
	tpl := translate(t)
	valid := regexp.MustCompile(`^(rate\((1 minute|15 minutes)\)|cron\(\d+ \d+(/\d+)? \* \* \? \*\))$`)
	if n := len(tpl.Of("AWS::Scheduler::Schedule")); n != 5 {
		t.Errorf("%d schedules", n)
	}
	for _, id := range tpl.Of("AWS::Scheduler::Schedule") {
		var s struct {
			Name, ScheduleExpression, ScheduleExpressionTimezone string
			Target                                               struct{ DeadLetterConfig struct{ Arn string } }
		}
		load(t, tpl, id, &s)
		if !valid.MatchString(s.ScheduleExpression) || s.Target.DeadLetterConfig.Arn == "" || s.Name != "" ||
			s.ScheduleExpressionTimezone != "" && s.ScheduleExpressionTimezone != "UTC" {
			t.Errorf("%s: %+v", id, s)
		}
	}
}

func TestAccessLogHoldsNoToken(t *testing.T) {
	tpl := translate(t)
	format := tpl.Text(tpl.Resources["Stage"].Properties["AccessLogSettings"].(map[string]any)["Format"])
	for _, variable := range regexp.MustCompile(`\$context\.[A-Za-z.]+`).FindAllString(format, -1) {
		if !slices.Contains([]string{"$context.requestTime", "$context.routeKey", "$context.status", "$context.responseLatency", "$context.responseLength", "$context.error.responseType"}, variable) {
			t.Errorf("the access log writes %s", variable)
		}
	}
	if !json.Valid([]byte(format)) {
		t.Errorf("the access log is no JSON: %s", format)
	}
}

func TestParametersExplainThemselves(t *testing.T) {
	tpl := translate(t)
	for name, p := range tpl.Parameters {
		bounded := p.AllowedPattern != "" || len(p.AllowedValues) > 0 || p.MinLength != nil || p.MinValue != nil
		if p.Description == "" || !bounded {
			t.Errorf("parameter %s: description %q, bounded %t", name, p.Description, bounded)
		}
		if _, err := regexp.Compile(p.AllowedPattern); err != nil {
			t.Errorf("parameter %s: %v", name, err)
		}
	}
	for name, o := range tpl.Outputs {
		if o.Description == "" {
			t.Errorf("output %s has no description", name)
		}
	}
	source, _ := os.ReadFile(filepath.Join(root, "template.yaml"))
	if hard := regexp.MustCompile(`(us|eu|ap)-[a-z]+-\d|\d{12}`).FindAllString(string(source), -1); len(hard) > 0 {
		t.Errorf("region or account in the template: %v", hard)
	}
}

func TestEveryFunctionHasItsAlarm(t *testing.T) {
	tpl := translate(t)
	watched := map[string]bool{}
	for _, id := range tpl.Of("AWS::CloudWatch::Alarm") {
		var a struct {
			MetricName, AlarmDescription string
			Dimensions                   []struct{ Name, Value string }
			AlarmActions                 []string
		}
		load(t, tpl, id, &a)
		if a.AlarmDescription == "" || len(a.AlarmActions) == 0 {
			t.Errorf("%s says nothing to nobody", id)
		}
		if a.MetricName == "Errors" {
			watched[a.Dimensions[0].Value] = true
		}
	}
	for _, name := range config.Functions() {
		if !watched[sam.StackName+"-"+name] {
			t.Errorf("errors of %s go unnoticed", name)
		}
	}
}

// The page is read every few hours: an alarm that ended before the next reading would say
// that all is well while nobody has looked, and a reading that failed is no dead letter,
// for the next one comes by itself and redriving it brings nothing.
func TestAlarmsLastFromReadingToReading(t *testing.T) {
	tpl := translate(t)
	const watch = sam.StackName + "-watch"
	var between int // seconds
	for _, id := range tpl.Of("AWS::Scheduler::Schedule") {
		var s struct {
			ScheduleExpression string
			FlexibleTimeWindow struct{ MaximumWindowInMinutes json.Number }
		}
		load(t, tpl, id, &s)
		if every := regexp.MustCompile(`^cron\(\d+ 0/(\d+) `).FindStringSubmatch(s.ScheduleExpression); strings.HasPrefix(id, "WatchFunction") && every != nil {
			between = number(t, json.Number(every[1]))*3600 + number(t, s.FlexibleTimeWindow.MaximumWindowInMinutes)*60
		}
	}
	if between == 0 {
		t.Fatal("no schedule of readings was found")
	}
	alarms := 0
	for _, id := range tpl.Of("AWS::CloudWatch::Alarm") {
		var a struct {
			Dimensions                                   []struct{ Value string }
			Period, EvaluationPeriods, DatapointsToAlarm json.Number
		}
		if load(t, tpl, id, &a); len(a.Dimensions) == 0 || a.Dimensions[0].Value != watch {
			continue
		}
		alarms++
		period := number(t, a.Period)
		if window := period * number(t, a.EvaluationPeriods); window < between+period || number(t, a.DatapointsToAlarm) != 1 {
			t.Errorf("%s looks at %d s, %s of them; readings lie up to %d s apart", id, window, a.DatapointsToAlarm, between)
		}
	}
	if alarms == 0 {
		t.Error("no alarm looks at the readings")
	}
	for _, id := range tpl.Of("AWS::Lambda::EventInvokeConfig") {
		var c struct {
			FunctionName         string
			MaximumRetryAttempts json.Number
			DestinationConfig    map[string]any
		}
		if load(t, tpl, id, &c); c.FunctionName == watch && (len(c.DestinationConfig) > 0 || number(t, c.MaximumRetryAttempts) != 0) {
			t.Errorf("a broken page is tried again or becomes a dead letter: %+v", c)
		}
	}
}

func TestSamBuilds(t *testing.T) {
	folder := sam.Build(t)
	for _, name := range config.Functions() {
		id := strings.ToUpper(name[:1]) + name[1:] + "Function"
		info, err := os.Stat(filepath.Join(folder, id, "bootstrap"))
		if err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s: %v", id, err)
		}
	}
}
