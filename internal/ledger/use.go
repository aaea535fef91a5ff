package ledger

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// UseReader sums up what calls have used, for those who advise. It counts calls
// that reached the upstream, at the instant at which they went there.
type UseReader interface {
	// Intervals sums up each pool's calls by intervals of Width, in order of
	// time; intervals without a call are left out.
	Intervals(ctx context.Context, q UseQuery) ([]Interval, error)
	// Routes sums up calls that are alike: same pool, id, operation, tenant and
	// client. The busiest come first.
	Routes(ctx context.Context, q UseQuery) ([]Route, error)
}

// UseQuery selects calls by when they went upstream.
type UseQuery struct {
	Since time.Time // at or after
	Until time.Time // before; zero: no end
	// Width is the length of an interval in real time: a minute divided by the
	// time scale. 0 is a minute. Intervals begin at multiples of it since 1970.
	Width time.Duration
	// Model selects pools of a model; empty is any.
	Model llm.ModelID
}

// Checked is q with its width filled in, or an error of kind Invalid.
func (q UseQuery) Checked() (UseQuery, error) {
	if q.Width < 0 {
		return q, fault.New(fault.Invalid, "the width of an interval must not be negative, it is %v", q.Width)
	}
	if q.Width == 0 {
		q.Width = time.Minute
	}
	return q, nil
}

// Interval is what the calls of one pool used in a stretch of time.
type Interval struct {
	Pool  llm.Pool
	Start time.Time
	Calls int64
	// Attempts is how many requests were made upstream, refused ones included.
	Attempts  int64
	Throttled int64 // of them
	Held      int64 // quota tokens set aside
	Settled   int64 // quota tokens charged
	Usage     llm.Usage
	Queued    time.Duration // summed
	// MostInput is the longest prompt, in tokens, cached ones included, and MostOutput
	// the longest answer.
	MostInput, MostOutput int64
}

// Route sums up calls that are alike.
type Route struct {
	Pool      llm.Pool
	ModelID   string // as the client named it
	Operation llm.Operation
	Tenant    llm.Tenant
	Client    string

	First, Last time.Time
	Calls       int64
	Failed      int64 // whose outcome is not ok
	Runs        int64 // different runs, stated or inferred
	// Unset counts calls that named no max_tokens, and MaxTokens sums those of
	// the others.
	Unset, MaxTokens int64
	// MostInput is the longest prompt, in tokens, cached ones included.
	MostInput int64
	// MostOutput is the longest answer, in tokens.
	MostOutput    int64
	Usage         llm.Usage
	Held, Settled int64
	Queued        time.Duration // summed
	Latency       time.Duration // summed
	Attempts      int64
	Throttled     int64
	// Joined counts retries of clients that came to a call which was there, and
	// ClientAttempts is the most attempts that a client said it makes; 0 when
	// none said so.
	Joined         int64
	ClientAttempts int64
	// Repeats counts calls whose body another call of the same process had.
	Repeats int64
}
