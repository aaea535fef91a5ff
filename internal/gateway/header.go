package gateway

import (
	"net/http"
	"net/textproto"
	"strings"
)

const (
	labelPrefix    = "X-Headgate-"
	hopHeader      = "X-Headgate-Hop"
	metadataHeader = "X-Amzn-Bedrock-Request-Metadata"
	requestID      = "X-Amzn-Requestid"
)

// isHopHeader reports whether a header belongs to one connection and not to
// the message (RFC 9110 §7.6.1, and the ones in common use before it). name is
// canonical.
func isHopHeader(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings":
		return true
	}
	return false
}

// isOursToMake reports whether a request header is made anew for the upstream:
// the credentials and the signature over our client's request, and what the
// HTTP client writes itself. name is canonical.
func isOursToMake(name string) bool {
	switch name {
	case "Authorization", "X-Api-Key", "Cookie",
		"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256", "X-Amz-Region-Set",
		"Host", "Content-Length", "Expect":
		return true
	}
	return false
}

// connectionOnly is the set of headers that a Connection header claims for the
// connection; nil when there are none.
func connectionOnly(h http.Header) map[string]bool {
	var named map[string]bool
	for _, value := range h["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			name = textproto.CanonicalMIMEHeaderKey(textproto.TrimString(name))
			if name == "" || name == "Close" || name == "Keep-Alive" {
				continue
			}
			if named == nil {
				named = make(map[string]bool)
			}
			named[name] = true
		}
	}
	return named
}

// forwarded is the part of a request's headers that goes upstream. The values
// are shared with h. Our own headers stay here but for the list of gateways
// that the request has passed, by which a loop is found.
func forwarded(h http.Header) http.Header {
	out := make(http.Header, len(h))
	named := connectionOnly(h)
	for name, values := range h {
		ours := strings.HasPrefix(name, labelPrefix) && name != hopHeader
		if ours || isHopHeader(name) || isOursToMake(name) || named[name] {
			continue
		}
		out[name] = values
	}
	return out
}

// copyAnswerHeader puts an upstream's headers on an answer.
func copyAnswerHeader(dst, src http.Header) {
	named := connectionOnly(src)
	for name, values := range src {
		if !isHopHeader(name) && !named[name] {
			dst[name] = values
		}
	}
	if _, ok := dst["Content-Type"]; !ok {
		dst["Content-Type"] = nil // net/http would guess one
	}
}

// passed reports whether the request has been through the gateway of this id.
func passed(h http.Header, id string) bool {
	if id == "" {
		return false
	}
	for _, value := range h[hopHeader] {
		for hop := range strings.SplitSeq(value, ",") {
			if textproto.TrimString(hop) == id {
				return true
			}
		}
	}
	return false
}
