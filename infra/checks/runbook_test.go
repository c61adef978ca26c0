package checks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"policymail/infra/sam"
	"policymail/shared/logging"
)

// Whoever is woken by an alarm finds what it means and what to type: every alarm has a
// chapter in the runbook, every chapter an alarm, and every command it names exists.
func TestEveryAlarmHasItsChapter(t *testing.T) {
	source, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(filepath.Join(root, "infra", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	var alarms []string
	for _, m := range regexp.MustCompile(`(?m)^  (\w+):\n    Type: AWS::CloudWatch::Alarm$`).FindAllStringSubmatch(string(source), -1) {
		alarms = append(alarms, m[1])
	}
	alarms = append(alarms, "KeyDeletionRule")
	if len(alarms) < 20 {
		t.Fatalf("only %d alarms were found", len(alarms))
	}
	chapters := map[string]string{}
	for _, chapter := range strings.Split(string(runbook), "\n### ")[1:] {
		name, text, _ := strings.Cut(chapter, "\n")
		if chapters[name] != "" {
			t.Errorf("the runbook has two chapters on %s", name)
		}
		chapters[name] = text
	}
	for _, name := range alarms {
		if !strings.Contains(chapters[name], "`") {
			t.Errorf("the runbook does not say what to type when %s rings", name)
		}
	}
	for name := range chapters {
		if !slices.Contains(alarms, name) {
			t.Errorf("the runbook has a chapter on %s, which is no alarm", name)
		}
	}
	main, err := os.ReadFile(filepath.Join(root, "infra", "policymail", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("[`\n]policymail ([a-z]+)").FindAllStringSubmatch(string(runbook), -1) {
		if !strings.Contains(strings.ToLower(string(main)), m[1]+"cmd ") {
			t.Errorf("the runbook says policymail %s, which is no command", m[1])
		}
	}
}

// An alarm or a widget on a metric of ours that nobody writes would be silent for ever.
func TestOurMetricsAreWritten(t *testing.T) {
	writers := map[string]string{"annual": "shared/handlers/schedules.go", "pace": "shared/delivery/measure.go", "operate": "shared/privacy/desk.go", "watch": "shared/watch/watch.go"}
	written := map[string]string{} // by the function that writes it
	for function, path := range writers {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		if err != nil {
			t.Fatal(err)
		}
		written[sam.StackName+"-"+function] = string(source)
	}
	tpl := translate(t)
	for _, id := range tpl.Of("AWS::CloudWatch::Alarm") {
		var a struct {
			Namespace, MetricName string
			Dimensions            []struct{ Name, Value string }
		}
		load(t, tpl, id, &a)
		if strings.HasPrefix(a.Namespace, "AWS/") {
			continue
		}
		if a.Namespace != logging.Namespace || len(a.Dimensions) != 1 || a.Dimensions[0].Name != "function" {
			t.Errorf("%s watches %s of %s %+v, where nobody writes", id, a.MetricName, a.Namespace, a.Dimensions)
		} else if !strings.Contains(written[a.Dimensions[0].Value], `"`+a.MetricName+`"`) {
			t.Errorf("%s watches %s of %s, which nobody writes", id, a.MetricName, a.Dimensions[0].Value)
		}
	}
	var board struct {
		Widgets []struct{ Properties struct{ Metrics [][]any } }
	}
	if err := json.Unmarshal([]byte(tpl.Text(tpl.Resources["Dashboard"].Properties["DashboardBody"])), &board); err != nil {
		t.Fatalf("the dashboard is no JSON: %v", err)
	}
	for _, w := range board.Widgets {
		if len(w.Properties.Metrics) == 0 {
			t.Error("a widget shows nothing")
		}
	}
	if attrs := logging.Metrics(time.Now(), map[string]float64{"Heartbeat": 1}); len(attrs) != 2 {
		t.Errorf("%v", attrs)
	}
}
