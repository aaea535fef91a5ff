package catalog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// maxID is the longest model id that Bedrock's API takes, in bytes
// (docs.aws.amazon.com/bedrock, APIReference/API_runtime_Converse).
const maxID = 2048

// Target is what a model id comes down to.
type Target struct {
	Model llm.ModelID
	Path  llm.Path
	// Geo is the profile's prefix: "us", "eu", …, "global"; "" on demand.
	Geo string
	// Region is the ARN's, or else the source Region that was given.
	Region llm.Region
	// Account is the ARN's; "" otherwise.
	Account llm.AccountID
	// Variant is the context variant that the id names, such as "1m".
	Variant string
	// Known says that the catalog has a row for Model.
	Known bool
	// Warnings are sentences for people, most weighty first.
	Warnings []string
}

// Pool is the pool that the target draws on, with account in the place of an
// account that the id does not name.
func (t Target) Pool(account llm.AccountID) llm.Pool {
	if t.Account != "" {
		account = t.Account
	}
	return llm.Pool{Account: account, Region: t.Region, Model: t.Model, Path: t.Path}
}

// entry is the target of an exact id.
type entry struct {
	target Target
	// geography is the profile's own; nil for others.
	geography *geography
	// profileOnly says that AWS does not serve the bare id, ending that the model
	// has an end.
	profileOnly, ending bool
}

// Resolve finds what a client's model id means when it is called in a source
// Region. It takes bare ids, ids of inference profiles, their context variants,
// and ARNs of models, profiles and application profiles.
//
// The id of a model that the catalog does not know is a target with Known
// false and a warning, as long as it is not a near miss of a known one. Errors
// are *fault.Error: Invalid for what cannot be an id, NotFound for one that names
// nothing, with what was probably meant in its message.
//
// Exact ids cost a map look-up.
func (c *Catalog) Resolve(id string, source llm.Region) (Target, error) {
	if e, ok := c.targets[id]; ok {
		return c.aim(e, source), nil
	}
	if t, ok := c.applications[id]; ok {
		return t, nil
	}
	if err := checkID(id); err != nil {
		return Target{}, err
	}
	if strings.HasPrefix(id, "arn:") {
		return c.resolveARN(id, source)
	}
	if isApplicationID(id) {
		return unmappedApplication(id, id, source), nil
	}
	return c.resolveID(id, source)
}

// aim is the entry's target as called from a source Region.
func (c *Catalog) aim(e entry, source llm.Region) Target {
	t := e.target
	t.Region = source
	if e.ending {
		t.Warnings = append(t.Warnings, c.ending(t.Model, source))
	}
	switch {
	case e.profileOnly:
		warning := `AWS answers "on-demand throughput isn't supported" to the bare id ` + string(t.Model)
		if id := c.ProfileFor(t.Model, source); id != "" {
			warning += ": call " + id + " instead"
		}
		t.Warnings = append(t.Warnings, warning)
	case e.geography != nil && source != "" && !e.geography.covers(source):
		t.Warnings = append(t.Warnings, t.Geo+". profiles are not known to be called from "+string(source))
	}
	return t
}

// resolveID resolves an id that is no ARN and no exact one.
func (c *Catalog) resolveID(id string, source llm.Region) (Target, error) {
	base, variant := cutVariant(id)
	if e, ok := c.targets[base]; ok && variant != "" {
		t := c.aim(e, source)
		m := c.models[t.Model]
		if !slices.Contains(m.Variants, variant) {
			return Target{}, c.notFound(id, t.Geo, source, parseForm(string(t.Model)))
		}
		t.Variant = variant
		return t, nil
	}
	geo, name := c.splitPrefix(base)
	if m, ok := c.models[llm.ModelID(name)]; ok {
		if variant != "" && !slices.Contains(m.Variants, variant) {
			return Target{}, c.notFound(id, geo, source, parseForm(name))
		}
		t := Target{Model: m.ID, Path: pathOf(geo), Geo: geo, Region: source, Variant: variant, Known: true}
		t.Warnings = []string{"the catalog lists no " + geo + ". profile of " + name + ": it has " + c.listProfiles(m.ID)}
		return t, nil
	}
	f := parseForm(name)
	if _, tail, _ := strings.Cut(name, "."); c.models[llm.ModelID(tail)].ID != "" {
		return Target{}, c.notFound(id, "", source, parseForm(tail))
	}
	if k, ok := c.nearMiss(f); ok {
		return Target{}, c.notFound(id, geo, source, k)
	}
	if !plausible(name) {
		return Target{}, c.notFound(id, geo, source, c.nearest(f))
	}
	t := Target{Model: llm.ModelID(name), Path: pathOf(geo), Geo: geo, Region: source, Variant: variant}
	t.Warnings = []string{c.assumed(t.Model)}
	if i := slices.IndexFunc(c.forms, f.sameModel); i >= 0 {
		t.Warnings = append(t.Warnings, "did you mean "+c.callable(llm.ModelID(c.forms[i].id), geo, source)+"?")
	}
	return t, nil
}

