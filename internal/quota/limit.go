package quota

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Kind is what a limit counts, and over which window.
type Kind uint8

// The kinds of limit. The order is that in which a throttle is looked for.
const (
	RequestsPerMinute Kind = iota
	TokensPerMinute
	InputTokensPerMinute
	OutputTokensPerMinute
	TokensPerDay
	AccountTokensPerDay
	// Kinds is how many kinds there are, and the most limits that a Set can hold.
	Kinds = 6
)

// String is the limit's name in configuration, headers, metrics and the ledger.
func (k Kind) String() string {
	switch k {
	case RequestsPerMinute:
		return "requests_per_minute"
	case TokensPerMinute:
		return "tokens_per_minute"
	case InputTokensPerMinute:
		return "input_tokens_per_minute"
	case OutputTokensPerMinute:
		return "output_tokens_per_minute"
	case TokensPerDay:
		return "tokens_per_day"
	case AccountTokensPerDay:
		return "account_tokens_per_day"
	}
	return "unknown"
}

// Window is the kind's nominal period: a minute or a day.
func (k Kind) Window() time.Duration {
	if k == TokensPerDay || k == AccountTokensPerDay {
		return 24 * time.Hour
	}
	return time.Minute
}

// Unit is what an account's day limit counts. Since 2026-09-21 Bedrock weighs
// it by price in a way that it does not publish.
type Unit uint8

// The units of a day limit.
const (
	UnitTokens Unit = iota
	UnitPriced
)

// Limit is one quota as it is enforced.
type Limit struct {
	Kind Kind
	// Amount is how much may be charged in one Window; 0 is a quota of nothing.
	Amount int64
	// Window is the period in real time, already divided by the time scale.
	// Zero means the kind's own.
	Window time.Duration
	Unit   Unit
}

// Charge is what one call asks of one token limit: the hold that Bedrock sets
// aside, and the settlement that we expect.
type Charge struct {
	Hold, Forecast int64
}

// Charges is what one call asks of every kind of limit. It always asks for one
// request. Input and Output are for the mantle endpoint, which meters them
// apart; Priced is for an account's price-weighted day limit.
type Charges struct {
	Tokens, Input, Output, Priced Charge
	// Extra is what Tokens.Hold lacks of other ways to count; see Accounting. A
	// Set passes it over.
	Extra Extra
}

// Extra is what the hold of tokens would be more under a switch of Accounting
// that is off.
type Extra struct {
	CacheRead, Burndown int64
}

// Settled is what a call finally cost, in the same kinds as Charges.
type Settled struct {
	Tokens, Input, Output, Priced int64
}

// Accounting is how Bedrock counts a call. The zero value is what its
// documentation says today; the switches are the older texts' variants.
type Accounting struct {
	ReserveCacheRead  bool  // the hold includes cached input
	ReserveBurndown   bool  // the hold multiplies max_tokens by the burndown
	MinReservedOutput int64 // the hold takes at least this for max_tokens
	// RefundDelay is how long after a call's end the rest of its hold comes back,
	// in real time.
	RefundDelay time.Duration
	// ChargeRejected counts a throttled call as a request.
	ChargeRejected bool
}

// Hold is the tokens that Bedrock sets aside for a call when it admits it:
// input + cache write + max_tokens
// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown).
func (a Accounting) Hold(in llm.Usage, maxTokens, burndown int64) int64 {
	out := max(maxTokens, a.MinReservedOutput)
	if a.ReserveBurndown {
		out *= burndown
	}
	hold := in.Input + in.CacheWrite + out
	if a.ReserveCacheRead {
		hold += in.CacheRead
	}
	return hold
}

// Extra is what the hold would be more under the switches that are off.
func (a Accounting) Extra(in llm.Usage, maxTokens, burndown int64) Extra {
	var e Extra
	hold := a.Hold(in, maxTokens, burndown)
	if more := a; !a.ReserveCacheRead {
		more.ReserveCacheRead = true
		e.CacheRead = more.Hold(in, maxTokens, burndown) - hold
	}
	if more := a; !a.ReserveBurndown {
		more.ReserveBurndown = true
		e.Burndown = more.Hold(in, maxTokens, burndown) - hold
	}
	return e
}

// Of is what the call asks of a limit.
func (c Charges) Of(l Limit) Charge {
	switch l.Kind {
	case RequestsPerMinute:
		return Charge{Hold: 1, Forecast: 1}
	case InputTokensPerMinute:
		return c.Input
	case OutputTokensPerMinute:
		return c.Output
	case AccountTokensPerDay:
		if l.Unit == UnitPriced {
			return c.Priced
		}
	case TokensPerMinute, TokensPerDay:
	}
	return c.Tokens
}

// Of is what the call cost of a limit.
func (s Settled) Of(l Limit) int64 {
	switch l.Kind {
	case RequestsPerMinute:
		return 1
	case InputTokensPerMinute:
		return s.Input
	case OutputTokensPerMinute:
		return s.Output
	case AccountTokensPerDay:
		if l.Unit == UnitPriced {
			return s.Priced
		}
	case TokensPerMinute, TokensPerDay:
	}
	return s.Tokens
}
