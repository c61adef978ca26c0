package local

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// maxGatewayBody is API Gateway's limit on a request body.
const maxGatewayBody = 10 << 20

// gateway turns a request into the event an HTTP API sends (payload format 2.0)
// and the function's answer back into a response.
type gateway struct {
	function lambda.Handler
	clock    *Clock
	log      *slog.Logger
}

func (g gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxGatewayBody))
	if err != nil {
		http.Error(w, `{"message":"Request Entity Too Large"}`, http.StatusRequestEntityTooLarge)
		return
	}
	payload, err := json.Marshal(g.event(r, body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer, err := g.function.Invoke(r.Context(), payload)
	var response events.APIGatewayV2HTTPResponse
	if err == nil {
		err = json.Unmarshal(answer, &response)
	}
	if err == nil && response.IsBase64Encoded {
		var plain []byte
		plain, err = base64.StdEncoding.DecodeString(response.Body)
		response.Body = string(plain)
	}
	if err != nil {
		g.log.Error("web function failed", "route", "$default", "error", err.Error())
		http.Error(w, `{"message":"Internal Server Error"}`, http.StatusInternalServerError)
		return
	}
	for name, value := range response.Headers {
		w.Header().Set(name, value)
	}
	for name, values := range response.MultiValueHeaders {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	for _, cookie := range response.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(response.StatusCode)
	if r.Method != http.MethodHead {
		io.WriteString(w, response.Body)
	}
}

// event is what API Gateway makes of a request: header names in lower case, and
// every body that is not text or JSON in base64, forms included.
func (g gateway) event(r *http.Request, body []byte) events.APIGatewayV2HTTPRequest {
	headers := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	delete(headers, "cookie")
	source, _, _ := net.SplitHostPort(r.RemoteAddr)
	now := g.clock.Now()
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: r.URL.EscapedPath(), RawQueryString: r.URL.RawQuery,
		Cookies: r.Header.Values("Cookie"), Headers: headers,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", Stage: "$default", DomainName: r.Host, TimeEpoch: now.UnixMilli(), Time: now.Format(time.RFC1123),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path,
				Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
		},
	}
	if query := r.URL.Query(); len(query) > 0 {
		e.QueryStringParameters = map[string]string{}
		for name, values := range query {
			e.QueryStringParameters[name] = strings.Join(values, ",")
		}
	}
	if len(body) > 0 {
		e.Body, e.IsBase64Encoded = string(body), false
		if !plainBody(r.Header.Get("Content-Type")) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		}
	}
	return e
}

// plainBody reports whether API Gateway passes a body of the type as it is.
func plainBody(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// invokeAPI serves the Lambda Invoke API for every function of the stack.
type invokeAPI struct {
	functions map[string]lambda.Handler
	// invoked is told that a function ran, so that what it queued or opened is
	// looked at.
	invoked func()
}

func (a invokeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	name = name[strings.LastIndexAny(name, ":-")+1:] // an ARN, or STACK-name
	function, ok := a.functions[name]
	if !ok {
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		writeJSON(w, http.StatusNotFound, map[string]string{"Type": "User", "Message": "Function not found: " + r.PathValue("name")})
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 6<<20)) // Lambda's limit
	if err != nil {
		w.Header().Set("X-Amzn-Errortype", "RequestTooLargeException")
		writeJSON(w, http.StatusRequestEntityTooLarge, map[string]string{"Message": "the payload is larger than 6 MiB"})
		return
	}
	if len(bytes.TrimSpace(payload)) == 0 {
		payload = []byte("{}")
	}
	defer a.invoked()
	w.Header().Set("X-Amz-Executed-Version", "$LATEST")
	if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer, err := invokeOnce(r, function, payload)
	if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	if err != nil {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		writeJSON(w, http.StatusOK, map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(answer)
}

var errKilled = errors.New("the worker was killed")

// invokeOnce runs a function and turns its death by fault into an error.
func invokeOnce(r *http.Request, function lambda.Handler, payload []byte) (answer []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			err = errKilled
		}
	}()
	return function.Invoke(r.Context(), payload)
}
