package guard

import (
	"net"
	"net/http"
	"time"
)

// cookieName is that of a gateway's cookie. Browsers send cookies to all ports of a
// host, so that two gateways on one machine need two names.
func cookieName(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil || port == "" {
		return "headgate"
	}
	return "headgate_" + port
}

// session is the cookie of a request; empty without one.
func session(r *http.Request) string {
	if c, err := r.Cookie(cookieName(r.Host)); err == nil {
		return c.Value
	}
	return ""
}

// cookie is what a browser is given: no script reads it, no other site's page has
// it sent. A lifetime below 0 takes it back.
func cookie(v *visit, session string, life time.Duration) *http.Cookie {
	seconds := int(life / time.Second)
	if life < 0 {
		seconds = -1
	}
	return &http.Cookie{ //nolint:gosec // Secure where the way is; loopback has none that is
		Name: cookieName(v.host), Value: session, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteStrictMode,
	}
}
