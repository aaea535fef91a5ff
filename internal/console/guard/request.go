package guard

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/console"
)

// misdirected is why a request is turned away whoever sends it; nil when it is not.
func (g *Guard) misdirected(r *http.Request) *console.Problem {
	switch {
	case !console.Addressed(r.Host, g.opts.Exposed):
		return &console.Problem{Status: http.StatusMisdirectedRequest, Detail: "The request is addressed to a host that is not this one (its Host header). " +
			"Address it as localhost or by its IP address, such as 127.0.0.1."}
	case foreign(r):
		return &console.Problem{Status: http.StatusForbidden, Detail: "The request comes from a web page of another origin (its Sec-Fetch-Site or Origin header). Only programs and the gateway's own page may ask."}
	case tokenInAddress(r.URL):
		return &console.Problem{Status: http.StatusBadRequest, Detail: "There is a token in the address, where logs and histories keep it. Revoke it (`headgate token revoke`), and send another in the Authorization header: Bearer, a space, and the token."}
	}
	return nil
}

// foreign reports a request that a page of another origin makes. All current
// browsers say so to addresses that are https or loopback (Fetch Metadata); to
// others they send at least Origin with what changes something or could be read by
// the page. Another port of this machine is another origin.
func foreign(r *http.Request) bool {
	if sites, there := r.Header["Sec-Fetch-Site"]; there {
		return len(sites) != 1 || sites[0] != "same-origin" && sites[0] != "none"
	}
	origins, there := r.Header["Origin"]
	if !there {
		return false
	}
	origin, err := url.Parse(origins[0])
	return len(origins) != 1 || err != nil || origin.Host == "" || !strings.EqualFold(origin.Host, r.Host)
}

// browser reports what may be a browser's request: it has a header that only
// browsers send, or the name that they all give themselves. Pages cannot leave these
// out. What is taken for a browser is asked for a session, so a program that says
// it is one needs a token.
func browser(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "Sec-") {
			return true
		}
	}
	for _, name := range []string{"Origin", "Referer", "Cookie", "Upgrade-Insecure-Requests", "X-Requested-With"} {
		if _, there := r.Header[name]; there {
			return true
		}
	}
	return strings.HasPrefix(r.Header.Get("User-Agent"), "Mozilla/")
}

// forwarded reports a request that came through a proxy that says so.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if _, there := r.Header[name]; there {
			return true
		}
	}
	return false
}

// tokenInAddress reports a token in a query or a path.
func tokenInAddress(u *url.URL) bool {
	return strings.Contains(u.RawQuery, access.TokenPrefix) || strings.Contains(u.EscapedPath(), access.TokenPrefix)
}

// secure reports whether the browser's way here is encrypted, as far as it is
// known. That a client can say so falsely costs it its own cookie.
func secure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
