package daemon

import (
	"slices"
	"sync"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// snapshots are the latest of every account and Region that is known. It is safe
// for concurrent use, and the nil one knows none.
type snapshots struct {
	factors map[string]int64 // by code: what a row's value is multiplied by before it binds

	mu   sync.RWMutex // guards what follows
	list []account.Snapshot
	// own are the accounts of which this process has heard itself. The folder may
	// have those of other credentials, which commands have used.
	own map[llm.Region]llm.AccountID
}

func newSnapshots(cat *catalog.Catalog, known []account.Snapshot) *snapshots {
	s := &snapshots{factors: map[string]int64{}, list: known, own: map[llm.Region]llm.AccountID{}}
	for _, q := range cat.AllQuotas() {
		if q.Code != "" && q.Factor > 1 {
			s.factors[q.Code] = q.Factor
		}
	}
	return s
}

// put replaces what is known of the snapshot's account and Region.
func (s *snapshots) put(snap account.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.own[snap.Region] = snap.Account
	i := slices.IndexFunc(s.list, func(o account.Snapshot) bool { return o.Account == snap.Account && o.Region == snap.Region })
	s.list = slices.Clone(s.list) // whoever reads the former one goes on with it
	if i < 0 {
		s.list = append(s.list, snap)
		return
	}
	s.list[i] = snap
}

// of finds the snapshot that a pool is in. A pool without an account is in that of
// the process's own account, else in that of its Region, when there is just one.
func (s *snapshots) of(pool llm.Pool) (account.Snapshot, bool) {
	if s == nil {
		return account.Snapshot{}, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if pool.Account == "" {
		pool.Account = s.own[pool.Region]
	}
	var found []account.Snapshot
	for _, snap := range s.list {
		if snap.Region == pool.Region && (pool.Account == "" || snap.Account == pool.Account) {
			found = append(found, snap)
		}
	}
	if len(found) != 1 {
		return account.Snapshot{}, false
	}
	return found[0], true
}

// limits are those that a pool was discovered to have, and its account. Where AWS
// has never told what it applies there are none.
func (s *snapshots) limits(pool llm.Pool) (own, shared []quota.Limit) {
	snap, ok := s.of(pool)
	if !ok || !tellsApplied(&snap) {
		return nil, nil
	}
	return s.rows(&snap, pool)
}

// published are the defaults that AWS told for a pool's Region where it has never
// told what it applies.
func (s *snapshots) published(pool llm.Pool) []quota.Limit {
	snap, ok := s.of(pool)
	if !ok || tellsApplied(&snap) {
		return nil
	}
	own, _ := s.rows(&snap, pool)
	return own
}

// tellsApplied reports whether a snapshot has the applied values, from whatever
// time: without them all its values are defaults.
func tellsApplied(snap *account.Snapshot) bool {
	return !slices.ContainsFunc(snap.Missing, func(m account.Missing) bool { return m.Part == "quotas" && m.AsOf.IsZero() })
}

// rows are the quotas of a snapshot that are limits of a pool, and of its account.
func (s *snapshots) rows(snap *account.Snapshot, pool llm.Pool) (own, shared []quota.Limit) {
	for _, q := range snap.Quotas {
		kind, known := kindOf(q.Limit)
		mine := q.Pool.Model == pool.Model && q.Pool.Path == pool.Path && q.Variant == ""
		whole := kind == quota.AccountTokensPerDay && q.Pool.Model == ""
		amount, told := q.Amount()
		if !known || !mine && !whole || !told {
			continue
		}
		// A day's row that Service Quotas lists no applied value for is one that
		// AWS has replaced by the account's.
		if kind == quota.TokensPerDay && q.Applied == nil {
			continue
		}
		if f := s.factors[q.Code]; f > 1 {
			amount *= f
		}
		l := quota.Limit{Kind: kind, Amount: amount}
		if whole {
			shared = append(shared, l)
			continue
		}
		own = merged(own, l)
	}
	return own, shared
}

// merged adds a limit; of two of a kind the tighter one holds.
func merged(limits []quota.Limit, l quota.Limit) []quota.Limit {
	i := slices.IndexFunc(limits, func(o quota.Limit) bool { return o.Kind == l.Kind })
	if i < 0 {
		return append(limits, l)
	}
	limits[i].Amount = min(limits[i].Amount, l.Amount)
	return limits
}

// overlaid is base with those of over in the place of its own of the same kind.
func overlaid(base, over []quota.Limit) []quota.Limit {
	out := slices.Clone(over)
	for _, l := range base {
		if !slices.ContainsFunc(over, func(o quota.Limit) bool { return o.Kind == l.Kind }) {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b quota.Limit) int { return int(a.Kind) - int(b.Kind) })
	return out
}

// kindOf is the kind of limit of a name.
func kindOf(name string) (quota.Kind, bool) {
	for k := range quota.Kind(quota.Kinds) {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}
