package access

import (
	"net/netip"
	"testing"
	"time"
)

// TestFailuresTakeBoundedMemory: a million addresses are no more than a few
// thousand, and those beyond are slowed together.
func TestFailuresTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	var a attempts
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	slowed := 0
	for i := range 1_000_000 {
		wait, _ := a.fail(netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1}), now.Add(time.Duration(i)*time.Microsecond))
		if wait > 0 {
			slowed++
		}
	}
	if len(a.by) > mostAddresses+1 {
		t.Errorf("%d addresses are remembered", len(a.by))
	}
	if slowed < 990_000 {
		t.Errorf("%d of a million were slowed, want nearly all", slowed)
	}
	wait, _ := a.fail(netip.MustParseAddr("203.0.113.1"), now.Add(time.Hour))
	if wait != 0 || len(a.by) > 2 {
		t.Errorf("an hour later: wait %v, %d addresses; want a clean slate", wait, len(a.by))
	}
}

func TestANetworkIsOneNeighbour(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.1":         "192.0.2.1/32",
		"::ffff:192.0.2.1":  "192.0.2.1/32",
		"2001:db8::1":       "2001:db8::/64",
		"fe80::1%eth0":      "fe80::/64",
		"2001:db8:0:1::abc": "2001:db8:0:1::/64",
	} {
		if got := neighbourhood(netip.MustParseAddr(text)).String(); got != want {
			t.Errorf("neighbourhood(%s) = %s, want %s", text, got, want)
		}
	}
	if got := neighbourhood(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("of no address: %v", got)
	}
}
