package handlers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Web serves an HTTP API (payload format 2.0) with an http.Handler. Form posts
// arrive in base64.
func Web(site http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, in events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		body := in.Body
		if in.IsBase64Encoded {
			plain, err := base64.StdEncoding.DecodeString(body)
			if err != nil {
				return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest}, nil
			}
			body = string(plain)
		}
		target := in.RawPath
		if target == "" {
			target = "/"
		}
		if in.RawQueryString != "" {
			target += "?" + in.RawQueryString
		}
		r, err := http.NewRequestWithContext(ctx, in.RequestContext.HTTP.Method, target, strings.NewReader(body))
		if err != nil {
			return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest}, nil
		}
		for name, value := range in.Headers {
			r.Header.Set(name, value)
		}
		r.Host = in.RequestContext.DomainName
		r.RemoteAddr = in.RequestContext.HTTP.SourceIP
		w := &recorder{header: http.Header{}}
		site.ServeHTTP(w, r)
		out := events.APIGatewayV2HTTPResponse{StatusCode: cmp.Or(w.status, http.StatusOK), Headers: map[string]string{}, Body: w.body.String()}
		for name, values := range w.header {
			out.Headers[name] = strings.Join(values, ", ")
		}
		return out, nil
	}
}

// recorder keeps an answer until it is whole.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
