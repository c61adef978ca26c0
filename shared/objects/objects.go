// Package objects reads and offers places in the bucket (Amazon S3).
package objects

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Bucket is the bucket of imports and policies.
type Bucket struct {
	client *s3.Client
	name   string
}

// New returns a bucket by its name.
func New(cfg aws.Config, name string) Bucket { return Bucket{s3.NewFromConfig(cfg), name} }

// uploadTime is how long an upload URL works.
const uploadTime = time.Hour

// Open streams an object; the caller closes it.
func (b Bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return out.Body, nil
}

// UploadURL returns where a file can be PUT within the hour to become the object.
// Whoever has it needs no rights of their own.
func (b Bucket) UploadURL(ctx context.Context, key string) (string, error) {
	request, err := s3.NewPresignClient(b.client).PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key}, s3.WithPresignExpires(uploadTime))
	if err != nil {
		return "", fmt.Errorf("offer %s: %w", key, err)
	}
	return request.URL, nil
}
