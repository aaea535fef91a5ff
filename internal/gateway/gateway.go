package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/headgate/headgate/internal/dispatch"
	"github.com/headgate/headgate/internal/fault"
)

// Dispatcher carries a request to an upstream, when its turn has come. The
// error is a *fault.Error. When ctx ends, the client has left: Do returns, and
// a Read of the answer that waits is woken.
type Dispatcher interface {
	Do(ctx context.Context, r *dispatch.Request) (*dispatch.Response, error)
}

// Options is what a Gateway is made of.
type Options struct {
	// Dispatcher is required.
	Dispatcher Dispatcher
	// Control answers GET /inference-profiles and /foundation-models, and what
	// is below them. Nil: they are unknown operations.
	Control http.Handler
	// Logger is required. It gets internal errors and panics, and never a body
	// or a credential.
	Logger *slog.Logger
	// InstanceID names this gateway in x-headgate-hop, by which a request that
	// comes back is known. Empty: loops are not looked for.
	InstanceID string
	// BodyLimit is the largest body in bytes; 0 means DefaultBodyLimit.
	BodyLimit int64
	// TimeScale divides the deadlines that clients state; 0 means 1.
	TimeScale float64
	// Loopback says that only this machine can reach the gateway: then a caller
	// may name its tenant, although nobody is authenticated.
	Loopback bool
}

// Gateway is the data plane's http.Handler. It is safe for concurrent use.
type Gateway struct {
	opts     Options
	draining atomic.Bool
	buffers  sync.Pool
}

// New makes a gateway.
func New(opts Options) *Gateway {
	if opts.BodyLimit == 0 {
		opts.BodyLimit = DefaultBodyLimit
	}
	if opts.TimeScale == 0 {
		opts.TimeScale = 1
	}
	return &Gateway{opts: opts, buffers: sync.Pool{New: func() any { return new([copyBytes]byte) }}}
}

// Drain turns /readyz into a 503, so that balancers send new clients
// elsewhere. Calls are served as before: ending the server is its owner's part.
func (g *Gateway) Drain() { g.draining.Store(true) }

// ServeHTTP serves one request. It never redirects.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &tracked{ResponseWriter: w}
	defer g.recovered(t, r)
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, modelPrefix):
		g.model(t, r, path)
	case path == "/livez":
		g.health(t, r, true)
	case path == "/readyz":
		g.health(t, r, !g.draining.Load())
	case g.opts.Control != nil && (isBelow(path, "/inference-profiles") || isBelow(path, "/foundation-models")):
		if wantMethod(g, t, r, http.MethodGet) {
			g.opts.Control.ServeHTTP(t, r)
		}
	default:
		g.refuse(t, http.StatusNotFound, notFoundMessage)
	}
}

const notFoundMessage = "Headgate does not know this path. It serves POST /model/{modelId}/converse, converse-stream, invoke, " +
	"invoke-with-response-stream and count-tokens, and GET /inference-profiles and /foundation-models. " +
	"The endpoint of an SDK is the address alone, without a path."

// isBelow reports whether path is a collection or one member of it.
func isBelow(path, collection string) bool {
	rest, ok := strings.CutPrefix(path, collection)
	return ok && (rest == "" || len(rest) > 1 && rest[0] == '/' && !strings.Contains(rest, "//"))
}

// wantMethod refuses every other method.
func wantMethod(g *Gateway, w http.ResponseWriter, r *http.Request, method string) bool {
	if r.Method == method {
		return true
	}
	w.Header().Set("Allow", method)
	g.refuse(w, http.StatusMethodNotAllowed, "This path takes the method "+method+" only.")
	return false
}

// health answers a probe.
func (g *Gateway) health(w http.ResponseWriter, r *http.Request, ok bool) {
	if r.Method != http.MethodHead && !wantMethod(g, w, r, http.MethodGet) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("draining\n")) // a probe that has left is nothing
		return
	}
	_, _ = w.Write([]byte("ok\n")) // likewise
}

