package sim

import (
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Result is one simulation: what a policy made of a scenario with one seed.
// Times are in seconds. What was not measured is 0.
type Result struct {
	Scenario string  `json:"scenario"`
	Policy   Policy  `json:"policy"`
	Law      string  `json:"law"`
	Load     float64 `json:"load"`
	Seed     uint64  `json:"seed"`

	// QuotaUsed is what was charged, by settlement, of what the tightest limit
	// granted while work waited, 0 when it waited for less than a minute in all; Bound is the most that the law lets a policy
	// without throttles use. Backlogged is the part of the measured time in
	// which work waited, and UsedOverall is QuotaUsed over all of it.
	QuotaUsed   float64 `json:"quota_used"`
	Bound       float64 `json:"quota_bound"`
	Backlogged  float64 `json:"backlogged"`
	UsedOverall float64 `json:"used_overall"`
	// OfferedLoad is what arrived until the end of arrivals, of the tightest limit.
	OfferedLoad float64 `json:"offered_load"`

	// Throttles are 429s in all; ThrottlesWarm those after the warm-up, of which
	// the others are the kinds.
	Throttles         int64 `json:"throttles"`
	ThrottlesWarm     int64 `json:"throttles_warm"`
	ThrottlesRequests int64 `json:"throttles_requests"`
	ThrottlesTokens   int64 `json:"throttles_tokens"`
	ThrottlesDay      int64 `json:"throttles_day"`
	Unavailable       int64 `json:"unavailable"`

	CallsOffered  int64 `json:"calls_offered"`
	CallsFinished int64 `json:"calls_finished"`
	UpstreamCalls int64 `json:"upstream_calls"`
	// Amplification is upstream calls ÷ client calls of which at least one was
	// made.
	Amplification float64 `json:"amplification"`

	RunsOffered    int64   `json:"runs_offered"`
	RunsAdmitted   int64   `json:"runs_admitted"`
	RunsFinished   int64   `json:"runs_finished"`
	RunsRefused    int64   `json:"runs_refused"`
	RunsExpired    int64   `json:"runs_expired"`
	RunsFailed     int64   `json:"runs_failed"`
	RunsOnTime     int64   `json:"runs_on_time"`
	OnTime         float64 `json:"on_time"`
	OnTimeAdmitted float64 `json:"on_time_admitted"`
	// OnTimeBound is the most runs that any policy could finish on time, ÷ offered.
	OnTimeBound float64 `json:"on_time_bound"`
	RunMean     float64 `json:"run_mean_s"`
	RunP50      float64 `json:"run_p50_s"`
	RunP95      float64 `json:"run_p95_s"`
	// CriticalPath is the mean time of a run that waits for nothing.
	CriticalPath float64 `json:"critical_path_s"`
	// Makespan is when the last run ended.
	Makespan float64 `json:"makespan_s"`

	// Waits are by class, TenantWaits by tenant, of the first hundred.
	Waits       map[string]Wait `json:"waits"`
	TenantWaits map[string]Wait `json:"tenant_waits,omitempty"`

	// Wasted is the part of settled tokens that went into runs which did not finish.
	Wasted float64 `json:"wasted"`
	Jain   float64 `json:"jain"`
	// Gap is the largest difference of two waiting tenants' services ÷ weight, in
	// largest calls.
	Gap float64 `json:"service_gap"`

	Refusals int64 `json:"refusals"`
	// Returns are refused calls that came back when told to; Honest is the part
	// of them that were let in.
	Returns int64   `json:"returns"`
	Honest  float64 `json:"returns_admitted"`
	// FalseRefusals is the part of refusals for which there was room after all.
	FalseRefusals float64 `json:"false_refusals"`

	// EstimateP50 and EstimateP90 are quantiles of |forecast - settlement| ÷
	// settlement.
	EstimateP50 float64 `json:"estimate_error_p50"`
	EstimateP90 float64 `json:"estimate_error_p90"`

	// Beliefs is what the pacer had learned of the limits in the end.
	Beliefs []Learned `json:"beliefs,omitempty"`

	Events int64 `json:"events"`

	Series *Series `json:"series,omitempty"`
}

// Learned is what the pacer believes of a limit.
type Learned struct {
	Kind      string `json:"kind"`
	Effective int64  `json:"effective"`
	Lower     int64  `json:"lower"`
	Upper     int64  `json:"upper"`
	Law       string `json:"law"`
	Throttles int    `json:"throttles"`
	Why       string `json:"why"`
}

// Wait is how long calls of a class waited for their start, in seconds.
type Wait struct {
	Calls int64   `json:"calls"`
	Mean  float64 `json:"mean_s"`
	P50   float64 `json:"p50_s"`
	P99   float64 `json:"p99_s"`
}

// result sums up a world that has come to its end.
func (w *world) result() Result {
	m, sc := &w.m, w.sc
	m.close(w)
	r := Result{
		Seed: m.seed, Load: sc.Load, Scenario: sc.Name, Events: w.steps,
		ThrottlesRequests: m.throttles[overRequests], ThrottlesTokens: m.throttles[overTokens], ThrottlesDay: m.throttles[overDay],
		Throttles:     m.allThrottles[overRequests] + m.allThrottles[overTokens] + m.allThrottles[overDay],
		ThrottlesWarm: m.throttles[overRequests] + m.throttles[overTokens] + m.throttles[overDay],
		Unavailable:   m.allThrottles[unavailable],
		CallsOffered:  m.callsOffered, CallsFinished: m.callsDone, UpstreamCalls: m.attempts,
		Amplification: ratio(m.attempts, m.sentCalls),
		RunsOffered:   m.runsOffered, RunsAdmitted: m.runsIn, RunsFinished: m.ends[endFinished], RunsRefused: m.ends[endRefused],
		RunsExpired: m.ends[endExpired], RunsFailed: m.ends[endThrottled], RunsOnTime: m.onTime,
		OnTime: ratio(m.onTime, m.runsOffered), OnTimeAdmitted: ratio(m.onTimeIn, m.runsIn),
		Wasted: ratio(m.wasted, m.settledTokens), Jain: m.fair.jain(), Gap: m.fair.gapInCalls(),
		Refusals: m.refusals, Returns: m.returns, Waits: map[string]Wait{}, TenantWaits: map[string]Wait{},
		Makespan: inSeconds(m.lastEnd), Series: m.series,
	}
	w.quotaUse(&r)
	w.runTimes(&r)
	for i, waits := range m.tenants {
		if name := w.trace.Tenants[i].Name; len(waits) > 0 {
			slices.Sort(waits)
			r.TenantWaits[name] = waitOf(waits)
		}
	}
	for k := range m.queued {
		if waits := m.queued[k]; len(waits) > 0 {
			slices.Sort(waits)
			r.Waits[llm.Class(k).String()] = waitOf(waits)
		}
	}
	if m.returns > 0 {
		r.Honest = 1 - ratio(m.returnsRefused, m.returns)
	}
	slices.Sort(m.estimates)
	r.EstimateP50, r.EstimateP90 = quantile(m.estimates, 0.5), quantile(m.estimates, 0.9)
	if m.beliefs != nil {
		for _, b := range m.beliefs() {
			r.Beliefs = append(r.Beliefs, Learned{
				Kind: b.Kind.String(), Effective: b.Effective, Lower: b.Lower, Upper: b.Upper, Law: string(b.Law), Throttles: b.Throttles, Why: b.Why,
			})
		}
	}
	if m.series != nil {
		m.series.close()
	}
	return r
}

func waitOf(sorted []int64) Wait {
	var sum float64
	for _, w := range sorted {
		sum += float64(w)
	}
	return Wait{int64(len(sorted)), sum / float64(len(sorted)) / 1e9, inSeconds(quantile(sorted, 0.5)), inSeconds(quantile(sorted, 0.99))}
}

// leastBacklog is how long work must have waited for the use of a limit meanwhile
// to say something: in a few moments, what a bucket had saved looks like several
// times its rate.
const leastBacklog = time.Minute

func (w *world) quotaUse(r *Result) {
	m := &w.m
	r.Backlogged = ratio(m.backlog, m.till-m.from)
	offered := w.offeredTokens()
	r.OnTimeBound = ratio(w.sc.onTimeBound(w.trace), m.runsOffered)
	for i, l := range m.limits {
		if l.granted <= 0 {
			continue
		}
		if l.earned > 0 && float64(l.used)/l.earned >= r.UsedOverall {
			r.UsedOverall = float64(l.used) / l.earned
			r.Bound = QuotaBound(w.sc.boundInput(i, w.trace))
			if m.backlog >= int64(leastBacklog) && l.earnedBusy > 0 {
				r.QuotaUsed = float64(l.busy) / l.earnedBusy
			}
		}
		units := offered
		if l.requests() {
			units = m.callsOffered
		}
		r.OfferedLoad = max(r.OfferedLoad, float64(units)/(l.granted*float64(m.till)))
		if l.kind == quota.TokensPerMinute && m.refusals > 0 {
			r.FalseRefusals = ratio(falseRefusals(m.refusedCalls, m.idle, l.granted), m.refusals)
		}
	}
}

// offeredTokens is what all runs that began would settle.
func (w *world) offeredTokens() int64 {
	var sum int64
	for i := range w.trace.Calls {
		sum += w.trace.Calls[i].usage().Settlement(w.sc.Burndown)
	}
	return sum
}

func (w *world) runTimes(r *Result) {
	times := w.m.runTimes
	slices.Sort(times)
	var sum float64
	for _, t := range times {
		sum += float64(t)
	}
	if len(times) > 0 {
		r.RunMean = sum / float64(len(times)) / 1e9
	}
	r.RunP50, r.RunP95 = inSeconds(quantile(times, 0.5)), inSeconds(quantile(times, 0.95))
	var path time.Duration
	for i := range w.trace.Runs {
		path += w.trace.CriticalPath(i)
	}
	if n := len(w.trace.Runs); n > 0 {
		r.CriticalPath = path.Seconds() / float64(n)
	}
}

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func inSeconds(ns int64) float64 { return float64(ns) / 1e9 }

// quantile of a sorted list, by nearest rank; 0 of an empty one.
func quantile[T int64 | float64](sorted []T, q float64) T {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
