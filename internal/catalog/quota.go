package catalog

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// QuotaKind is what a quota counts and over which time.
type QuotaKind string

// The kinds of quota.
//
//nolint:gosec // these tokens are counted, not kept secret
const (
	RequestsPerMinute     QuotaKind = "requests_per_minute"
	TokensPerMinute       QuotaKind = "tokens_per_minute"
	TokensPerDay          QuotaKind = "tokens_per_day"
	InputTokensPerMinute  QuotaKind = "input_tokens_per_minute"
	OutputTokensPerMinute QuotaKind = "output_tokens_per_minute"
	// RequestsPerSecond is of guardrails; no model has one.
	RequestsPerSecond QuotaKind = "requests_per_second"
)

// Valid reports whether k is one of the known kinds.
func (k QuotaKind) Valid() bool {
	switch k {
	case RequestsPerMinute, TokensPerMinute, TokensPerDay, InputTokensPerMinute, OutputTokensPerMinute, RequestsPerSecond:
		return true
	}
	return false
}

// Adjustable says whether Service Quotas takes increase requests for a quota.
type Adjustable string

// The answers of Service Quotas.
const (
	AdjustableUnknown Adjustable = "unknown"
	AdjustableYes     Adjustable = "yes"
	// AdjustableNo quotas are raised by a Support case, if at all.
	AdjustableNo Adjustable = "no"
)

// Quota is one row of Service Quotas, service code "bedrock", as AWS publishes
// it for everybody. What an account really has is often less.
type Quota struct {
	// Code is the same in every Region; "" when not known.
	Code string
	// Name is AWS's wording, or the best guess at it: match by Code. "" when the
	// model's label is not known.
	Name string
	Kind QuotaKind
	// Model and Path say what draws on it; both empty for a quota of the account.
	Model llm.ModelID
	Path  llm.Path
	// Variant is the context variant whose calls draw on it, such as "1m"; ""
	// for the plain model.
	Variant string
	// Default is AWS's default; 0 with Known false when it is not known.
	Default int64
	Known   bool
	// Factor is what Default is multiplied by before it binds: 2 for the daily
	// quotas that were "doubled for cross-region calls", else 1.
	Factor     int64
	Adjustable Adjustable
	// Until is the day on which the row was replaced; zero for rows in force.
	Until time.Time
	Origin
}

// Limit is what the default amounts to: Default × Factor, 0 when not known.
func (q Quota) Limit() int64 { return q.Default * q.Factor }

// indexQuotas files the rows, which are sorted, by pool.
func (c *Catalog) indexQuotas(rows []Quota) {
	c.quotas = rows
	c.poolQuotas = make(map[poolKey][]Quota)
	for _, q := range rows {
		switch {
		case q.Model != "":
			key := poolKey{q.Model, q.Path}
			c.poolQuotas[key] = append(c.poolQuotas[key], q)
		case q.Kind == TokensPerDay:
			c.accountRows = append(c.accountRows, q)
		}
	}
}
