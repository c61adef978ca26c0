package report

import (
	"context"
	"time"

	"policymail/shared/notice"
)

// EvidenceStore is what the proof of a version is read from.
type EvidenceStore interface {
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	Versions(ctx context.Context, policy string) ([]notice.Version, error)
	Run(ctx context.Context, id notice.RunID) (notice.Run, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
	Tally(ctx context.Context, run notice.RunID) (notice.Tally, error)
}

// Evidence is what can be proven of a version: its text, who answers for it, when it
// took effect, and when and to how many it was told.
type Evidence struct {
	Policy      string            `json:"policy"`
	Version     string            `json:"version"`
	Effective   notice.Date       `json:"effective"`
	SHA256      string            `json:"sha256"`     // of the text below
	Normaliser  int               `json:"normaliser"` // version of the rules that made it
	PublishedBy string            `json:"published_by"`
	PublishedAt time.Time         `json:"published_at"`
	Previous    string            `json:"previous,omitempty"`
	Change      string            `json:"change,omitempty"`   // class of the difference from Previous
	Approval    *notice.Approval  `json:"approval,omitempty"` // absent: nobody has approved it
	Approved    bool              `json:"approved"`           // somebody has, and exactly what is here
	Intact      bool              `json:"intact"`             // text and page are those the hashes are of
	PageSHA256  string            `json:"page_sha256"`
	Class       notice.Class      `json:"class"`
	Basis       string            `json:"basis,omitempty"`
	Summary     map[string]string `json:"summary,omitempty"`
	Edits       []notice.Wording  `json:"edits,omitempty"` // of the summary, before it was approved
	// Rejected are the versions with this very text that were rejected before.
	Rejected []notice.RejectedVersion `json:"rejected_before,omitempty"`
	Told     []Told                   `json:"told"`          // the change run first, then annual reviews
	URL      string                   `json:"url,omitempty"` // of the text on the site; empty while it is not public
	Text     string                   `json:"text"`
}

// Told is one run that spoke of the version.
type Told struct {
	Run        notice.RunID  `json:"run"`
	Kind       notice.Kind   `json:"kind"`
	State      string        `json:"state"`
	StopReason string        `json:"stop_reason,omitempty"`
	OpenedAt   time.Time     `json:"opened_at"`
	StartedAt  time.Time     `json:"started_at,omitzero"` // it was approved: nobody was told before
	DoneAt     time.Time     `json:"done_at,omitzero"`    // everybody was accounted for
	FirstSent  time.Time     `json:"first_sent,omitzero"` // SES accepted the first message
	LastSent   time.Time     `json:"last_sent,omitzero"`  // SES accepted the last message until now
	Class      notice.Class  `json:"class"`
	Audience   int           `json:"audience"` // people concerned
	Counts     notice.Counts `json:"counts"`   // people by what became of their notice
	// First is the first of two approvals, while the run waits for the second.
	First *notice.Approval `json:"first_approval,omitempty"`
	// Rejection tells who ended the run before it began, and why.
	Rejection *notice.Rejection `json:"rejection,omitempty"`
}

// EvidenceOf gathers the proof of a version.
func EvidenceOf(ctx context.Context, store EvidenceStore, policy, version string) (Evidence, error) {
	v, err := store.Version(ctx, policy, version)
	if err != nil {
		return Evidence{}, err
	}
	e := Evidence{Policy: v.Policy, Version: v.Name, Effective: v.Effective, SHA256: v.SHA256, Normaliser: v.Normaliser, PublishedBy: v.PublishedBy,
		PublishedAt: v.PublishedAt, Previous: v.Previous, Change: v.Change, Approval: v.Approval, Approved: v.Approved(), Intact: v.Intact(), PageSHA256: v.PageSHA256, Class: v.Class, Basis: v.Basis,
		Summary: v.Summary, Edits: v.Wordings(), Told: []Told{}, Text: v.Text}
	runs, err := store.ListRuns(ctx)
	if err != nil {
		return e, err
	}
	for _, run := range runs {
		if run.Policy != v.Policy || run.Version != v.Name {
			continue
		}
		told, err := toldBy(ctx, store, run)
		if err != nil {
			return e, err
		}
		e.Told = append(e.Told, told)
	}
	versions, err := store.Versions(ctx, v.Policy)
	if err != nil {
		return e, err
	}
	e.Rejected, err = notice.RejectedBefore(v, versions, func(id notice.RunID) (notice.Run, error) { return store.Run(ctx, id) })
	return e, err
}

// toldBy is what a run did.
func toldBy(ctx context.Context, store EvidenceStore, run notice.Run) (Told, error) {
	ledger, err := store.CountDeliveries(ctx, run.ID)
	if err != nil {
		return Told{}, err
	}
	tally, err := store.Tally(ctx, run.ID)
	counts := run.Figures(ledger)
	return Told{Run: run.ID, Kind: run.Kind, State: string(run.State), StopReason: run.StopReason, OpenedAt: run.OpenedAt, StartedAt: run.StartedAt, DoneAt: run.DoneAt,
		FirstSent: tally.FirstSent, LastSent: tally.LastSent, Class: run.Class, Audience: max(run.Audience, counts.Total()), Counts: counts, First: run.First, Rejection: run.Rejection}, err
}
