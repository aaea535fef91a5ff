package gateway

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// unknownOperation is what AWS calls a path that names nothing.
const unknownOperation = "UnknownOperationException"

// fail tells err to the client in the shape of AWS. An internal error is
// logged, as what the client reads says nothing of its cause.
func (g *Gateway) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, name := bedrock.StatusOf(err)
	if errors.Is(err, errTooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	id := newRequestID()
	if fault.KindOf(err) == fault.Internal {
		g.opts.Logger.ErrorContext(r.Context(), "call failed", slog.String("request_id", id), slog.Any("error", err))
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		setRetry(w.Header(), f.RetryAfter)
		for name, value := range map[string]string{"X-Headgate-Limit": f.Limit, "X-Headgate-Call": f.Call} {
			if value != "" {
				w.Header().Set(name, value)
			}
		}
	}
	writeFailure(w, id, status, name, fault.Message(err))
}

// setRetry says when it may succeed, in whole seconds for everybody and in
// milliseconds for the AWS SDKs. The duration is nominal: the dispatcher has
// multiplied it by the time scale.
func setRetry(h http.Header, after time.Duration) {
	if after <= 0 {
		return
	}
	h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(after.Seconds())), 10))
	ms := (after + time.Millisecond - 1) / time.Millisecond
	h.Set("X-Amz-Retry-After", strconv.FormatInt(int64(ms), 10))
}

// refuse answers a request that names no operation, or none of this method.
func (g *Gateway) refuse(w http.ResponseWriter, status int, message string) {
	writeFailure(w, newRequestID(), status, unknownOperation, message)
}

func writeFailure(w http.ResponseWriter, id string, status int, name, message string) {
	body := bedrock.ErrorBody(message)
	h := w.Header()
	h.Set(bedrock.ErrorHeader, name)
	h.Set(requestID, id)
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) //nolint:gosec // JSON, and typed so; a client that has left is nothing
}

// newRequestID makes a random id in the form that AWS gives its own (RFC 9562
// §5.4).
func newRequestID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	text := make([]byte, 0, 36)
	for i, b := range [...][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, b)
	}
	return string(text)
}
