// The operate function serves the commands of operators.
package main

import (
	"context"

	"policymail/shared/assembly/operations"
	"policymail/shared/bus"
	"policymail/shared/mail"
	"policymail/shared/objects"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("operate", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		letters, err := mail.New(e.Brand, e.Links(keys), e.Now)
		if err != nil {
			return nil, err
		}
		return operations.New(e, e.Store(), keys, operations.Outside{
			Post:      mail.Post{Letters: letters, Mailer: ses.NewMailer(e.AWS, e.ConfigurationSet)},
			Account:   ses.NewAccount(e.AWS),
			Announce:  bus.New(e.AWS),
			UploadURL: objects.New(e.AWS, e.Bucket).UploadURL,
		}).Run, nil
	})
}
