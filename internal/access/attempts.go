package access

import (
	"net/netip"
	"sync"
	"time"
)

// Failures that an address may make at once, and after how long one more.
const (
	mostFailures = 10
	perFailure   = 6 * time.Second
	// mostAddresses bounds what is remembered: 4096 of them take half a megabyte.
	// What comes from more at once shares one budget.
	mostAddresses = 4096
)

// attempts counts failures by address.
type attempts struct {
	mu    sync.Mutex
	by    map[netip.Prefix]*failures
	swept time.Time
}

// failures are those of an address, as the instant at which all are forgiven: each
// adds perFailure to it.
type failures struct {
	forgiven time.Time
	told     bool // that it has made too many
}

// fail notes one. wait is how long the address is to wait when it has made too
// many, else 0; first says that this is so since now.
func (a *attempts) fail(from netip.Addr, now time.Time) (wait time.Duration, first bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.of(neighbourhood(from), now)
	if f.forgiven.Before(now) {
		*f = failures{forgiven: now}
	}
	if over := f.forgiven.Add(perFailure).Sub(now) - mostFailures*perFailure; over > 0 {
		first, f.told = !f.told, true
		return over, first
	}
	f.forgiven = f.forgiven.Add(perFailure)
	return 0, false
}

// of finds the failures of an address, or room for them.
func (a *attempts) of(at netip.Prefix, now time.Time) *failures {
	if f := a.by[at]; f != nil {
		return f
	}
	if len(a.by) >= mostAddresses && now.Sub(a.swept) >= perFailure {
		a.swept = now
		for key, f := range a.by {
			if f.forgiven.Before(now) {
				delete(a.by, key)
			}
		}
	}
	if len(a.by) >= mostAddresses {
		at = netip.Prefix{}
	}
	f := a.by[at]
	if f == nil {
		f = &failures{}
		if a.by == nil {
			a.by = map[netip.Prefix]*failures{}
		}
		a.by[at] = f
	}
	return f
}

// neighbourhood is the addresses that one party has: an IPv4 address, or the /64
// that a network of IPv6 is given.
func neighbourhood(from netip.Addr) netip.Prefix {
	from = from.Unmap().WithZone("")
	bits := 32
	if from.Is6() {
		bits = 64
	}
	p, err := from.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address
	}
	return p
}
