package price

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Mode is how a workload is served along a path.
type Mode string

// The modes.
const (
	Standard Mode = "standard" // call by call
	Batch    Mode = "batch"    // in batch jobs, whose answers come within a day
	Cached   Mode = "cached"   // call by call, with the common beginning of a run in the prompt cache
)

// Offer is what one run costs in one mode.
type Offer struct {
	Mode Mode
	// Usage is what the run uses.
	Usage llm.Usage
	// NanoUSD is what it costs; nil when that is not known or the mode is not
	// possible, and then Why says why.
	NanoUSD *int64
	Why     string
	// Saves is how much less that is than the standard mode costs, in nano-USD:
	// negative when it is more. Nil with NanoUSD.
	Saves *int64
}

// Of is what a run of w costs in a mode at the price p; known false says that
// there is no price. m is the price's model.
//
// In the cached mode the first call of a run writes the common beginning and the
// others read it: nothing is kept from run to run. Costs of batch jobs are rounded
// down to a nano-USD for each call.
//
// An error is of kind Invalid: w is no workload, or its cost does not fit.
func Of(p catalog.Price, known bool, m catalog.Model, w Workload, mode Mode) (Offer, error) {
	o := Offer{Mode: mode}
	if err := w.check(); err != nil {
		return o, err
	}
	prefix := int64(0)
	if mode == Cached {
		prefix = w.prefix()
	}
	parts := w.parts(prefix)
	for _, part := range parts {
		o.Usage.Input += part.calls * part.usage.Input
		o.Usage.Output += part.calls * part.usage.Output
		o.Usage.CacheRead += part.calls * part.usage.CacheRead
		o.Usage.CacheWrite += part.calls * part.usage.CacheWrite
	}
	if o.Why = obstacle(p, known, m, prefix, mode); o.Why != "" {
		return o, nil
	}
	if !fits(p, o.Usage) {
		return o, tooMuch()
	}
	cost := sum(p, parts, mode)
	saves := sum(p, w.parts(0), Standard) - cost
	o.NanoUSD, o.Saves = &cost, &saves
	return o, nil
}

// obstacle is why a mode has no cost; "" when it has one.
func obstacle(p catalog.Price, known bool, m catalog.Model, prefix int64, mode Mode) string {
	switch {
	case !known:
		return "no price of the model is known"
	case mode == Batch && p.Path == llm.PathMantle:
		return "bedrock-mantle has no batch jobs"
	case mode == Batch && p.BatchPercent == 0:
		return "batch inference is not offered, or its price is not known"
	case mode == Cached && prefix == 0:
		return "no call has input to cache"
	case mode == Cached && p.CacheRead == 0:
		return "there is no prompt cache, or its price is not known"
	case mode == Cached && prefix < m.CacheMinimum:
		return fmt.Sprintf("caching is not possible: a checkpoint takes at least %d tokens, and what a run's calls begin with is %d", m.CacheMinimum, prefix)
	}
	return ""
}

// part is some calls of a run that use the same.
type part struct {
	calls int64
	usage llm.Usage
}

// parts spreads a run over its calls: the first ones take one token more where
// there is a remainder. All begin with prefix tokens, which the first one writes to
// the cache and the others read.
func (w Workload) parts(prefix int64) []part {
	longIn, longOut := w.Input%w.Calls, w.Output%w.Calls
	cuts := []int64{0, 1, longIn, longOut, w.Calls}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	parts := make([]part, 0, len(cuts)-1)
	for i, first := range cuts[:len(cuts)-1] {
		u := llm.Usage{Input: w.Input/w.Calls - prefix, Output: w.Output / w.Calls}
		if first < longIn {
			u.Input++
		}
		if first < longOut {
			u.Output++
		}
		if first == 0 {
			u.CacheWrite = prefix
		} else {
			u.CacheRead = prefix
		}
		parts = append(parts, part{calls: cuts[i+1] - first, usage: u})
	}
	return parts
}

func sum(p catalog.Price, parts []part, mode Mode) int64 {
	var total int64
	for _, part := range parts {
		cost := p.Cost(part.usage)
		if mode == Batch {
			cost, _ = p.BatchCost(part.usage) // offered: obstacle has seen to it
		}
		total += part.calls * cost
	}
	return total
}

// fits says that no product or sum of the catalog's or of sum is beyond 2^63,
// whatever part of the run it is of. The percentage of batch jobs is multiplied
// before it is divided.
func fits(p catalog.Price, run llm.Usage) bool {
	rate := max(p.Input, p.Output, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h)
	for _, t := range p.Tiers {
		rate = max(rate, t.Input, t.Output, t.CacheRead, t.CacheWrite5m, t.CacheWrite1h)
	}
	high, most := bits.Mul64(uint64(max(rate, 0)), uint64(max(run.Total(), 0)))
	if high != 0 {
		return false
	}
	high, most = bits.Mul64(most, uint64(max(p.BatchPercent, 100)))
	return high == 0 && most <= math.MaxInt64
}
