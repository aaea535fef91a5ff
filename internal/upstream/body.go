package upstream

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// errSilent ends an answer whose upstream has fallen silent.
var errSilent = errors.New("the upstream fell silent in the middle of its answer")

// body is an answer's body. An upstream that is alive and says nothing would be
// waited for without end, since nobody else bounds an answer that has begun.
type body struct {
	io.ReadCloser
	ctx     context.Context //nolint:containedctx // that of the one request, to tell why a read failed
	cancel  context.CancelCauseFunc
	silence time.Duration
	timer   *time.Timer // runs while a Read waits; nil before the first
}

// newBody wraps the body of the answer to a request made with ctx; cancel ends it.
func newBody(ctx context.Context, cancel context.CancelCauseFunc, inner io.ReadCloser, silence time.Duration) *body {
	return &body{ReadCloser: inner, ctx: ctx, cancel: cancel, silence: silence}
}

// Read waits for the next piece, but not for ever.
func (b *body) Read(p []byte) (int, error) {
	if b.timer == nil {
		b.timer = time.AfterFunc(b.silence, func() { b.cancel(errSilent) })
	} else {
		b.timer.Reset(b.silence)
	}
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), errSilent) {
		err = &fault.Error{Kind: fault.Timeout, Op: "read the answer", Err: errSilent, Message: "The upstream began an answer and fell silent."}
	}
	return n, err
}

// Close gives the connection back, or closes it when the answer is unfinished.
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
