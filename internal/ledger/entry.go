package ledger

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Outcome is how a call ended for its client.
type Outcome string

// The outcomes.
const (
	OK            Outcome = "ok"
	Refused       Outcome = "refused"        // by Headgate: its wait would have been too long, or its quota is zero
	Throttled     Outcome = "throttled"      // by the upstream, beyond what retries could mend
	Invalid       Outcome = "invalid"        // the request is wrong
	Denied        Outcome = "denied"         // not allowed
	UpstreamError Outcome = "upstream_error" // the upstream failed, or did not answer in time
	Cancelled     Outcome = "cancelled"      // the client left
	Broken        Outcome = "broken"         // the stream ended before its end
	Internal      Outcome = "internal"       // our mistake
)

// UnknownCost is the Cost of a call whose model has no known price.
const UnknownCost int64 = -1

// UnsetTokens is the MaxTokens of a call that named none.
const UnsetTokens int64 = -1

// Entry is the record of one call. It holds no prompt text, no answer and no
// secret. Durations are real time, never scaled.
type Entry struct {
	ID        llm.CallID
	Time      time.Time // arrival; kept to the nanosecond, in UTC
	Class     llm.Class
	Tenant    llm.Tenant
	Principal string // the key: an access key id or the hash of a key
	// Run groups dependent calls; empty belongs to no run.
	Run         llm.RunID
	RunInferred bool // derived from a trace or a session, not stated
	Operation   llm.Operation
	ModelID     string // as the client named it
	Pool        llm.Pool
	// Route is what the model id was taken for, which decides the pool: a model, a
	// profile and its geography, an application profile. Empty when it is none.
	Route string

	Usage    llm.Usage
	Hold     int64 // quota tokens that Bedrock set aside at admission
	Forecast int64 // quota tokens that we expected it to settle
	Settled  int64 // quota tokens that it charged
	// MaxTokens is the bound on the answer that the client set, and UnsetTokens
	// when it set none, so that Bedrock reserves the model's maximum.
	MaxTokens int64
	// Body tells bodies apart without telling of them: a digest under a key that
	// is the process's own and is not kept. 0 is none.
	Body uint64
	// Cost is in nano-USD, UnknownCost when there is no price.
	Cost      int64
	PriceAsOf string // the version of the catalog's prices

	Queued time.Duration // before the first upstream attempt began
	// FirstByte is from arrival to the answer's first byte, of a stream to its first
	// content: the time to the first token. 0 when there was none.
	FirstByte time.Duration
	Latency   time.Duration // from arrival to the answer's end
	Attempts  int           // upstream requests

	// Upstream throttles that the call met, by the limit that they named.
	ThrottledRequests, ThrottledTokens, ThrottledDay int

	Status       int // of the answer; 0 when the client left before it
	Outcome      Outcome
	ErrorKind    string // a fault.Kind, or the upstream's exception; empty when ok
	ErrorMessage string
	// Reason is why the call waited or was refused, in the scheduler's own
	// words, and Limit the limit that it waited on.
	Reason string
	Limit  string
	// LimitAmount is how much Limit allowed in its window then; 0 when that is not
	// known.
	LimitAmount int64
	// Ahead is how many calls were expected to go first when the call came, and
	// Expected how long a wait that made.
	Ahead    int64
	Expected time.Duration
	// RetryAfter is after how long a call that was turned away would have fitted.
	RetryAfter    time.Duration
	Client        string // the client's software, such as "Boto3/1.43"
	JoinedRetries int    // retries of the client that joined this call
	// ClientAttempts is how many attempts in all the client said that it makes; 0
	// when it did not say.
	ClientAttempts int
	Cache          string // hit, miss, joined or empty: it took no part
	Saved          Saved
}

// Saved is what a call would have used that was answered by the cache or with
// another one.
type Saved struct {
	Tokens int64 // input, output and prompt cache together
	Cost   int64 // nano-USD; 0 when not known
}

// Bounds of texts that come from outside, in bytes. A client cannot make the
// ledger large by sending long names.
const (
	mostName    = 2048 // the longest model id is an ARN of 2,048 (InvokeModel, modelId)
	mostMessage = 512
)

// clip bounds every text of e. Cutting does not copy.
func (e *Entry) clip() {
	e.ID = llm.CallID(cut(string(e.ID), mostMessage))
	e.Tenant = llm.Tenant(cut(string(e.Tenant), mostMessage))
	e.Principal = cut(e.Principal, mostMessage)
	e.Run = llm.RunID(cut(string(e.Run), mostMessage))
	e.ModelID = cut(e.ModelID, mostName)
	e.Route = cut(e.Route, mostMessage)
	e.ErrorKind = cut(e.ErrorKind, mostMessage)
	e.ErrorMessage = cut(e.ErrorMessage, mostMessage)
	e.Reason = cut(e.Reason, mostMessage)
	e.Limit = cut(e.Limit, mostMessage)
	e.Client = cut(e.Client, mostMessage)
	e.Cache = cut(e.Cache, mostMessage)
}

// cut keeps at most n bytes of s and does not split a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
