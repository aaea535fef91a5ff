package sim

import (
	"time"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/quota"
)

// Scenario is what is simulated: an account's limits as they are really
// enforced, what is believed of them, the way there, and the work. It is also
// the format of scenario files, in the names of its yaml tags; the zero value
// of a field means its default.
type Scenario struct {
	Name string `json:"name" yaml:"name"`
	// Limits are those that every call must pass; at least one.
	Limits []Limit `json:"limits" yaml:"limits"`
	// Accounting is how the upstream counts; the zero value is the published way.
	Accounting meter.Accounting `json:"accounting,omitzero" yaml:"accounting"`
	// Burndown is what a token of output costs of a token limit. Zero: 5, as
	// for most of Claude's models.
	Burndown int64 `json:"burndown,omitempty" yaml:"burndown"`
	// Pacer is what Headgate is told.
	Pacer Belief `json:"pacer,omitzero" yaml:"pacer"`

	Latency Latency `json:"latency,omitzero" yaml:"latency"`
	Network Network `json:"network,omitzero" yaml:"network"`
	Outages Outages `json:"outages,omitzero" yaml:"outages"`
	// Others are other users of the same account; without them there are none.
	Others *meter.Others `json:"others,omitempty" yaml:"others"`

	// For is how long new work arrives. Zero: two hours.
	For time.Duration `json:"for,omitempty" yaml:"for"`
	// WarmUp is from when on throttles and use are counted. Zero: one window of
	// the shortest limit. Negative: from the beginning.
	WarmUp time.Duration `json:"warm_up,omitempty" yaml:"warm_up"`
	// Processes is how many client processes the runs of an open workload are
	// spread over; each has its own SDK client. Zero: 10. An agent of a closed
	// workload is a process of its own.
	Processes int `json:"processes,omitempty" yaml:"processes"`
	// Load scales arrivals, so that the settlements to be expected are so many
	// times the tightest limit. Zero leaves arrivals as the workload has them.
	Load float64 `json:"load,omitempty" yaml:"load"`
	// Workload is who calls. It is empty when a trace is replayed.
	Workload []Source `json:"workload,omitempty" yaml:"workload"`
}

// Limit is one quota of the upstream.
type Limit struct {
	// Kind is requests_per_minute, tokens_per_minute or tokens_per_day.
	Kind string `json:"kind" yaml:"kind"`
	// Amount is the published amount.
	Amount int64 `json:"amount" yaml:"amount"`
	// Law is how a limit per minute is enforced: bucket, bucket:5s, fixed,
	// fixed:random, first, sliding, counter, dual, shards:4.
	Law meter.Law `json:"law" yaml:"law"`
	// Day is how a limit per day is: calendar or rolling, in tokens or :priced.
	Day meter.DayLaw `json:"day,omitzero" yaml:"day"`
	// Hidden is how much of Amount is really enforced. Zero: all of it.
	Hidden meter.Hidden `json:"hidden,omitzero" yaml:"hidden"`
}

// Belief is what the pacer is told of the account, and its policy.
type Belief struct {
	// Limits replaces the published amounts, by kind.
	Limits map[string]int64 `json:"limits,omitempty" yaml:"limits"`
	// Accounting is how the pacer believes the upstream to count. Without it:
	// as it does.
	Accounting *meter.Accounting `json:"accounting,omitempty" yaml:"accounting"`
	// Jitter bounds how much the way to the upstream may differ between two
	// calls. Zero: 250 ms, the gateway's default. Negative: 0.
	Jitter time.Duration `json:"jitter,omitempty" yaml:"jitter"`
	// MaxWait is the longest that a call may wait (queue.max_wait). Zero: 10 minutes.
	MaxWait time.Duration `json:"max_wait,omitempty" yaml:"max_wait"`
	// Learn is what the pacer may do to learn the limits: trials, throttles or
	// off (quotas.learn). Empty: trials.
	Learn Learning `json:"learn,omitempty" yaml:"learn"`
}

// Learning is how the pacer may learn.
type Learning string

// The ways to learn: also by trying what may be throttled, from the throttles
// that come anyway, or not at all.
const (
	LearnTrials    Learning = "trials"
	LearnThrottles Learning = "throttles"
	LearnOff       Learning = "off"
)

