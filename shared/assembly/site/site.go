// Package site puts the pages together. It is apart, so that no function but the one that
// serves them holds them.
package site

import (
	"policymail/shared/approval"
	"policymail/shared/assembly"
	"policymail/shared/mail"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/startup"
	"policymail/shared/token"
	"policymail/shared/web"
)

// Store is what the services behind the pages need.
type Store interface {
	web.Store
	approval.Store
	privacy.RightsStore
}

// New returns the pages on a store. Their letters go by post; other systems are told of
// requests by announce.
func New(e startup.Env, s Store, keys *token.Keys, post mail.Post, announce privacy.Announcer) *web.Site {
	return &web.Site{
		Store:   s,
		Keys:    keys,
		Links:   e.Links(keys),
		Policy:  e.Settings.Policy,
		Company: e.Brand.Company,
		Rights:  e.Rights(s, keys, post, announce),
		Limiter: privacy.Limiter{Documents: s, Hash: keys.RecipientID, Now: e.Now},
		Gate:    assembly.Gate(e, s, keys, notice.ByLink),
		Samples: post.Letters,
		Now:     e.Now,
		Log:     e.Log,
	}
}
