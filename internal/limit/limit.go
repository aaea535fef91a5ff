// Package limit owns the state of limits for the whole process: which pool has
// which, what is charged to each, and how that state outlives the process.
//
// Memory is the embedded store: it answers at once. It locks per account and
// Region, because pools there share the account's day limit, and it holds no
// lock while it writes.
package limit

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Provenance is where a limit's amount comes from.
type Provenance string

// The provenances, most trusted first.
const (
	Configured Provenance = "configured"
	Discovered Provenance = "discovered"  // Service Quotas says that it is applied
	Default    Provenance = "aws default" // the published default; the applied value may be lower
	Unlimited  Provenance = "none"        // nothing is known: calls are not paced
)

// Limits is what is known of a pool's limits.
type Limits struct {
	// Pool is the pool as configured: its account is filled in where the
	// configuration names one.
	Pool       llm.Pool
	Limits     []quota.Limit
	Account    []quota.Limit // the account's own, shared by all its pools in the Region
	Provenance Provenance
}

// Source says which limits a pool has. It must be safe for concurrent use. What it
// says may change; Memory.Refresh puts that in force.
type Source func(llm.Pool) Limits

// Journal keeps limit state across restarts. Save replaces what was saved
// under the name; once it has returned, with an error or without, the attempt
// changes nothing more. Both are called with one attempt per name at a time.
type Journal interface {
	Save(ctx context.Context, name string, state []byte) error
	Load(ctx context.Context) (map[string][]byte, error)
}

// DefaultJitter bounds how much the time from a grant to its arrival upstream
// may differ between two calls over a good connection: 250 ms of a nominal
// minute, and never below what a busy machine's own scheduling needs.
func DefaultJitter(timeScale float64) time.Duration {
	const nominal, least = 250 * time.Millisecond, 20 * time.Millisecond
	return max(time.Duration(float64(nominal)/max(1, timeScale)), least)
}
