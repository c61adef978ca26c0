// Package operations puts the commands of operators together.
package operations

import (
	"context"

	"policymail/shared/approval"
	"policymail/shared/assembly"
	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/privacy"
	"policymail/shared/publish"
	"policymail/shared/startup"
	"policymail/shared/token"
)

// Store is what the services behind the commands need.
type Store interface {
	operate.Store
	approval.Store
	delivery.OperatorStore
	privacy.RequestStore
	publish.Store
}

// Outside is what the commands reach besides the store.
type Outside struct {
	Post     mail.Post // letters, notices and what approvers are told
	Account  delivery.AccountReader
	Announce privacy.Announcer // tells other systems of requests
	// UploadURL returns where a file can be PUT that becomes the object key.
	UploadURL func(ctx context.Context, key string) (string, error)
}

// New returns the commands on a store.
func New(e startup.Env, s Store, keys *token.Keys, out Outside) operate.Operations {
	return operate.Operations{
		Store:       s,
		Operator:    delivery.Operator{Store: s, Account: out.Account, Settings: e.Settings, Now: e.Now},
		Publisher:   assembly.Publisher(e, s),
		Preferences: e.Preferences(s),
		Letters:     out.Post.Letters,
		Mailer:      out.Post.Mailer,
		Desk:        e.Desk(s, out.Post, out.Announce),
		ID:          keys.RecipientID,
		Imports:     imports.Jobs{Importer: imports.Importer{Now: e.Now}, Documents: s},
		UploadURL:   out.UploadURL,
		Gate:        assembly.Gate(e, s, keys, notice.ByCommand),
		Invitations: out.Post,
		Links:       e.Links(keys),
		Now:         e.Now,
		Log:         e.Log,
	}
}
