package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// use is an id of a model, and where it is used.
type use struct {
	id     string
	region llm.Region // from where it is called
	where  string     // in words
	file   string     // of environment variables; empty for another place
}

// idsInUse are the ids that recent calls, the file of environment variables and
// the configuration have, each place once.
func idsInUse(f *Facts) []use {
	var out []use
	add := func(u use) {
		if !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	if f.Env != nil {
		region := f.Env.Region()
		if region == "" {
			region = f.Region
		}
		for _, m := range f.Env.models {
			add(use{m.id, region, f.Env.at(m.line) + " (" + m.name + ")", f.Env.path})
		}
	}
	for _, r := range f.Routes {
		add(use{r.ModelID, r.Pool.Region, "recent calls", ""})
	}
	for _, p := range f.Configured {
		if p.Path != llm.PathMantle {
			region := p.Region
			if region == "" {
				region = f.Region
			}
			p.Region = region
			add(use{profileOf(f, p), region, configuredPools, ""})
		}
	}
	return out
}

// models checks every id that is in use.
func models(f *Facts) []Finding {
	var out []Finding
	for _, u := range idsInUse(f) {
		found := modelFindings(f, u)
		if u.where == configuredPools {
			harmless(found)
		}
		out = append(out, found...)
	}
	return out
}

// configuredPools is where the ids are that nobody may ever call.
const configuredPools = "quotas.pools"

// harmless lowers findings about models that are only given limits to what is worth
// knowing: no call fails for them, and those that recent calls used are told of by
// themselves. An id that does not exist stays what it is: somebody misspelled it.
func harmless(found []Finding) {
	for i := range found {
		if found[i].ID != "model.unknown" {
			found[i].Severity = Info
		}
	}
}

func modelFindings(f *Facts, u use) []Finding {
	t, err := f.Catalog.Resolve(u.id, u.region)
	if err != nil {
		return []Finding{u.finding(Error, "model.unknown", fault.Message(err),
			"Bedrock answers \"the provided model identifier is invalid\" to each call", meant(err))}
	}
	if t.Account != "" && f.Caller.Account != "" && t.Account != f.Caller.Account {
		return []Finding{u.finding(Error, "model.other_account", fmt.Sprintf("the ARN is of account %s, and the credentials are those of %s", t.Account, f.Caller.Account),
			"a profile can be called by its own account alone", "")}
	}
	better := f.Catalog.ProfileFor(t.Model, u.region)
	if found, ok := lifecycle(f, u, t.Model); ok {
		return []Finding{found}
	}
	if !listed(f, t.Region) {
		if t.Geo != "" && t.Geo != "global" && !slices.Contains(f.Catalog.Geographies(u.region), t.Geo) && !strings.HasPrefix(u.id, "arn:") {
			return []Finding{u.finding(Error, "profile.region", fmt.Sprintf("%s. profiles are not called from %s", t.Geo, u.region),
				"Bedrock answers \"the provided model identifier is invalid\" to each call from this Region", better)}
		}
		return nil
	}
	if t.Path == llm.PathOnDemand && !strings.Contains(u.id, "inference-profile/") {
		return onDemand(f, u, t.Model, better)
	}
	return profile(f, u, better)
}

// listed reports whether the models and profiles of a Region are known.
func listed(f *Facts, region llm.Region) bool {
	for _, m := range f.Snapshot.Missing {
		if (m.Part == "profiles" || m.Part == "models") && m.AsOf.IsZero() {
			return false
		}
	}
	return region == f.Snapshot.Region && !f.Snapshot.At.IsZero()
}

// lifecycle says that a model has ended, or will.
func lifecycle(f *Facts, u use, id llm.ModelID) (Finding, bool) {
	const soon = 90 * 24 * time.Hour
	known, inCatalog := f.Catalog.Model(id)
	row, inList := modelRow(f, id)
	end := known.EndOfLife
	if inList && !row.EndOfLife.IsZero() {
		end = row.EndOfLife
	}
	next := successor(f, u, id)
	switch {
	case !end.IsZero() && !end.After(f.Now):
		return u.finding(Error, "model.ended", fmt.Sprintf("%s reached its end of life on %s", id, end.Format(time.DateOnly)),
			"Bedrock refuses calls to it; move to a model that is current", next), true
	case inCatalog && known.Retired && !inList:
		return u.finding(Error, "model.ended", fmt.Sprintf("%s is past its end of life", id),
			"Bedrock refuses calls to it; move to a model that is current", next), true
	case !end.IsZero() && end.Sub(f.Now) <= soon:
		return u.finding(Warning, "model.ending", fmt.Sprintf("%s reaches its end of life on %s, in %s", id, end.Format(time.DateOnly), span(end.Sub(f.Now))),
			"Bedrock refuses calls to it from that day on; quotas of its successor are other ones, so ask for them in time", next), true
	case inList && row.Legacy:
		return u.finding(Warning, "model.legacy", fmt.Sprintf("Bedrock lists %s as legacy", id),
			"it gets no higher quotas any more and will end; move to a model that is current", next), true
	}
	return Finding{}, false
}

func modelRow(f *Facts, id llm.ModelID) (account.Model, bool) {
	i := slices.IndexFunc(f.Snapshot.Models, func(m account.Model) bool { return m.ID == id })
	if i < 0 {
		return account.Model{}, false
	}
	return f.Snapshot.Models[i], true
}

// successor is the newest model of the family that has not ended, as the catalog's
// warning names it last; empty when it names none.
func successor(f *Facts, u use, id llm.ModelID) string {
	t, err := f.Catalog.Resolve(string(id), u.region)
	if err != nil {
		return ""
	}
	for _, w := range t.Warnings {
		if _, ids, ok := strings.Cut(w, "current: "); ok {
			all := strings.Split(ids, ", ")
			return all[len(all)-1]
		}
	}
	return ""
}

// onDemand checks a bare id.
func onDemand(f *Facts, u use, id llm.ModelID, better string) []Finding {
	row, ok := modelRow(f, id)
	switch {
	case !ok && better != "":
		return []Finding{u.finding(Error, "model.not_offered", fmt.Sprintf("Bedrock does not list %s in %s", id, u.region), "calls from this Region are refused; a profile may reach it elsewhere", better)}
	case !ok:
		return []Finding{u.finding(Error, "model.not_offered", fmt.Sprintf("Bedrock does not list %s in %s", id, u.region), "calls from this Region are refused; another Region may have it", "")}
	case !row.OnDemand:
		return []Finding{u.finding(Error, "model.needs_profile", fmt.Sprintf("Bedrock does not serve the bare id %s in %s", id, u.region),
			"it answers \"on-demand throughput isn't supported\" to each call: call an inference profile instead", better)}
	}
	return nil
}

// profile checks the id or ARN of a profile.
func profile(f *Facts, u use, better string) []Finding {
	id := u.id
	if _, rest, ok := strings.Cut(id, "inference-profile/"); ok {
		id = rest
	}
	id, _, _ = strings.Cut(id, "[")
	var near account.Profile
	for _, p := range f.Snapshot.Profiles {
		if p.ID == id || p.ARN == u.id {
			near = p
		}
	}
	// A profile with a context variant is listed without it.
	if near.ID == "" {
		if i := strings.LastIndexByte(id, ':'); i > 0 {
			for _, p := range f.Snapshot.Profiles {
				if p.ID == id[:i] {
					near = p
				}
			}
		}
	}
	switch {
	case near.ID == "":
		if better == u.id {
			better = ""
		}
		return []Finding{u.finding(Error, "profile.not_listed", fmt.Sprintf("Bedrock lists no profile %s in %s", id, u.region),
			"calls from this Region are refused: a profile is called from the Regions of its geography alone", better)}
	case !near.Active:
		return []Finding{u.finding(Error, "profile.inactive", fmt.Sprintf("Bedrock lists the profile %s in %s as not active", id, u.region), "calls to it are refused", better)}
	}
	return nil
}

// finding is one about the id, with the command that puts a better one in its
// place, or shows what there is.
func (u use) finding(s Severity, id, evidence, why, better string) Finding {
	out := Finding{Severity: s, ID: id, About: u.id + " in " + u.where, Evidence: evidence, Why: why, Mend: "headgate model list"}
	switch {
	case better != "" && u.file != "":
		out.Mend = replace(u.file, u.id, better)
	case better != "":
		out.Mend = "headgate model show " + quoted(better)
	}
	return out
}

// meant is the id that an error of the catalog proposes; empty when it proposes
// none.
func meant(err error) string {
	_, rest, ok := strings.Cut(fault.Message(err), "did you mean ")
	if !ok {
		return ""
	}
	if i := strings.LastIndex(rest, "current: "); i >= 0 {
		all := strings.Split(rest[i+len("current: "):], ", ")
		return all[len(all)-1]
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, " ")
	return rest
}
