// The publish function publishes the policy versions that are put into the bucket.
package main

import (
	"context"
	"time"

	"policymail/shared/handlers"
	"policymail/shared/objects"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/startup"
)

func main() {
	startup.Function("publish", func(_ context.Context, e startup.Env) (any, error) {
		return handlers.Publish(publish.Folder{
			Publisher: publish.Publisher{Store: e.Store(), Now: time.Now, Leads: policy.Leads{Substantive: e.ChangeLead, Editorial: e.EditLead}},
			Objects:   objects.New(e.AWS, e.Bucket),
			Log:       e.Log,
		}.Publish), nil
	})
}
