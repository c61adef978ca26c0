package operate

import (
	"cmp"
	"context"

	"policymail/shared/address"
	"policymail/shared/notice"
)

// PreviewArgs say which notice is shown, and to whom it goes.
type PreviewArgs struct {
	Kind   string       `json:"kind"`
	Run    notice.RunID `json:"run,omitempty"`
	Policy string       `json:"policy,omitempty"` // of the next run, if none is named
	Locale string       `json:"locale,omitempty"` // of the reader
	To     string       `json:"to,omitempty"`     // an address; empty sends nothing
}

// Preview is one message as it would be sent.
type Preview struct {
	Language  string `json:"language"`
	Raw       []byte `json:"raw"`                  // RFC 5322
	MessageID string `json:"message_id,omitempty"` // of SES, if it was sent
}

// preview writes a notice to a made-up person. It is sent only where an address is
// named, and its links open nobody's data.
func (o Operations) preview(ctx context.Context, a PreviewArgs) (Preview, error) {
	kind, err := notice.ParseKind(a.Kind)
	if err != nil {
		return Preview{}, err
	}
	run, v, err := o.previewed(ctx, kind, a)
	if err != nil {
		return Preview{}, err
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
	if err != nil {
		return Preview{}, notTaken("the preview", err)
	}
	return Preview{language, e.Raw, id}, nil
}

// previewed is what a preview shows: the run that is named, which must be of the kind,
// and its version; or the next run of a policy (the one of annual reviews, if none is
// named) as it would be opened. An annual review speaks of the version in force, a
// notice of a change of the latest, if anybody is told of it.
func (o Operations) previewed(ctx context.Context, kind notice.Kind, a PreviewArgs) (run notice.Run, v notice.Version, err error) {
	if a.Run != "" {
		if run, err = o.Store.Run(ctx, a.Run); err != nil {
			return run, v, err
		}
		if run.Kind != kind {
			return run, v, notice.Refused("%s is no %s run", run.ID, kind).Hint("say preview %s --run %s", run.Kind, run.ID)
		}
		v, err = o.Store.Version(ctx, run.Policy, run.Version)
		return run, v, err
	}
	run = notice.Run{ID: "preview", Kind: kind, Class: notice.Optional, Policy: cmp.Or(a.Policy, o.Operator.Settings.Policy)}
	if kind == notice.Annual {
		v, err = o.inForce(ctx, run.Policy)
		return run, v, err
	}
	if v, err = o.version(ctx, VersionArgs{Policy: run.Policy}); err != nil {
		return run, v, err
	}
	if v.Baseline() || len(v.Summary) == 0 {
		return run, v, notice.Refused("nobody is told of version %s of %s", v.Name, v.Policy).Hint("publish a later one with --summary, or name a run with --run")
	}
	run.Class = v.Class
	return run, v, nil
}

// inForce is the version an annual review of a policy speaks of today.
func (o Operations) inForce(ctx context.Context, policy string) (notice.Version, error) {
	all, err := o.Store.Versions(ctx, policy)
	if err != nil {
		return notice.Version{}, err
	}
	v, ok := notice.InForce(all, notice.DateOf(o.Now()))
	if !ok {
		return v, notice.NotFound("policy %s has no version that is approved", policy).Hint("publish one first")
	}
	return v, nil
}