func (l Learning) mode() adapt.Mode {
	switch l {
	case LearnOff:
		return adapt.ModeOff
	case LearnThrottles:
		return adapt.ModeThrottles
	default:
		return adapt.ModeTrials
	}
}

// Latency is how long an answer takes.
type Latency struct {
	// FirstToken is the time to the first token. Zero: one second.
	FirstToken time.Duration `json:"first_token,omitempty" yaml:"first_token"`
	// PerToken is the time of each token of output. Zero: 20 ms.
	PerToken time.Duration `json:"per_token,omitempty" yaml:"per_token"`
	// Spread is the sigma of a lognormal factor on both.
	Spread float64 `json:"spread,omitempty" yaml:"spread"`
}

// Network is the way to the upstream.
type Network struct {
	// Jitter is the most that an attempt takes to arrive, drawn evenly from 0.
	Jitter time.Duration `json:"jitter,omitempty" yaml:"jitter"`
	// Refusal is how long a client waits for a 429 or 503. Zero: 50 ms.
	Refusal time.Duration `json:"refusal,omitempty" yaml:"refusal"`
}

// Outages are bursts in which the upstream answers 503: shared capacity that is
// short. They come at random intervals.
type Outages struct {
	// Every is the mean time between two; zero means none.
	Every time.Duration `json:"every,omitempty" yaml:"every"`
	// For is how long one lasts.
	For time.Duration `json:"for,omitempty" yaml:"for"`
	// Share is the part of attempts that fail meanwhile. Zero: all.
	Share float64 `json:"share,omitempty" yaml:"share"`
}

// measure is what the upstream counts of a kind.
func measure(kind quota.Kind) meter.Measure {
	switch kind {
	case quota.RequestsPerMinute:
		return meter.Requests
	case quota.TokensPerMinute:
		return meter.Tokens
	default:
		return meter.Day
	}
}

// kindOf finds the kind of limit with a name.
func kindOf(name string) (quota.Kind, bool) {
	for _, k := range kinds() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// kinds are those that can be simulated, in the order of their names' use.
func kinds() []quota.Kind {
	return []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay}
}

// Resolved is s with the default of every field that was left out.
func (s Scenario) Resolved() Scenario { return s.withDefaults() }

// withDefaults is s with what was left out.
func (s Scenario) withDefaults() Scenario {
	s.Burndown = orElse(s.Burndown, 5)
	s.Pacer.Jitter = max(0, orElse(s.Pacer.Jitter, 250*time.Millisecond))
	s.Pacer.MaxWait = orElse(s.Pacer.MaxWait, 10*time.Minute)
	s.Latency.FirstToken = orElse(s.Latency.FirstToken, time.Second)
	s.Latency.PerToken = orElse(s.Latency.PerToken, 20*time.Millisecond)
	s.Network.Refusal = orElse(s.Network.Refusal, 50*time.Millisecond)
	s.Outages.Share = orElse(s.Outages.Share, 1)
	s.For = orElse(s.For, 2*time.Hour)
	s.Processes = orElse(s.Processes, 10)
	if s.WarmUp == 0 {
		for _, l := range s.Limits {
			if k, ok := kindOf(l.Kind); ok && (s.WarmUp == 0 || k.Window() < s.WarmUp) {
				s.WarmUp = k.Window()
			}
		}
	}
	s.WarmUp = max(0, s.WarmUp)
	sources := make([]Source, len(s.Workload))
	for i, src := range s.Workload {
		sources[i] = src.withDefaults()
	}
	s.Workload = sources
	return s
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

// granted is the amount that a limit really grants at first.
func (l Limit) granted() float64 { return float64(l.Amount) * orElse(l.Hidden.Factor, 1) }

// open starts the limit as the upstream enforces it.
func (l Limit) open(a meter.Accounting, seed uint64) *meter.Limit {
	kind, _ := kindOf(l.Kind)
	var m *meter.Limit
	if kind == quota.TokensPerDay {
		m = meter.NewDay(l.Day, l.Amount, kind.Window(), epoch())
	} else {
		m = meter.NewLimit(measure(kind), l.Law, l.Amount, kind.Window(), seed, epoch())
	}
	m.Accounting = a
	if l.Hidden.Factor != 0 || len(l.Hidden.Steps) > 0 || l.Hidden.Drift != nil {
		m.Follow(epoch(), meter.NewFactor(l.Hidden, seed, epoch()))
	}
	return m
}
