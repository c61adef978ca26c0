package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"policymail/infra/runtimeapi"
	"policymail/infra/tools"
	"policymail/shared/config"
	"policymail/shared/token"
)

// services answers what a cold start asks of AWS: keys of KMS, and no item of any table.
func services(b testing.TB) *httptest.Server {
	root := token.Secret("a secret of benchmarks")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyId, MacAlgorithm string
			Message             []byte
		}
		json.NewDecoder(r.Body).Decode(&in)
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GenerateMac") {
			mac, _ := root.Derive(r.Context(), string(in.Message))
			json.NewEncoder(w).Encode(map[string]any{"KeyId": in.KeyId, "MacAlgorithm": in.MacAlgorithm, "Mac": mac})
			return
		}
		io.WriteString(w, "{}")
	}))
	b.Cleanup(server.Close)
	return server
}

// environment configures a function well enough to start.
func environment(function, endpoint string) map[string]string {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": endpoint}
	for _, name := range config.Variables(function) {
		env[name] = "value"
	}
	for name, value := range map[string]string{"BASE_URL": "https://privacy.example.com", "MAIL_FROM": "privacy@example.com", "MAIL_FROM_MANDATORY": "",
		"REPLY_TO": "help@example.com", "LIST_ID": "privacy.example.com", "LOGO_URL": "", "BRAND_COLOUR": "", "LINK_KEY_ID": "k1", "LINK_KEY_IDS_OLD": "",
		"ANNUAL_POLICY": "privacy", "LEAD_DAYS": "14", "SEND_SHARE": "0.8", "SLICE_SIZE": "50",
		"COPY_LIMIT": "2", "ANSWER_DAYS": "45", "CHANGE_LEAD_DAYS": "30", "EDIT_LEAD_DAYS": "0", "TWO_APPROVERS": "no", "APPROVERS": ""} {
		if _, ok := env[name]; ok {
			env[name] = value
		}
	}
	return env
}

// What the functions of BenchmarkColdStart are started with is good enough for them to start.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"web", "send"} {
		env := environment(name, "http://127.0.0.1")
		if _, err := config.Load(name, func(variable string) string { return env[variable] }); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkColdStart starts function binaries and waits for their first answer: web's to
// the example one-click POST, send's to its example slice. The floor is a Lambda that
// says hello, in turn with them.
func BenchmarkColdStart(b *testing.B) {
	const starts = 20
	server := services(b)
	type function struct {
		binary      string
		environment map[string]string
		event       []byte
		took        []time.Duration
	}
	names := []string{"hello", "web", "send"}
	all := map[string]*function{"hello": {binary: runtimeapi.Build(b, "./infra/bench/hello"), event: []byte("{}")}}
	for _, name := range names[1:] {
		event, err := os.ReadFile(filepath.Join(tools.Root(b), "functions", name, "testdata", "event.json"))
		must(b, err)
		all[name] = &function{binary: runtimeapi.Build(b, "./functions/"+name), environment: environment(name, server.URL), event: event}
	}
	for b.Loop() {
		for range starts {
			for _, name := range names {
				f := all[name]
				start := time.Now()
				running := runtimeapi.Start(b, f.binary, f.environment)
				if _, err := running.Invoke(f.event); err != nil {
					b.Fatalf("%s: %v", name, err)
				}
				f.took = append(f.took, time.Since(start))
				running.Stop()
			}
		}
	}
	size := func(f *function) float64 {
		info, err := os.Stat(f.binary)
		must(b, err)
		return float64(info.Size()) / 1e6
	}
	hello := all["hello"]
	for _, name := range names[1:] {
		f := all[name]
		b.ReportMetric(float64(at(f.took, 50).Microseconds())/1e3, name+"-ms")
		report("cold start, "+name, fmt.Sprintf("p50 %v to the first answer", at(f.took, 50).Round(100*time.Microsecond)),
			fmt.Sprintf("%v: hello", at(hello.took, 50).Round(100*time.Microsecond)), ratio(at(f.took, 50), at(hello.took, 50)))
		report("  binary of "+name, fmt.Sprintf("%.1f MB", size(f)), fmt.Sprintf("%.1f MB", size(hello)), size(f)/size(hello))
	}
}
