package emulator

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/speech"
	"github.com/headgate/headgate/internal/llm"
)

// rules are what all accounts share. They never change.
type rules struct {
	minute, day time.Duration // already divided by the time scale
	scale       float64
	seed        uint64
	accounting  Accounting
}

// account is an account with the state of its quotas. Its methods are safe for
// concurrent use and never wait.
type account struct {
	Account

	rules rules

	// mu guards what follows. It is held for moments, and never across I/O.
	mu     sync.Mutex
	quotas []Quota
	perDay int64 // TokensPerDay as it is now
	pools  map[llm.Pool]*pool
	days   map[llm.Region]*meter.Limit // the account's own day, by Region
	cache  promptCache
}

// pool is one access to a model: what owns limits.
type pool struct {
	key    llm.Pool
	limits []*meter.Limit
	stats  poolStats
}

func newAccount(a Account, r rules) *account {
	acct := &account{Account: a, rules: r}
	acct.reset()
	return acct
}

// reset forgets everything but the quotas as they were configured. Calls under
// way settle with what was forgotten.
func (a *account) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.quotas = append([]Quota(nil), a.Quotas...)
	a.perDay = a.TokensPerDay
	a.pools = map[llm.Pool]*pool{}
	a.days = map[llm.Region]*meter.Limit{}
	a.cache = promptCache{}
}

// admission is a call that was let in. It is settled exactly once, however
// often settle is called.
type admission struct {
	acct     *account
	pool     *pool
	ticket   meter.Ticket
	usage    llm.Usage // of the input
	burndown int64
	settled  bool
}

// admit checks a call against every limit of its pool. The measure says which
// one is in the way; the admission is only to be used when it is meter.None.
func (a *account) admit(now time.Time, region llm.Region, m *foundation.Model, path llm.Path, p *prompt.Prompt, maxTokens int64) (admission, meter.Measure) {
	key := llm.Pool{Account: llm.AccountID(a.ID), Region: region, Model: m.ID, Path: path}
	a.mu.Lock()
	defer a.mu.Unlock()
	pl := a.poolLocked(now, key)
	usage := a.cache.usage(now, key, m.CacheMinimum, p)
	hold := a.rules.accounting.Hold(usage, maxTokens, m.Burndown)
	ticket, blocked := meter.Admit(now, pl.limits, hold)
	pl.stats.started(now, blocked)
	if blocked != meter.None {
		if a.rules.accounting.ChargeRejected {
			meter.Reject(now, pl.limits)
		}
		return admission{}, blocked
	}
	a.cache.store(now, key, m.CacheMinimum, p, a.rules.scale)
	pl.stats.held += hold
	pl.stats.inFlight++
	return admission{acct: a, pool: pl, ticket: ticket, usage: usage, burndown: m.Burndown}, meter.None
}

// settle charges what the call finally costs. When free, nothing of its tokens
// is charged.
func (d *admission) settle(now time.Time, output int64, free bool) {
	a := d.acct
	a.mu.Lock()
	defer a.mu.Unlock()
	if d.settled {
		return
	}
	d.settled = true
	used := d.usage
	used.Output = output
	if free {
		used = llm.Usage{}
	}
	charge := meter.Charge(used, d.burndown)
	s := &d.pool.stats
	s.held -= d.ticket.Hold()
	s.settled += charge
	s.inFlight--
	s.use(used)
	d.ticket.Settle(now, charge)
}

func (a *account) poolLocked(now time.Time, key llm.Pool) *pool {
	pl := a.pools[key]
	if pl == nil {
		pl = &pool{key: key, limits: a.limitsLocked(now, key)}
		a.pools[key] = pl
	}
	return pl
}

