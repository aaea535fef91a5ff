package meter

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Others is what other users of an account take of the same limits. Name the
// requests, or the tokens and how many a call has; a call without tokens takes
// a request alone.
type Others struct {
	RequestsPerMinute int64 `json:"requests_per_minute,omitempty" yaml:"requests_per_minute"`
	TokensPerMinute   int64 `json:"tokens_per_minute,omitempty" yaml:"tokens_per_minute"`
	TokensPerCall     int64 `json:"tokens_per_call,omitempty" yaml:"tokens_per_call"`
	// Arrivals say when calls come. Empty is Poisson.
	Arrivals Arrivals `json:"arrivals,omitempty" yaml:"arrivals"`
	// Seed varies when, beside the seed of the limits.
	Seed uint64 `json:"seed,omitempty" yaml:"seed"`
}

// Arrivals say when the calls of others come.
type Arrivals string

// The ways of coming.
const (
	// Poisson comes at random, independently of what came before.
	Poisson Arrivals = "poisson"
	// Even comes at equal distances, from a random instant on.
	Even Arrivals = "even"
)

// maxOthers is the most calls a minute that others may make.
const maxOthers = 60_000

// maxCall is the most tokens that one of them may have.
const maxCall = 1_000_000_000

// Validate reports everything that is wrong, each with its key.
func (o Others) Validate() error {
	var errs []error
	if o.RequestsPerMinute < 0 || o.TokensPerMinute < 0 || o.TokensPerCall < 0 {
		errs = append(errs, errors.New("requests_per_minute, tokens_per_minute or tokens_per_call: below zero"))
	}
	if o.RequestsPerMinute > 0 && o.TokensPerMinute > 0 && o.TokensPerCall > 0 {
		errs = append(errs, errors.New("requests_per_minute, tokens_per_minute and tokens_per_call: name two, the third follows"))
	}
	calls, tokens := o.rates()
	if len(errs) == 0 && !(calls > 0 && calls <= maxOthers) {
		errs = append(errs, fmt.Errorf("%v calls a minute are not above 0 and at most %d; name requests_per_minute, or tokens_per_minute and tokens_per_call",
			calls, maxOthers))
	}
	if len(errs) == 0 && tokens > maxCall {
		errs = append(errs, fmt.Errorf("%v tokens in one call are more than %d", tokens, int64(maxCall)))
	}
	if o.Arrivals != "" && o.Arrivals != Poisson && o.Arrivals != Even {
		errs = append(errs, fmt.Errorf("arrivals: %q is neither poisson nor even", o.Arrivals))
	}
	return errors.Join(errs...)
}

// rates are calls a minute and tokens a call.
func (o Others) rates() (calls, tokens float64) {
	switch {
	case o.RequestsPerMinute > 0 && o.TokensPerMinute > 0:
		return float64(o.RequestsPerMinute), float64(o.TokensPerMinute) / float64(o.RequestsPerMinute)
	case o.TokensPerMinute > 0 && o.TokensPerCall > 0:
		return float64(o.TokensPerMinute) / float64(o.TokensPerCall), float64(o.TokensPerCall)
	case o.TokensPerMinute > 0:
		return 0, 0
	default:
		return float64(o.RequestsPerMinute), float64(o.TokensPerCall)
	}
}

// Traffic is Others that have begun. Their calls end at once and cost what they
// set aside. They are throttled as anyone is, pay nothing for that, and do not
// come back. It is not safe for concurrent use.
type Traffic struct {
	gap    float64 // nanoseconds, on average
	tokens float64 // of a call; parts of a token add up over calls
	even   bool
	rng    *rand.Rand
	next   float64 // nanoseconds after start
	start  time.Time
	part   float64 // of a token that no call had yet
}

// othersStream tells the arrivals of a seed from other random things of it.
const othersStream = 0xd1b54a32d192ed03

// NewTraffic begins valid Others at an instant. Minute is what a minute lasts.
func NewTraffic(o Others, minute time.Duration, seed uint64, start time.Time) *Traffic {
	calls, tokens := o.rates()
	t := &Traffic{
		gap: float64(minute) / calls, tokens: tokens, even: o.Arrivals == Even, start: start,
		rng: rand.New(rand.NewPCG(seed^mix(o.Seed+1), othersStream)),
	}
	t.next = t.gap * t.rng.Float64()
	if !t.even {
		t.next = t.wait()
	}
	return t
}

func (t *Traffic) wait() float64 {
	if t.even {
		return t.gap
	}
	return t.gap * t.rng.ExpFloat64()
}

// Next is when their next call comes.
func (t *Traffic) Next() time.Time {
	return t.start.Add(time.Duration(min(t.next, math.MaxInt64/2)))
}

// Call makes their next call, at the instant of Next. It returns its tokens
// and the measure that refused it, or None.
func (t *Traffic) Call(limits []*Limit) (tokens int64, blocked Measure) {
	now := t.Next()
	t.next += t.wait()
	t.part += t.tokens
	tokens = int64(t.part)
	t.part -= float64(tokens)
	_, blocked = Admit(now, limits, tokens)
	return tokens, blocked
}

// Leap passes over the calls before an instant when there are more than most,
// and makes them in one at that instant, of what the limits per day have room
// for: what limits per minute knew of them is forgotten. It returns how many
// calls and tokens that were; none when there was nothing to leap over.
func (t *Traffic) Leap(to time.Time, most int64, limits []*Limit) (calls, tokens int64) {
	ahead := float64(to.Sub(t.start)) - t.next
	if ahead <= t.gap*float64(most) {
		return 0, 0
	}
	calls = int64(ahead/t.gap) + 1
	t.next += float64(calls) * t.gap
	all := t.tokens * float64(calls)
	tokens = int64(min(all, math.MaxInt64/4))
	for _, l := range limits {
		if l.Measure == Day {
			tokens = min(tokens, max(l.Available(to), 0))
		}
	}
	for _, l := range limits {
		if l.Measure == Day {
			l.take(to, tokens)
		}
	}
	return calls, tokens
}
