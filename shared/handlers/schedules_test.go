package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"policymail/shared/delivery"
	"policymail/shared/logging"
	"policymail/shared/notice"
	"policymail/shared/store/bolt"
)

// People who are due while nothing is approved ring the alarm, every day, and the
// function does not fail for it.
func TestAnnualRefusedIsMeasured(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	open := Annual(delivery.Annual{Store: db, Settings: delivery.Settings{Policy: "privacy"}, Now: func() time.Time { return now }}, logging.New(&out, "policymail-annual", "INFO"))

	if opened, err := open(context.Background()); err != nil || opened.Opened || opened.Reason != "" || out.Len() > 0 {
		t.Fatalf("nobody is due: %+v %v %s", opened, err, &out)
	}
	if _, err := db.ImportRecipients(context.Background(), []notice.Imported{{ID: "ada", Address: "ada@example.com", At: now}}, 14); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out.Reset()
		now = now.AddDate(1, 0, 0)
		opened, err := open(context.Background())
		var event struct {
			AnnualRefused float64
			Function      string `json:"function"`
			AWS           struct {
				CloudWatchMetrics []struct {
					Namespace string
					Metrics   []struct{ Name string }
				}
			} `json:"_aws"`
		}
		if err != nil || opened.Opened || opened.Reason == "" || json.Unmarshal(out.Bytes(), &event) != nil || event.AnnualRefused != 1 || event.Function != "policymail-annual" {
			t.Fatalf("%+v %v %s", opened, err, &out)
		}
		if m := event.AWS.CloudWatchMetrics; len(m) != 1 || m[0].Namespace != logging.Namespace || len(m[0].Metrics) != 1 || m[0].Metrics[0].Name != "AnnualRefused" {
			t.Fatalf("no metric: %s", &out)
		}
	}
}
