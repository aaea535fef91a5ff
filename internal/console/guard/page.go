package guard

import (
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

// linkParameter is where a link has its secret.
const linkParameter = "link"

// LinkPath is what follows the address of a gateway in a link that opens its page.
func LinkPath(secret access.Secret) string { return "/?" + linkParameter + "=" + secret.Reveal() }

// Page guards the page, which everybody may load, and has links open it.
func (g *Guard) Page(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !console.Addressed(r.Host, g.opts.Exposed):
			say(w, http.StatusMisdirectedRequest, "The request is addressed to a host that is not this one (its Host header). Address it as localhost or by its IP address, such as 127.0.0.1.")
		case tokenInAddress(r.URL):
			say(w, http.StatusBadRequest, "There is a token in the address, where histories keep it. Revoke it (headgate token revoke), and log in with another on the page.")
		case r.Method == http.MethodGet && r.URL.EscapedPath() == "/" && r.URL.Query().Has(linkParameter):
			g.open(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// open has a link open a session, and the browser forget the link.
func (g *Guard) open(w http.ResponseWriter, r *http.Request) {
	// What a browser or a chat loads ahead must not use the link up.
	if r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") != "" {
		say(w, http.StatusServiceUnavailable, "A link is not opened ahead.")
		return
	}
	v := newVisit(w, r)
	secret, a, err := g.opts.Keeper.Enter(r.Context(), r.URL.Query().Get(linkParameter), v.from)
	if err != nil && v.session != "" {
		if _, inside := g.opts.Keeper.BySession(r.Context(), v.session); inside == nil {
			redirect(w) // it was opened here
			return
		}
	}
	if err != nil {
		p := v.problem(err)
		text := p.Detail
		if fault.KindOf(err) == fault.Denied {
			text += "\nA token (headgate token create) lets you in on the page as well."
		}
		say(w, p.Status, text)
		return
	}
	http.SetCookie(w, cookie(v, secret.Reveal(), time.Until(a.Expires)))
	redirect(w)
}

func redirect(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// say answers in plain text, for people.
func say(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) //nolint:gosec // plain text, of our own words; the client may have left
}
