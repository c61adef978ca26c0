// The operate function serves the commands of operators.
package main

import (
	"context"
	"time"

	"policymail/shared/bus"
	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/mail"
	"policymail/shared/objects"
	"policymail/shared/operate"
	"policymail/shared/policy"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("operate", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		letters, err := mail.New(e.Brand, e.Links(keys), time.Now)
		if err != nil {
			return nil, err
		}
		store, bucket := e.Store(), objects.New(e.AWS, e.Bucket)
		return operate.Operations{
			Store:        store,
			Operator:     delivery.Operator{Store: store, Account: ses.NewAccount(e.AWS), Settings: e.Settings, Now: time.Now},
			Publisher:    policy.Publisher{Store: store, Now: time.Now, Locales: operate.Locales(), Leads: policy.Leads{Substantive: e.ChangeLead, Editorial: e.EditLead}},
			Preferences:  e.Preferences(store),
			Letters:      letters,
			Mailer:       ses.NewMailer(e.AWS, e.ConfigurationSet),
			Desk:         e.Desk(store, mail.Post{Letters: letters, Mailer: ses.NewMailer(e.AWS, e.ConfigurationSet)}, bus.New(e.AWS)),
			ID:           keys.RecipientID,
			Imports:      imports.Jobs{Importer: imports.Importer{Now: time.Now}, Documents: store},
			UploadURL:    bucket.UploadURL,
			TwoApprovers: e.TwoApprovers,
			Now:          time.Now,
			Log:          e.Log,
		}.Run, nil
	})
}
