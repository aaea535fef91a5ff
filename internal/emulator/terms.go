package emulator

import (
	"slices"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/emulator/meter"
	"github.com/headgate/headgate/internal/emulator/speech"
	"github.com/headgate/headgate/internal/llm"
)

// terms are a quota and when it was set. They never change: another quota has
// other terms.
type terms struct {
	Quota

	since time.Time
	// granted says that an approval gave a pool these terms, in place of others
	// of rank over, -1 for none. A quota of that rank that is set later takes
	// their place.
	granted bool
	over    int
}

// dayTerms are the quota over all models; none when tokens is nil.
type dayTerms struct {
	tokens  *int64
	law     DayLaw
	weights *Weights
}

// pool is that of an account which terms of one pool are for.
func (t *terms) pool(a llm.AccountID) llm.Pool {
	return llm.Pool{Account: a, Region: llm.Region(t.Region), Model: llm.ModelID(t.Model), Path: llm.Path(t.Path)}
}

// termsLocked are those of the quota that holds for a pool; nil when none does.
func (a *account) termsLocked(key llm.Pool) *terms {
	var best *terms
	bestRank := -1
	for _, t := range a.quotas {
		if rank, ok := t.rank(key); ok && rank >= bestRank {
			best, bestRank = t, rank
		}
	}
	return best
}

// setQuota replaces the quota of the same model, path and Region, or adds one.
// What was approved before for a pool that it would have held for falls away:
// the later word holds. What was spent stays spent.
func (a *account) setQuota(now time.Time, q Quota) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.quotas = slices.DeleteFunc(a.quotas, func(t *terms) bool {
		rank, ok := q.rank(t.pool(llm.AccountID(a.ID)))
		return t.granted && ok && rank >= t.over
	})
	a.putLocked(now, &terms{Quota: q, since: now})
}

// grant makes an amount of a limit hold for a pool: a quota of its own that
// differs from the one that held in nothing else.
func (a *account) grant(now time.Time, key llm.Pool, kind catalog.QuotaKind, amount int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	own := &terms{since: now, granted: true, over: -1}
	if t := a.termsLocked(key); t != nil {
		own.Quota, own.over = t.Quota, t.over
		if !t.granted {
			own.over, _ = t.rank(key)
		}
	}
	own.Model, own.Path, own.Region = string(key.Model), string(key.Path), string(key.Region)
	if to := own.amountOf(kind); to != nil {
		*to = &amount
		a.putLocked(now, own)
	}
}

// putLocked makes terms hold in place of those of the same pools.
func (a *account) putLocked(now time.Time, fresh *terms) {
	a.othersLocked(now)
	if i := slices.IndexFunc(a.quotas, func(t *terms) bool { return t.same(&fresh.Quota) }); i >= 0 {
		a.quotas[i] = fresh
	} else {
		a.quotas = append(a.quotas, fresh)
	}
	for _, pl := range a.pools {
		a.relimitLocked(now, pl)
	}
}

