// The send function sends the slices of the send queue.
package main

import (
	"context"

	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/mail"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("send", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		letters, err := mail.New(e.Brand, e.Links(keys), e.Now)
		if err != nil {
			return nil, err
		}
		return handlers.Send(delivery.Sender{
			Store:    e.Store(),
			Mailer:   ses.NewMailer(e.AWS, e.ConfigurationSet),
			Letters:  letters,
			Settings: e.Settings,
			Now:      e.Now,
			Log:      e.Log,
		}), nil
	})
}
