package gateway

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

const (
	// DefaultBodyLimit is the largest request body, in bytes, that Bedrock takes
	// (docs.aws.amazon.com/bedrock, API_runtime_InvokeModel: body).
	DefaultBodyLimit = 25_000_000

	// trustedBytes is how much room a Content-Length alone is given: beyond it a
	// body must arrive to be held, so that a claim costs its sender more than us.
	trustedBytes = 1 << 20

	// uploadStall is how long a client may be silent in the middle of its body.
	uploadStall = 30 * time.Second
)

// errUpload is a request whose client left, or fell silent, before its end.
var errUpload = errors.New("request body ended early")

// errTooLarge marks the one fault that has a status of its own.
var errTooLarge = errors.New("request body too large")

// readBody reads a request's whole body. The slice is the caller's. The error
// is errUpload when nobody is left to be told, else a *fault.Error.
func (g *Gateway) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limit := g.opts.BodyLimit
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	deadline := http.NewResponseController(w)
	defer deadline.SetReadDeadline(time.Time{}) //nolint:errcheck // where it cannot be set none was set
	var body []byte
	for {
		if len(body) == cap(body) {
			body = slices.Grow(body, growth(len(body), r.ContentLength))
		}
		_ = deadline.SetReadDeadline(time.Now().Add(uploadStall)) // not every writer has deadlines
		n, err := r.Body.Read(body[len(body):min(int64(cap(body)), limit+1)])
		body = body[:len(body)+n]
		switch {
		case int64(len(body)) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, uploadError(r, err)
		}
	}
}

// growth is how many bytes to make room for behind the first have of a body
// whose announced length is total, or -1: all that was announced within reason,
// then as much again. One byte more than announced lets a read meet the end.
func growth(have int, total int64) int {
	switch {
	case total < 0:
		return max(have, 512)
	case have == 0:
		return int(min(total, trustedBytes)) + 1
	}
	return max(1, min(have, int(total)+1-have))
}

// uploadError tells a client that has left or fell silent from one that sends
// nonsense.
func uploadError(r *http.Request, err error) error {
	var broken net.Error
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &broken) || r.Context().Err() != nil {
		return errors.Join(errUpload, err)
	}
	return &fault.Error{
		Kind: fault.Invalid, Op: "read request body", Err: err,
		Message: "The request body could not be read: it does not follow the framing of HTTP.",
	}
}

func tooLarge(limit int64) error {
	err := fault.New(fault.Invalid, "The request body is larger than the limit of %d bytes.", limit)
	err.Err = errTooLarge
	return err
}
