package operate

import (
	"context"

	"policymail/shared/delivery"
	"policymail/shared/notice"
)

func (o Operations) pause(ctx context.Context, a RunArgs) (notice.Run, error) {
	return o.Operator.Pause(ctx, a.Run)
}

func (o Operations) resume(ctx context.Context, a RunArgs) (notice.Run, error) {
	return o.Operator.Resume(ctx, a.Run)
}

// HeldArgs say who decides about what is held in a run.
type HeldArgs struct {
	Run notice.RunID `json:"run"`
	By  string       `json:"by,omitempty"`
}

func (o Operations) held(ctx context.Context, a RunArgs) (delivery.HeldReport, error) {
	return o.Operator.Held(ctx, a.Run)
}

func (o Operations) resendHeld(ctx context.Context, a HeldArgs) (delivery.HeldReport, error) {
	return o.Operator.Resend(ctx, a.Run, a.By)
}

func (o Operations) leaveHeld(ctx context.Context, a HeldArgs) (delivery.HeldReport, error) {
	return o.Operator.Leave(ctx, a.Run, a.By)
}
