package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"policymail/shared/notice"
)

// commands are all there are, by name.
var commands = map[string]command{
	"import-start":          with(Operations.startImport),
	"import-status":         with(Operations.importStatus),
	"publish":               with(Operations.publish),
	"publish-try":           with(Operations.tryPublication),
	"draft":                 with(Operations.draft),
	"version":               with(Operations.version),
	"evidence":              with(Operations.evidence),
	"preview":               with(Operations.preview),
	"announce":              with(Operations.announce),
	"approve":               with(Operations.approve),
	"pause":                 with(Operations.pause),
	"resume":                with(Operations.resume),
	"cancel":                with(Operations.cancel),
	"held":                  with(Operations.held),
	"held-resend":           with(Operations.resendHeld),
	"held-leave":            with(Operations.leaveHeld),
	"status":                with(Operations.status),
	"report":                with(Operations.report),
	"overdue":               with(Operations.overdue),
	"doctor":                with(Operations.doctor),
	"doctor-send":           with(Operations.sendTests),
	"doctor-events":         with(Operations.testEvents),
	"recipient-show":        with(Operations.showRecipient),
	"recipient-export":      with(Operations.exportRecipient),
	"recipient-correct":     with(Operations.correctRecipient),
	"recipient-unsubscribe": with(Operations.unsubscribeRecipient),
	"recipient-resubscribe": with(Operations.resubscribeRecipient),
	"recipient-erase":       with(Operations.eraseRecipient),
	"request-list":          with(Operations.listRequests),
	"request-show":          with(Operations.showRequest),
	"request-open":          with(Operations.openRequest),
	"request-extend":        with(Operations.extendRequest),
	"request-answer":        with(Operations.answerRequest),
	"request-deny":          with(Operations.denyRequest),
	"request-report":        with(Operations.requestsOfYear),
	"request-tend":          with(Operations.tendRequests),
}

// command reads its arguments and carries itself out.
type command func(Operations, context.Context, Command) (result any, err error)

// with is a command whose arguments are an A. One that A does not know is refused: who
// misspells what should hold a command back must not have it carried out.
func with[A, R any](f func(Operations, context.Context, A) (R, error)) command {
	return func(o Operations, ctx context.Context, c Command) (any, error) {
		var args A
		if len(c.Args) > 0 {
			d := json.NewDecoder(bytes.NewReader(c.Args))
			d.DisallowUnknownFields()
			if err := d.Decode(&args); err != nil {
				return nil, notice.Invalid("the arguments of %s cannot be read: %v", c.Name, err)
			}
		}
		return f(o, ctx, args)
	}
}

// None are the arguments of a command that takes none.
type None struct{}

// RunArgs name a run.
type RunArgs struct {
	Run notice.RunID `json:"run,omitempty"`
}

// Encode returns the event that asks the operate function for a command; args are of
// the type the command reads.
func Encode(command string, args any) ([]byte, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	return json.Marshal(Command{Name: command, Args: raw})
}

// Decode reads an answer of the operate function into result. An error for people is
// returned as the *notice.Error it is.
func Decode(answer []byte, result any) error {
	var a struct {
		Result json.RawMessage `json:"result"`
		Error  *notice.Error   `json:"error"`
	}
	err := json.Unmarshal(answer, &a)
	if err == nil && a.Error != nil {
		return a.Error
	}
	if err == nil {
		err = json.Unmarshal(a.Result, result)
	}
	if err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	return nil
}
