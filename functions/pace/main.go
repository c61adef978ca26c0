// The pace function releases, each minute, as many recipients as SES may take.
package main

import (
	"context"

	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/queue"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("pace", func(_ context.Context, e startup.Env) (any, error) {
		return handlers.Pace(delivery.Pacer{
			Store:    e.Store(),
			Queue:    queue.New[delivery.Slice](e.AWS, e.SendQueue),
			Account:  ses.NewAccount(e.AWS),
			Settings: e.Settings,
			Now:      e.Now,
			Log:      e.Log,
		}), nil
	})
}
