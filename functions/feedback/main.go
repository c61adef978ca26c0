// The feedback function records what SES reports of our messages.
package main

import (
	"context"

	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/startup"
)

func main() {
	startup.Function("feedback", func(_ context.Context, e startup.Env) (any, error) {
		store := e.Store()
		return handlers.Feedback(delivery.Feedback{
			Store:    store,
			Suppress: e.Preferences(store).Suppress,
			Settings: e.Settings,
			Now:      e.Now,
			Log:      e.Log,
		}), nil
	})
}
