package logging

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// A log event with metrics is what the Embedded Metric Format asks for: the directive
// at the root under _aws, and every metric and dimension it names beside it.
func TestMetricsAreEmbedded(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	New(&out, "policymail-pace", "INFO").Info("tick", Metrics(at, map[string]float64{"Heartbeat": 1, "QuotaUsed": 12.5})...)
	var root map[string]any
	if err := json.Unmarshal(out.Bytes(), &root); err != nil {
		t.Fatal(err)
	}
	var event struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal(out.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	if event.AWS.Timestamp != at.UnixMilli() || len(event.AWS.CloudWatchMetrics) != 1 {
		t.Fatalf("%s", out.String())
	}
	d := event.AWS.CloudWatchMetrics[0]
	if d.Namespace != Namespace || len(d.Metrics) != 2 {
		t.Errorf("%+v", d)
	}
	for _, m := range d.Metrics {
		if _, ok := root[m.Name].(float64); !ok {
			t.Errorf("%s is no number at the root: %s", m.Name, out.String())
		}
	}
	for _, set := range d.Dimensions {
		for _, name := range set {
			if v, ok := root[name].(string); !ok || v == "" {
				t.Errorf("dimension %s is no text at the root: %s", name, out.String())
			}
		}
	}
}
