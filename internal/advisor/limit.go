package advisor

import "github.com/headgate/headgate/internal/quota"

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
}
