package meter

import "github.com/headgate/headgate/internal/llm"

// Accounting are the variants of what a call sets aside. The zero value is the
// newest published rule (docs.aws.amazon.com/bedrock,
// userguide/quotas-token-burndown): input + cache write + max_tokens.
type Accounting struct {
	// ReserveCacheRead sets cache reads aside as well, as older text had it.
	ReserveCacheRead bool `json:"reserve_cache_read,omitempty" yaml:"reserve_cache_read"`
	// ReserveBurndown multiplies max_tokens by the burndown at admission, as
	// some third parties claim.
	ReserveBurndown bool `json:"reserve_burndown,omitempty" yaml:"reserve_burndown"`
	// MinReservedOutput is the least output set aside, in tokens.
	MinReservedOutput int64 `json:"min_reserved_output,omitempty" yaml:"min_reserved_output"`
	// ChargeRejected charges a refused call one request of its request limits,
	// so that a client which retries without pause never gets through.
	ChargeRejected bool `json:"charge_rejected,omitempty" yaml:"charge_rejected"`
}

// Hold is what a call sets aside at admission: its input (u.Output is not
// looked at) and the most that it may put out.
func (a Accounting) Hold(u llm.Usage, maxTokens, burndown int64) int64 {
	output := max(maxTokens, a.MinReservedOutput)
	if a.ReserveBurndown {
		output *= burndown
	}
	hold := u.Input + u.CacheWrite + output
	if a.ReserveCacheRead {
		hold += u.CacheRead
	}
	return hold
}

// Charge is what a call finally costs: input + cache write + burndown ×
// output. Cache reads cost nothing.
func Charge(u llm.Usage, burndown int64) int64 {
	return u.Input + u.CacheWrite + burndown*u.Output
}
