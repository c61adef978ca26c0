// The watch function reads the public page of the policy and says when it changed.
package main

import (
	"context"

	"policymail/shared/startup"
	"policymail/shared/watch"
)

func main() {
	startup.Function("watch", func(_ context.Context, e startup.Env) (any, error) {
		selectors := watch.Selectors{Take: e.Watch.Take, Drop: e.Watch.Drop}
		if err := selectors.Check(); err != nil {
			return nil, err
		}
		return watch.Watcher{
			Store: e.Store(),
			Pages: watch.Fetcher{},
			Settings: watch.Settings{Policy: e.Watch.Policy, URL: e.Watch.URL, Selectors: selectors, Language: e.Watch.Language,
				Apart: watch.ReadingsApart},
			Now: e.Now,
			Log: e.Log,
		}.Look, nil
	})
}
