package upstream

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Request is one attempt.
type Request struct {
	Method string
	// RawPath and RawQuery are sent exactly as they stand, escapes included.
	RawPath, RawQuery string
	// Header is the client's. It is read, not changed; its values must not
	// change before the answer's body is closed.
	Header http.Header
	// Body is sent as it stands; it must not change before the answer's body is closed.
	Body []byte
	// Region is where the call goes, and for which it is signed.
	Region llm.Region
	// Sent is called at most once, when the whole request has been written to
	// the connection. It may be called on another goroutine, and after Do has
	// returned. It may be nil.
	Sent func(at time.Time)
}

// Response is an answer, whatever its status. Body must be closed; its read
// errors are those of the connection, or a *fault.Error of kind Timeout when it
// fell silent. Header belongs to the caller.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
}

// Signer puts credentials on requests.
type Signer interface {
	// Sign adds to the headers of req what proves who sends it. body is the
	// request's, which Sign must not read from req. An error is a *fault.Error.
	// It is called by many goroutines at once.
	Sign(ctx context.Context, req *http.Request, body []byte, region llm.Region) error
}

// EndpointFunc gives the address of a Region: scheme, host and perhaps a path
// that goes before the request's. The URL is read, not changed.
type EndpointFunc func(llm.Region) (*url.URL, error)

// Options say where to send and how.
type Options struct {
	// Endpoint gives the address for a Region. It must be set.
	Endpoint EndpointFunc
	// Signer signs. Nil sends unsigned requests.
	Signer Signer
	// Instance is this process's id in HopHeader. It must be set.
	Instance string
	// ResponseHeaderTimeout bounds the wait from the end of the request to the
	// answer's headers, which for an unstreamed call is the whole generation,
	// and then the wait for each next piece of the answer. 0 means 61 minutes:
	// a generation may take 60, and its end is the service's to tell.
	ResponseHeaderTimeout time.Duration
	// DialTimeout bounds connecting. 0 means ten seconds.
	DialTimeout time.Duration
	// RootCAs are the authorities that https addresses are trusted by. Nil
	// means the system's.
	RootCAs *x509.CertPool
}

// Client sends attempts. It is safe for concurrent use.
type Client struct {
	endpoint  EndpointFunc
	signer    Signer
	instance  string
	silence   time.Duration
	transport *http.Transport
}

// New makes a client. It opens no connection and starts nothing. Errors name
// the option that is missing.
func New(o Options) (*Client, error) {
	switch {
	case o.Endpoint == nil:
		return nil, errors.New("upstream: no endpoint")
	case o.Instance == "" || strings.ContainsAny(o.Instance, ", \r\n"):
		return nil, errors.New("upstream: no instance id, or one with spaces or commas")
	}
	o.ResponseHeaderTimeout = cmp.Or(o.ResponseHeaderTimeout, defaultHeader)
	o.DialTimeout = cmp.Or(o.DialTimeout, defaultDial)
	return &Client{endpoint: o.Endpoint, signer: o.Signer, instance: o.Instance, silence: o.ResponseHeaderTimeout, transport: newTransport(o)}, nil
}

// Fixed is the EndpointFunc of one address for all Regions. The address must
// be an http or https URL without query or credentials.
func Fixed(address string) (EndpointFunc, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("upstream: the endpoint is not a URL") // err would repeat what may hold a password
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("upstream: the endpoint must look like http://host:port or https://host")
	}
	return func(llm.Region) (*url.URL, error) { return u, nil }, nil
}

// Do sends one attempt and returns the answer once its headers are there. ctx
// bounds the answer's body too.
//
// Errors are *fault.Error: Upstream when no answer came, Timeout when it did
// not come in time, Cancelled when ctx was, Invalid for a path that cannot be
// sent, Internal for a Region without an address, or whatever the Signer
// gives. ctx's own error stays in the chain.
func (c *Client) Do(ctx context.Context, r *Request) (*Response, error) {
	w := &written{sent: r.Sent}
	inner, cancel := context.WithCancelCause(ctx)
	req, err := c.request(w.trace(inner), r)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if c.signer != nil {
		if err := c.signer.Sign(ctx, req, r.Body, r.Region); err != nil {
			cancel(nil)
			return nil, err
		}
	}
	// The Transport itself: http.Client would add redirects and cookies.
	resp, err := c.transport.RoundTrip(req) //nolint:bodyclose // the caller closes it
	if err != nil {
		cancel(nil)
		return nil, failed(ctx, err, w.done.Load())
	}
	incoming(resp.Header)
	return &Response{Status: resp.StatusCode, Header: resp.Header, Body: newBody(inner, cancel, resp.Body, c.silence)}, nil
}

// Close closes the connections that no attempt uses.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// request makes the HTTP request of an attempt, unsigned.
func (c *Client) request(ctx context.Context, r *Request) (*http.Request, error) {
	if !sendable(r.RawPath) || !strings.HasPrefix(r.RawPath, "/") || strings.HasPrefix(r.RawPath, "//") || !sendable(r.RawQuery) {
		return nil, fault.New(fault.Invalid, "The request's path or query holds characters that cannot be sent.")
	}
	base, err := c.endpoint(r.Region)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Internal, Op: "find the endpoint of Region " + string(r.Region), Err: err}
	}
	// Opaque is what reaches the request line as it is. With Path and RawPath
	// net/url would escape again what it holds to be escaped wrongly.
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Opaque: strings.TrimSuffix(base.EscapedPath(), "/") + r.RawPath, RawQuery: unsigned(r.RawQuery)}
	req := &http.Request{
		Method: r.Method, URL: u, Host: base.Host, Header: outgoing(r.Header, c.instance),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if len(r.Body) > 0 {
		req.ContentLength = int64(len(r.Body))
		// GetBody lets the Transport start again on another connection when an
		// idle one turns out to be closed and nothing of the request was written.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.Body, _ = req.GetBody() // a reader over bytes in memory: never an error
	}
	return req.WithContext(ctx), nil
}

// sendable reports whether s can stand in a request line.
func sendable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '#' {
			return false
		}
	}
	return true
}

// written watches for the end of the request.
type written struct {
	sent func(time.Time) // may be nil
	done atomic.Bool
}

func (w *written) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: w.wrote})
}

// wrote is called for each connection that the Transport tries.
func (w *written) wrote(info httptrace.WroteRequestInfo) {
	if info.Err == nil && w.done.CompareAndSwap(false, true) && w.sent != nil {
		w.sent(time.Now())
	}
}

// failed gives the error of a round trip its kind. sent says that the upstream
// has got the request: only then is slowness the upstream's.
func failed(ctx context.Context, err error, sent bool) error {
	e := &fault.Error{
		Kind: fault.Upstream, Op: "send the request upstream", Err: err,
		Message: "Headgate could not reach the upstream, or lost the connection before it answered.",
	}
	var slow net.Error
	switch {
	case ctx.Err() != nil:
		e.Kind, e.Message = fault.Cancelled, "The call was cancelled before the upstream answered."
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			e.Kind, e.Message = fault.Timeout, "The upstream did not answer before the call's deadline."
		}
		if !errors.Is(err, ctx.Err()) { // net/http may give the cause instead
			e.Err = errors.Join(ctx.Err(), err)
		}
	case sent && errors.As(err, &slow) && slow.Timeout():
		e.Kind, e.Message = fault.Timeout, "The upstream took the call and did not answer in time."
	}
	return e
}