// limitsLocked makes fresh limits for a pool, but for the account's day, which
// its pools share.
func (a *account) limitsLocked(now time.Time, key llm.Pool) []*meter.Limit {
	var limits []*meter.Limit
	if q := a.quotaLocked(key); q != nil {
		add := func(m meter.Measure, amount *int64, law Law, window time.Duration) {
			if amount == nil {
				return
			}
			short := law
			short.Capacity = scaled(law.Capacity, a.rules.scale)
			short.Phase = scaled(law.Phase, a.rules.scale)
			limit := meter.NewLimit(m, short, *amount, window, a.seed(key, m), now)
			limit.Law = law // shown as it was configured
			limits = append(limits, limit)
		}
		add(meter.Requests, q.RequestsPerMinute, q.Law, a.rules.minute)
		add(meter.Tokens, q.TokensPerMinute, q.Law, a.rules.minute)
		add(meter.Day, q.TokensPerDay, Law{Kind: Fixed}, a.rules.day)
	}
	if day := a.dayLocked(now, key.Region); day != nil {
		limits = append(limits, day)
	}
	return limits
}

// dayLocked is the account's quota over all models in a Region; nil when it
// has none.
func (a *account) dayLocked(now time.Time, region llm.Region) *meter.Limit {
	if a.perDay == 0 {
		return nil
	}
	day := a.days[region]
	if day == nil {
		day = meter.NewLimit(meter.Day, Law{Kind: Fixed}, a.perDay, a.rules.day, 0, now)
		a.days[region] = day
	}
	return day
}

// quotaLocked is the most exact quota that fits a pool; of equals the last.
func (a *account) quotaLocked(key llm.Pool) *Quota {
	var best *Quota
	bestRank := -1
	for i := range a.quotas {
		q := &a.quotas[i]
		rank, ok := 0, true
		for _, part := range [...]struct {
			pattern, value string
			weight         int
		}{{q.Model, string(key.Model), 4}, {q.Path, string(key.Path), 2}, {q.Region, string(key.Region), 1}} {
			if !wild(part.pattern) {
				ok = ok && part.pattern == part.value
				rank += part.weight
			}
		}
		if ok && rank >= bestRank {
			best, bestRank = q, rank
		}
	}
	return best
}

// setQuota replaces the quota of the same model, path and Region, or adds one.
// What was spent stays spent.
func (a *account) setQuota(now time.Time, q Quota) {
	a.mu.Lock()
	defer a.mu.Unlock()
	same := func(x, y string) bool { return x == y || wild(x) && wild(y) }
	found := false
	for i, old := range a.quotas {
		if same(old.Model, q.Model) && same(old.Path, q.Path) && same(old.Region, q.Region) {
			a.quotas[i], found = q, true
		}
	}
	if !found {
		a.quotas = append(a.quotas, q)
	}
	for _, pl := range a.pools {
		a.relimitLocked(now, pl)
	}
}

// setPerDay changes the quota over all models; 0 takes it away.
func (a *account) setPerDay(now time.Time, tokens int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.perDay = tokens
	old := a.days
	a.days = map[llm.Region]*meter.Limit{}
	for region, limit := range old {
		if next := a.dayLocked(now, region); next != nil {
			limit.ReplaceBy(now, next)
		}
	}
	for _, pl := range a.pools {
		a.relimitLocked(now, pl)
	}
}

// relimitLocked gives a pool the limits of the quotas as they are now. The
// limits of a quota that did not change are kept.
func (a *account) relimitLocked(now time.Time, pl *pool) {
	shared := a.days[pl.key.Region]
	limits := a.limitsLocked(now, pl.key)
	for i, next := range limits {
		if next == shared {
			continue
		}
		for _, old := range pl.limits {
			switch {
			case old.Measure != next.Measure || old == shared:
			case old.Amount == next.Amount && old.Law == next.Law:
				limits[i] = old
			default:
				old.ReplaceBy(now, next)
			}
		}
	}
	pl.limits = limits
}

// seed is a number of a pool's measure that is the same in every process.
func (a *account) seed(key llm.Pool, m meter.Measure) uint64 {
	return speech.Hash(key.String()+"/"+m.String()) ^ a.rules.seed
}

// scaled divides a duration by the time scale.
func scaled(d time.Duration, scale float64) time.Duration {
	if scale == 1 || d == 0 {
		return d
	}
	return max(time.Duration(float64(d)/scale), 1)
}
