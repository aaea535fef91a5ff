package advisor

import (
	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/quota"
)

// Limit is one quota of the pool that the workload calls.
type Limit struct {
	Kind   quota.Kind
	Amount int64
	// Default is AWS's, 0 where it is not known. It is what the console of Service
	// Quotas shows beside the applied value, and not a maximum.
	Default    int64
	Code, Name string
	// Factor is what the value in Service Quotas is multiplied by before it binds,
	// as daily quotas of cross-Region calls are; below 1 is 1. Amount is what binds,
	// Default the value in Service Quotas.
	Factor int64
	// Adjustable says that Service Quotas takes requests for more.
	Adjustable bool
	// Open is the request for more that is not decided yet; nil: there is none.
	Open *account.Request
	// Used is what was measured of it; nil: nothing was.
	Used *Measured
	// Taken is what others use of it that the workload does not have: only the rest
	// is the workload's.
	Taken int64
	// Floor is needed whatever the workload, as the busiest minute that was
	// measured.
	Floor int64
}

// left is what the workload may use.
func (l Limit) left() int64 { return max(l.Amount-l.Taken, 0) }
