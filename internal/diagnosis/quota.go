package diagnosis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// quotas looks for limits of zero and below AWS's default: one finding for each
// that a pool in use has, and one for all the others together.
func quotas(f *Facts) []Finding {
	inUse := poolsInUse(f)
	var out []Finding
	var zero, below []account.Quota
	for _, q := range f.Snapshot.Quotas {
		if q.Limit == "" || q.Variant != "" || ended(f, q.Pool.Model) {
			continue
		}
		amount, known := q.Amount()
		none := known && amount == 0 && (q.Applied != nil || q.Default != nil && *q.Default == 0)
		switch mine := inUse[place(q.Pool)] || q.Pool.Model == "" && len(inUse) > 0; {
		case none && mine:
			out = append(out, zeroQuota(q))
		case q.BelowDefault() && mine:
			out = append(out, belowDefault(f, q))
		case none:
			zero = append(zero, q)
		case q.BelowDefault():
			below = append(below, q)
		}
	}
	severity := Info // of models that nobody is known to use
	if len(inUse) == 0 {
		severity = Warning
	}
	if len(zero) > 0 {
		out = append(out, several("quota.zero", severity, zero, "is zero",
			"no call to these models is admitted, whatever it waits for: Bedrock says \"too many requests\" or \"too many tokens per day\" to the first one. Service Quotas refuses requests up to the default; a Support case (an \"Account and billing\" case is free) restores it"))
	}
	if len(below) > 0 {
		out = append(out, several("quota.below_default", severity, below, "is below AWS's default",
			"the default is what the console calls the maximum. Service Quotas refuses a request up to the default; only a Support case restores it (an \"Account and billing\" case is free)"))
	}
	return out
}

// place is a pool without its account: that of the credentials.
func place(p llm.Pool) llm.Pool {
	p.Account = ""
	return p
}

// poolsInUse are those that the configuration, recent calls and the file of
// environment variables name.
func poolsInUse(f *Facts) map[llm.Pool]bool {
	out := map[llm.Pool]bool{}
	for _, u := range idsInUse(f) {
		if t, err := f.Catalog.Resolve(u.id, u.region); err == nil {
			out[place(t.Pool(""))] = true
		}
	}
	for _, p := range f.Configured {
		out[place(p)] = true
	}
	for _, r := range f.Routes {
		out[place(r.Pool)] = true
	}
	return out
}

func ended(f *Facts, id llm.ModelID) bool {
	m, known := f.Catalog.Model(id)
	return known && over(m, f.Now)
}

func over(m catalog.Model, now time.Time) bool {
	return m.Retired || !m.EndOfLife.IsZero() && !m.EndOfLife.After(now)
}

// profileOf is the id by which a pool is called.
func profileOf(f *Facts, p llm.Pool) string {
	id := string(p.Model)
	switch p.Path {
	case llm.PathGlobal:
		return "global." + id
	case llm.PathGeo:
		if geo := f.Catalog.Geography(p.Region); geo != "" {
			return geo + "." + id
		}
	case llm.PathOnDemand, llm.PathMantle:
	}
	return id
}

func defaultOf(q account.Quota) string {
	if q.Default == nil {
		return "AWS's default is not known"
	}
	return "AWS's default is " + figure(int64(*q.Default))
}

func zeroQuota(q account.Quota) Finding {
	out := Finding{
		Severity: Error, ID: "quota.zero", About: poolName(q.Pool) + " " + q.Limit,
		Evidence: fmt.Sprintf("%s is 0 (%s); %s", spoken(q.Limit), q.Code, defaultOf(q)),
		Why:      "no call is admitted, whatever it waits for, even the first one of a day",
		Mend:     askFor(q),
	}
	if q.Default != nil && *q.Default > 0 {
		out.Why += "; Service Quotas refuses a request up to the default, so open a Support case: an \"Account and billing\" case is free"
	}
	return out
}

func belowDefault(f *Facts, q account.Quota) Finding {
	out := Finding{
		Severity: Warning, ID: "quota.below_default", About: poolName(q.Pool) + " " + q.Limit,
		Evidence: fmt.Sprintf("%s is %s (%s), %s of AWS's default of %s", spoken(q.Limit), figure(int64(*q.Applied)), q.Code,
			part(*q.Applied, *q.Default), figure(int64(*q.Default))),
		Why:  "Service Quotas refuses a request up to the default (the console calls it the maximum): open a Support case to have it restored; an \"Account and billing\" case is free",
		Mend: askFor(q),
	}
	if r, open := f.Snapshot.Open(q.Code); open {
		out.Severity = Info
		out.Why = fmt.Sprintf("a request for %s is %s since %s", figure(int64(r.Desired)), r.Status, r.Created.Format(time.DateOnly))
		out.Mend = "headgate quota requests"
	}
	return out
}

// part is a share in per cent, with as many digits as tell it from nothing.
func part(of, whole float64) string {
	p := 100 * of / whole
	if p < 1 {
		return fmt.Sprintf("%.2g %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}

// askFor is the command that tells how more is to be had: of a value up to the
// default, the text of the Support case.
func askFor(q account.Quota) string {
	if q.Default == nil || *q.Default < 1 {
		return "headgate quota list --all"
	}
	return "headgate quota request " + quoted(q.Code) + " " + strconv.FormatInt(int64(*q.Default), 10) + " --dry-run"
}

// several is one finding for the quotas of models that are not in use.
func several(id string, severity Severity, all []account.Quota, what, why string) Finding {
	const most = 3
	var models []string
	for _, q := range all {
		name := string(q.Pool.Model)
		if name == "" {
			name = "all models together"
		}
		if !slices.Contains(models, name) {
			models = append(models, name)
		}
	}
	named := fmt.Sprintf("of %s", plural(int64(len(models)), "model"))
	if len(models) <= most {
		named = "of " + strings.Join(models, ", ")
	}
	verb := what
	if len(all) > 1 {
		verb = "are" + what[len("is"):]
	}
	return Finding{
		Severity: severity, ID: id, About: "models not in use",
		Evidence: fmt.Sprintf("%s %s %s", plural(int64(len(all)), "quota"), named, verb),
		Why:      why, Mend: "headgate quota list --all",
	}
}

// requests tells of those that are not decided.
func requests(f *Facts) []Finding {
	const long = 14 * 24 * time.Hour
	var out []Finding
	for _, r := range f.Snapshot.Requests {
		if !r.Status.Open() {
			continue
		}
		waits := f.Now.Sub(r.Created)
		found := Finding{
			Severity: Info, ID: "request.open", About: r.Code,
			Evidence: fmt.Sprintf("a request for %s (%s) is %s, filed %s ago", figure(int64(r.Desired)), r.Name, r.Status, span(max(waits, 0))),
			Why:      "another one for the same quota is refused until it is decided; a gateway adopts the new value by itself",
			Mend:     "headgate quota requests",
		}
		if waits >= long {
			found.Severity = Warning
			found.Why = "AWS decides most within days: answer in its Support case, or ask there; another request for the same quota is refused meanwhile"
		}
		out = append(out, found)
	}
	return out
}
