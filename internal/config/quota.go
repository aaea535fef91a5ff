package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// typicalCall is a small but useful call in quota tokens: a page of prompt
// (about 1,000) and an answer of max_tokens 1,000. A limit below it serves at
// most such a call a minute.
const typicalCall = 2_000

// leastCall is below what any call holds that asks and answers a sentence. A
// limit between 0 and it is a slip, such as one in thousands.
const leastCall = 16

// limits yields the limits of p by their keys.
func (p Pool) limits() []limit {
	return []limit{
		{"requests_per_minute", p.RequestsPerMinute, false},
		{"tokens_per_minute", p.TokensPerMinute, true},
		{"tokens_per_day", p.TokensPerDay, true},
		{"input_tokens_per_minute", p.InputTokensPerMinute, true},
		{"output_tokens_per_minute", p.OutputTokensPerMinute, true},
	}
}

type limit struct {
	key    string
	amount *int64
	tokens bool
}

// leastRefresh leaves room for the other users of Service Quotas in the account:
// one round of questions is about thirty of the ten a second that it takes
// (docs.aws.amazon.com/servicequotas, reference_limits).
const leastRefresh = Duration(5 * time.Second)

func (v *validator) quotas(q Quotas) {
	oneOf(v, "quotas.source", q.Source, QuotasDiscover, QuotasStatic, QuotasBoth)
	oneOf(v, "quotas.learn", q.Learn, LearnTrials, LearnThrottles, LearnOff)
	v.that(q.Refresh >= leastRefresh, "quotas.refresh", "must be at least %v, it is %s: AWS takes few such questions a second", leastRefresh, q.Refresh)
	v.that(q.RefreshOpen >= leastRefresh, "quotas.refresh_open", "must be at least %v, it is %s: AWS takes few such questions a second", leastRefresh, q.RefreshOpen)
	v.that(q.Accounting.RefundDelay >= 0, "quotas.accounting.refund_delay", "must not be negative, it is %s", q.Accounting.RefundDelay)
	v.that(q.Accounting.MinReservedOutput >= 0, "quotas.accounting.min_reserved_output", "must not be negative")
	v.that(q.Notify.URL == "" || q.Notify.SecretEnv != "", "quotas.notify.secret_env", "must name the variable that has the secret")
	v.that(!strings.Contains(q.Notify.URL, mask), "quotas.notify.url", "is masked, as `headgate config show` prints it: write the whole address, or set HEADGATE_QUOTAS_NOTIFY_URL")
	v.pools(q.Pools)
	v.accounts(q.Accounts)
}

func (v *validator) pools(pools []Pool) {
	seen := map[llm.Pool]int{}
	for i, p := range pools {
		at := index("quotas.pools", i)
		v.account(at+".account", p.Account)
		v.region(at+".region", p.Region)
		oneOf(v, at+".path", p.Path, llm.PathOnDemand, llm.PathGeo, llm.PathGlobal, llm.PathMantle)
		v.model(at+".model", p.Model)
		some := false
		for _, l := range p.limits() {
			v.amount(at+"."+l.key, l.amount)
			some = some || l.amount != nil
		}
		v.that(some, at, "has no limit; give one of requests_per_minute, tokens_per_minute, tokens_per_day")
		if first, twice := seen[p.ID()]; twice {
			v.that(false, at, "is the same pool as quotas.pools[%d] (%s)", first, p.ID())
		} else {
			seen[p.ID()] = i
		}
	}
}

func (v *validator) accounts(accounts []Account) {
	type owner struct {
		id     llm.AccountID
		region llm.Region
	}
	seen := map[owner]int{}
	for i, a := range accounts {
		at := index("quotas.accounts", i)
		v.account(at+".id", a.ID)
		v.region(at+".region", a.Region)
		v.amount(at+".tokens_per_day", a.TokensPerDay)
		v.that(a.TokensPerDay != nil, at+".tokens_per_day", "must be given")
		oneOf(v, at+".unit", a.Unit, UnitTokens, UnitPriced)
		if first, twice := seen[owner{a.ID, a.Region}]; twice {
			v.that(false, at, "is the same account and Region as quotas.accounts[%d]", first)
		} else {
			seen[owner{a.ID, a.Region}] = i
		}
	}
}

func (v *validator) amount(key string, amount *int64) {
	if amount != nil {
		v.that(*amount >= 0, key, "must not be negative, it is %d (leave the key out for no limit)", *amount)
		tokens := strings.Contains(key, "tokens")
		v.that(!tokens || *amount <= 0 || *amount >= leastCall, key, "is %d quota tokens, which holds no call at all (input + max_tokens); give the amount in tokens, or 0 for no quota", *amount)
	}
}

// model refuses a profile id: its geography is the pool's path, and an id with
// both would never be the pool of any call.
func (v *validator) model(key string, id llm.ModelID) {
	v.that(id != "", key, "must be given, such as anthropic.claude-haiku-4-5-20251001-v1:0")
	if bare, path := splitProfile(string(id)); bare != "" {
		v.that(false, key, "must be the model without its geography: model: %s, path: %s", clip(bare), path)
	}
}

// splitProfile takes an inference profile id apart. bare is empty when id is
// none. A profile id has a geography, a provider and a model; a provider has
// more than six letters or is no geography we know.
func splitProfile(id string) (bare string, path llm.Path) {
	prefix, rest, ok := strings.Cut(id, ".")
	if !ok || !strings.Contains(rest, ".") {
		return "", ""
	}
	switch prefix {
	case "global":
		return rest, llm.PathGlobal
	case "us", "eu", "apac", "jp", "au", "in", "ca", "us-gov":
		return rest, llm.PathGeo
	}
	return "", ""
}

// Warnings lists what is allowed but probably not meant: limits of zero,
// limits too small for a typical call, and limits that the pool's path does
// not have.
func (c Config) Warnings() []Problem {
	var out []Problem
	warn := func(key, format string, args ...any) {
		out = append(out, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
	}
	for i, p := range c.Quotas.Pools {
		for _, l := range p.limits() {
			key := index("quotas.pools", i) + "." + l.key
			mantle := l.key == "input_tokens_per_minute" || l.key == "output_tokens_per_minute"
			switch {
			case l.amount == nil:
			case *l.amount == 0:
				warn(key, "is 0: every call to this pool is refused until AWS grants a quota")
			case l.tokens && *l.amount < typicalCall:
				warn(key, "is %d, less than a typical call of %d quota tokens (input + max_tokens); a call that needs more is refused", *l.amount, typicalCall)
			case mantle != (p.Path == llm.PathMantle) && l.tokens && l.key != "tokens_per_day":
				warn(key, "is not a limit that Bedrock has on the path %s", p.Path)
			}
		}
	}
	return out
}
