package counsel

import (
	"fmt"
	"math"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/fault"
)

// Measured is what CloudWatch has of a pool: the use by everybody in the account,
// beside what the ledger has of it.
type Measured struct {
	From      string    `json:"from"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
	IDs       []string  `json:"ids"` // by which the pool was called
	Calls     int64     `json:"calls"`
	Throttles int64     `json:"throttles"`
	// Own is how many of these requests the ledger has: null without a ledger.
	Own        *int64 `json:"requests_through_headgate"`
	Input      int64  `json:"input_tokens"`
	Output     int64  `json:"output_tokens"`
	CacheRead  int64  `json:"cache_read_tokens"`
	CacheWrite int64  `json:"cache_write_tokens"`
	Charged    int64  `json:"quota_tokens"`
	// Computed says that quota tokens are reckoned, not CloudWatch's own estimate.
	Computed bool               `json:"quota_tokens_computed"`
	Limits   []advisor.Measured `json:"limits"`
	Missing  []string           `json:"missing"`

	Minutes []advisor.Minute `json:"-"`
	// Busiest is the most requests of a minute, and Lasted how long calls take.
	Busiest float64       `json:"-"`
	Lasted  time.Duration `json:"-"`
}

// demand is everybody's use as a workload of single calls. What calls reserve
// cannot be seen: they are taken to ask for no more than they write, unless the
// asker says otherwise.
func (q *Query) demand(r *Measured, w advisor.Workload) (advisor.Workload, error) {
	if r.Calls == 0 {
		return w, fault.WithCure(fault.New(fault.NotFound, "CloudWatch has no call of the pool since %s", r.Since.Local().Format(time.DateTime)),
			"state the workload, for example %s production, or reach further back", q.spell("preset"))
	}
	each := func(tokens int64) int64 { return int64(math.Round(float64(tokens) / float64(r.Calls))) }
	w = advisor.Workload{
		RunsPerMinute: r.Busiest, CallsPerRun: 1, InputPerRun: each(r.Input + r.CacheWrite), OutputPerRun: each(r.Output),
		MaxTokens: max(each(r.Output), 1), Latency: max(r.Lasted, time.Millisecond),
		Basis: fmt.Sprintf("CloudWatch, everybody's calls from %s to %s", r.Since.Format(time.RFC3339), r.Until.Format(time.RFC3339)),
	}
	set(&w.MaxTokens, q.MaxTokens)
	set(&w.Latency, q.Latency)
	return w, nil
}
