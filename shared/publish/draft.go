package publish

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"time"

	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/record"
)

// Draft is a change of the public page that two readings agree on. It is no version:
// an officer publishes one, or does not.
type Draft struct {
	Policy     string       `json:"policy"`
	Since      string       `json:"since"` // the version it differs from; empty if there is no draft, or none any more
	Class      policy.Class `json:"class"`
	Confidence float64      `json:"confidence"`
	Reasons    []string     `json:"reasons"`
	HTML       []byte       `json:"html"` // packed
	SeenAt     time.Time    `json:"seen_at"`
	// Shows is the approved version, once in force, that the page still is; empty for a
	// text that is none of ours.
	Shows string `json:"shows,omitempty"`
}

// Page is the text of the draft, sanitised HTML.
func (d Draft) Page() (string, error) { return Unpack(d.HTML) }

// drafts are kept by policy.
func drafts(store record.Store) record.Of[Draft] {
	return record.Of[Draft]{Store: store, Kind: record.Draft}
}

// SaveDraft replaces the draft of a policy. One that reads the same changes nothing, and
// one of the same class with no more than an edit between them was seen when the one
// before was: a page that is written anew at every reading is one draft, of which people
// are told once.
func SaveDraft(ctx context.Context, store record.Store, d Draft) error {
	before, rev, err := drafts(store).Load(ctx, d.Policy)
	if err != nil {
		return err
	}
	if before.Since == d.Since {
		between, err := before.between(d)
		if err != nil || between == policy.None && before.Shows == d.Shows {
			return err
		}
		if (between == policy.None || between == policy.Editorial) && before.Class == d.Class {
			d.SeenAt = before.SeenAt
		}
	}
	_, err = drafts(store).Save(ctx, d.Policy, d, rev)
	return err
}

// between is the class of the difference between two drafts.
func (d Draft) between(other Draft) (policy.Class, error) {
	var texts [2]policy.Document
	for i, draft := range []Draft{d, other} {
		page, err := draft.Page()
		if err != nil {
			return "", err
		}
		if texts[i], err = policy.ReadHTML(page); err != nil {
			return "", err
		}
	}
	return policy.Classify(texts[0], texts[1]).Class, nil
}

// WithdrawDraft takes the draft of a policy back: the page reads as a version again, and
// nothing is left to look at. What stays of it differs from no version. Without a draft
// it writes nothing.
func WithdrawDraft(ctx context.Context, store record.Store, name string) error {
	d, rev, err := drafts(store).Load(ctx, name)
	if err != nil || d.Since == "" {
		return err
	}
	_, err = drafts(store).Save(ctx, name, Draft{Policy: name}, rev)
	return err
}

// LoadDraft reads the draft of a policy. Without one, or after it was withdrawn, its Since
// is empty.
func LoadDraft(ctx context.Context, store record.Store, name string) (Draft, error) {
	d, _, err := drafts(store).Load(ctx, name)
	return d, err
}

// maxPacked keeps a record below the size DynamoDB allows an item, 400 KB: packed
// bytes become a third longer as JSON.
const maxPacked = 280 << 10

// Pack compresses a page to be kept in a record.
func Pack(page string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, page); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() > maxPacked {
		return nil, notice.Refused("the text on the page is too long to be kept").Hint("set selectors that take the policy only")
	}
	return b.Bytes(), nil
}

// Unpack is the reverse of Pack.
func Unpack(packed []byte) (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("unpack a page: %w", err)
	}
	page, err := io.ReadAll(io.LimitReader(z, 16<<20))
	if err != nil {
		return "", fmt.Errorf("unpack a page: %w", err)
	}
	return string(page), nil
}
