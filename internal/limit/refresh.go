package limit

import (
	"slices"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Adoption is what Refresh changed of one pool, or of an account when Pool names
// no model.
type Adoption struct {
	Pool llm.Pool
	// Changed are its limits whose amount is another, as they are now and, by the
	// same index in Before, as they were; -1 stands for no such limit.
	Kinds         []quota.Kind
	Before, After []int64
	// Next says that an account's limit has come or gone: it holds from the next
	// start on.
	Next bool
}

// Absent is the amount of a limit that a pool does not have.
const Absent int64 = -1

// Refresh asks the Source again for every pool that is known, and puts what it
// says now in force. What was charged stays charged, so no throttle follows from
// a change. It returns what has changed. The lanes of those pools must be told
// (lane.Freed), as calls may fit that did not.
func (m *Memory) Refresh() []Adoption {
	pools := m.Pools()
	slices.SortFunc(pools, func(a, b *Pool) int { return llm.ComparePools(a.ID, b.ID) })
	var out []Adoption
	accounts := map[*scope]bool{}
	for _, p := range pools {
		limits := m.opts.Source(p.ID)
		if a, ok := m.refreshPool(p, limits); ok {
			out = append(out, a)
		}
		if !accounts[p.scope] {
			accounts[p.scope] = true
			if a, ok := m.refreshAccount(p, limits.Account); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

func (m *Memory) refreshPool(p *Pool, limits Limits) (Adoption, bool) {
	own := make([]quota.Limit, 0, len(limits.Limits))
	for _, l := range limits.Limits {
		own = append(own, m.scale(l))
	}
	p.scope.mu.Lock()
	defer p.scope.mu.Unlock()
	was := amounts(p.keeper.meters)
	p.provenance = limits.Provenance
	if !p.set.SetLimits(m.clock.now(), own) {
		return Adoption{}, false
	}
	p.keeper.meters = slices.Clone(p.set.Meters()[:len(own)])
	p.keeper.dirty = true
	return compare(p.ID, was, amounts(p.keeper.meters))
}

// refreshAccount changes the amounts of the limits that all pools of a scope
// share.
func (m *Memory) refreshAccount(p *Pool, limits []quota.Limit) (Adoption, bool) {
	sc := p.scope
	id := llm.Pool{Account: p.ID.Account, Region: p.ID.Region}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	same := len(limits) == len(sc.meters)
	for i := 0; same && i < len(limits); i++ {
		same = limits[i].Kind == sc.meters[i].Limit().Kind && limits[i].Unit == sc.meters[i].Limit().Unit
	}
	if !same {
		return Adoption{Pool: id, Next: true}, true
	}
	was := amounts(sc.meters)
	for i, l := range limits {
		sc.meters[i].SetAmount(m.clock.now(), l.Amount)
	}
	a, changed := compare(id, was, amounts(sc.meters))
	sc.keeper.dirty = sc.keeper.dirty || changed
	return a, changed
}

func amounts(meters []*quota.Meter) [quota.Kinds]int64 {
	var out [quota.Kinds]int64
	for k := range out {
		out[k] = Absent
	}
	for _, m := range meters {
		out[m.Limit().Kind] = m.Limit().Amount
	}
	return out
}

func compare(id llm.Pool, was, is [quota.Kinds]int64) (Adoption, bool) {
	a := Adoption{Pool: id}
	for k := range is {
		if was[k] != is[k] {
			a.Kinds = append(a.Kinds, quota.Kind(k))
			a.Before, a.After = append(a.Before, was[k]), append(a.After, is[k])
		}
	}
	return a, len(a.Kinds) > 0
}
