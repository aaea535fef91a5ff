package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

// The variables that name the running gateway, and what lets in there, when no
// flag does.
const (
	serverVariable = "HEADGATE_SERVER"
	tokenVariable  = "HEADGATE_TOKEN"
)

// serverPatience is how long a gateway has for an answer that costs it nothing.
const serverPatience = 10 * time.Second

// postPatience is how long it has to ask AWS: it may wait for a round to end, and
// then for its own, of two minutes each at most.
const postPatience = 4*time.Minute + serverPatience

// mostAnswer bounds what is read of an answer; 10,000 limits have 8 MB.
const mostAnswer = 64 << 20

// errNoGateway is wrapped by the error of a question that nobody was there for.
var errNoGateway = errors.New("no gateway answers")

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

// readQuotas asks a gateway for its limits and decodes the answer. The
// error wraps errNoGateway when there is none.
func readQuotas(ctx context.Context, at remote, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, serverPatience)
	defer cancel()
	return exchange(ctx, http.MethodGet, at, console.QuotasPath, query, answer)
}

// post has a gateway do what a path stands for, which may take it as
// long as AWS takes, and decodes its answer. The error is as that of readQuotas.
func post(ctx context.Context, at remote, path string, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, postPatience)
	defer cancel()
	return exchange(ctx, http.MethodPost, at, path, query, answer)
}

// exchange sends a request without a body and decodes the answer.
func exchange(ctx context.Context, method string, at remote, path string, query url.Values, answer any) error {
	u := at.base + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, http.NoBody)
	if err != nil {
		return usageError("for example --server http://127.0.0.1:8080", "%q is no address of a gateway", at)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	at.authorize(req)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return unreachable(ctx, at.base, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return fault.Wrap(fault.Upstream, "read the answer of "+at.base, err)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" is none of ours
	if resp.StatusCode == http.StatusOK && kind == "application/json" && json.Unmarshal(body, answer) == nil {
		return nil
	}
	var p console.Problem
	if kind == console.ProblemType && json.Unmarshal(body, &p) == nil && p.Detail != "" {
		err := fault.New(problemKind(resp.StatusCode), "the gateway at %s refused: %s", at, p.Detail)
		if resp.StatusCode == http.StatusUnauthorized {
			return withHint(err, "give a token by "+tokenVariable+" or --token")
		}
		return err
	}
	return withHint(fault.New(fault.Upstream, "%s answers, but not as a gateway of this version does (status %d)", at, resp.StatusCode),
		"--server takes the address that `headgate serve` or `headgate up` says it listens on")
}

// authorize adds what lets in.
func (r remote) authorize(req *http.Request) {
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
}

// unreachable words why there is no answer.
func unreachable(ctx context.Context, base string, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Canceled
	}
	op, ok := errors.AsType[*net.OpError](err)
	dns, unknown := errors.AsType[*net.DNSError](err)
	switch {
	case unknown:
		err = fmt.Errorf("no machine is called %s", dns.Name)
	case ok && op.Op == "dial":
		err = op.Err
	default:
		return fault.Wrap(fault.Upstream, "ask the gateway at "+base, err)
	}
	return withHint(&fault.Error{Kind: fault.Upstream, Message: "no gateway answers at " + base, Err: errors.Join(errNoGateway, err)},
		"start one with `headgate serve` or `headgate up`, or say where it is: --server http://127.0.0.1:8080, or %s", serverVariable)
}

func problemKind(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest:
		return fault.Invalid
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusMisdirectedRequest, http.StatusForbidden, http.StatusUnauthorized:
		return fault.Denied
	}
	return fault.Upstream
}
