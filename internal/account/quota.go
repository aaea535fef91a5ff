package account

import (
	"math"

	"github.com/headgate/headgate/internal/llm"
)

// Quota is one row of Service Quotas, service code "bedrock", as the account has
// it.
type Quota struct {
	Code string `json:"code"`
	Name string `json:"name"`
	// Pool is what draws on the quota: account and Region always; model and path
	// where the row was matched to one. An account's own limit has neither.
	Pool llm.Pool `json:"pool"`
	// Limit is the name of the limit that the quota is (quota.Kind), such as
	// "requests_per_minute"; empty for a row that paces no calls, or that was not
	// matched.
	Limit string `json:"limit"`
	// Variant is the context variant whose calls draw on it, such as "1m".
	Variant string `json:"variant,omitempty"`
	// Applied is what the account has, nil where Service Quotas does not tell:
	// then the default holds. Default is AWS's, nil where it is not told.
	Applied *float64 `json:"applied"`
	Default *float64 `json:"default"`
	// Adjustable says that Service Quotas takes requests for more.
	Adjustable bool  `json:"adjustable"`
	Match      Match `json:"match"`
}

// Match is how a row was recognised as a limit of a pool.
type Match string

// The matches.
const (
	MatchCode  Match = "code"  // the catalog knows the code
	MatchLabel Match = "label" // its name has the pattern of a limit and a model's label
	MatchOther Match = "other" // its name has another pattern: it paces no calls
	MatchNone  Match = "none"  // it looks like a limit of a model that was not recognised
)

// Value is what the account has: the applied value, else the default. False when
// neither is told.
func (q Quota) Value() (float64, bool) {
	switch {
	case q.Applied != nil:
		return *q.Applied, true
	case q.Default != nil:
		return *q.Default, true
	}
	return 0, false
}

// Amount is Value as the amount of a limit: rounded down, and bounded to what
// adds up without overflow.
func (q Quota) Amount() (int64, bool) {
	v, ok := q.Value()
	if !ok || math.IsNaN(v) {
		return 0, false
	}
	const most = 1 << 60
	return int64(min(max(v, 0), most)), true
}

// BelowDefault reports whether the account has less than the default, so that a
// request for a value up to the default is refused and only a Support case helps.
func (q Quota) BelowDefault() bool {
	return q.Applied != nil && q.Default != nil && *q.Applied < *q.Default
}
