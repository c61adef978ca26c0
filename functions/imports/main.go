// The imports function imports recipients from the files of the bucket.
package main

import (
	"context"

	"policymail/shared/handlers"
	"policymail/shared/imports"
	"policymail/shared/objects"
	"policymail/shared/queue"
	"policymail/shared/startup"
)

func main() {
	startup.Function("imports", func(ctx context.Context, e startup.Env) (any, error) {
		keys, err := e.Keys(ctx)
		if err != nil {
			return nil, err
		}
		store := e.Store()
		return handlers.Imports(imports.Jobs{
			Importer:  imports.Importer{Store: store, ID: keys.RecipientID, LeadDays: e.Settings.LeadDays, Now: e.Now},
			Objects:   objects.New(e.AWS, e.Bucket),
			Documents: store,
			Queue:     queue.New[imports.Part](e.AWS, e.ImportQueue),
		}, e.Log), nil
	})
}
