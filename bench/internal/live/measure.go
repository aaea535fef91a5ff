package live

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
	"github.com/headgate/headgate/internal/sim"
)

// callRecord is what became of a call, in nominal time from the beginning.
type callRecord struct {
	wanted, ended time.Duration
	waited        time.Duration // from wanted, until it was sent upstream
	attempts      int
	answered      bool
}

// runRecord is what became of a run.
type runRecord struct {
	arrived, ended time.Duration
	finished       bool
}

// result is what has happened, in the simulation's terms.
func (p *player) result(upstream emulator.PoolStats) sim.Result {
	s := &p.Scenario
	r := sim.Result{
		Scenario: s.Name, Policy: p.Policy, Load: s.Load,
		Throttles: upstream.Throttled.Total(), UpstreamCalls: upstream.Requests,
		RunsOffered: int64(len(p.runs)),
	}
	var times []float64
	for i := range p.runs {
		run, offered := &p.runs[i], &p.Trace.Runs[i]
		r.CallsOffered += int64(offered.N)
		r.Makespan = max(r.Makespan, run.ended.Seconds())
		if !run.finished {
			continue
		}
		r.RunsFinished++
		took := run.ended - run.arrived
		times = append(times, took.Seconds())
		if offered.Deadline == 0 || took <= offered.Deadline {
			r.RunsOnTime++
		}
	}
	r.OnTime = ratio(float64(r.RunsOnTime), float64(r.RunsOffered))
	r.RunMean, r.RunP95 = mean(times), nearestRank(times, 0.95)
	var sent int64
	for i := range p.calls {
		c := &p.calls[i]
		if c.answered {
			r.CallsFinished++
		}
		if c.answered || p.Policy == sim.Fixed && c.attempts > 0 {
			sent++
		}
	}
	r.Amplification = ratio(float64(r.UpstreamCalls), float64(sent))
	spans := p.spans()
	for _, l := range s.Limits {
		used, overall := quotaUse(s, l, spans)
		if overall >= r.UsedOverall {
			r.UsedOverall, r.QuotaUsed = overall, used
		}
	}
	r.Jain = p.jain(spans)
	return r
}

// span is how long a call waited: from when it was wanted to its admission, or,
// if it never was admitted, to when it was given up.
type span struct {
	from, to time.Duration
	charge   int64
	tenant   int
	admitted bool
}

// spans lists those of all calls that were wanted.
func (p *player) spans() []span {
	var all []span
	for ri := range p.Trace.Runs {
		run := &p.Trace.Runs[ri]
		for ci := run.First; ci < run.First+run.N; ci++ {
			c, call := &p.calls[ci], &p.Trace.Calls[ci]
			if c.attempts == 0 {
				continue
			}
			x := span{from: c.wanted, to: c.ended, tenant: run.Tenant, admitted: c.answered}
			if c.answered {
				x.charge = llm.Usage{Input: call.Input, Output: call.Output}.Settlement(burndown)
				x.to = c.wanted + c.waited
			}
			all = append(all, x)
		}
	}
	return all
}

// quotaUse is what was used of what a limit granted: while work waited, and
// overall, between the warm-up and the end of arrivals. It is 0 where work waited
// for less than a minute.
func quotaUse(s *sim.Scenario, l sim.Limit, spans []span) (used, overall float64) {
	var busy, all float64
	backlogs := union(spans)
	for _, x := range spans {
		if !x.admitted || x.to < s.WarmUp || x.to >= s.For {
			continue
		}
		units := float64(x.charge)
		if l.Kind == quota.RequestsPerMinute.String() {
			units = 1
		}
		all += units
		if within(x.to, backlogs) {
			busy += units
		}
	}
	factor := meter.NewFactor(l.Hidden, 0, time.Time{})
	granted := func(from, to time.Duration) (sum float64) {
		const step = time.Second
		from, to = max(from, s.WarmUp), min(to, s.For)
		for at := from; at < to; at += step {
			part := min(step, to-at)
			sum += float64(l.Amount) * factor.At(time.Time{}.Add(at)) * part.Minutes()
		}
		return sum
	}
	var backlog time.Duration
	var earned float64
	for _, b := range backlogs {
		backlog += max(0, min(b.to, s.For)-max(b.from, s.WarmUp))
		earned += granted(b.from, b.to)
	}
	if backlog >= time.Minute {
		used = ratio(busy, earned)
	}
	return used, ratio(all, granted(0, s.For))
}

// union is the time in which any call waited.
func union(spans []span) []span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, x := range sorted {
		if n := len(out); n > 0 && x.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, x.to)
		} else if x.to > x.from {
			out = append(out, x)
		}
	}
	return out
}

// within reports whether work waited just before an instant.
func within(at time.Duration, backlogs []span) bool {
	i, _ := slices.BinarySearchFunc(backlogs, at, func(b span, at time.Duration) int { return cmp.Compare(b.to, at) })
	return i < len(backlogs) && backlogs[i].from < at
}

// jain is Jain's index of what each tenant got of its weighted max-min share.
func (p *player) jain(spans []span) float64 {
	n := len(p.Trace.Tenants)
	served, demands, weights := make([]float64, n), make([]float64, n), make([]float64, n)
	var capacity float64
	from, till := p.Scenario.WarmUp, p.Scenario.For
	for _, x := range spans {
		if x.admitted && x.to >= from && x.to < till {
			served[x.tenant] += float64(x.charge)
			capacity += float64(x.charge)
		}
		if x.admitted && x.to >= from && x.from < till {
			demands[x.tenant] += float64(x.charge) // served by then, or still waiting
		}
	}
	for i, t := range p.Trace.Tenants {
		weights[i] = float64(max(1, t.Weight))
	}
	var parts []float64
	for i, share := range sim.MaxMin(capacity, demands, weights) {
		if share > 0 {
			parts = append(parts, served[i]/share)
		}
	}
	return sim.Jain(parts)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return ratio(sum, float64(len(values)))
}

// nearestRank is the smallest value that a part q of all does not exceed; 0 of
// none.
func nearestRank(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1]
}
