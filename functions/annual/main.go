// The annual function opens today's annual run, for those whose due date has come.
package main

import (
	"context"

	"policymail/shared/delivery"
	"policymail/shared/handlers"
	"policymail/shared/startup"
)

func main() {
	startup.Function("annual", func(_ context.Context, e startup.Env) (any, error) {
		return handlers.Annual(delivery.Annual{Store: e.Store(), Settings: e.Settings, Now: e.Now}, e.Log), nil
	})
}
