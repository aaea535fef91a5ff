package counsel

import (
	"context"
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/advisor"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// Published are AWS's defaults of a model along a path, and of what all models of
// an account share there.
func Published(c *catalog.Catalog, model llm.ModelID, path llm.Path) []advisor.Limit {
	var out []advisor.Limit
	add := func(q catalog.Quota, kind quota.Kind) {
		if q.Known && q.Until.IsZero() {
			out = append(out, advisor.Limit{
				Kind: kind, Amount: q.Limit(), Default: q.Default, Code: q.Code, Name: q.Name, Factor: q.Factor,
				Adjustable: q.Adjustable != catalog.AdjustableNo,
			})
		}
	}
	for _, q := range c.Quotas(model, path) {
		if kind, ok := kindNamed(string(q.Kind)); ok {
			add(q, kind)
		}
	}
	if len(out) == 0 || path == llm.PathMantle {
		return out // the mantle's calls are counted apart
	}
	for _, q := range c.AccountQuotas() {
		add(q, quota.AccountTokensPerDay)
	}
	return out
}

// kindNamed is the limit of a name.
func kindNamed(name string) (quota.Kind, bool) {
	for k := range quota.Kind(quota.Kinds) {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// others are the other paths to the model, with their own limits: none where the
// quotas are stated, since nothing is stated of these.
func (m *Matter) others(ctx context.Context) ([]advisor.Other, error) {
	var out []advisor.Other
	for _, path := range m.model.Paths {
		if m.Source == "stated" || path == m.Pool.Path || path == llm.PathMantle {
			continue // mantle is another endpoint, which other clients speak to
		}
		l, err := m.c.opts.Source.Limits(ctx, llm.Pool{Region: m.Pool.Region, Model: m.Pool.Model, Path: path})
		if err != nil {
			return nil, err
		}
		m.several(l)
		out = append(out, advisor.Other{Path: path, Limits: l.Limits, PeakShare: l.PeakShare})
	}
	return out, nil
}

// notes are what is to be known beside the figures by who names a preset, or plans
// for the global path: that its quotas are no multiple of another's.
func (m *Matter) notes(ctx context.Context) ([]string, error) {
	notes := []string{}
	if m.Pool.Path != llm.PathGeo && m.Pool.Path != llm.PathGlobal || m.Pool.Path == llm.PathGeo && m.q.Preset == "" {
		return notes, nil
	}
	amounts := map[llm.Path]map[quota.Kind]int64{}
	for _, path := range []llm.Path{llm.PathGeo, llm.PathGlobal} {
		limits := Published(m.c.opts.Catalog, m.Pool.Model, path)
		if m.Source != "stated" {
			l, err := m.c.opts.Source.Limits(ctx, llm.Pool{Region: m.Pool.Region, Model: m.Pool.Model, Path: path})
			if err != nil {
				return nil, err
			}
			m.several(l)
			limits = l.Limits
		}
		amounts[path] = map[quota.Kind]int64{}
		for _, l := range limits {
			amounts[path][l.Kind] = l.Amount
		}
	}
	var pairs []string
	for _, k := range []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.TokensPerDay} {
		if geo, global := amounts[llm.PathGeo][k], amounts[llm.PathGlobal][k]; geo > 0 && global > 0 {
			pairs = append(pairs, fmt.Sprintf("%.3g × for %s (%s and %s)", float64(global)/float64(geo), k, thousands(geo), thousands(global)))
		}
	}
	if len(pairs) == 0 {
		return notes, nil
	}
	whose := "of this account"
	if m.Source == "stated" || m.Source == "default" {
		whose = "by AWS's defaults"
	}
	return append(notes, "no rule of 2 to 3 times the geo quota holds for the global one: it is a quota of its own, which only calls to global. profiles draw on "+
		"and geo calls never do; "+whose+" it is "+strings.Join(pairs, ", ")), nil
}
