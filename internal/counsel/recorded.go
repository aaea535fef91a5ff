package counsel

import (
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// Recorded is a workload as the ledger has measured it. Means are over all of its
// calls; times are nominal, as if time were not scaled.
type Recorded struct {
	Since time.Time `json:"since"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Runs  int64     `json:"runs"`
	Calls int64     `json:"calls"`
	// Single counts calls that belong to no run: each is taken as a run of its own.
	Single int64 `json:"calls_without_run"`
	// Unset counts calls without max_tokens: they reserve the model's maximum.
	Unset      int64   `json:"calls_without_max_tokens"`
	Input      float64 `json:"input_tokens_per_run"`
	CacheRead  float64 `json:"cache_read_tokens_per_run"`
	CacheWrite float64 `json:"cache_write_tokens_per_run"`
	Output     float64 `json:"output_tokens_per_run"`
	Latency    float64 `json:"latency_s"`

	// Pool is the one that was called, without its account.
	Pool     llm.Pool         `json:"-"`
	Workload advisor.Workload `json:"-"`
	// Shapes are the newest runs, their calls oldest first.
	Shapes [][]sim.Call `json:"-"`
}
