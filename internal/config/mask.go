package config

import (
	"net/url"
	"strings"
)

// mask stands for what is not shown. Nobody writes it in an address.
const mask = "********"

// Masked is c as it may be shown. The only secret in a configuration is the address
// of a receiver of webhooks, whose path, query and user often let people in: of it
// just scheme and host are left. Such an address is refused when it is read back.
func (c Config) Masked() Config {
	n := &c.Quotas.Notify
	if n.URL == "" {
		return c
	}
	shown := mask
	if u, err := url.Parse(n.URL); err == nil && u.Host != "" {
		shown = u.Scheme + "://" + u.Host
		if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			shown += "/" + mask
		}
	}
	n.URL = shown
	return c
}
