package dispatch

import (
	"io"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Request is one client request as a face hands it over. The dispatcher owns
// Header and Body from then on; a face must not touch them again.
type Request struct {
	Operation llm.Operation
	// ModelID is the model as the client named it, unescaped: an id, a profile
	// or an ARN.
	ModelID string
	// RawPath and RawQuery go upstream exactly as they came, escapes included.
	RawPath, RawQuery string
	// Header is the client's, without hop-by-hop headers, credentials and our
	// own labels.
	Header http.Header
	// Body is the request's bytes, sent upstream unchanged.
	Body   []byte
	Labels Labels
	// Principal is who signed: an access key id, or the hash of a bearer key.
	// Never a secret.
	Principal string
	// Invocation is the SDK's amz-sdk-invocation-id, the same on each of its
	// retries. May be empty.
	Invocation string
	// ClientAttempts is how many attempts the client says it makes in all; 0 when
	// it does not say.
	ClientAttempts int
	// ReadTimeout is how long the client is known to wait for a first byte
	// (real time); 0 when it is not known to give up, or the face keeps it awake.
	ReadTimeout time.Duration
	// Client names the client's software for the ledger, such as "Boto3/1.43".
	Client string
}

// Labels is what a client said about its call. Start from NewLabels: the zero
// value is of the most urgent class.
type Labels struct {
	Class  llm.Class
	Tenant llm.Tenant // empty: llm.DefaultTenant
	Run    llm.RunID  // empty: the call is its own run
	// Inferred says that Run was derived from a trace or a session, not stated.
	Inferred bool
	// RunCalls is how many calls the run will make; 0 when unknown.
	RunCalls int
	// Deadline is the client's own bound from now, already divided by the time
	// scale; 0 when it set none.
	Deadline time.Duration
	// RunDeadline is by when all of the run is to be done, likewise.
	RunDeadline time.Duration
	// Cache is use, refresh, off or empty.
	Cache string

	// given says which labels were stated, so that a later source leaves them.
	given labelSet
}

// Response is an answer to pass on. Body must be closed; closing it before its
// end tells the dispatcher that this client has left. Header holds the
// upstream's headers and the x-headgate-* ones, and belongs to the caller.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
}
