package report

import (
	"context"
	"time"

	"policymail/shared/notice"
)

// EvidenceStore is what the proof of a version is read from.
type EvidenceStore interface {
	Version(ctx context.Context, policy, version string) (notice.Version, error)
	ListRuns(ctx context.Context) ([]notice.Run, error)
	CountDeliveries(ctx context.Context, run notice.RunID) (notice.Counts, error)
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
	Edits       []notice.Edit     `json:"edits,omitempty"` // of the summary, before it was approved
	Told        []Told            `json:"told"`            // the change run first, then annual reviews
	Text        string            `json:"text"`
}

// Told is one run that spoke of the version.
type Told struct {
	Run      notice.RunID  `json:"run"`
	State    string        `json:"state"`
	OpenedAt time.Time     `json:"opened_at"`
	Class    notice.Class  `json:"class"`
	Counts   notice.Counts `json:"counts"` // people by what became of their notice
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
		Summary: v.Summary, Edits: v.Edits, Told: []Told{}, Text: v.Text}
	runs, err := store.ListRuns(ctx)
	if err != nil {
		return e, err
	}
	for _, run := range runs {
		if run.Policy != v.Policy || run.Version != v.Name {
			continue
		}
		counts, err := store.CountDeliveries(ctx, run.ID)
		if err != nil {
			return e, err
		}
		e.Told = append(e.Told, Told{run.ID, string(run.State), run.OpenedAt, run.Class, run.Figures(counts), run.Rejection})
	}
	return e, nil
}