// model serves an operation on a model.
func (g *Gateway) model(w http.ResponseWriter, r *http.Request, path string) {
	id, op, ok, err := splitModelPath(path)
	if !ok {
		g.refuse(w, http.StatusNotFound, notFoundMessage)
		return
	}
	if !wantMethod(g, w, r, http.MethodPost) {
		return
	}
	who := clientOf(r)
	req := &dispatch.Request{
		Operation: op, ModelID: id, RawPath: path, RawQuery: r.URL.RawQuery, Client: who.name, ReadTimeout: who.readTimeout,
	}
	if err == nil {
		err = g.fill(req, w, r)
	}
	var resp *dispatch.Response
	if err == nil {
		resp, err = g.ask(w, r, req, who.interim)
	}
	switch {
	case err == nil:
		g.answer(w, resp, op.Streams())
	case errors.Is(err, errUpload), r.Context().Err() != nil:
		panic(http.ErrAbortHandler) // nobody is there to read an answer
	default:
		g.fail(w, r, err)
	}
}

// ask waits for the dispatcher's answer and keeps the client awake meanwhile.
// Nothing is written any more when it has returned or panicked.
func (g *Gateway) ask(w http.ResponseWriter, r *http.Request, req *dispatch.Request, interim int) (*dispatch.Response, error) {
	defer keepAwake(w, interim)()
	return g.opts.Dispatcher.Do(r.Context(), req)
}

// fill reads what the request says into req.
func (g *Gateway) fill(req *dispatch.Request, w http.ResponseWriter, r *http.Request) error {
	if passed(r.Header, g.opts.InstanceID) {
		return fault.New(fault.Invalid, "Headgate was asked to call itself: this request has come through it before. "+
			"The upstream's endpoint (upstream.endpoint_url, or AWS_ENDPOINT_URL in the environment of the gateway) points at the gateway's own address.")
	}
	if hasSignature(r.URL.RawQuery) {
		return fault.New(fault.Invalid, "Headgate does not take presigned URLs: sign the request in its Authorization header.")
	}
	var err error
	if req.Labels, err = g.labels(r.Header); err != nil {
		return err
	}
	if req.Body, err = g.readBody(w, r); err != nil {
		return err
	}
	req.Header = forwarded(r.Header)
	req.Principal = principal(r.Header)
	if id := r.Header.Get("Amz-Sdk-Invocation-Id"); len(id) <= maxInvocationBytes {
		req.Invocation = id
	}
	req.ClientAttempts = statedAttempts(r.Header.Get("Amz-Sdk-Request"))
	return nil
}

// statedAttempts is how many attempts in all an SDK of AWS says that it makes, as
// in "attempt=1; max=3" (docs.aws.amazon.com/sdkref, feature-retry-behavior); 0
// when it does not say.
func statedAttempts(header string) int {
	for part := range strings.SplitSeq(header, ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(part), "max="); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= maxStatedAttempts {
				return n
			}
		}
	}
	return 0
}

// maxStatedAttempts is above what anybody sets and means.
const maxStatedAttempts = 1000

// maxInvocationBytes is more than any SDK's invocation id has, which is a UUID.
// Ids are remembered as long as answers are kept, so what is absurdly long is
// taken for none.
const maxInvocationBytes = 128

// hasSignature reports whether a query carries the members of a presigned URL
// (docs.aws.amazon.com/IAM, reference_sigv-create-signed-request), which are
// credentials and must not be passed on.
func hasSignature(query string) bool {
	return query != "" && strings.Contains(strings.ToLower(query), "x-amz-")
}

// recovered ends a request whose handler panicked. The value of a panic may
// hold what clients sent, so only that of the runtime is logged.
func (g *Gateway) recovered(w *tracked, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
		panic(v)
	}
	id := newRequestID()
	g.opts.Logger.ErrorContext(r.Context(), "panic while serving a request",
		slog.String("request_id", id), slog.String("panic", panicText(v)), slog.String("stack", string(debug.Stack())))
	if w.begun {
		panic(http.ErrAbortHandler)
	}
	clear(w.Header())
	const message = "Headgate met an internal error. The log has its cause under the request id."
	writeFailure(w, id, http.StatusInternalServerError, "InternalServerException", message)
}

// panicText is what may be logged of a panic.
func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", v)
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	begun bool
}

// WriteHeader begins the answer, unless the status is that of an interim
// response.
func (t *tracked) WriteHeader(status int) {
	if status >= http.StatusOK {
		t.begun = true
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write begins the answer if need be and writes to it.
func (t *tracked) Write(p []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(p)
}

// Unwrap gives http.ResponseController the writer beneath.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }
