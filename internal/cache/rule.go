package cache

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Mode is which calls take part without being told to.
type Mode string

// The modes.
const (
	// Off: none, whatever a call asks for.
	Off Mode = "off"
	// Ask: those that ask for it, by x-headgate-cache or a rule.
	Ask Mode = "ask"
	// Deterministic: those as well that set a temperature of 0.
	Deterministic Mode = "deterministic"
)

// Rule is what holds for the calls of a tenant or a model. Of those that match a
// call the first one counts; what it leaves empty matches any.
type Rule struct {
	Tenant llm.Tenant
	// Model is a model as it is called, or that of the pool.
	Model string
	// Use has all its calls take part, whatever their temperature; Never none.
	Use, Never bool
	// TTL and Stale override those of the rulebook when they are above 0.
	TTL, Stale time.Duration
	// Shared gives what one tenant was answered to the others that share.
	Shared bool
}

// Rulebook says which calls take part in the cache. The zero value has none.
type Rulebook struct {
	Mode       Mode
	TTL, Stale time.Duration
	Rules      []Rule
}

// Call is what the rules look at.
type Call struct {
	Operation llm.Operation
	Tenant    llm.Tenant
	ModelID   string
	Model     llm.ModelID
	// Label is the client's own word: use, refresh, off or empty.
	Label string
	// Temperature is what the request sets; nil when it sets none, and the model's
	// own holds, which is never 0.
	Temperature *float64
}

// Decision is how a call takes part.
type Decision struct {
	// Look says that a kept answer may be given, and Keep that its answer is kept.
	Look, Keep bool
	Shared     bool
	TTL, Stale time.Duration
}

// Decide is what the rules say of a call. Sampled calls take part only where the
// client or a rule says so; counts of tokens, which are free, never.
func (b *Rulebook) Decide(c Call) Decision {
	if b.Mode == Off || b.Mode == "" || !c.Operation.Metered() || c.Label == "off" {
		return Decision{}
	}
	d := Decision{TTL: b.TTL, Stale: b.Stale}
	use := c.Label != "" || b.Mode == Deterministic && c.Temperature != nil && *c.Temperature == 0
	if r := b.match(c); r != nil {
		if r.Never {
			return Decision{}
		}
		use = use || r.Use
		d.Shared = r.Shared
		if r.TTL > 0 {
			d.TTL = r.TTL
		}
		if r.Stale > 0 {
			d.Stale = r.Stale
		}
	}
	d.Keep = use
	d.Look = use && c.Label != "refresh"
	if !use {
		return Decision{}
	}
	return d
}

func (b *Rulebook) match(c Call) *Rule {
	for i := range b.Rules {
		r := &b.Rules[i]
		if (r.Tenant == "" || r.Tenant == c.Tenant) && (r.Model == "" || r.Model == c.ModelID || r.Model == string(c.Model)) {
			return r
		}
	}
	return nil
}

// Keepable reports whether an answer that ended well may be given to others, by why
// the model stopped. One that was cut short or stopped by a guardrail is not what
// the request asks for.
func Keepable(stop string) bool {
	switch stop {
	case "end_turn", "stop_sequence", "tool_use", "stop", "tool_calls", "FINISH", "FINISHED", "COMPLETE", "":
		return true
	}
	return false
}
