// Package explain tells in words what became of one recorded call: why it waited,
// on which limit and behind whom, why it went where it went, what it reserved and
// what it was charged, or why it was refused and when it would have fitted.
//
// It is values in, words out: it knows what was recorded and nothing else, and
// says nothing that the record does not bear out.
package explain

import (
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Call is the record of a call, as far as words need it. Durations are real time.
type Call struct {
	ID          llm.CallID
	Time        time.Time // arrival
	Class       llm.Class
	Tenant      llm.Tenant
	Run         llm.RunID // empty: it was its own run
	RunInferred bool
	Operation   llm.Operation
	ModelID     string   // as the client named it
	Route       string   // what that was taken for; may be empty
	Pool        llm.Pool // zero: it reached none
	Client      string

	Usage                   llm.Usage
	Hold, Forecast, Settled int64 // quota tokens
	MaxTokens               int64 // negative: the client set none
	Cost                    int64 // nano-USD, negative: not known
	PriceAsOf               string

	Queued    time.Duration // before the first attempt
	FirstByte time.Duration // from arrival; 0: there was none
	Latency   time.Duration // from arrival
	Attempts  int

	ThrottledRequests, ThrottledTokens, ThrottledDay int

	Status                  int
	Outcome                 string
	ErrorKind, ErrorMessage string
	Reason, Limit           string        // of the scheduler
	LimitAmount             int64         // how much Limit allows; 0: not known
	Ahead                   int64         // calls that were expected to go first
	Expected                time.Duration // the wait that was expected
	RetryAfter              time.Duration // after which a call that was turned away would fit; 0: not known
	JoinedRetries           int
	ClientAttempts          int // 0: the client did not say
	Cache                   string
}

// throttles is how many of the call's attempts a quota turned away.
func (c *Call) throttles() int { return c.ThrottledRequests + c.ThrottledTokens + c.ThrottledDay }

// Group counts other calls, and the quota tokens that they were charged or held.
type Group struct {
	Calls, Tokens int64
}

// Around is what else was in the call's pool at the time, as the records of these
// calls tell it.
type Around struct {
	// First are those that went upstream while the call waited. Of them Urgent are
	// of a more urgent class, Own of its tenant, and Run of its run.
	First, Urgent, Own, Run Group
	// Running were at the upstream when it came, and Tokens is what they held.
	Running Group
	// Minute are those that went upstream in the minute that ended as the call went
	// itself, or came if it never went.
	Minute Group
}

// Place is the call's place in its run.
type Place struct {
	Number, Calls int           // the first is 1; 0: it is in no run
	Queued        time.Duration // what all calls of the run waited
}

// Input is what is known of a call.
type Input struct {
	Call   Call
	Around Around
	Place  Place
	// Scale multiplies the durations in the words; below 1 counts as 1. Those of
	// steps stay real.
	Scale float64
}

// Step is one thing that happened to a call. Its times are real.
type Step struct {
	AtMs   int64  `json:"at_ms"`   // since its arrival
	TookMs int64  `json:"took_ms"` // 0: an instant, or not known
	What   string `json:"what"`
	Text   string `json:"text"`
}

// What steps are.
const (
	Arrived   = "arrived"
	Routed    = "routed"
	Queued    = "queued"
	Attempt   = "attempt"
	Throttled = "throttled"
	Retried   = "retried"
	Answer    = "answer"
	Settled   = "settled"
	Refused   = "refused"
	Failed    = "failed"
	Left      = "left"
)

// Explanation is what became of a call.
type Explanation struct {
	// Summary is one sentence or two.
	Summary string `json:"summary"`
	// Steps are in the order of time; there is always one.
	Steps []Step `json:"steps"`
}

// teller tells of one call.
type teller struct {
	Input

	c     *Call
	steps []Step
}

// Explain tells what became of a call.
func Explain(in Input) Explanation {
	in.Scale = max(1, in.Scale)
	t := &teller{Input: in, c: &in.Call}
	t.arrived()
	t.routed()
	t.waited()
	t.joined()
	t.attempts()
	t.ended()
	t.settled()
	return Explanation{Summary: t.summary(), Steps: t.steps}
}

// add adds a step with the words that are not empty.
func (t *teller) add(what string, at, took time.Duration, words ...string) {
	words = keep(words)
	if len(words) == 0 {
		return
	}
	t.steps = append(t.steps, Step{AtMs: at.Milliseconds(), TookMs: took.Milliseconds(), What: what, Text: strings.Join(words, " ")})
}

func keep(words []string) []string {
	kept := words[:0:0]
	for _, w := range words {
		if w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// refused says that the call was turned away here.
func (t *teller) refused() bool { return t.c.Outcome == "refused" }
