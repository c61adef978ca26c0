// The web function serves unsubscribe links, the privacy center and the policy.
package main

import (
	"context"
	"time"

	"policymail/shared/approval"
	"policymail/shared/bus"
	"policymail/shared/handlers"
	"policymail/shared/locale"
	"policymail/shared/mail"
	"policymail/shared/policy"
	"policymail/shared/privacy"
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
		post := mail.Post{Letters: letters, Mailer: ses.NewMailer(e.AWS, e.ConfigurationSet)}
		site := web.Site{
			Store:   store,
			Keys:    keys,
			Links:   links,
			Policy:  e.Settings.Policy,
			Company: e.Brand.Company,
			Rights:  e.Rights(store, keys, post, bus.New(e.AWS)),
			Limiter: privacy.Limiter{Documents: store, Hash: keys.RecipientID, Now: time.Now},
			Gate: approval.Gate{Store: store, Two: e.TwoApprovers, Approvers: e.Approvers, ID: keys.RecipientID, Locales: locale.Tags(),
				Leads: policy.Leads{Substantive: e.ChangeLead, Editorial: e.EditLead}, Now: time.Now},
			Samples: letters,
			Now:     time.Now,
			Log:     e.Log,
		}
		return handlers.Web(site.Handler()), nil
	})
}
