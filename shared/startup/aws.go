package startup

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// awsConfig is what the SDK needs in Lambda and all that Lambda gives a function: the
// region, the credentials of its role, and endpoints, from the environment (AWS Lambda
// Developer Guide, "Defined runtime environment variables"). The SDK's own loader would
// also look for files, profiles, SSO and instance roles, which no function has.
func awsConfig(getenv func(string) string) (aws.Config, error) {
	c := aws.Config{
		Region:                     getenv("AWS_REGION"),
		Credentials:                credentials.NewStaticCredentialsProvider(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")),
		HTTPClient:                 awshttp.NewBuildableClient(), // one for all services
		ConfigSources:              []any{endpoints(getenv)},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
	if url := getenv("AWS_ENDPOINT_URL"); url != "" {
		c.BaseEndpoint = &url
	}
	if c.Region == "" {
		return c, errors.New("AWS_REGION is not set")
	}
	return c, nil
}

// endpoints are those of single services (AWS SDKs and Tools Reference Guide,
// "Service-specific endpoints"): tests point the SDK at stand-ins by them.
type endpoints func(getenv string) string

// GetServiceBaseEndpoint is how a service's client asks a source of its configuration.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (url string, found bool, err error) {
	url = e("AWS_ENDPOINT_URL_" + strings.ToUpper(strings.ReplaceAll(sdkID, " ", "_")))
	return url, url != "", nil
}
