package ledger

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// SavingReader sums up what the cache has saved.
type SavingReader interface {
	// Savings sums up the calls that took part in the cache on the days that q
	// selects, in UTC. The sums outlive the calls.
	Savings(ctx context.Context, q SavingQuery) (Savings, error)
}

// SavingQuery selects days, and what else they are of. Zero fields select everything.
type SavingQuery struct {
	Since, Until time.Time // of days, the whole of each
	Tenant       llm.Tenant
	Model        llm.ModelID // of the pool
}

// Savings is what the cache has saved.
type Savings struct {
	Hits   int64 // calls answered from what was kept
	Joined int64 // calls answered with another one under way
	Misses int64 // calls that took part and were made
	Tokens int64 // that hits and joined calls would have used
	Cost   int64 // nano-USD that they would have cost, as far as it is known
}
