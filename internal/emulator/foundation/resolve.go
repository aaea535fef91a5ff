package foundation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// Caller is who names a model and from where; ids mean different things to
// different callers.
type Caller struct {
	Account llm.AccountID
	Region  llm.Region
	// Applications are the account's application inference profiles: the id
	// (the last part of the ARN) and what it copies, a model or profile id.
	Applications map[string]string
}

// Resolve finds the model and the path that a model id, profile id or ARN
// means to a caller. The error is a *refusal.Error with the service's own text.
func (t *Table) Resolve(c Caller, id string) (*Model, llm.Path, error) {
	return t.resolve(c, id, 0)
}

func (t *Table) resolve(c Caller, id string, depth int) (*Model, llm.Path, error) {
	if strings.HasPrefix(id, "arn:") {
		return t.resolveARN(c, id, depth)
	}
	if m := t.byID[llm.ModelID(id)]; m != nil {
		switch {
		case m.Retired:
			return nil, "", endOfLife()
		case !m.OnDemand:
			return nil, "", refusal.Validation("Invocation of model ID %s with on-demand throughput isn\u2019t supported. "+
				"Retry your request with the ID or ARN of an inference profile that contains this model.", id)
		}
		return m, llm.PathOnDemand, nil
	}
	return t.resolveProfile(c, id)
}

func (t *Table) resolveProfile(c Caller, id string) (*Model, llm.Path, error) {
	prefix, base, _ := strings.Cut(id, ".")
	m := t.byID[llm.ModelID(base)]
	switch {
	case m == nil:
		return nil, "", invalidID()
	case prefix == "global" && m.Global:
	case slices.Contains(m.Geos, prefix) && Reaches(c.Region, prefix):
	default:
		return nil, "", invalidID()
	}
	if m.Retired {
		return nil, "", endOfLife()
	}
	if prefix == "global" {
		return m, llm.PathGlobal, nil
	}
	return m, llm.PathGeo, nil
}

// resolveARN reads arn:aws:bedrock:{region}:{account}:{kind}/{id}.
func (t *Table) resolveARN(c Caller, arn string, depth int) (*Model, llm.Path, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || !strings.HasPrefix(parts[1], "aws") || parts[2] != "bedrock" {
		return nil, "", invalidID()
	}
	region, account := parts[3], parts[4]
	kind, id, found := strings.Cut(parts[5], "/")
	if !found || region != string(c.Region) || strings.Contains(id, "/") {
		return nil, "", invalidID()
	}
	if kind == "foundation-model" && account == "" {
		if t.byID[llm.ModelID(id)] == nil {
			return nil, "", invalidID()
		}
		return t.resolve(c, id, depth)
	}
	if account != string(c.Account) {
		return nil, "", refusal.Denied("AccessDeniedException",
			fmt.Sprintf("User is not authorized to perform: bedrock:InvokeModel on resource: %s", arn))
	}
	switch kind {
	case "inference-profile":
		return t.resolveProfile(c, id)
	case "application-inference-profile":
		source, ok := c.Applications[id]
		if !ok || depth > 0 {
			return nil, "", refusal.NotFound("The requested inference profile was not found.")
		}
		return t.resolve(c, source, depth+1)
	}
	return nil, "", invalidID()
}

// Reaches reports whether a geographic profile can be called from a Region.
// The prefixes are checked by the Region's first part; Regions of other parts
// of the world pass, because their profiles are not published.
func Reaches(r llm.Region, prefix string) bool {
	area, _, _ := strings.Cut(string(r), "-")
	switch area {
	case "us":
		if strings.HasPrefix(string(r), "us-gov-") {
			return prefix == "us-gov"
		}
		return prefix == "us"
	case "ca":
		return prefix == "us" || prefix == "ca"
	case "eu":
		return prefix == "eu"
	case "ap":
		return reachesAsia(r, prefix)
	}
	return true
}

func reachesAsia(r llm.Region, prefix string) bool {
	switch prefix {
	case "apac":
		return true
	case "jp":
		return r == "ap-northeast-1" || r == "ap-northeast-3"
	case "kr":
		return r == "ap-northeast-2"
	case "au":
		return r == "ap-southeast-2" || r == "ap-southeast-4"
	case "in":
		return r == "ap-south-1" || r == "ap-south-2"
	}
	return false
}

func invalidID() error { return refusal.Validation("The provided model identifier is invalid.") }

func endOfLife() error {
	return refusal.NotFound("This model version has reached the end of its life.")
}
