package handlers

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
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
		w := httptest.NewRecorder()
		site.ServeHTTP(w, r)
		out := events.APIGatewayV2HTTPResponse{StatusCode: w.Code, Headers: map[string]string{}, Body: w.Body.String()}
		for name := range w.Header() {
			out.Headers[name] = strings.Join(w.Header().Values(name), ", ")
		}
		return out, nil
	}
}
