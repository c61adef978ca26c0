// Package dynamolocal runs DynamoDB Local for tests.
package dynamolocal

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/infra/tools"
)

// version of software.amazon.dynamodb:DynamoDBLocal.
const version = "3.3.1"

// pom asks Maven for DynamoDB Local with everything it needs.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>policymail</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
<dependencies><dependency><groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId><version>` + version + `</version></dependency></dependencies></project>`

// Start runs DynamoDB Local in memory until the test ends, and returns a client and
// the endpoint. It needs java and mvn, which fetches it once into .tools/; without
// POLICYMAIL_VERIFY=1 the test is skipped.
func Start(tb testing.TB) (client *dynamodb.Client, endpoint string) {
	tb.Helper()
	tools.Needs(tb, "DynamoDB Local")
	jars := install(tb)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	cmd := exec.Command("java", "-Djava.library.path="+jars, "-cp", filepath.Join(jars, "*"),
		"software.amazon.dynamodb.services.local.main.ServerRunner", "-inMemory", "-disableTelemetry", "-port", fmt.Sprint(port))
	log, err := os.Create(filepath.Join(tb.TempDir(), "dynamodb.log"))
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		tb.Fatalf("start DynamoDB Local: %v", err)
	}
	tb.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); log.Close() })
	endpoint = fmt.Sprintf("http://127.0.0.1:%d", port)
	client = Client(endpoint)
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		_, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
		if err == nil {
			return client, endpoint
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(log.Name())
			tb.Fatalf("DynamoDB Local does not answer: %v\n%s", err, said)
		}
	}
}

// Client talks to a local endpoint.
func Client(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{BaseEndpoint: aws.String(endpoint), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
}

// install fetches the jars into .tools/ at the top of the project, once.
func install(tb testing.TB) string {
	tb.Helper()
	return tools.Install(tb, "dynamodb-local-"+version, func(folder string) error {
		if err := os.WriteFile(filepath.Join(folder, "pom.xml"), []byte(pom), 0o644); err != nil {
			return err
		}
		cmd := exec.Command("mvn", "-B", "-q", "-f", filepath.Join(folder, "pom.xml"), "dependency:copy-dependencies", "-DoutputDirectory="+folder)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("mvn: %w\n%s", err, out)
		}
		return nil
	})
}
