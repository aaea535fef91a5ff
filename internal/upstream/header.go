package upstream

import (
	"net/http"
	"net/textproto"
	"strings"
)

// HopHeader carries the instance ids of the Headgates that a request has come
// through, comma separated. An instance that finds its own id there has been
// configured to call itself.
const HopHeader = "X-Headgate-Hop"

// ownPrefix begins the names of our own headers.
const ownPrefix = "X-Headgate-"

// outgoing returns the headers to send: the client's without those that must
// not pass, and ours. The result is new; it shares the value slices of h,
// which must therefore not be changed.
func outgoing(h http.Header, instance string) http.Header {
	named := h["Connection"]
	out := make(http.Header, len(h)+4) // host, signature, date, token
	for name, values := range h {
		if !passes(name) || named != nil && names(named, name) {
			continue
		}
		switch name {
		case "Accept-Encoding": // the usage is read from the passing bytes
			values = []string{"identity"}
		case "Idempotency-Key", "X-Idempotency-Key": // by these very names the Transport would know that it may send again
			name = strings.ToLower(name)
		}
		out[name] = values
	}
	if _, ok := out["User-Agent"]; !ok {
		out["User-Agent"] = []string{"headgate"} // else net/http would name itself
	}
	hops := instance
	if before := h.Get(HopHeader); before != "" {
		hops = before + ", " + instance
	}
	out[HopHeader] = []string{hops}
	return out
}

// passes reports whether a client's header may go upstream. Names are in
// canonical form, as net/http hands them over.
func passes(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade", "Http2-Settings": // RFC 9110, section 7.6.1
		return false
	case "Authorization", "Cookie", "X-Api-Key", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256":
		return false // the client's own credentials and signature; ours take their place
	case "Host", "Content-Length", "Expect": // net/http writes these for the request that it sends
		return false
	case "Amz-Sdk-Request": // counts the attempts of the client's SDK, which are not ours
		return false
	}
	return !strings.HasPrefix(name, ownPrefix)
}

// names reports whether a Connection header names a header.
func names(connection []string, name string) bool {
	for _, line := range connection {
		for token := range strings.SplitSeq(line, ",") {
			if textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(token)) == name {
				return true
			}
		}
	}
	return false
}

// incoming removes from an answer's headers what concerns only the connection
// that it came by.
func incoming(h http.Header) {
	for _, line := range h["Connection"] {
		for token := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(token))
		}
	}
	for _, name := range [...]string{"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		delete(h, name)
	}
}

// unsigned removes the parameters of a presigned request from a query; a query
// without them is returned as it is.
func unsigned(query string) string {
	if !strings.Contains(query, "X-Amz-") {
		return query
	}
	var kept []string
	for parameter := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(parameter, "X-Amz-") {
			kept = append(kept, parameter)
		}
	}
	return strings.Join(kept, "&")
}
