// Package runtimeapi runs function binaries as Lambda does: it is the Lambda Runtime
// API (AWS Lambda Developer Guide, "Lambda runtime API") for one process.
package runtimeapi

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"policymail/infra/tools"
)

// Build builds a main package as sam build does, for this machine, and returns the
// binary.
func Build(tb testing.TB, pkg string) string {
	tb.Helper()
	binary := filepath.Join(tb.TempDir(), "bootstrap")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-tags", "lambda.norpc", "-o", binary, pkg)
	cmd.Dir = tools.Root(tb)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return binary
}

// Function is a running function.
type Function struct {
	cmd       *exec.Cmd
	server    *httptest.Server
	next      chan invocation
	mu        sync.Mutex
	answers   map[string]chan<- answer
	log       lockedBuffer
	ended     chan struct{}
	endedWith error
	count     int
}

type invocation struct {
	id      string
	payload []byte
}

type answer struct {
	body  []byte
	error bool
}

// timeout is how long an invocation may take.
const timeout = 30 * time.Second

// Start runs a binary with just the environment given, until the test ends.
func Start(tb testing.TB, binary string, environment map[string]string) *Function {
	tb.Helper()
	f := &Function{next: make(chan invocation), answers: map[string]chan<- answer{}, ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", f.giveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", f.take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", f.take(true))
	f.server = httptest.NewServer(mux)
	f.cmd = exec.Command(binary)
	f.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.server.URL, "http://"), "AWS_REGION=us-east-1", "AWS_LAMBDA_FUNCTION_NAME=" + filepath.Base(filepath.Dir(binary))}
	for name, value := range environment {
		f.cmd.Env = append(f.cmd.Env, name+"="+value)
	}
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	if err := f.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		f.endedWith = f.cmd.Wait()
		close(f.ended)
	}()
	tb.Cleanup(f.Stop)
	return f
}

// Stop ends the process.
func (f *Function) Stop() {
	f.cmd.Process.Kill()
	<-f.ended
	f.server.CloseClientConnections()
	f.server.Close()
}

func (f *Function) giveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.ended:
	case in := <-f.next:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", in.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(timeout).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:local")
		w.Write(in.payload)
	}
}

func (f *Function) take(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		waiting := f.answers[r.PathValue("id")]
		delete(f.answers, r.PathValue("id"))
		f.mu.Unlock()
		w.WriteHeader(http.StatusAccepted)
		if waiting != nil {
			waiting <- answer{body, failed}
		}
	}
}

// Invoke calls the function with an event and returns its answer. The error says what
// the function answered when it failed, or that it ended.
func (f *Function) Invoke(payload []byte) ([]byte, error) {
	answers := make(chan answer, 1)
	f.mu.Lock()
	f.count++
	id := "request-" + strconv.Itoa(f.count)
	f.answers[id] = answers
	f.mu.Unlock()
	late := time.After(timeout)
	select {
	case f.next <- invocation{id, payload}:
	case <-f.ended:
		return nil, fmt.Errorf("the function ended: %v\n%s", f.endedWith, f.Log())
	case <-late:
		return nil, fmt.Errorf("the function did not ask for an event\n%s", f.Log())
	}
	select {
	case a := <-answers:
		if a.error {
			return nil, fmt.Errorf("the function failed: %s", a.body)
		}
		return a.body, nil
	case <-f.ended:
		return nil, fmt.Errorf("the function ended: %v\n%s", f.endedWith, f.Log())
	case <-late:
		return nil, fmt.Errorf("the function did not answer\n%s", f.Log())
	}
}

// Wait waits for the function to end by itself and returns how.
func (f *Function) Wait() error {
	select {
	case <-f.ended:
		return f.endedWith
	case <-time.After(timeout):
		return nil
	}
}

// Log is what the function wrote so far.
func (f *Function) Log() string { return f.log.String() }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
