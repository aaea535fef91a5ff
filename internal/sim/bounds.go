package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// CriticalPath is how long run i takes when its calls wait for nothing: the
// least time that any policy can give it.
func (t *Trace) CriticalPath(i int) time.Duration {
	run := &t.Runs[i]
	var sum time.Duration
	for k := range run.N {
		c := &t.Calls[run.First+k]
		sum += c.Takes
		if k > 0 {
			sum += c.Think
		}
	}
	return sum
}

// BoundInput is what the use of a limit is bounded by.
type BoundInput struct {
	Law    meter.Law
	Kind   quota.Kind
	Amount float64
	// Jitter is by how much the way to the upstream may differ.
	Jitter time.Duration
	// Largest is the largest charge of a call, by hold or settlement.
	Largest float64
	// Excess is what calls hold beyond their settlements, times how long they
	// hold it, ÷ their settlements: for equal calls (ρ - 1) × T.
	Excess time.Duration
}

// QuotaBound is the most of a limit that can be used without a throttle, by a
// policy that does not know how the upstream's clock stands.
//
// A bucket gives back at once what was held too much, so all of it can be used.
// In a window of W, a hold takes the place of other calls for as long as it
// lasts, so 1 ÷ (1 + (ρ-1) × T/W) remains; and charges that keep to an envelope
// of the largest call and rate × jitter leave as much of the amount unused
// (network calculus: the arrival curve β + ρ × (W+J) must stay below the
// amount). The smaller of the two bounds is returned.
func QuotaBound(in BoundInput) float64 {
	window := in.Kind.Window()
	switch in.Law.Kind {
	case meter.Bucket, meter.Dual, meter.Shards:
		return 1
	case meter.Fixed, meter.First, meter.Sliding, meter.SlidingCounter:
	}
	jitter := float64(in.Jitter) / float64(window)
	if in.Kind == quota.RequestsPerMinute && in.Law.Kind != meter.SlidingCounter {
		return 1 / (1 + jitter) // whole calls: Q in any W + J
	}
	envelope := max(0, 1-in.Largest/in.Amount-jitter)
	holds := 1 / (1 + float64(in.Excess)/float64(window))
	return min(envelope, holds)
}

// boundInput describes the limit i and what a trace asks of it.
func (s *Scenario) boundInput(i int, t *Trace) BoundInput {
	l := &s.Limits[i]
	kind, _ := kindOf(l.Kind)
	in := BoundInput{Law: l.Law, Kind: kind, Amount: l.granted(), Jitter: s.Network.Jitter, Largest: 1}
	if kind == quota.RequestsPerMinute {
		return in
	}
	window := kind.Window()
	if kind == quota.TokensPerDay {
		in.Law = meter.Law{Kind: meter.Fixed}
		if l.Day.Rolling {
			in.Law.Kind = meter.Sliding
		}
	}
	var excess, settled float64
	for k := range t.Calls {
		c := &t.Calls[k]
		hold := float64(s.Accounting.Hold(c.usage(), c.MaxTokens, s.Burndown))
		charge := float64(c.usage().Settlement(s.Burndown))
		in.Largest = max(in.Largest, hold, charge)
		excess += max(0, hold-charge) * float64(min(c.Takes+time.Duration(s.Accounting.RefundDelay), window))
		settled += charge
	}
	if settled > 0 {
		in.Excess = time.Duration(excess / settled)
	}
	return in
}

// Job is work with a due date, both in one unit.
type Job struct{ Size, Due float64 }

// MostOnTime is the most jobs that one server of rate 1 can finish by their due
// dates when all are there from the beginning (Moore and Hodgson 1968). For jobs
// that come later it is an upper bound.
func MostOnTime(jobs []Job) int {
	order := slices.Clone(jobs)
	slices.SortFunc(order, func(a, b Job) int { return cmp.Compare(a.Due, b.Due) })
	var taken largestFirst
	sum := 0.0
	for _, j := range order {
		taken.push(j.Size)
		if sum += j.Size; sum > j.Due {
			sum -= taken.pop()
		}
	}
	return len(taken)
}

// onTimeBound is the most runs of a trace that any policy can finish by their
// deadlines: no policy settles more of a limit by an instant than what it holds
// at first and has earned since. Runs without a deadline always count.
func (s *Scenario) onTimeBound(t *Trace) int64 {
	most := len(t.Runs)
	for _, l := range s.Limits {
		kind, _ := kindOf(l.Kind)
		var jobs []Job
		free := 0
		for i := range t.Runs {
			run := &t.Runs[i]
			if run.Deadline <= 0 {
				free++
				continue
			}
			if t.CriticalPath(i) > run.Deadline {
				continue
			}
			var size float64
			for k := range run.N {
				if kind == quota.RequestsPerMinute {
					size++
				} else {
					size += float64(t.Calls[run.First+k].usage().Settlement(s.Burndown))
				}
			}
			jobs = append(jobs, Job{Size: size, Due: l.granted() * (1 + float64(run.At+run.Deadline)/float64(kind.Window()))})
		}
		most = min(most, free+MostOnTime(jobs))
	}
	return int64(most)
}

// largestFirst is a heap of sizes, the largest at its head.
type largestFirst []float64

func (h *largestFirst) push(v float64) {
	*h = append(*h, v)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if s[parent] >= s[i] {
			return
		}
		s[parent], s[i] = s[i], s[parent]
		i = parent
	}
}

func (h *largestFirst) pop() float64 {
	s := *h
	top, n := s[0], len(s)-1
	s[0] = s[n]
	s = s[:n]
	*h = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= n {
			return top
		}
		if child+1 < n && s[child+1] > s[child] {
			child++
		}
		if s[i] >= s[child] {
			return top
		}
		s[i], s[child] = s[child], s[i]
		i = child
	}
}
