package promexport

import (
	"sync"

	"github.com/headgate/headgate/internal/llm"
)

const (
	// other is the label of what is one too many, and all that of a limit which
	// every model of an account draws on. unknown is that of calls whose model id
	// meant nothing.
	other   = "other"
	all     = "all"
	unknown = "unknown"

	// mostPools and mostTenants have series of their own.
	mostPools   = 60
	mostTenants = 200
)

// place is a pool's labels, without the account: a gateway calls with one.
type place struct{ region, model, path string }

func (p place) values(more ...string) []string {
	return append([]string{p.region, p.model, p.path}, more...)
}

// names gives out labels, the same ones for the same name, and few of them. It is
// safe for concurrent use.
type names struct {
	mu      sync.RWMutex
	pools   map[place]bool
	tenants map[llm.Tenant]bool
}

func newNames(tenants []llm.Tenant) *names {
	n := &names{pools: map[place]bool{}, tenants: map[llm.Tenant]bool{llm.DefaultTenant: true}}
	for _, t := range tenants {
		if len(n.tenants) < mostTenants {
			n.tenants[t] = true
		}
	}
	return n
}

// pool is the label set of a pool, and whether it is the pool's own.
func (n *names) pool(p llm.Pool) (at place, own bool) {
	if p.Model == "" {
		return place{unknown, unknown, unknown}, false
	}
	at = place{string(p.Region), string(p.Model), string(p.Path)}
	if known(&n.mu, n.pools, at, mostPools) {
		return at, true
	}
	return place{other, other, other}, false
}

// seen is pool for one that may never have been called: it takes no label from those
// that are.
func (n *names) seen(p llm.Pool) (at place, own bool) {
	at = place{string(p.Region), string(p.Model), string(p.Path)}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return at, n.pools[at]
}

func (n *names) tenant(t llm.Tenant) string {
	if known(&n.mu, n.tenants, t, mostTenants) {
		return string(t)
	}
	return other
}

// known reports whether a name is among those that have a label, and makes it one
// of them while there is room.
func known[K comparable](mu *sync.RWMutex, in map[K]bool, name K, most int) bool {
	mu.RLock()
	found, full := in[name], len(in) >= most
	mu.RUnlock()
	if found || full {
		return found
	}
	mu.Lock()
	defer mu.Unlock()
	if len(in) < most {
		in[name] = true
	}
	return in[name]
}
