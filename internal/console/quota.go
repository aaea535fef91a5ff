package console

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Quotas is every limit that a filter selects.
type Quotas struct {
	TimeScale float64 `json:"time_scale"`
	// Account and Region are those that AWS is asked for, of which everything is
	// known; empty where limits are only configured, or before AWS has answered.
	Account llm.AccountID `json:"account"`
	Region  llm.Region    `json:"region"`
	// Quotas are sorted by account, Region, model and path; never nil.
	Quotas []Quota `json:"quotas"`
	// Unpaced are pools that were called and of which no limit is known: their
	// calls wait for nothing. Never nil.
	Unpaced []llm.Pool `json:"unpaced"`
	// Version is that of the gateway, Started when it was, and Time what its clock
	// said.
	Version string    `json:"version"`
	Started time.Time `json:"started,omitzero"`
	Time    time.Time `json:"time"`
}

// Quota is one limit: what is set, what is believed of it and why, and what of it
// is used. Pointers are null where a value is not known.
type Quota struct {
	// Pool is whose limit it is. Model and path are empty for an account's own
	// limit, which all its pools in the Region draw on.
	Pool  llm.Pool `json:"pool"`
	Limit string   `json:"limit"` // quota.Kind's name
	// Code and Name are those of Service Quotas, empty where AWS was not asked, and
	// Default is its published default. OpenRequest is the request for more that is
	// not decided yet.
	Code        string           `json:"code"`
	Name        string           `json:"name"`
	Default     *float64         `json:"default"`
	Adjustable  *bool            `json:"adjustable"`
	OpenRequest *account.Request `json:"open_request"`
	// Match is how the row of Service Quotas was recognised; empty without one.
	Match account.Match `json:"match"`
	// Applied is the amount that was configured, or that AWS applies, and where
	// neither is told (Source is limit.Default) AWS's default. Effective is
	// what calls are paced by, and Lower and Upper the bracket of what is really
	// enforced; null where nothing is learned.
	Applied   int64  `json:"applied"`
	Effective int64  `json:"effective"`
	Lower     *int64 `json:"lower"`
	Upper     *int64 `json:"upper"`
	// Law is how the limit is believed to forget, and Trial says that this is being
	// tried now.
	Law   adapt.Law `json:"law"`
	Trial bool      `json:"trial"`
	// Burst is what a bucket holds, as the time that the limit takes to earn it; 0
	// when it does not matter.
	Burst        float64    `json:"burst_seconds"`
	Throttles    int        `json:"throttles"` // that something was learned from
	LastThrottle *time.Time `json:"last_throttle"`
	// Learned are the switches of the upstream's accounting that were found; never
	// nil.
	Learned []string `json:"learned"`
	Why     string   `json:"why"`

	// Used is what counts now, and UsedShare the part that it is of Effective. In
	// Planned the forecasts of calls in flight take the place of their holds.
	Used      *int64   `json:"used_now"`
	UsedShare *float64 `json:"used_share_now"`
	Planned   *int64   `json:"planned"`
	// UsedShareP95 and UsedSharePeak are of Effective too: the 95th percentile of
	// the minutes of the last day that had a call, and the busiest.
	UsedShareP95  *float64 `json:"used_share_p95"`
	UsedSharePeak *float64 `json:"used_share_peak"`
	// Waiting is how many calls wait for this limit now.
	Waiting int `json:"waiting"`
	// Spaced says that calls go evenly spaced, or are spaced by their holds.
	Spaced bool `json:"spaced"`
	// BlockedUntil is until when a throttle holds the limit.
	BlockedUntil *time.Time `json:"blocked_until"`
	Window       float64    `json:"window_seconds"`

	Status Status           `json:"status"`
	Source limit.Provenance `json:"source"`
	AsOf   *time.Time       `json:"as_of"`

	belowDefault bool // AWS applies less than its default
	kind         quota.Kind
}

// Why in words for what has no belief.
const (
	WhyDay  = "limits per day are not learned: a window of a day tells too little, too late"
	WhyOff  = "learning is off (quotas.learn): calls are paced by the amount as it is"
	WhyZero = "a quota of zero: every call is refused until AWS grants one"
)

// QuotasOf is what a Console of these options would tell at an instant.
func QuotasOf(ctx context.Context, opts Options, now time.Time, f Filter) Quotas {
	return (&Console{opts: opts.filled()}).Quotas(ctx, now, f)
}

