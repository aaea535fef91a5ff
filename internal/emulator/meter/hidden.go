package meter

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// The bounds of a factor.
const (
	minFactor = 0.1
	maxFactor = 1.0
	maxSteps  = 1000
	maxDrift  = 100 // per hour
)

// Hidden is how much of a published amount is really enforced: a level, which
// steps may change, times a drift. Nothing tells a client of it.
type Hidden struct {
	// Factor is the level at the start; 0 means 1.
	Factor float64 `json:"factor,omitempty" yaml:"factor"`
	// Steps are later levels, in order of time.
	Steps []Step `json:"steps,omitempty" yaml:"steps"`
	// Drift is nil for none.
	Drift *Drift `json:"drift,omitempty" yaml:"drift"`
}

// Step is a level and the time after the start from which it holds.
type Step struct {
	After  Span    `json:"after" yaml:"after"`
	Factor float64 `json:"factor" yaml:"factor"`
}

// Drift is a random path that begins at 1, or at the bound next to it, stays
// within its bounds and never changes by more than PerHour in an hour. It runs
// smoothly (3x²−2x³) from one random value between the bounds to the next.
type Drift struct {
	PerHour float64 `json:"per_hour" yaml:"per_hour"`
	Min     float64 `json:"min" yaml:"min"`
	Max     float64 `json:"max" yaml:"max"`
}

// Validate reports everything that is wrong, each with its key.
func (h Hidden) Validate() error {
	var errs []error
	check := func(name string, f float64) {
		if !(f >= minFactor && f <= maxFactor) { // NaN included
			errs = append(errs, fmt.Errorf("%s: %v is not from %v to %v", name, f, minFactor, maxFactor))
		}
	}
	if h.Factor != 0 {
		check("factor", h.Factor)
	}
	if len(h.Steps) > maxSteps {
		errs = append(errs, fmt.Errorf("steps: %d are more than %d", len(h.Steps), maxSteps))
	}
	for i, s := range h.Steps {
		at := fmt.Sprintf("steps[%d].", i)
		check(at+"factor", s.Factor)
		if err := s.After.check(); err != nil {
			errs = append(errs, fmt.Errorf("%safter: %w", at, err))
		}
		if i > 0 && s.After <= h.Steps[i-1].After {
			errs = append(errs, fmt.Errorf("%safter: %v is not later than the step before it", at, time.Duration(s.After)))
		}
	}
	if d := h.Drift; d != nil {
		check("drift.min", d.Min)
		check("drift.max", d.Max)
		if !(d.Min < d.Max) {
			errs = append(errs, fmt.Errorf("drift: min %v is not below max %v", d.Min, d.Max))
		}
		if !(d.PerHour > 0 && d.PerHour <= maxDrift) {
			errs = append(errs, fmt.Errorf("drift.per_hour: %v is not above 0 and at most %v", d.PerHour, maxDrift))
		}
	}
	return errors.Join(errs...)
}

// Faster is the same when time runs scale times faster.
func (h Hidden) Faster(scale float64) Hidden {
	steps := make([]Step, len(h.Steps))
	for i, s := range h.Steps {
		steps[i] = Step{s.After.faster(scale), s.Factor}
	}
	h.Steps = steps
	if h.Drift != nil {
		d := *h.Drift
		d.PerHour *= scale
		h.Drift = &d
	}
	return h
}

// ticks is how many parts the way from one random value of a drift to the next
// has. The factor is constant within a part: it changes by less than 1.5/256
// of the bounds' distance at once.
const ticks = 256

// Factor is a Hidden that has begun. It is a value of time alone, and safe for
// concurrent use.
type Factor struct {
	hidden Hidden
	start  time.Time
	seed   uint64
	tick   time.Duration // 0 without a drift
}

// NewFactor begins a valid Hidden at an instant. The seed draws its drift.
func NewFactor(h Hidden, seed uint64, start time.Time) *Factor {
	f := &Factor{hidden: h, start: start, seed: seed}
	if d := h.Drift; d != nil {
		// Its steepest part, in the middle of the way, is 1.5 times as steep as
		// the straight line.
		hours := 1.5 * (d.Max - d.Min) / d.PerHour
		f.tick = max(time.Duration(hours*float64(time.Hour)/ticks), 1)
	}
	return f
}

// At is the factor in force at an instant. Before the start it is what it is
// at the start.
func (f *Factor) At(now time.Time) float64 {
	factor, _ := f.at(now)
	return factor
}

// at is the factor in force and the Unix nanosecond before which it does not
// change.
func (f *Factor) at(now time.Time) (factor float64, until int64) {
	age := max(now.Sub(f.start), 0)
	factor, until = f.hidden.Factor, math.MaxInt64
	if factor == 0 {
		factor = 1
	}
	start := f.start.UnixNano()
	for _, s := range f.hidden.Steps {
		if age < time.Duration(s.After) {
			until = start + int64(s.After)
			break
		}
		factor = s.Factor
	}
	if f.tick > 0 {
		n := int64(age / f.tick)
		factor *= f.path(n)
		until = min(until, start+(n+1)*int64(f.tick))
	}
	return factor, until
}

// path is the drift at its n-th tick.
func (f *Factor) path(n int64) float64 {
	knot, x := n/ticks, float64(n%ticks)/ticks
	from, to := f.knot(knot), f.knot(knot+1)
	return from + (to-from)*x*x*(3-2*x)
}

// knot is the n-th random value of the drift.
func (f *Factor) knot(n int64) float64 {
	d := f.hidden.Drift
	if n == 0 {
		return min(max(1, d.Min), d.Max)
	}
	const bits53 = 1 << 53
	return d.Min + (d.Max-d.Min)*float64(mix(f.seed+uint64(n)*0x9e3779b97f4a7c15)>>11)/bits53 //nolint:gosec // above zero
}

// mix scatters the bits of a number (SplitMix64's finalizer).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// enforced is what of an amount a factor leaves: at least one unit, if there
// was one.
func enforced(amount int64, factor float64) int64 {
	if amount <= 0 {
		return amount
	}
	// What is below a whole by less than binary fractions are off is the whole.
	return max(int64(float64(amount)*factor+1e-6), 1)
}
