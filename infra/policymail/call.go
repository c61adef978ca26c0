package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"policymail/shared/notice"
	"policymail/shared/operate"
)

// caller invokes the operate function of a stack through the Lambda Invoke API:
// the same call against AWS and against a local stack.
type caller struct{ stack, endpoint string }

// unreachableError says that no stack answered.
type unreachableError struct{ err error }

// errNoStack says that a command needs a stack and the command line names none.
var errNoStack = notice.Invalid("no stack is named").Hint("say --stack NAME for AWS, or --endpoint URL for a local stack")

func (e *unreachableError) Error() string { return fmt.Sprintf("the stack did not answer: %v", e.err) }
func (e *unreachableError) Unwrap() error { return e.err }

// do sends a command and reads its result into result.
func (c caller) do(ctx context.Context, command string, args, result any) error {
	client, function, err := c.client(ctx)
	if err != nil {
		return err
	}
	payload, err := operate.Encode(command, args)
	if err != nil {
		return err
	}
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	if err != nil {
		return &unreachableError{err}
	}
	if out.FunctionError != nil {
		var failure struct {
			Message string `json:"errorMessage"`
		}
		if json.Unmarshal(out.Payload, &failure) != nil || failure.Message == "" {
			failure.Message = string(out.Payload)
		}
		return fmt.Errorf("the operate function failed: %s", failure.Message)
	}
	return operate.Decode(out.Payload, result)
}

func (c caller) client(ctx context.Context) (*lambda.Client, string, error) {
	if c.endpoint != "" {
		return lambda.New(lambda.Options{BaseEndpoint: &c.endpoint, Region: "local", RetryMaxAttempts: 1, HTTPClient: wholeBodies{},
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}), "operate", nil
	}
	if c.stack == "" {
		return nil, "", errNoStack
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("AWS configuration: %w", err)
	}
	return lambda.NewFromConfig(cfg, func(o *lambda.Options) { o.RetryMaxAttempts = 1 }), aws.ToString(&c.stack) + "-operate", nil
}

// wholeBodies sends each request with a body of its own. The SDK closes a request's
// body as soon as the answer begins, and a transport that is still looking for the
// body's end then drops the connection under the answer (aws-sdk-go-v2 issue 2737);
// the SDK repeats such a call, and commands are not repeated.
type wholeBodies struct{}

func (wholeBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultClient.Do(r)
}
