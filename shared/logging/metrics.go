package logging

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Namespace is where CloudWatch files our metrics.
const Namespace = "policymail"

// Metrics returns the attributes that make a log event carry metrics (CloudWatch
// Embedded Metric Format specification): CloudWatch reads them from the log, no
// call is made. Their one dimension is the function the logger names; nothing here
// is per person.
func Metrics(at time.Time, values map[string]float64) (attrs []any) {
	type metric struct{ Name string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	d := directive{Namespace: Namespace, Dimensions: [][]string{{"function"}}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		d.Metrics = append(d.Metrics, metric{name})
		attrs = append(attrs, slog.Float64(name, values[name]))
	}
	return append(attrs, slog.Group("_aws", "Timestamp", at.UnixMilli(), "CloudWatchMetrics", []directive{d}))
}
