package config

import (
	"net"
	"net/netip"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// CheckExposure refuses addresses that other machines can reach, unless
// Insecure allows them: who reaches the gateway spends the account's quota.
func (c Config) CheckExposure() error {
	if c.Insecure {
		return nil
	}
	for _, at := range []struct{ key, address, why string }{
		{"listen", c.Listen, "and nothing asks who calls Bedrock through it"},
		{"admin_listen", c.AdminListen, "and tokens travel to it in the clear"},
	} {
		if at.address != "" && !Loopback(at.address) {
			return fault.New(fault.Invalid,
				"%s: %s can be reached from other machines, %s; use 127.0.0.1 instead, or allow it with --insecure (insecure: true) on a network that you trust",
				at.key, at.address, at.why)
		}
	}
	return nil
}

// Loopback reports whether host:port is only reachable from this machine. A
// name other than localhost is not taken for one: who resolves it decides.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
