package sim

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// ArrivalKind is how runs arrive.
type ArrivalKind string

// The arrivals.
const (
	// Poisson arrivals are independent of each other.
	Poisson ArrivalKind = "poisson"
	// Even arrivals come at equal distances.
	Even ArrivalKind = "even"
	// Spike arrivals come Runs at a time, every Every; once, at the beginning,
	// without Every.
	Spike ArrivalKind = "spike"
	// Closed arrivals are those of Agents that each begin a run when they have
	// ended the one before, and Pause.
	Closed ArrivalKind = "closed"
)

// Source is a kind of work: who makes runs, how often, and of what size.
type Source struct {
	// Tenant is whose runs they are.
	Tenant string `json:"tenant" yaml:"tenant"`
	// Tenants spreads the runs over so many tenants of that name and a number.
	Tenants int `json:"tenants,omitempty" yaml:"tenants"`
	// Weight is a tenant's share against others of its class. Zero: 1.
	Weight int64 `json:"weight,omitempty" yaml:"weight"`
	// Class is interactive, standard or batch; standard when it is empty.
	Class string `json:"class,omitempty" yaml:"class"`

	Arrival Arrival `json:"arrival" yaml:"arrival"`

	// Calls is how many dependent calls a run has: a number drawn evenly from
	// Least to Most.
	Calls Range `json:"calls" yaml:"calls"`
	// Declared says that runs tell how many calls they will make.
	Declared bool `json:"declared,omitempty" yaml:"declared"`
	// Think is the mean time between the answer to a call and the next of the
	// run; it is drawn from an exponential distribution.
	Think time.Duration `json:"think,omitempty" yaml:"think"`

	Input  Dist `json:"input"  yaml:"input"`
	Output Dist `json:"output" yaml:"output"`
	// Correlation of the sizes of a run's calls, 0 to 1: 1 makes them equal.
	Correlation float64 `json:"correlation,omitempty" yaml:"correlation"`
	// ByteNoise is the sigma of a lognormal factor between a call's bytes and
	// four bytes a token: what keeps an estimate of its input from being exact.
	// Zero: 0.1. Negative: none.
	ByteNoise float64 `json:"byte_noise,omitempty" yaml:"byte_noise"`
	// MaxTokens is what calls ask for at most. Output never exceeds it.
	MaxTokens int64 `json:"max_tokens" yaml:"max_tokens"`
	// Unset is the part of calls that leave max_tokens out: they set aside
	// ModelMax. Zero: none.
	Unset    float64 `json:"unset,omitempty"     yaml:"unset"`
	ModelMax int64   `json:"model_max,omitempty" yaml:"model_max"`

	// Deadline is how long a run may take from its first call; 0: as long as it
	// likes. Headgate is told what is left of it with every call.
	Deadline time.Duration `json:"deadline,omitempty" yaml:"deadline"`
	// Returns says that a run whose first call is refused comes back when it is
	// told to, with a new deadline; else it gives up. Being on time is judged by
	// the first arrival.
	Returns bool `json:"returns,omitempty" yaml:"returns"`
}

// Arrival is when runs begin.
type Arrival struct {
	Kind ArrivalKind `json:"kind" yaml:"kind"`
	// PerMinute is how many runs begin in a minute on average: of poisson and
	// even. With Scenario.Load it is a share against the other sources.
	PerMinute float64 `json:"per_minute,omitempty" yaml:"per_minute"`
	// Runs is how many come at once: of spike.
	Runs int `json:"runs,omitempty" yaml:"runs"`
	// Every is the time between spikes.
	Every time.Duration `json:"every,omitempty" yaml:"every"`
	// Agents and Pause are of closed.
	Agents int           `json:"agents,omitempty" yaml:"agents"`
	Pause  time.Duration `json:"pause,omitempty"  yaml:"pause"`
}

// Range is a number between two others, both included. Most may be left out
// when it is Least.
type Range struct {
	Least int `json:"least"          yaml:"least"`
	Most  int `json:"most,omitempty" yaml:"most"`
}

func (s Source) withDefaults() Source {
	s.Tenants = orElse(s.Tenants, 1)
	s.Weight = orElse(s.Weight, 1)
	s.Calls.Least = orElse(s.Calls.Least, 1)
	s.Calls.Most = max(s.Calls.Most, s.Calls.Least)
	s.ByteNoise = max(0, orElse(s.ByteNoise, 0.1))
	s.MaxTokens = orElse(s.MaxTokens, 4096)
	s.ModelMax = orElse(s.ModelMax, 64_000)
	s.Arrival.Runs = orElse(s.Arrival.Runs, 1)
	return s
}

// scales reports whether Load can scale the source's arrivals.
func (a Arrival) scales() bool {
	return a.Kind == Poisson || a.Kind == Even || a.Kind == Spike && a.Every > 0
}

// perMinute is how many runs begin in a minute.
func (a Arrival) perMinute() float64 {
	if a.Kind == Spike {
		if a.Every <= 0 {
			return 0
		}
		return float64(a.Runs) * float64(time.Minute) / float64(a.Every)
	}
	return a.PerMinute
}

func (s Source) class() llm.Class {
	c, _ := llm.ParseClass(s.Class)
	return c
}
