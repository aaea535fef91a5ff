package upstream

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	defaultDial = 10 * time.Second
	// defaultHeader is a little more than the longest that a call may take
	// (docs.aws.amazon.com/nova, nova2-userguide/important-timeout-configuration).
	defaultHeader = 61 * time.Minute

	// idleConns is how many unused connections to one host are kept. Every call
	// under way over HTTP/1.1 has one, and a burst of a thousand calls a second
	// must not open and close them all the time.
	idleConns = 1024
	// idleFor is how long an unused connection is kept. It is below the 60 s
	// after which AWS's load balancers close theirs
	// (docs.aws.amazon.com/elasticloadbalancing, application/edit-load-balancer-attributes),
	// so that a call seldom meets a connection that is being closed.
	idleFor = 50 * time.Second
	// bufferSize holds the headers and body of a usual call, so that it goes
	// out in one write.
	bufferSize = 16 << 10
	// maxHeader is the most that an answer's headers may take.
	maxHeader = 256 << 10
	// pingAfter and pingWait find an HTTP/2 connection that died silently.
	pingAfter = 30 * time.Second
	pingWait  = 15 * time.Second
)

// newTransport makes a Transport that changes nothing on the way. The timeouts
// of o must be set.
func newTransport(o Options) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true) // over TLS only
	dialer := &net.Dialer{Timeout: o.DialTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    o.DialTimeout,
		ResponseHeaderTimeout:  o.ResponseHeaderTimeout,
		MaxIdleConnsPerHost:    idleConns,
		IdleConnTimeout:        idleFor,
		DisableCompression:     true, // else it would unpack answers that clients did not ask to be packed
		MaxResponseHeaderBytes: maxHeader,
		WriteBufferSize:        bufferSize,
		ReadBufferSize:         bufferSize,
		Protocols:              &protocols,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWait},
	}
}

// proxy finds the environment's proxy for an https address. There is none for
// loopback addresses, nor for http: a proxy would need the whole address in the
// request line, where the path stands alone so that it passes byte for byte.
func proxy(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}
