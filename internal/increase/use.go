package increase

import (
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Minute is what calls that draw on a quota used in one minute.
type Minute struct {
	Start     time.Time
	Requests  int64 // that Bedrock took
	Throttled int64 // that it did not
	Tokens    int64 // charged to token quotas, burndown included
}

// Calls sums up calls that draw on a quota.
type Calls struct {
	Calls                 int64
	Usage                 llm.Usage
	Tokens                int64 // charged to token quotas, burndown included
	MostInput, MostOutput int64 // of one call
	Queued                time.Duration
}

// Plus is both together.
func (c Calls) Plus(o Calls) Calls {
	c.Calls += o.Calls
	c.Usage.Input += o.Usage.Input
	c.Usage.Output += o.Usage.Output
	c.Usage.CacheRead += o.Usage.CacheRead
	c.Usage.CacheWrite += o.Usage.CacheWrite
	c.Tokens += o.Tokens
	c.MostInput, c.MostOutput = max(c.MostInput, o.MostInput), max(c.MostOutput, o.MostOutput)
	c.Queued += o.Queued
	return c
}

// Rate is how a rate was spread over the minutes that had any call.
type Rate struct {
	Median float64 `json:"median"`
	Mean   float64 `json:"mean"`
	P95    float64 `json:"p95"`
	Peak   float64 `json:"peak"`
}

// PerCall is a size of calls.
type PerCall struct {
	Mean float64 `json:"mean"`
	Peak int64   `json:"peak"`
}

// Use is what was measured of the calls that draw on a quota.
type Use struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	Calls int64     `json:"calls"`
	// Minutes is how many had any call.
	Minutes int64 `json:"minutes"`
	// Requests and Tokens are per minute. Tokens are those that count against
	// the quota, burndown included.
	Requests Rate `json:"requests_per_minute"`
	Tokens   Rate `json:"tokens_per_minute"`
	// BusiestDay is the most tokens of a day in UTC.
	BusiestDay int64 `json:"busiest_day_tokens"`
	// Input has cached tokens too.
	Input     PerCall       `json:"input_tokens"`
	Output    PerCall       `json:"output_tokens"`
	PerCall   float64       `json:"quota_tokens_per_call"`
	Throttled int64         `json:"throttled"`
	Wait      time.Duration `json:"mean_wait_ns"` // of a call for its turn
}

// Measured reports whether there is anything in it.
func (u Use) Measured() bool { return u.Calls > 0 && u.Minutes > 0 }

// Measure sums up minutes, in any order and some perhaps twice for different pools,
// and the calls that were made in them.
func Measure(since, until time.Time, minutes []Minute, calls Calls) Use {
	u := Use{Since: since, Until: until, Calls: calls.Calls}
	by, days := map[int64]Minute{}, map[int64]int64{}
	for _, m := range minutes {
		sum := by[m.Start.UnixNano()]
		sum.Requests += m.Requests
		sum.Tokens += m.Tokens
		by[m.Start.UnixNano()] = sum
		u.Throttled += m.Throttled
		days[m.Start.Unix()/86400] += m.Tokens
	}
	requests, tokens := make([]float64, 0, len(by)), make([]float64, 0, len(by))
	for _, m := range by {
		requests, tokens = append(requests, float64(m.Requests)), append(tokens, float64(m.Tokens))
	}
	u.Minutes = int64(len(by))
	u.Requests, u.Tokens = spread(requests), spread(tokens)
	for _, n := range days {
		u.BusiestDay = max(u.BusiestDay, n)
	}
	if calls.Calls > 0 {
		n := float64(calls.Calls)
		u.Input = PerCall{Mean: float64(calls.Usage.Input+calls.Usage.CacheRead+calls.Usage.CacheWrite) / n, Peak: calls.MostInput}
		u.Output = PerCall{Mean: float64(calls.Usage.Output) / n, Peak: calls.MostOutput}
		u.PerCall = float64(calls.Tokens) / n
		u.Wait = calls.Queued / time.Duration(calls.Calls)
	}
	return u
}

// spread sorts values and takes the nearest rank of each share.
func spread(values []float64) Rate {
	if len(values) == 0 {
		return Rate{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	rank := func(p float64) float64 {
		return values[max(int(math.Ceil(p*float64(len(values))))-1, 0)]
	}
	return Rate{Median: rank(0.5), Mean: sum / float64(len(values)), P95: rank(0.95), Peak: values[len(values)-1]}
}
