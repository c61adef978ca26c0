// Package objects reads, writes and offers places in the bucket (Amazon S3).
package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"policymail/shared/notice"
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

// Open streams the bytes of an object from a first to before an end; an end of 0 is
// the object's. The caller closes it.
func (b Bucket) Open(ctx context.Context, key string, from, end int64) (io.ReadCloser, error) {
	return b.open(ctx, key, nil, from, end)
}

// OpenMatching streams as Open does, from an object whose content has the ETag. It
// returns notice.ErrNotFound if there is no object, and notice.ErrConflict if it has
// another content.
func (b Bucket) OpenMatching(ctx context.Context, key, etag string, from, end int64) (io.ReadCloser, error) {
	return b.open(ctx, key, match(etag), from, end)
}

func (b Bucket) open(ctx context.Context, key string, match *string, from, end int64) (io.ReadCloser, error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: &key, IfMatch: match}
	switch {
	case end > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", from, end-1))
	case from > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", from))
	}
	out, err := b.client.GetObject(ctx, in)
	switch {
	case is(err, noSuchKey):
		return nil, notice.NotFound("no object %s", key)
	case is(err, preconditionFailed):
		return nil, notice.Conflict("object %s was replaced", key)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return out.Body, nil
}

// Put writes an object.
func (b Bucket) Put(ctx context.Context, key string, content []byte) error {
	if _, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(content)}); err != nil {
		return fmt.Errorf("write %s: %w", key, err)
	}
	return nil
}

// RemoveMatching deletes an object whose content has the ETag; if there is none, or one
// with another content, it does nothing and returns nil.
func (b Bucket) RemoveMatching(ctx context.Context, key, etag string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key, IfMatch: match(etag)})
	if err == nil || is(err, noSuchKey) || is(err, preconditionFailed) {
		return nil
	}
	return fmt.Errorf("remove %s: %w", key, err)
}

// match is an ETag as the header If-Match has it (RFC 9110, section 13.1.1): in quotes,
// which the events of S3 leave out.
func match(etag string) *string { return aws.String(`"` + etag + `"`) }

// Errors of S3 (Amazon S3 API Reference, "List of error codes").
const (
	noSuchKey          = "NoSuchKey"
	preconditionFailed = "PreconditionFailed"
)

func is(err error, code string) bool {
	var answer smithy.APIError
	return errors.As(err, &answer) && answer.ErrorCode() == code
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
