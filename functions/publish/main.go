// The publish function publishes the policy versions that are put into the bucket.
package main

import (
	"context"

	"policymail/shared/assembly"
	"policymail/shared/handlers"
	"policymail/shared/objects"
	"policymail/shared/publish"
	"policymail/shared/startup"
)

func main() {
	startup.Function("publish", func(_ context.Context, e startup.Env) (any, error) {
		return handlers.Publish(publish.Folder{
			Publisher: assembly.Publisher(e, e.Store()),
			Objects:   objects.New(e.AWS, e.Bucket),
			Log:       e.Log,
		}.Publish), nil
	})
}
