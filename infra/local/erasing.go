package local

import (
	"context"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambda"

	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/bolt"
)

// erasing is the embedded store as functions that erase see it: it remembers that
// somebody was erased, so that the file is written anew once the function is done.
// DynamoDB does so by itself.
type erasing struct {
	store.Store
	erased *atomic.Bool
}

func (e erasing) ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error {
	e.erased.Store(true)
	return e.Store.ForgetEvents(ctx, id, but)
}

// tidied is a function after which the file is written anew if it erased somebody.
type tidied struct {
	lambda.Handler
	file   *bolt.Store // nil for DynamoDB
	erased *atomic.Bool
}

func (t tidied) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	answer, err := t.Handler.Invoke(ctx, payload)
	if t.file != nil && t.erased.Swap(false) {
		if failure := t.file.Vacuum(); err == nil {
			err = failure
		}
	}
	return answer, err
}
