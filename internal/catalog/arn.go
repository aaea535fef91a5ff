package catalog

import (
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// The resource types of ARNs that name something to invoke.
const (
	typeModel       = "foundation-model"
	typeProfile     = "inference-profile"
	typeApplication = "application-inference-profile"
)

// arn is a Bedrock ARN taken apart.
type arn struct {
	region   llm.Region
	account  llm.AccountID
	kind, id string // of the resource: kind/id
}

// parseARN reads arn:partition:bedrock:region:account:kind/id. Models belong to
// no account, everything else to one.
func parseARN(text string) (arn, error) {
	parts := strings.SplitN(text, ":", 6)
	bad := func(why string) (arn, error) {
		return arn{}, fault.New(fault.Invalid, "%s is no ARN of a Bedrock model: %s", quoted(text), why)
	}
	if len(parts) < 6 {
		return bad("it must be arn:aws:bedrock:region:account:type/id")
	}
	a := arn{region: llm.Region(parts[3]), account: llm.AccountID(parts[4])}
	var ok bool
	a.kind, a.id, ok = strings.Cut(parts[5], "/")
	switch {
	case parts[1] != "aws" && !strings.HasPrefix(parts[1], "aws-"):
		return bad("its partition must be aws, aws-us-gov or the like")
	case parts[2] != "bedrock":
		return bad("its service must be bedrock")
	case strings.Trim(parts[3], "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return bad("its Region is none")
	case !ok || a.id == "" || a.kind == "" || strings.Trim(a.kind, "abcdefghijklmnopqrstuvwxyz-") != "":
		return bad("it must end with type/id")
	case a.kind == typeModel && a.account != "":
		return bad("models belong to no account: leave the account empty")
	case a.kind != typeModel && !isAccount(parts[4]):
		return bad("its account must be twelve digits")
	case a.kind != typeModel && a.region == "":
		return bad("its Region is missing")
	case a.kind == typeApplication && !isApplicationID(a.id):
		return bad("an application profile's id is twelve lower-case letters and digits")
	}
	return a, nil
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isApplicationID says that s has the form of an application profile's id.
func isApplicationID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func (c *Catalog) resolveARN(text string, source llm.Region) (Target, error) {
	a, err := parseARN(text)
	if err != nil {
		return Target{}, err
	}
	if a.region != "" {
		source = a.region
	}
	switch a.kind {
	case typeModel, typeProfile:
		return c.resolveNamed(a, source)
	case typeApplication:
		t := unmappedApplication(a.id, text, source)
		t.Account = a.account
		return t, nil
	}
	// Provisioned throughput, custom and imported models, prompt routers.
	t := Target{Model: llm.ModelID(a.kind + "/" + a.id), Path: llm.PathOnDemand, Region: source, Account: a.account}
	t.Warnings = []string{c.assumed(t.Model)}
	return t, nil
}

// resolveNamed resolves an ARN whose resource id is a model's or a profile's.
func (c *Catalog) resolveNamed(a arn, source llm.Region) (Target, error) {
	geo, name := c.splitPrefix(a.id)
	if profile := a.kind == typeProfile; profile != (geo != "") {
		if profile {
			return Target{}, c.notFound(a.id, geo, source, c.nearest(parseForm(name)))
		}
		return Target{}, fault.New(fault.NotFound, "%s is an inference profile: its ARN has inference-profile in the place of foundation-model, and an account", quoted(a.id))
	}
	t, ok := c.targets[a.id]
	if ok {
		target := c.aim(t, source)
		target.Account = a.account
		return target, nil
	}
	target, err := c.resolveID(a.id, source)
	if err != nil {
		return Target{}, err
	}
	target.Account = a.account
	return target, nil
}

// unmappedApplication is the target of an application profile of which nobody
// said what it copies. name is how the client called it.
func unmappedApplication(id, name string, source llm.Region) Target {
	return Target{
		Model: llm.ModelID(typeApplication + "/" + id), Path: llm.PathOnDemand, Region: source,
		Warnings: []string{
			"an application profile draws on the quotas of what it copies, which " + name + " does not say: " +
				"set application_profiles: [{arn: …, copy_from: …}] for it in a file that the configuration lists under catalog",
		},
	}
}
