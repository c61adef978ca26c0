// Package operate serves the commands of operators: compliance staff and engineers,
// who send them with the CLI.
package operate

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"policymail/shared/approval"
	"policymail/shared/delivery"
	"policymail/shared/imports"
	"policymail/shared/notice"
	"policymail/shared/privacy"
	"policymail/shared/publish"
	"policymail/shared/record"
	"policymail/shared/report"
	"policymail/shared/token"
)

// Command is what the CLI asks of the operate function.
type Command struct {
	Name string          `json:"command"`
	Args json.RawMessage `json:"args"`
}

// Answer is what it gets: a result or an error for people, never both.
type Answer struct {
	Result any           `json:"result,omitempty"`
	Error  *notice.Error `json:"error,omitempty"`
}

// Imports opens and follows imports.
type Imports interface {
	Expect(ctx context.Context, source string, dryRun bool) (id string, err error)
	Status(ctx context.Context, id string) (imports.Status, error)
}

// Store is what the commands read themselves, and what they hand on.
type Store interface {
	report.Store
	report.EvidenceStore
	privacy.ErasureStore
	privacy.RecordStore
	record.Store
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	OpenRuns(ctx context.Context) ([]notice.Run, error)
	RecordDelivery(ctx context.Context, d notice.Delivery) (wrote bool, err error)
	ForgetDeliveries(ctx context.Context, id notice.RecipientID, runs []notice.RunID) error
	Request(ctx context.Context, id notice.RequestID) (notice.Request, error)
	OpenRequests(ctx context.Context) ([]notice.Request, error)
	ListRequests(ctx context.Context, year int) ([]notice.Request, error)
}

// Operations are the services behind the commands.
type Operations struct {
	Store       Store
	Operator    delivery.Operator
	Publisher   publish.Publisher
	Preferences privacy.Preferences
	Letters     delivery.Letters
	Mailer      delivery.Mailer // of previews and of doctor's test messages
	Desk        privacy.Desk
	ID          func(address string) notice.RecipientID
	Imports     Imports
	Gate        approval.Gate
	Invitations approval.Post // to approvers
	Links       token.Links
	// UploadURL returns where a file can be PUT that becomes the object key.
	UploadURL func(ctx context.Context, key string) (string, error)
	Now       func() time.Time
	Log       *slog.Logger
}

// errOnOurSide is all the caller learns of an error that is not meant for people.
var errOnOurSide = errors.New("the log of the function says why")

// errUnfinished is errOnOurSide for a change that was made all the same.
var errUnfinished = errors.New("the change was made, but not all that belongs to it: run the command again; the log of the function says why")

// Run serves one command. What sends or destroys is a dry run without Yes, or a command of
// its own whose name says it (invariant 5, nothing unapproved). An error that is not meant
// for people is logged and fails the function without its detail, so that its alarm rings
// and what a schedule asked for is tried again.
func (o Operations) Run(ctx context.Context, c Command) (Answer, error) {
	run, ok := commands[c.Name]
	if !ok {
		return Answer{Error: notice.Invalid("there is no command %q", c.Name)}, nil
	}
	result, err := run(o, ctx, c)
	var forPeople *notice.Error
	var unfinished *privacy.Unfinished
	switch {
	case err == nil:
		o.Log.Info("command", "command", c.Name)
		return Answer{Result: result}, nil
	case errors.As(err, &forPeople):
		return Answer{Error: forPeople}, nil
	}
	o.Log.Error("command failed", "command", c.Name, "error", err.Error())
	if errors.As(err, &unfinished) {
		return Answer{}, errUnfinished
	}
	return Answer{}, errOnOurSide
}
