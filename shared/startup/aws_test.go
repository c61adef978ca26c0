package startup

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

func TestConfigurationOfTheSDKIsTheEnvironment(t *testing.T) {
	env := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000"}
	c, err := awsConfig(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Credentials.Retrieve(context.Background())
	if err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "secret" || got.SessionToken != "session" || c.Region != "eu-central-1" {
		t.Errorf("%+v %s %v", got, c.Region, err)
	}
	if url := dynamodb.NewFromConfig(c).Options().BaseEndpoint; url == nil || *url != "http://127.0.0.1:8000" {
		t.Errorf("endpoint of DynamoDB: %v", url)
	}
	if url := sesv2.NewFromConfig(c).Options().BaseEndpoint; url != nil {
		t.Errorf("endpoint of SES: %s, want AWS's own", *url)
	}
	env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9000"
	if c, err = awsConfig(func(name string) string { return env[name] }); err != nil || *c.BaseEndpoint != env["AWS_ENDPOINT_URL"] {
		t.Errorf("%v %v", c.BaseEndpoint, err)
	}
	if _, err := awsConfig(func(string) string { return "" }); err == nil {
		t.Error("no region, no error")
	}
}