// Quotas is the state at an instant.
func (c *Console) Quotas(ctx context.Context, now time.Time, f Filter) Quotas {
	out := Quotas{TimeScale: c.opts.TimeScale, Version: c.opts.Version, Started: c.opts.Started.UTC(), Time: now.UTC()}
	out.Quotas, out.Unpaced = c.gather(now, f)
	if c.opts.Discovery != nil {
		if latest := c.opts.Discovery.Latest(); !latest.At.IsZero() {
			out.Account, out.Region = latest.Account, latest.Region
		}
	}
	minutes := c.used(ctx, now)
	for i := range out.Quotas {
		c.listed(&out.Quotas[i])
		minutes.shares(&out.Quotas[i])
		out.Quotas[i].Status = Judge(&out.Quotas[i])
	}
	slices.SortStableFunc(out.Quotas, func(a, b Quota) int { return llm.ComparePools(a.Pool, b.Pool) })
	return out
}

// gather finds the limits that a filter selects, an account's once, and the pools
// that have none. Neither is nil.
func (c *Console) gather(now time.Time, f Filter) (rows []Quota, unpaced []llm.Pool) {
	rows, unpaced = []Quota{}, []llm.Pool{}
	pools := c.opts.Limits.Pools()
	slices.SortFunc(pools, func(a, b *limit.Pool) int { return llm.ComparePools(a.ID, b.ID) })
	accounts := map[llm.Pool]int{} // where the account's own row is
	for _, p := range pools {
		if p.Provenance() == limit.Unlimited && f.Match(p.ID) {
			unpaced = append(unpaced, p.ID)
		}
		for _, q := range c.rows(now.UTC().Truncate(time.Millisecond), p) {
			if !f.Match(q.Pool) {
				continue
			}
			if q.Pool.Model == "" {
				if i, known := accounts[q.Pool]; known {
					rows[i].Waiting += q.Waiting
					continue
				}
				accounts[q.Pool] = len(rows)
			}
			rows = append(rows, q)
		}
	}
	return rows, unpaced
}

// rows are the limits of a pool, its account's included.
func (c *Console) rows(now time.Time, p *limit.Pool) []Quota {
	beliefs := map[quota.Kind]adapt.Belief{}
	for _, b := range p.Beliefs() {
		beliefs[b.Kind] = b
	}
	by, waiting := c.opts.Waiting(p)
	var out []Quota
	for _, s := range p.Status() {
		q := Quota{
			Pool: p.ID, Limit: s.Limit, kind: s.Kind, Applied: s.Amount, Effective: s.Amount, Learned: []string{},
			Used: &s.Used, Planned: &s.Planned, Spaced: s.Spaced, BlockedUntil: instant(s.Blocked),
			Window: c.nominal(s.Window), Source: p.Provenance(), AsOf: &now,
		}
		if s.Kind == quota.AccountTokensPerDay {
			q.Pool.Model, q.Pool.Path = "", ""
			if q.Source != limit.Discovered {
				q.Source = limit.Configured
			}
		}
		if b, learned := beliefs[s.Kind]; learned {
			c.believe(&q, b)
		} else {
			q.Law, q.Why = unlearned(s)
		}
		if q.Effective > 0 {
			share := math.Round(1e4*float64(s.Used)/float64(q.Effective)) / 1e4
			q.UsedShare = &share
		}
		if by == s.Kind {
			q.Waiting = waiting
		}
		out = append(out, q)
	}
	return out
}

// believe fills in what was learned.
func (c *Console) believe(q *Quota, b adapt.Belief) {
	q.Effective, q.Lower, q.Upper = b.Effective, &b.Lower, &b.Upper
	q.Law, q.Trial, q.Burst = b.Law, b.Trial, c.nominal(b.Burst)
	q.Throttles, q.LastThrottle, q.Why = b.Throttles, instant(b.Last), b.Why
	q.Learned = append(q.Learned, b.Learned...)
}

// unlearned is what is said of a limit that is not learned.
func unlearned(s quota.Status) (adapt.Law, string) {
	switch {
	case s.Amount <= 0:
		return adapt.LawUnknown, WhyZero
	case s.Kind.Window() > time.Minute:
		return adapt.LawWindow, WhyDay
	}
	return adapt.LawUnknown, WhyOff
}

// nominal is a duration in seconds as it would be without a time scale, to the
// millisecond.
func (c *Console) nominal(d time.Duration) float64 {
	return math.Round(1e3*d.Seconds()*c.opts.TimeScale) / 1e3
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