// assumed is the warning about a model that is not known.
func (c *Catalog) assumed(id llm.ModelID) string {
	m := c.Assume(id)
	return "the catalog does not know " + string(id) + ": a burndown of " + strconv.FormatInt(m.Burndown, 10) +
		" and a maximum output of " + strconv.FormatInt(m.MaxOutput, 10) + " tokens are assumed"
}

// listProfiles names the prefixes that a model has profiles of.
func (c *Catalog) listProfiles(model llm.ModelID) string {
	var geos []string
	for _, p := range c.profiles {
		if p.Model == model {
			geos = append(geos, p.Geo+".")
		}
	}
	if len(geos) == 0 {
		return "none"
	}
	return strings.Join(geos, ", ")
}

// cutVariant cuts a context variant off an id: id:200k or id[1m].
func cutVariant(id string) (base, variant string) {
	if rest, ok := strings.CutSuffix(id, "]"); ok {
		if i := strings.LastIndexByte(rest, '['); i >= 0 && isContext(rest[i+1:]) {
			return rest[:i], rest[i+1:]
		}
		return id, ""
	}
	if i := strings.LastIndexByte(id, ':'); i >= 0 && isContext(id[i+1:]) {
		return id[:i], id[i+1:]
	}
	return id, ""
}

// isContext says that s is a context size, such as 200k or 1m.
func isContext(s string) bool {
	if len(s) < 2 || len(s) > 6 || s[len(s)-1] != 'k' && s[len(s)-1] != 'm' {
		return false
	}
	return strings.Trim(s[:len(s)-1], "0123456789") == ""
}

// plausible says that a model which is not known may be called so:
// vendor.name-v1:0.
func plausible(name string) bool {
	vendor, rest, ok := strings.Cut(name, ".")
	if !ok || vendor == "" || strings.Trim(vendor, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return false
	}
	rest, _ = cutNumber(rest, ":", 0)
	if len(rest) < 2 || strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return false
	}
	return isAlphanumeric(rest[0]) && isAlphanumeric(rest[len(rest)-1])
}

func isAlphanumeric(b byte) bool { return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' }

// checkID refuses what no id of any resource looks like, so that whatever passes
// may stand in a path, a log line or a file.
func checkID(id string) error {
	switch {
	case id == "":
		return fault.New(fault.Invalid, "the model id is empty")
	case len(id) > maxID:
		return fault.New(fault.Invalid, "the model id is %d bytes long; the longest is %d", len(id), maxID)
	case strings.Contains(id, ".."), strings.Contains(id, "//"), id[0] == '/', id[len(id)-1] == '/':
		return fault.New(fault.Invalid, "model id %s has the form of a path, not of an id", quoted(id))
	}
	for i := range len(id) {
		b := id[i]
		if !isAlphanumeric(b) && (b < 'A' || b > 'Z') && !strings.ContainsRune("-._:/[]@", rune(b)) {
			return fault.New(fault.Invalid, "model id %s has a character that no id has, at byte %d", quoted(id), i)
		}
	}
	return nil
}

// quoted is an id for a message: escaped, and cut when it is absurdly long.
func quoted(id string) string {
	const most = 200
	if len(id) > most {
		return strconv.QuoteToASCII(id[:most]) + "…"
	}
	return strconv.QuoteToASCII(id)
}
