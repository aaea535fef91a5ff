package meter

import (
	"errors"
	"fmt"

	"github.com/headgate/headgate/internal/llm"
)

// Accounting are the variants of what a call sets aside, and of when and where
// it gets back what it did not use. The zero value is the newest published rule
// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown): input + cache
// write + max_tokens, settled when the call ends.
type Accounting struct {
	// ReserveCacheRead sets cache reads aside as well, as older text had it.
	ReserveCacheRead bool `json:"reserve_cache_read,omitempty" yaml:"reserve_cache_read"`
	// ReserveBurndown multiplies max_tokens by the burndown at admission, as
	// some third parties claim.
	ReserveBurndown bool `json:"reserve_burndown,omitempty" yaml:"reserve_burndown"`
	// MinReservedOutput is the least output set aside, in tokens.
	MinReservedOutput int64 `json:"min_reserved_output,omitempty" yaml:"min_reserved_output"`
	// ChargeRejected charges a refused call one request of its request limits,
	// so that a client which retries without pause never gets through.
	ChargeRejected bool `json:"charge_rejected,omitempty" yaml:"charge_rejected"`
	// ChargeRejectedHold charges a refused call one request and what it would
	// have set aside, for good.
	ChargeRejectedHold bool `json:"charge_rejected_hold,omitempty" yaml:"charge_rejected_hold"`
	// ReleaseEvery adjusts what a call has set aside while its answer is
	// generated, once in each such time: see Ticket.Expect. 0: at the end alone.
	ReleaseEvery Span `json:"release_every,omitempty" yaml:"release_every"`
	// Refund says where a settlement gives back. Empty is RefundOrigin.
	Refund Refund `json:"refund,omitempty" yaml:"refund"`
	// RefundDelay is how much later than the settlement what was not used is
	// given back. More that is owed is charged at once.
	RefundDelay Span `json:"refund_delay,omitempty" yaml:"refund_delay"`
}

// Refund says where a settlement gives back what was not used.
type Refund string

// The places. Under laws that are buckets they are the same, but for Shards,
// where RefundNow gives back to a shard drawn anew.
const (
	// RefundOrigin gives back to the window in which the call was charged, and
	// nothing once that is forgotten.
	RefundOrigin Refund = "origin"
	// RefundNow gives back to the current window, to what was charged in it at
	// the most.
	RefundNow Refund = "now"
)

// Validate reports everything that is wrong, each with its key.
func (a Accounting) Validate() error {
	var errs []error
	if a.MinReservedOutput < 0 {
		errs = append(errs, errors.New("min_reserved_output: below zero"))
	}
	if a.MinReservedOutput > maxOutput {
		errs = append(errs, fmt.Errorf("min_reserved_output: %d is more than %d", a.MinReservedOutput, int64(maxOutput)))
	}
	if err := a.ReleaseEvery.check(); err != nil {
		errs = append(errs, fmt.Errorf("release_every: %w", err))
	}
	if err := a.RefundDelay.check(); err != nil {
		errs = append(errs, fmt.Errorf("refund_delay: %w", err))
	}
	if a.Refund != "" && a.Refund != RefundOrigin && a.Refund != RefundNow {
		errs = append(errs, fmt.Errorf("refund: %q is neither origin nor now", a.Refund))
	}
	return errors.Join(errs...)
}

// maxOutput is far above what any model puts out, in tokens.
const maxOutput = 1e9

// Faster is the same when time runs scale times faster.
func (a Accounting) Faster(scale float64) Accounting {
	a.ReleaseEvery = a.ReleaseEvery.faster(scale)
	a.RefundDelay = a.RefundDelay.faster(scale)
	return a
}

// entry is where a refund for a charge goes.
func (a *Accounting) entry(origin Entry) Entry {
	if a.Refund == RefundNow {
		return Now
	}
	return origin
}

// Hold is what a call sets aside at admission: its input (u.Output is not
// looked at) and the most that it may put out.
func (a Accounting) Hold(u llm.Usage, maxTokens, burndown int64) int64 {
	output := max(maxTokens, a.MinReservedOutput)
	if a.ReserveBurndown {
		output *= burndown
	}
	hold := u.Input + u.CacheWrite + output
	if a.ReserveCacheRead {
		hold += u.CacheRead
	}
	return hold
}

// Charge is what a call finally costs: input + cache write + burndown ×
// output. Cache reads cost nothing.
func Charge(u llm.Usage, burndown int64) int64 {
	return u.Input + u.CacheWrite + burndown*u.Output
}
