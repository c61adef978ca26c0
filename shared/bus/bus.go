// Package bus tells other systems of requests through EventBridge.
package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"policymail/shared/notice"
	"policymail/shared/privacy"
)

// Source is what our events name as their source; rules match it.
const Source = "policymail"

// Bus is the default event bus of the account.
type Bus struct{ client *eventbridge.Client }

// New returns the bus.
func New(cfg aws.Config) Bus { return Bus{eventbridge.NewFromConfig(cfg)} }

// Detail is what an event says: enough to open a ticket, nothing that tells who asked.
type Detail struct {
	Request  notice.RequestID    `json:"request"`
	Right    notice.Right        `json:"right"`
	Party    notice.Party        `json:"party"`
	State    notice.RequestState `json:"state"`
	Received string              `json:"received"`
	Due      notice.Date         `json:"due"`
}

// DetailOf is what is told of a request.
func DetailOf(r notice.Request) Detail {
	return Detail{r.ID, r.Right, r.Party, r.State, r.Received.UTC().Format("2006-01-02T15:04:05Z"), r.Due}
}

// Announce implements privacy.Announcer.
func (b Bus) Announce(ctx context.Context, what privacy.Announcement, r notice.Request) error {
	detail, err := json.Marshal(DetailOf(r))
	if err != nil {
		return err
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		Source: aws.String(Source), DetailType: aws.String(string(what)), Detail: aws.String(string(detail))}}})
	if err != nil {
		return fmt.Errorf("announce %s: %w", r.ID, err)
	}
	if out.FailedEntryCount > 0 {
		return fmt.Errorf("announce %s: %s", r.ID, aws.ToString(out.Entries[0].ErrorCode))
	}
	return nil
}
