package operate

import (
	"context"

	"policymail/shared/imports"
)

// ImportArgs announce a file to import.
type ImportArgs struct {
	Source string `json:"source,omitempty"` // where its people come from
	DryRun bool   `json:"dry_run,omitempty"`
}

// ImportStatusArgs name an import.
type ImportStatusArgs struct {
	ID string `json:"id"`
}

// Upload is where a file to import goes.
type Upload struct {
	ID  string `json:"id"`
	URL string `json:"upload_url"`
}

func (o Operations) startImport(ctx context.Context, a ImportArgs) (Upload, error) {
	id, err := o.Imports.Expect(ctx, a.Source, a.DryRun)
	if err != nil {
		return Upload{}, err
	}
	url, err := o.UploadURL(ctx, imports.Prefix+id+".csv")
	return Upload{id, url}, err
}

func (o Operations) importStatus(ctx context.Context, a ImportStatusArgs) (imports.Status, error) {
	return o.Imports.Status(ctx, a.ID)
}