// setDay changes the quota over all models.
func (a *account) setDay(now time.Time, change func(*dayTerms)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.othersLocked(now)
	change(&a.day)
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

// dayLocked is the account's quota over all models in a Region; nil when it
// has none.
func (a *account) dayLocked(now time.Time, region llm.Region) *meter.Limit {
	if a.day.tokens == nil {
		return nil
	}
	day := a.days[region]
	if day == nil {
		day = newDay(a.day.law, a.day.weights, *a.day.tokens, a.rules.day, now)
		day.Accounting = a.rules.accounting.Faster(a.rules.scale)
		a.days[region] = day
	}
	return day
}

func newDay(law DayLaw, weights *Weights, tokens int64, window time.Duration, now time.Time) *meter.Limit {
	day := meter.NewDay(law, tokens, window, now)
	if law.Priced && weights != nil {
		day.Weights = weights
	}
	return day
}

// relimitLocked gives a pool the limits of the quotas as they are now. Limits
// that count as before go on; others take over what was spent.
func (a *account) relimitLocked(now time.Time, pl *pool) {
	if t := a.termsLocked(pl.key); t != pl.terms || pl.own == nil {
		pl.terms = t
		a.applyLocked(now, pl)
	}
	pl.limits = slices.Clone(pl.own)
	if day := a.dayLocked(now, pl.key.Region); day != nil {
		pl.limits = append(pl.limits, day)
	}
}

// applyLocked gives a pool what its terms say.
func (a *account) applyLocked(now time.Time, pl *pool) {
	pl.factor, pl.traffic = nil, nil
	pl.accounting = a.rules.accounting
	if t := pl.terms; t != nil {
		if t.Accounting != nil {
			pl.accounting = *t.Accounting
		}
		if t.Hidden != nil {
			pl.factor = meter.NewFactor(t.Hidden.Faster(a.rules.scale), a.seed(pl.key, "hidden", t.Seed), t.since)
		}
		if t.Others != nil {
			pl.traffic = meter.NewTraffic(*t.Others, a.rules.minute, a.seed(pl.key, "others", t.Seed), now)
		}
	}
	own := a.freshLocked(now, pl)
	for i, next := range own {
		for _, old := range pl.own {
			switch {
			case old.Measure != next.Measure:
			case old.Alike(next):
				own[i] = old
			default:
				old.ReplaceBy(now, next)
			}
		}
	}
	for _, l := range own {
		l.Accounting = pl.accounting.Faster(a.rules.scale)
		l.Follow(now, pl.factor)
	}
	pl.own = own
	a.busy = slices.DeleteFunc(a.busy, func(x *pool) bool { return x == pl })
	if pl.traffic != nil {
		a.busy = append(a.busy, pl)
	}
}

// freshLocked makes the limits of a pool's terms. It is never nil.
func (a *account) freshLocked(now time.Time, pl *pool) []*meter.Limit {
	limits := []*meter.Limit{}
	t := pl.terms
	if t == nil {
		return limits
	}
	add := func(m meter.Measure, amount *int64) {
		if amount != nil {
			limits = append(limits, meter.NewLimit(m, t.Law.Faster(a.rules.scale), *amount, a.rules.minute, a.seed(pl.key, m.String(), t.Seed), now))
		}
	}
	add(meter.Requests, t.RequestsPerMinute)
	add(meter.Tokens, t.TokensPerMinute)
	if t.TokensPerDay != nil {
		limits = append(limits, newDay(t.DayLaw, t.DayWeights, *t.TokensPerDay, a.rules.day, now))
	}
	return limits
}

// The calls of others that are made one by one after a pause: those of the last
// minutes, and some more.
const (
	othersMinutes = 5
	othersCalls   = 1000
)

// othersLocked lets others make the calls that they have made by now, in the
// order of time.
func (a *account) othersLocked(now time.Time) {
	for _, pl := range a.busy {
		from, to := pl.traffic.Next(), now.Add(-othersMinutes*a.rules.minute)
		calls, tokens := pl.traffic.Leap(to, othersCalls, pl.limits)
		pl.stats.others.leapt(calls, tokens)
		if calls > 0 {
			pl.watch.Spread(othersCall(pl.profile, to, calls, tokens), from)
		}
	}
	for {
		var first *pool
		at := now
		for _, pl := range a.busy {
			if next := pl.traffic.Next(); !next.After(at) {
				first, at = pl, next
			}
		}
		if first == nil {
			return
		}
		tokens, blocked := first.traffic.Call(first.limits)
		first.stats.others.started(tokens, blocked)
		c := othersCall(first.profile, at, 1, tokens)
		c.Throttled = blocked != meter.None
		first.watch.Record(c)
	}
}

// seed is a number of a pool that is the same in every process.
func (a *account) seed(key llm.Pool, what string, seed uint64) uint64 {
	return speech.Hash(key.String()+"/"+what) ^ a.rules.seed ^ seed
}
