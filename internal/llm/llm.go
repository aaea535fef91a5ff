// Package llm is Headgate's vocabulary: the names of models, pools, tenants,
// runs and calls, and the units in which their use is counted.
//
// It holds values only. It knows nothing of HTTP, of clocks or of AWS, and
// imports nothing of ours.
package llm

import "cmp"

// ModelID names a foundation model without its geography,
// such as "anthropic.claude-haiku-4-5-20251001-v1:0".
type ModelID string

// AccountID is a twelve-digit AWS account number. Empty means the account of
// the credentials in use.
type AccountID string

// Region is an AWS Region code such as "us-east-1". For quotas, metrics and
// prices it is always the source Region: the one that was called.
type Region string

// Path is the way a model is reached. Each path of a model owns quotas of its
// own.
type Path string

// The paths of Amazon Bedrock.
const (
	// PathOnDemand is a bare model id, served in its own Region.
	PathOnDemand Path = "on-demand"
	// PathGeo is a cross-Region inference profile of one geography (us., eu., …).
	PathGeo Path = "geo"
	// PathGlobal is a global cross-Region inference profile.
	PathGlobal Path = "global"
	// PathMantle is the bedrock-mantle endpoint, which meters input and output apart.
	PathMantle Path = "mantle"
)

// Valid reports whether p is one of the known paths.
func (p Path) Valid() bool {
	switch p {
	case PathOnDemand, PathGeo, PathGlobal, PathMantle:
		return true
	}
	return false
}

// Pool is what owns quotas: an account's access to one model from one source
// Region by one path. It is comparable and may key a map.
type Pool struct {
	Account AccountID `json:"account"`
	Region  Region    `json:"region"`
	Model   ModelID   `json:"model"`
	Path    Path      `json:"path"`
}

// String is the pool's name in headers, logs and the ledger:
// account/region/model/path, with "-" for an unknown account.
func (p Pool) String() string {
	account := string(p.Account)
	if account == "" {
		account = "-"
	}
	return account + "/" + string(p.Region) + "/" + string(p.Model) + "/" + string(p.Path)
}

// ComparePools orders pools by account, Region, model and path; what belongs to
// an account comes before its pools.
func ComparePools(a, b Pool) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Path, b.Path))
}

// Class is the urgency of a call. Order is strict, and every class keeps a
// floor of the quota.
type Class uint8

// The classes, most urgent first.
const (
	ClassInteractive Class = iota
	ClassStandard
	ClassBatch
	// Classes is how many classes there are.
	Classes = 3
)

// String is the class's label.
func (c Class) String() string {
	switch c {
	case ClassInteractive:
		return "interactive"
	case ClassBatch:
		return "batch"
	default:
		return "standard"
	}
}

// ParseClass reads a class label. Empty means standard.
func ParseClass(s string) (Class, bool) {
	switch s {
	case "interactive":
		return ClassInteractive, true
	case "", "standard":
		return ClassStandard, true
	case "batch":
		return ClassBatch, true
	}
	return ClassStandard, false
}

// Tenant is who a call is for: the unit of fairness and of budgets.
type Tenant string

// DefaultTenant is the tenant of calls that name none.
const DefaultTenant Tenant = "default"

// RunID names a group of dependent calls that is only useful when all of it
// is done.
type RunID string

// CallID names one client request for as long as the ledger keeps it.
type CallID string

// Operation is one operation of the Bedrock runtime, named by the verb in its
// path.
type Operation string

// The operations of the data plane.
const (
	OpConverse       Operation = "converse"
	OpConverseStream Operation = "converse-stream"
	OpInvoke         Operation = "invoke"
	OpInvokeStream   Operation = "invoke-with-response-stream"
	OpCountTokens    Operation = "count-tokens"
)

// ParseOperation reads the verb of a data-plane path.
func ParseOperation(s string) (Operation, bool) {
	switch op := Operation(s); op {
	case OpConverse, OpConverseStream, OpInvoke, OpInvokeStream, OpCountTokens:
		return op, true
	}
	return "", false
}

// Streams reports whether the answer is an event stream.
func (o Operation) Streams() bool { return o == OpConverseStream || o == OpInvokeStream }

// Metered reports whether the operation draws on a pool's quotas.
// CountTokens is free (docs.aws.amazon.com/bedrock, userguide/count-tokens).
func (o Operation) Metered() bool { return o != OpCountTokens }

// Usage counts the tokens of one call as Bedrock reports them. Input is the
// part that was neither read from nor written to the prompt cache.
type Usage struct {
	Input      int64 `json:"input_tokens"`
	Output     int64 `json:"output_tokens"`
	CacheRead  int64 `json:"cache_read_tokens"`
	CacheWrite int64 `json:"cache_write_tokens"`
}

// Total is every token that passed, cached or not.
func (u Usage) Total() int64 { return u.Input + u.Output + u.CacheRead + u.CacheWrite }

// Settlement is what Bedrock finally charges to a token quota: input + cache
// write + burndown × output; cache reads are free
// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown).
func (u Usage) Settlement(burndown int64) int64 {
	return u.Input + u.CacheWrite + burndown*u.Output
}
