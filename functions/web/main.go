// The web function serves unsubscribe links, the privacy center and the policy.
package main

import (
	"context"

	"policymail/shared/assembly/site"
	"policymail/shared/bus"
	"policymail/shared/handlers"
	"policymail/shared/mail"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("web", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		letters, err := mail.New(e.Brand, e.Links(keys), e.Now)
		if err != nil {
			return nil, err
		}
		post := mail.Post{Letters: letters, Mailer: ses.NewMailer(e.AWS, e.ConfigurationSet)}
		return handlers.Web(site.New(e, e.Store(), keys, post, bus.New(e.AWS)).Handler()), nil
	})
}
