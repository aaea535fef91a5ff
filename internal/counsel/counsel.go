// Package counsel answers questions about a workload: what quotas give it, which
// one binds, what is needed for a rate or a deadline, and what to ask AWS for. The
// figures come of package advisor; the gateway's own pacing tries them in virtual
// time where that is asked for. What there is to know (limits, what was recorded,
// what CloudWatch counts) comes through a Source. The command line and the API ask
// it the same questions, and show the same answers.
package counsel

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/sim"
)

// Source is what a Counsel knows things from.
type Source interface {
	// Limits are what is known to apply to a pool, whose account is empty, and to its
	// account; AWS's defaults where nothing is.
	Limits(ctx context.Context, pool llm.Pool) (Limits, error)
	// Recorded is the workload that the ledger has measured.
	Recorded(ctx context.Context, q RecordQuery) (*Recorded, error)
	// Measured is what everybody in the account used of a pool, as CloudWatch has it.
	Measured(ctx context.Context, q MeasureQuery) (*Measured, error)
	// Ask has AWS asked for the quotas of a Region, where it was not yet; false where
	// it is not to be asked.
	Ask(ctx context.Context, region llm.Region) (asked bool, err error)
}

// Limits are those of a pool and of its account.
type Limits struct {
	Limits []advisor.Limit
	// Account is whose they are; empty where that is not known.
	Account llm.AccountID
	// From is stated, discovered, configured or default; AsOf is when AWS was asked,
	// nil where it was not.
	From string
	AsOf *time.Time
	// PeakShare is the most that Headgate used of one of the pool's own in a minute
	// of the last day; nil: not known.
	PeakShare *float64
	// Several says that another account's are known as well.
	Several bool
}

// RecordQuery selects recorded calls. What is empty selects all.
type RecordQuery struct {
	Since  time.Time
	Model  string
	Path   llm.Path
	Region llm.Region
}

// MeasureQuery asks for the use of a pool from a time on, and how it compares with
// the pool's limits.
type MeasureQuery struct {
	Pool   llm.Pool
	Since  time.Time
	Limits []advisor.Limit
}

// Options is what a Counsel is made of. All but Warn is required.
type Options struct {
	Source  Source
	Catalog *catalog.Catalog
	// Region is meant where a question names none.
	Region llm.Region
	// Learn is what the gateway learns of limits, as its pacing is tried.
	Learn sim.Learning
	// Simulate makes simulations and returns the results of those that were finished
	// when ctx ended, in their order.
	Simulate func(ctx context.Context, cases []sim.Case) []sim.Result
	// Warn is told what is worth knowing and stops nothing; it may have a cure (see
	// fault.CureOf). Nil: nobody is.
	Warn func(error)
}

// Counsel answers questions. It is safe for concurrent use where its options are.
type Counsel struct{ opts Options }

// New makes a Counsel.
func New(opts Options) *Counsel {
	if opts.Warn == nil {
		opts.Warn = func(error) {}
	}
	return &Counsel{opts}
}
