package emulator

import (
	"net/http"
	"strings"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
	"github.com/headgate/headgate/internal/emulator/servicequotas"
	"github.com/headgate/headgate/internal/emulator/sigv4"
)

// The names for which requests to the services on the one port are signed.
const (
	signedBedrock    = "bedrock"
	signedMonitoring = "monitoring"
	signedQuotas     = servicequotas.SigningName
	signedIdentity   = "sts"
)

// serviceOf is the signing name of the service that a request is for: by its
// path or target, else by its signature. Requests of the query protocol have
// nothing else to tell. All others are for Bedrock.
func serviceOf(r *http.Request) string {
	switch {
	case cloudwatch.Claims(r):
		return signedMonitoring
	case servicequotas.Claims(r):
		return signedQuotas
	}
	c, _ := sigv4.Parse(r.Header.Get("Authorization"))
	switch c.Service {
	case signedMonitoring, signedQuotas, signedIdentity:
		return c.Service
	case "":
		if r.URL.Path == "/" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			return signedIdentity
		}
	}
	return signedBedrock
}
