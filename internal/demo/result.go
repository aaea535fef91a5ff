package demo

import (
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator"
)

// Result is how one set-up fared. Times are nominal seconds unless they say
// real. What is called upstream was counted by the emulator, not by us.
type Result struct {
	RunsStarted  int `json:"runs_started"`
	RunsFinished int `json:"runs_finished"`
	// RunMean and RunP95 are over the runs that finished, from the start of all
	// agents to a run's last answer; nil when none did. P95 is the nearest rank.
	RunMean *float64 `json:"run_mean_s"`
	RunP95  *float64 `json:"run_p95_s"`
	// ClientErrors are calls that an agent gave up on, its retries included.
	ClientErrors      int   `json:"client_errors"`
	UpstreamThrottles int64 `json:"upstream_throttles"`
	// UpstreamCalls are those that the upstream accepted.
	UpstreamCalls int64 `json:"upstream_calls"`
	// QuotaUsed is (accepted calls − 1) ÷ (limit × minutes from the first to the
	// last of them); 0 below two calls. A bucket that starts full lets it exceed
	// 1 for a while.
	QuotaUsed float64 `json:"quota_used"`
	// TokensWasted is what the answered calls of runs that never finished cost
	// of the tokens quota.
	TokensWasted int64 `json:"tokens_wasted"`
	// Wall is real seconds until the last agent was done.
	Wall float64 `json:"wall_s"`
	// Failure is the first error that made an agent give up; nil when none did.
	Failure error `json:"-"`
}

// Report is how the three set-ups fared.
type Report struct {
	Direct   Result `json:"direct"`
	FIFO     Result `json:"fifo"`
	Headgate Result `json:"headgate"`
}

// run is what became of one agent's run.
type run struct {
	started  bool
	finished bool
	failed   bool
	answered int           // calls
	settled  int64         // tokens of the answered calls
	took     time.Duration // real; of a finished run
}

// measure is the Result of some runs and of what the upstream counted.
func measure(o Options, runs []run, upstream emulator.PoolStats, wall time.Duration) Result {
	r := Result{
		UpstreamThrottles: upstream.Throttled.Total(),
		UpstreamCalls:     upstream.Accepted,
		QuotaUsed:         round(quotaUsed(o, upstream), 4),
		Wall:              round(wall.Seconds(), 2),
	}
	var took []float64
	for _, run := range runs {
		if run.started {
			r.RunsStarted++
		}
		if run.failed {
			r.ClientErrors++
		}
		if !run.finished {
			r.TokensWasted += run.settled
			continue
		}
		r.RunsFinished++
		took = append(took, o.nominal(run.took).Seconds())
	}
	if len(took) > 0 {
		r.RunMean = new(round(mean(took), 1))
		r.RunP95 = new(round(nearestRank(took, 0.95), 1))
	}
	return r
}

// quotaUsed is the part of the quota that was used between the first and the
// last accepted call.
func quotaUsed(o Options, upstream emulator.PoolStats) float64 {
	if upstream.Accepted < 2 || upstream.FirstAccepted == nil || upstream.LastAccepted == nil {
		return 0
	}
	minutes := o.nominal(upstream.LastAccepted.Sub(*upstream.FirstAccepted)).Minutes()
	if minutes <= 0 {
		return 0 // all at once: there is no rate to speak of
	}
	return float64(upstream.Accepted-1) / (float64(o.RequestsPerMinute) * minutes)
}

// perMinute counts the accepted calls of each nominal minute since begin, up
// to now.
func perMinute(o Options, upstream emulator.PoolStats, begin time.Time, now time.Duration) []int {
	minutes := make([]int, int(o.nominal(now)/time.Minute)+1)
	for _, start := range upstream.Starts {
		at := o.nominal(time.UnixMilli(start.UnixMS).Sub(begin.Truncate(time.Millisecond)))
		if minute := int(at / time.Minute); start.Outcome == "accepted" && at >= 0 && minute < len(minutes) {
			minutes[minute]++
		}
	}
	return minutes
}

// mean of some values, which must not be none.
func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// nearestRank is the smallest value that at least a share p of the values does
// not exceed. There must be some values.
func nearestRank(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// round keeps some digits after the point: what is left of a figure's meaning.
func round(x float64, digits int) float64 {
	unit := math.Pow10(digits)
	return math.Round(x*unit) / unit
}
