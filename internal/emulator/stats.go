package emulator

import (
	"cmp"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/llm"
)

// Stats is what happened since the start or the last reset.
type Stats struct {
	TimeScale float64        `json:"time_scale"`
	Accounts  []AccountStats `json:"accounts"`
}

// AccountStats are those of one account.
type AccountStats struct {
	ID string `json:"id"`
	// Days are the quotas over all models, by Region.
	Days  []DayStats  `json:"days,omitempty"`
	Pools []PoolStats `json:"pools"`
}

// DayStats is an account's quota over all models in one Region.
type DayStats struct {
	Region llm.Region `json:"region"`
	Level
}

// PoolStats are those of one source Region, model and path.
type PoolStats struct {
	Region llm.Region  `json:"region"`
	Model  llm.ModelID `json:"model"`
	Path   llm.Path    `json:"path"`
	// Requests are all calls that reached the quotas, throttled ones included.
	Requests  int64     `json:"requests"`
	Accepted  int64     `json:"accepted"`
	Throttled Throttled `json:"throttled"`
	InFlight  int64     `json:"in_flight"`
	Held      int64     `json:"held"`    // quota tokens set aside now
	Settled   int64     `json:"settled"` // quota tokens charged in total
	Usage     llm.Usage `json:"usage"`   // tokens of all calls that ended
	// The first and last starts of any call, and of accepted ones; nil when
	// there was none.
	FirstStart    *time.Time `json:"first_start"`
	LastStart     *time.Time `json:"last_start"`
	FirstAccepted *time.Time `json:"first_accepted"`
	LastAccepted  *time.Time `json:"last_accepted"`
	// Starts are the last 1,000 calls, oldest first.
	Starts []Start `json:"starts"`
	Levels []Level `json:"levels"`
	// Others is what other users did to the pool; nil when there are none. What
	// they took is in no other count.
	Others *OthersStats `json:"others,omitempty"`
}

// OthersStats are the calls of other users of the account, to one pool.
type OthersStats struct {
	Requests  int64     `json:"requests"`
	Accepted  int64     `json:"accepted"`
	Throttled Throttled `json:"throttled"`
	Tokens    int64     `json:"tokens"` // of the accepted ones
}

// Throttled counts refusals by the limit that was in the way.
type Throttled struct {
	Requests int64 `json:"requests"`
	Tokens   int64 `json:"tokens"`
	Day      int64 `json:"day"` // quotas of zero included
}

// Total is all of them.
func (t Throttled) Total() int64 { return t.Requests + t.Tokens + t.Day }

// Start is one call's arrival at its quotas. Outcome is "accepted", or the
// limit that was in the way: "requests", "tokens" or "day".
type Start struct {
	UnixMS  int64  `json:"at_ms"`
	Outcome string `json:"outcome"`
}

// Level is how much is left of a limit. Available is below zero in debt.
type Level struct {
	Limit  string `json:"limit"`  // requests, tokens or day
	Amount int64  `json:"amount"` // as published
	// Factor is the hidden one in force, and Enforced what it leaves of Amount.
	Factor    float64 `json:"factor"`
	Enforced  int64   `json:"enforced"`
	Capacity  int64   `json:"capacity"`
	Available int64   `json:"available"`
	// Law is the text form of a Law or, of a day, of a DayLaw, as configured.
	Law string `json:"law"`
}

// snapshot copies an account's counts.
func (a *account) snapshot(now time.Time) AccountStats {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.othersLocked(now)
	out := AccountStats{ID: a.ID, Pools: []PoolStats{}}
	for region, limit := range a.days {
		out.Days = append(out.Days, DayStats{region, level(now, limit, nil)})
	}
	slices.SortFunc(out.Days, func(x, y DayStats) int { return cmp.Compare(x.Region, y.Region) })
	for _, pl := range a.pools {
		out.Pools = append(out.Pools, pl.snapshot(now))
	}
	slices.SortFunc(out.Pools, func(x, y PoolStats) int {
		return cmp.Or(cmp.Compare(x.Model, y.Model), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Region, y.Region))
	})
	return out
}

func (pl *pool) snapshot(now time.Time) PoolStats {
	s := &pl.stats
	out := PoolStats{
		Region: pl.key.Region, Model: pl.key.Model, Path: pl.key.Path,
		Requests: s.requests, Accepted: s.accepted, Throttled: s.throttled,
		InFlight: s.inFlight, Held: s.held, Settled: s.settled, Usage: s.usage,
		FirstStart: known(s.firstStart), LastStart: known(s.lastStart),
		FirstAccepted: known(s.firstAccepted), LastAccepted: known(s.lastAccepted),
		Starts: make([]Start, 0, len(s.starts)), Levels: []Level{},
	}
	for i := range s.starts {
		x := s.starts[(s.oldest+i)%len(s.starts)]
		outcome := x.blocked.String()
		if x.blocked == meter.None {
			outcome = "accepted"
		}
		out.Starts = append(out.Starts, Start{x.at, outcome})
	}
	for _, l := range pl.own {
		x := level(now, l, pl.factor)
		if l.Measure != meter.Day {
			x.Law = pl.terms.Law.String() // the limit's own is scaled
		}
		out.Levels = append(out.Levels, x)
	}
	if others := s.others; pl.traffic != nil || others.Requests > 0 {
		out.Others = &others
	}
	return out
}

func level(now time.Time, l *meter.Limit, f *meter.Factor) Level {
	out := Level{
		Limit: l.Measure.String(), Amount: l.Amount, Factor: 1, Enforced: l.Enforced(now),
		Available: l.Available(now), Capacity: l.Capacity(), Law: l.Day.String(),
	}
	if f != nil {
		out.Factor = f.At(now)
	}
	return out
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Pool finds the counts of one pool; the zero value when it was never used.
func (s Stats) Pool(account string, region llm.Region, model llm.ModelID, path llm.Path) PoolStats {
	for _, a := range s.Accounts {
		if a.ID != account {
			continue
		}
		for _, p := range a.Pools {
			if p.Region == region && p.Model == model && p.Path == path {
				return p
			}
		}
	}
	return PoolStats{}
}
