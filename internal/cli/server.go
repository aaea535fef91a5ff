package cli

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/client"
)

// The variables that name the running gateway, and what lets in there, when no
// flag does.
const (
	serverVariable = "HEADGATE_SERVER"
	tokenVariable  = "HEADGATE_TOKEN"
)

// server is the --server and --token flags: the running gateway that a command
// asks.
type server struct {
	flag  string
	token string
	set   *settings
}

// remote is a gateway to ask, and by whose leave. It prints as its address alone.
type remote struct {
	base  string // its base URL
	token string // empty: none is sent
}

func (r remote) String() string { return r.base }

// newServer gives cmd the flags. Without it the address is that of the
// configuration in set.
func newServer(cmd *cobra.Command, set *settings) *server {
	s := &server{set: set}
	cmd.Flags().StringVar(&s.flag, "server", "", "the running gateway (default: "+serverVariable+",\nelse as configured, http://127.0.0.1:8080)")
	cmd.Flags().StringVar(&s.token, "token", "", "its token, better given by "+tokenVariable)
	return s
}

// remote is the gateway to ask.
func (s *server) remote(a *app) (remote, error) {
	base, err := s.address(a)
	return remote{base: base, token: cmp.Or(s.token, a.env(tokenVariable))}, err
}

// address is the base URL of the gateway.
func (s *server) address(a *app) (string, error) {
	text := cmp.Or(s.flag, a.env(serverVariable))
	if text == "" {
		cfg, _, err := s.set.load(a)
		if err != nil {
			return "", err
		}
		return "http://" + local(cmp.Or(cfg.AdminListen, cfg.Listen)), nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return "", usageError("for example --server http://127.0.0.1:8080", "%q is no address of a gateway", text)
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// local is the address by which this machine reaches what listens on another.
func local(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// client asks it.
func (r remote) client() *client.Client { return &client.Client{Base: r.base, Token: r.token} }

// readQuotas asks a gateway for its limits. The error wraps client.ErrAbsent when
// there is none.
func readQuotas(ctx context.Context, at remote, f console.Filter) (console.Quotas, error) {
	out, err := at.client().Quotas(ctx, f)
	return out, advised(err)
}

// advised adds to an error of a client what there is to be done.
func advised(err error) error {
	switch {
	case errors.Is(err, client.ErrAbsent):
		return withHint(err, "start one with `headgate serve` or `headgate up`, or say where it is: --server http://127.0.0.1:8080, or %s", serverVariable)
	case errors.Is(err, client.ErrStrange):
		return withHint(err, "--server takes the address that `headgate serve` or `headgate up` says it listens on")
	case errors.Is(err, client.ErrToken):
		return withHint(err, "give a token by %s or --token", tokenVariable)
	case errors.Is(err, client.ErrAddress):
		return withHint(err, "for example --server http://127.0.0.1:8080")
	}
	return err
}
