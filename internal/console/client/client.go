// Package client asks a running gateway by its API. It knows what can be asked, and
// words why there is no answer.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

// Client asks one gateway. It is not for concurrent use, and prints as its address
// alone.
type Client struct {
	// Base is the gateway's address, such as "http://127.0.0.1:8080", without a slash
	// at its end.
	Base string
	// Token lets in; empty: none is sent.
	Token string

	scale float64
}

// The errors that say more than their kind.
var (
	// ErrAbsent is wrapped by the error of a question that nobody was there for.
	ErrAbsent = errors.New("no gateway answers")
	// ErrAddress is wrapped where the base is no address.
	ErrAddress = errors.New("no address of a gateway")
	// ErrStrange is wrapped where what answers is no gateway of this version.
	ErrStrange = errors.New("not a gateway")
	// ErrToken is wrapped where no token, or not the right one, was sent.
	ErrToken = errors.New("not let in")
)

const (
	// readPatience is how long a gateway has for an answer.
	readPatience = 30 * time.Second
	// postPatience is how long it has to ask AWS: it may wait for a round to end, and
	// then for its own, of two minutes each at most.
	postPatience = 4*time.Minute + 10*time.Second
	// mostAnswer bounds what is read of an answer; 10,000 limits have 8 MB.
	mostAnswer = 64 << 20
)

// String is the base.
func (c *Client) String() string { return c.Base }

// TimeScale is the gateway's, as its last answer told; 1 before there was one.
func (c *Client) TimeScale() float64 { return max(1, c.scale) }

// Get asks for what there is at a path and decodes it. Errors are of the kinds of
// package fault.
func (c *Client) Get(ctx context.Context, path string, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return c.exchange(ctx, http.MethodGet, path, query, answer)
}

// Post has the gateway do what a path stands for, which may take it as long as AWS
// takes, and decodes its answer.
func (c *Client) Post(ctx context.Context, path string, query url.Values, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, postPatience)
	defer cancel()
	return c.exchange(ctx, http.MethodPost, path, query, answer)
}

// Authorize adds to a request what lets in.
func (c *Client) Authorize(req *http.Request) {
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
}

// exchange sends a request without a body and decodes the answer.
func (c *Client) exchange(ctx context.Context, method, path string, query url.Values, answer any) error {
	u := c.Base + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, http.NoBody)
	if err != nil {
		return &fault.Error{Kind: fault.Invalid, Message: fmt.Sprintf("%q is no address of a gateway", c.Base), Err: ErrAddress}
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	c.Authorize(req)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return c.Unreachable(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return fault.Wrap(fault.Upstream, "read the answer of "+c.Base, err)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // "" is none of ours
	if resp.StatusCode == http.StatusOK && kind == "application/json" && json.Unmarshal(body, answer) == nil {
		c.scale, _ = strconv.ParseFloat(resp.Header.Get(console.ScaleHeader), 64) // 0: an older one
		return nil
	}
	return c.refused(resp.StatusCode, kind, body)
}

// refused words an answer that is none.
func (c *Client) refused(status int, kind string, body []byte) error {
	var p console.Problem
	if kind != console.ProblemType || json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return &fault.Error{Kind: fault.Upstream, Message: fmt.Sprintf("%s answers, but not as a gateway of this version does (status %d)", c, status), Err: ErrStrange}
	}
	err := fault.New(kindOf(status), "the gateway at %s refused: %s", c, p.Detail)
	if status == http.StatusUnauthorized {
		err.Err = ErrToken
	}
	return err
}

// Unreachable words why a request, which ctx was for, has no answer. The error wraps
// ErrAbsent when nobody is there.
func (c *Client) Unreachable(ctx context.Context, err error) error {
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
		return fault.Wrap(fault.Upstream, "ask the gateway at "+c.Base, err)
	}
	return &fault.Error{Kind: fault.Upstream, Message: "no gateway answers at " + c.Base, Err: errors.Join(ErrAbsent, err)}
}

func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return fault.Invalid
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusMisdirectedRequest, http.StatusForbidden, http.StatusUnauthorized:
		return fault.Denied
	case http.StatusTooManyRequests:
		return fault.Throttled
	}
	return fault.Upstream
}
