package operate

import (
	"cmp"
	"context"
	"errors"

	"policymail/shared/address"
	"policymail/shared/delivery"
	"policymail/shared/notice"
)

// Preview is one message as it would be sent.
type Preview struct {
	Language  string `json:"language"`
	Raw       []byte `json:"raw"`                  // RFC 5322
	MessageID string `json:"message_id,omitempty"` // of SES, if it was sent
}

// preview writes the notice of a run, or of the latest version of a policy (the one of
// annual reviews, if none is named), to a made-up person. It is sent only where an address is named, and its links open nobody's
// data.
func (o Operations) preview(ctx context.Context, a Args) (Preview, error) {
	kind, err := notice.ParseKind(a.Kind)
	if err != nil {
		return Preview{}, err
	}
	run := notice.Run{ID: "preview", Kind: kind, Class: notice.Optional, Policy: cmp.Or(a.Policy, o.Operator.Settings.Policy)}
	var v notice.Version
	if a.Run != "" {
		if run, err = o.Store.Run(ctx, a.Run); err != nil {
			return Preview{}, err
		}
		if v, err = o.Store.Version(ctx, run.Policy, run.Version); err != nil {
			return Preview{}, err
		}
	} else {
		if v, err = o.version(ctx, run.Policy, ""); err != nil {
			return Preview{}, err
		}
		run.Class = v.Class
	}
	reader := notice.Recipient{ID: "preview", Address: "reader@example.com", Name: "Alex Example", Locale: a.Locale, Status: notice.Active}
	if a.To != "" {
		if reader.Address, err = address.Parse(a.To); err != nil {
			return Preview{}, err
		}
	}
	e, language, err := o.Letters.Write(run, v, reader)
	if err != nil || a.To == "" {
		return Preview{Language: language, Raw: e.Raw}, err
	}
	e.Run = "" // no event of it belongs to a run
	id, err := o.Mailer.Send(ctx, e)
	var refusal *delivery.SendError
	if errors.As(err, &refusal) {
		return Preview{}, notice.Refused("SES did not take the preview: %v", refusal.Err)
	}
	return Preview{language, e.Raw, id}, err
}
