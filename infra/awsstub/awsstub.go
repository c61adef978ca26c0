// Package awsstub stands in for the AWS services that function binaries call: a small
// SES, SQS, S3 and KMS in memory, and DynamoDB Local behind a gate. Every call is
// held to the caller's IAM role from template.yaml.
package awsstub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"policymail/infra/sam"
	"policymail/shared/token"
)

// AWS is the services of one account.
type AWS struct {
	URL     string
	Root    token.Secret // of the KMS HMAC key
	Rate    float64      // of SES
	Refusal string       // what SendEmail answers instead of accepting, like "AccountSuspendedException"
	mu      sync.Mutex
	roles   map[string][]Statement // by caller
	denied  []string
	used    map[string]bool
	Mails   []Mail
	Events  []Event
	objects map[string][]byte
	queues  map[string][]string
	dynamo  *httputil.ReverseProxy
}

// Mail is one message SES accepted.
type Mail struct {
	From, To string
	Raw      []byte
	Tags     map[string]string
}

// Start serves the services until the test ends. dynamo is the endpoint of DynamoDB
// Local.
func Start(tb testing.TB, tpl *sam.Template, dynamo string) *AWS {
	tb.Helper()
	a := &AWS{Root: token.Secret("a secret of tests"), Rate: 10, roles: map[string][]Statement{}, used: map[string]bool{},
		objects: map[string][]byte{}, queues: map[string][]string{}}
	for _, id := range tpl.Of("AWS::Lambda::Function") {
		name := strings.TrimPrefix(tpl.Text(map[string]any{"Ref": id}), sam.StackName+"-")
		a.roles[name] = roleOf(tpl, tpl.Resources[id])
	}
	target, err := url.Parse(dynamo)
	if err != nil {
		tb.Fatal(err)
	}
	a.dynamo = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.URL.Path = "/"
		r.Out.Header.Set("Authorization", localCredential.ReplaceAllString(r.In.Header.Get("Authorization"), "Credential=local/"))
	}}
	mux := http.NewServeMux()
	for path, serve := range map[string]http.HandlerFunc{"/dynamodb": a.serveDynamoDB, "/kms": a.serveKMS, "/sqs": a.serveSQS} {
		mux.HandleFunc("POST "+path, serve)
		mux.HandleFunc("POST "+path+"/{$}", serve)
	}
	mux.HandleFunc("POST /sesv2/v2/email/outbound-emails", a.sendEmail)
	mux.HandleFunc("GET /sesv2/v2/email/account", a.getAccount)
	mux.HandleFunc("GET /s3/{bucket}/{key...}", a.getObject)
	mux.HandleFunc("PUT /s3/{bucket}/{key...}", a.putObject)
	mux.HandleFunc("DELETE /s3/{bucket}/{key...}", a.deleteObject)
	mux.HandleFunc("POST /eventbridge", a.putEvents)
	mux.HandleFunc("POST /eventbridge/{$}", a.putEvents)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Environment is what makes the SDK of a function call these services as that
// function.
func (a *AWS) Environment(function string) map[string]string {
	env := map[string]string{"AWS_ACCESS_KEY_ID": function, "AWS_SECRET_ACCESS_KEY": "secret"}
	for _, service := range []string{"dynamodb", "kms", "sqs", "sesv2", "s3", "eventbridge"} {
		env["AWS_ENDPOINT_URL_"+strings.ToUpper(service)] = a.URL + "/" + service
	}
	return env
}

// Denied lists the calls that a role did not allow.
func (a *AWS) Denied() []string { a.mu.Lock(); defer a.mu.Unlock(); return a.denied }

// Unused lists the rights that were granted and not used so far, as
// "function action resource".
func (a *AWS) Unused() (rights []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for caller, all := range a.roles {
		for _, s := range all {
			for _, action := range s.Actions {
				for _, resource := range s.Resources {
					if right := caller + " " + action + " " + resource; !a.used[right] {
						rights = append(rights, right)
					}
				}
			}
		}
	}
	return rights
}

// Put puts an object.
func (a *AWS) Put(key, content string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.objects[key] = []byte(content)
}

// Object returns an object, or "".
func (a *AWS) Object(key string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return string(a.objects[key])
}

// ETag returns the ETag of an object.
func (a *AWS) ETag(key string) string { return md5Of(a.Object(key)) }

// Take empties a queue.
func (a *AWS) Take(queue string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.queues[queue]
	delete(a.queues, queue)
	return all
}

var localCredential = regexp.MustCompile(`Credential=[^/]+/`)

// caller reads who calls from the signature.
func caller(r *http.Request) string {
	credential := r.Header.Get("Authorization") + "Credential=" + r.URL.Query().Get("X-Amz-Credential")
	_, rest, _ := strings.Cut(credential, "Credential=")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// may tells whether the caller's role allows the calls; where not, it answers as AWS does.
func (a *AWS) may(w http.ResponseWriter, r *http.Request, calls ...Call) bool {
	for _, c := range calls {
		if !a.allowed(r, c) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"AccessDeniedException","message":"%s is not authorized to perform %s"}`, caller(r), c.Action)
			return false
		}
	}
	return true
}

// allowed tells whether the caller's role allows a call, and keeps the answer for Denied
// and Unused.
func (a *AWS) allowed(r *http.Request, c Call) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	right := allows(a.roles[caller(r)], c)
	if right == "" {
		a.denied = append(a.denied, fmt.Sprintf("%s may not %s", caller(r), c))
		return false
	}
	a.used[caller(r)+" "+right] = true
	return true
}

func readBody(r *http.Request, into any) []byte {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	json.Unmarshal(body, into)
	return body
}

func arn(service, rest string) string {
	return "arn:aws:" + service + ":us-east-1:" + sam.Account + ":" + rest
}
