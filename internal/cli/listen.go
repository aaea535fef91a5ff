package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
)

// listen opens a TCP listener, with a cure for what usually goes wrong. The
// caller closes it.
func listen(ctx context.Context, address string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, withHint(fmt.Errorf("the address %s is in use by another program", address),
			"stop that program, or take another port: --listen %s", nextPort(address))
	case errors.Is(err, syscall.EACCES):
		return nil, withHint(fmt.Errorf("this user may not listen on %s", address),
			"take a port above 1023: --listen 127.0.0.1:8080")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, withHint(fmt.Errorf("no network interface of this machine has the address %s", address),
			"take 127.0.0.1, or an address that the machine has")
	}
	return nil, withHint(fault.Wrap(fault.Invalid, "listen on "+address, err), addressHint)
}

const addressHint = "an address is host:port, such as 127.0.0.1:8080; port 0 takes any free one"

// nextPort is address with the port after its own.
func nextPort(address string) string {
	host, port, err := net.SplitHostPort(address)
	n, atoi := strconv.Atoi(port)
	if err != nil || atoi != nil || n >= 65535 {
		return "127.0.0.1:0"
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1))
}

// baseURL is where programs on this machine reach ln.
func baseURL(ln net.Listener) string {
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "http://" + ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// port is the port that ln listens on.
func port(ln net.Listener) string {
	if _, port, err := net.SplitHostPort(ln.Addr().String()); err == nil {
		return port
	}
	return ln.Addr().String()
}

// checkExposed refuses an address that other machines can reach, for commands
// that have no configuration of their own.
func checkExposed(address string, insecure bool) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return usageError(addressHint, "%q is no address to listen on", address)
	}
	return config.Config{Listen: address, Insecure: insecure}.CheckExposure()
}
