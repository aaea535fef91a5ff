package cli

import (
	"net"
	"testing"
)

func TestNextPort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:8080":  "127.0.0.1:8081",
		"[::1]:80":        "[::1]:81",
		"127.0.0.1:65535": "127.0.0.1:0",
		"nonsense":        "127.0.0.1:0",
	} {
		if got := nextPort(address); got != want {
			t.Errorf("nextPort(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestBaseURLIsReachableFromThisMachine(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:8080":   "http://127.0.0.1:8080",
		"[::]:8080":      "http://127.0.0.1:8080",
		"[::1]:8080":     "http://[::1]:8080",
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := baseURL(fixedListener{addr}); got != want {
			t.Errorf("baseURL(%s) = %s, want %s", address, got, want)
		}
	}
}

// fixedListener has an address and nothing else.
type fixedListener struct{ addr net.Addr }

func (l fixedListener) Addr() net.Addr          { return l.addr }
func (fixedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (fixedListener) Close() error              { return nil }
