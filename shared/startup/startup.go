// Package startup begins every function the same way: configuration, AWS clients,
// log, then the Lambda loop. A function that is not configured right says all that
// is wrong and does not start.
package startup

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"policymail/shared/config"
	"policymail/shared/kms"
	"policymail/shared/logging"
	"policymail/shared/privacy"
	"policymail/shared/store/dynamo"
	"policymail/shared/token"
)

// Env is what a function is built from, and the local stack with a clock of its own.
type Env struct {
	config.Config
	AWS aws.Config // zero in the local stack
	Log *slog.Logger
	Now func() time.Time
}

// Function runs the function of a name with the handler that build returns: any
// handler lambda.Start takes.
func Function(name string, build func(context.Context, Env) (handler any, err error)) {
	ctx := context.Background()
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	handler, err := func() (any, error) {
		c, err := config.Load(name, os.Getenv)
		if err != nil {
			return nil, err
		}
		a, err := awsConfig(os.Getenv)
		if err != nil {
			return nil, err
		}
		return build(ctx, Env{c, a, log, time.Now})
	}()
	if err != nil {
		log.Error("cannot start", "function", name, "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

// Store returns the tables.
func (e Env) Store() *dynamo.Store {
	return dynamo.New(dynamodb.NewFromConfig(e.AWS), dynamo.Tables(e.Tables))
}

// Keys derives the link keys from KMS, once a cold start.
func (e Env) Keys(ctx context.Context) (*token.Keys, error) {
	return token.NewKeys(ctx, kms.NewRoot(e.AWS, e.LinkKeys.ARN), e.LinkKeys.ID, e.LinkKeys.OldIDs...)
}

// Links returns the links of the site under keys.
func (e Env) Links(keys *token.Keys) token.Links {
	return token.Links{Base: e.BaseURL, Keys: keys, Now: e.Now}
}

// Preferences returns the one way people's standing changes.
func (e Env) Preferences(store privacy.Store) privacy.Preferences {
	return privacy.Preferences{Store: store, LeadDays: e.Settings.LeadDays, Now: e.Now}
}

// Desk returns the desk that keeps requests and their clocks.
func (e Env) Desk(store privacy.RequestStore, post privacy.Post, announce privacy.Announcer) privacy.Desk {
	return privacy.Desk{Store: store, Post: post, Announce: announce, AnswerDays: e.AnswerDays, Now: e.Now, Log: e.Log}
}

// Rights returns what carries out people's rights.
func (e Env) Rights(store privacy.RightsStore, keys *token.Keys, post privacy.Post, announce privacy.Announcer) privacy.Rights {
	return privacy.NewRights(store, post, announce, privacy.Terms{ID: keys.RecipientID, LeadDays: e.Settings.LeadDays, CopyLimit: e.CopyLimit, AnswerDays: e.AnswerDays, Now: e.Now, Log: e.Log})
}
