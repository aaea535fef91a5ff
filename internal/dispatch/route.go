package dispatch

import (
	"strings"

	"github.com/headgate/headgate/internal/catalog"
)

// routeOf says what a model id was taken for, for the ledger: that decides the path,
// and with it the pool.
func routeOf(id string, t catalog.Target) string {
	form := "application profile"
	switch {
	case strings.Contains(id, ":application-inference-profile/"):
	case t.Geo != "":
		form = t.Geo + ". profile"
	case strings.Contains(id, string(t.Model)):
		form = "model"
	}
	if strings.HasPrefix(id, "arn:") {
		form += ", by its ARN"
	}
	if t.Variant != "" {
		form += ", " + t.Variant + " context"
	}
	if !t.Known {
		form += ", not in the catalog"
	}
	return form
}
