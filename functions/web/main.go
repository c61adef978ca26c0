// The web function serves unsubscribe links, preferences and the policy.
package main

import (
	"context"
	"time"

	"policymail/shared/handlers"
	"policymail/shared/mail"
	"policymail/shared/ses"
	"policymail/shared/startup"
	"policymail/shared/web"
)

func main() {
	startup.Function("web", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		links := e.Links(keys)
		letters, err := mail.New(e.Brand, links, time.Now)
		if err != nil {
			return nil, err
		}
		store := e.Store()
		site := web.Site{
			Store:       store,
			Preferences: e.Preferences(store),
			Keys:        keys,
			Links:       links,
			Policy:      e.Settings.Policy,
			Company:     e.Brand.Company,
			SendLink:    letters.SendLink(ses.NewMailer(e.AWS, e.ConfigurationSet)),
			Now:         time.Now,
			Log:         e.Log,
		}
		return handlers.Web(site.Handler()), nil
	})
}
