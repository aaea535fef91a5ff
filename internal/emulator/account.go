package emulator

import (
	"sync"
	"time"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/llm"
)

// rules are what all accounts share. They never change.
type rules struct {
	minute, day time.Duration // already divided by the time scale
	scale       float64
	seed        uint64
	accounting  Accounting
	watch       *cloudwatch.Service
}

// account is an account with the state of its quotas. Its methods are safe for
// concurrent use and never wait.
type account struct {
	Account

	rules rules

	// mu guards what follows. It is held for moments, and never across I/O.
	mu     sync.Mutex
	quotas []*terms
	day    dayTerms // as it is now
	pools  map[llm.Pool]*pool
	days   map[llm.Region]*meter.Limit // the account's own day, by Region
	busy   []*pool                     // those that others use too
	cache  promptCache
	values map[codeIn]float64 // of rows that are no limits here
}

// pool is one access to a model: what owns limits.
type pool struct {
	key        llm.Pool
	terms      *terms // of the quota that holds; nil: none
	own        []*meter.Limit
	limits     []*meter.Limit // own, and the account's day if it has one
	factor     *meter.Factor  // nil: all is enforced
	accounting Accounting
	traffic    *meter.Traffic // of others; nil: none
	stats      poolStats
	// profile is the id by which others call the model, and watch where the
	// calls of the account in the pool's Region are recorded.
	profile string
	watch   *cloudwatch.Traffic
}

func newAccount(a Account, r rules, now time.Time) *account {
	acct := &account{Account: a, rules: r}
	acct.reset(now)
	return acct
}

// reset forgets everything but the quotas as they were configured. Calls under
// way settle with what was forgotten.
func (a *account) reset(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.quotas = nil
	for _, q := range a.Quotas {
		a.quotas = append(a.quotas, &terms{Quota: q, since: now})
	}
	a.day = dayTerms{a.TokensPerDay, a.DayLaw, a.DayWeights}
	a.pools = map[llm.Pool]*pool{}
	a.days = map[llm.Region]*meter.Limit{}
	a.busy = nil
	a.cache = promptCache{}
	a.values = map[codeIn]float64{}
}

// admission is a call that was let in. It is settled exactly once, however
// often settle is called.
type admission struct {
	acct     *account
	pool     *pool
	ticket   meter.Ticket
	hold     int64     // by the pool's accounting
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
	a.othersLocked(now)
	pl := a.poolLocked(now, key)
	if pl.profile == "" {
		pl.profile = profileID(m, path, region)
	}
	demand := meter.Demand{Input: a.cache.usage(now, key, m.CacheMinimum, p), MaxTokens: maxTokens, Burndown: m.Burndown}
	ticket, blocked := meter.AdmitCall(now, pl.limits, demand)
	pl.stats.started(now, blocked)
	if blocked != meter.None {
		meter.RejectCall(now, pl.limits, demand)
		return admission{}, blocked
	}
	hold := pl.accounting.Hold(demand.Input, maxTokens, m.Burndown)
	a.cache.store(now, key, m.CacheMinimum, p, a.rules.scale)
	pl.stats.held += hold
	pl.stats.inFlight++
	return admission{acct: a, pool: pl, ticket: ticket, hold: hold, usage: demand.Input, burndown: m.Burndown}, meter.None
}

// expect tells how many tokens the call will have put out, over after its
// admission, so that its hold can be adjusted on the way.
func (d *admission) expect(output int64, over time.Duration) {
	d.acct.mu.Lock()
	defer d.acct.mu.Unlock()
	used := d.usage
	used.Output = output
	d.ticket.Expect(used, over)
}

// settle charges what the call finally costs. When free, nothing of its tokens
// is charged. It returns what was used and what that cost of the tokens per
// minute; not ok when the call was settled before.
func (d *admission) settle(now time.Time, output int64, free bool) (used llm.Usage, charge int64, ok bool) {
	a := d.acct
	a.mu.Lock()
	defer a.mu.Unlock()
	if d.settled {
		return llm.Usage{}, 0, false
	}
	d.settled = true
	a.othersLocked(now)
	used = d.usage
	used.Output = output
	if free {
		used = llm.Usage{}
	}
	s := &d.pool.stats
	s.held -= d.hold
	charge = meter.Charge(used, d.burndown)
	s.settled += charge
	s.inFlight--
	s.use(used)
	d.ticket.SettleUsage(now, used)
	return used, charge, true
}

func (a *account) poolLocked(now time.Time, key llm.Pool) *pool {
	pl := a.pools[key]
	if pl == nil {
		pl = &pool{key: key, watch: a.rules.watch.Traffic(cloudwatch.Owner{Account: a.ID, Region: string(key.Region)})}
		a.pools[key] = pl
		a.relimitLocked(now, pl)
	}
	return pl
}

// scaled divides a duration by the time scale.
func scaled(d time.Duration, scale float64) time.Duration {
	if scale == 1 || d == 0 {
		return d
	}
	return max(time.Duration(float64(d)/scale), 1)
}
