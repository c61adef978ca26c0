// The operate function serves the commands of operators.
package main

import (
	"context"
	"time"

	"policymail/shared/approval"
	"policymail/shared/bus"
	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/locale"
	"policymail/shared/mail"
	"policymail/shared/objects"
	"policymail/shared/operate"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/ses"
	"policymail/shared/startup"
)

func main() {
	startup.Function("operate", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		links := e.Links(keys)
		letters, err := mail.New(e.Brand, links, time.Now)
		if err != nil {
			return nil, err
		}
		store, bucket := e.Store(), objects.New(e.AWS, e.Bucket)
		post := mail.Post{Letters: letters, Mailer: ses.NewMailer(e.AWS, e.ConfigurationSet)}
		leads := policy.Leads{Substantive: e.ChangeLead, Editorial: e.EditLead}
		return operate.Operations{
			Store:       store,
			Operator:    delivery.Operator{Store: store, Account: ses.NewAccount(e.AWS), Settings: e.Settings, Now: time.Now},
			Publisher:   publish.Publisher{Store: store, Now: time.Now, Locales: locale.Tags(), Leads: leads},
			Preferences: e.Preferences(store),
			Letters:     letters,
			Mailer:      post.Mailer,
			Desk:        e.Desk(store, post, bus.New(e.AWS)),
			ID:          keys.RecipientID,
			Imports:     imports.Jobs{Importer: imports.Importer{Now: time.Now}, Documents: store},
			UploadURL:   bucket.UploadURL,
			Gate:        approval.Gate{Store: store, Two: e.TwoApprovers, Approvers: e.Approvers, ID: keys.RecipientID, Locales: locale.Tags(), Leads: leads, Now: time.Now},
			Invitations: post,
			Links:       links,
			Now:         time.Now,
			Log:         e.Log,
		}.Run, nil
	})
}
