// Package price says what a workload costs: runs of calls, along one path of a
// model, as single calls, in batch jobs, or with a prompt cache.
//
// What a call costs is the catalog's to say; this package adds calls up. Money
// is in whole nano-USD. A cost that is not known is nil with the reason, never
// 0, and a sum that does not fit is an error, never a wrong one.
package price

import (
	"math"
	"math/bits"

	"github.com/headgate/headgate/internal/fault"
)

// Bounds of a workload. With the dearest price that a catalog may hold a sum may
// still not fit; then it is an error.
const (
	MostCalls  = 1_000_000     // of a run
	MostTokens = 1_000_000_000 // of a run, each of input and output
)

// Share is a part of a whole in millionths, from 0 to 1,000,000.
type Share int64

const whole Share = 1_000_000

// ShareOf is a fraction as a Share, rounded to nearest. An error of kind Invalid
// says that it is not from 0 to 1.
func ShareOf(fraction float64) (Share, error) {
	// Asked so, NaN is refused too.
	if !(fraction >= 0 && fraction <= 1) {
		return 0, fault.New(fault.Invalid, "must be from 0 to 1, not %v", fraction)
	}
	return Share(math.Round(fraction * float64(whole))), nil
}

// Workload is what one run uses. Its tokens are spread evenly over its calls.
type Workload struct {
	Calls         int64 // at least 1
	Input, Output int64 // tokens of the whole run
	// Cached is the part of each call's input that all of the run's calls begin
	// with: what a prompt cache can keep.
	Cached Share
}

// check is an error of kind Invalid for what is no workload.
func (w Workload) check() error {
	switch {
	case w.Calls < 1 || w.Calls > MostCalls:
		return fault.New(fault.Invalid, "a run has from 1 to %d calls, not %d", int64(MostCalls), w.Calls)
	case w.Input < 0 || w.Input > MostTokens:
		return fault.New(fault.Invalid, "a run has from 0 to %d tokens of input, not %d", int64(MostTokens), w.Input)
	case w.Output < 0 || w.Output > MostTokens:
		return fault.New(fault.Invalid, "a run has from 0 to %d tokens of output, not %d", int64(MostTokens), w.Output)
	case w.Input+w.Output == 0:
		return fault.New(fault.Invalid, "a run without tokens costs nothing")
	case w.Cached < 0 || w.Cached > whole:
		return fault.New(fault.Invalid, "the cached part is from 0 to %d millionths, not %d", int64(whole), int64(w.Cached))
	}
	return nil
}

// Prompt is the input of the run's longest call, in tokens.
func (w Workload) Prompt() int64 { return (w.Input + w.Calls - 1) / w.Calls }

// prefix is how many tokens every call of the run begins with.
func (w Workload) prefix() int64 { return w.Input / w.Calls * int64(w.Cached) / int64(whole) }

// Times is an amount so many times over; nil for nil. n is not negative. An error
// of kind Invalid says that the product is beyond 2^63.
func Times(amount *int64, n int64) (*int64, error) {
	if amount == nil {
		return nil, nil //nolint:nilnil // what is not known stays so
	}
	size := *amount
	if size < 0 {
		size = -size
	}
	high, low := bits.Mul64(uint64(size), uint64(n)) //nolint:gosec // not negative, or too large as it should be
	if high != 0 || low > math.MaxInt64 {
		return nil, tooMuch()
	}
	product := *amount * n
	return &product, nil
}

// tooMuch is the error for a sum that does not fit.
func tooMuch() error {
	return fault.New(fault.Invalid, "a sum is beyond 2^63, which is nine billion dollars in nano-USD: ask about less")
}
