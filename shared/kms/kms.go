// Package kms derives link keys from a KMS HMAC key that never leaves KMS.
package kms

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Root is a token.Root: one GenerateMac a label, at cold start only.
type Root struct {
	client *kms.Client
	key    string
}

// NewRoot returns the root at a key ARN of spec HMAC_256.
func NewRoot(cfg aws.Config, key string) Root { return Root{kms.NewFromConfig(cfg), key} }

// Derive implements token.Root.
func (r Root) Derive(ctx context.Context, label string) ([]byte, error) {
	out, err := r.client.GenerateMac(ctx, &kms.GenerateMacInput{KeyId: &r.key, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: []byte(label)})
	if err != nil {
		return nil, err
	}
	return out.Mac, nil
}
