package emulator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Preset names what an account starts with.
type Preset string

// The presets.
const (
	// PresetDefault has AWS's default of every model that the catalog knows one
	// for.
	PresetDefault Preset = "default"
	// PresetNew is an account as people report of new ones, that has far less
	// than AWS's defaults: 2 requests and 500,000 tokens a minute, on global
	// profiles 3 and 1 million, and 54 million tokens a day for Claude Haiku 4.5.
	PresetNew Preset = "new"
	// PresetGuide has the same, and sees the defaults that the Bedrock user guide
	// gave when Claude Haiku 4.5 was launched: 125 requests and 500,000 tokens a
	// minute, on the global profile 250, 1 million and 1.44 billion a day.
	PresetGuide Preset = "guide"
	// PresetZero has quotas of zero.
	PresetZero Preset = "zero"
)

// Presets lists the presets.
func Presets() []Preset { return []Preset{PresetDefault, PresetNew, PresetGuide, PresetZero} }

// haiku45 is the model of which the reports and the guide speak.
const haiku45 = "anthropic.claude-haiku-4-5-20251001-v1:0"

// Quotas are those of the preset, the general ones first; nil for one that is
// not known. The catalog says which models have which limits.
func (p Preset) Quotas(c *catalog.Catalog) []Quota {
	switch p {
	case PresetDefault:
		return append([]Quota{{}}, eachPool(c, func(q catalog.Quota) *int64 {
			if !q.Known {
				return nil
			}
			return new(q.Limit())
		})...)
	case PresetNew, PresetGuide:
		return newQuotas(c)
	case PresetZero:
		return []Quota{{RequestsPerMinute: new(int64(0)), TokensPerMinute: new(int64(0))}}
	}
	return nil
}

// Defaults are the defaults that the preset sees in place of the catalog's, by
// quota code. The caller may keep them.
func (p Preset) Defaults() map[string]float64 {
	if p != PresetGuide {
		return nil
	}
	return map[string]float64{
		"L-CCA5DF70": 125, "L-58BE175A": 500_000,
		"L-E5084BBA": 250, "L-9A11C666": 1_000_000, "L-B5C049AE": 1_440_000_000,
	}
}

// newQuotas are those of a new account: never more than AWS's default.
func newQuotas(c *catalog.Catalog) []Quota {
	amount := func(path llm.Path, kind catalog.QuotaKind) int64 {
		global := path == llm.PathGlobal
		switch {
		case kind == catalog.RequestsPerMinute && global:
			return 3
		case kind == catalog.RequestsPerMinute:
			return 2
		case global:
			return 1_000_000
		}
		return 500_000
	}
	var rows []Quota
	for _, path := range servedPaths() {
		rows = append(rows, Quota{
			Path: string(path), RequestsPerMinute: new(amount(path, catalog.RequestsPerMinute)),
			TokensPerMinute: new(amount(path, catalog.TokensPerMinute)),
		})
	}
	rows = append(rows, eachPool(c, func(q catalog.Quota) *int64 {
		most := amount(q.Path, q.Kind)
		if q.Known {
			most = min(most, q.Limit())
		}
		return &most
	})...)
	for i := range rows {
		if rows[i].Model == haiku45 && rows[i].Path == string(llm.PathGlobal) {
			rows[i].TokensPerDay = new(int64(54_000_000))
		}
	}
	return rows
}

// servedPaths are the paths that the emulator serves.
func servedPaths() []llm.Path { return []llm.Path{llm.PathOnDemand, llm.PathGeo, llm.PathGlobal} }

// eachPool has a quota for each pool that AWS publishes limits of, with the
// limits that there are.
func eachPool(c *catalog.Catalog, amount func(catalog.Quota) *int64) []Quota {
	var rows []Quota
	for _, m := range c.Models() {
		for _, path := range servedPaths() {
			row := Quota{Model: string(m.ID), Path: string(path)}
			some := false
			for _, q := range c.Quotas(m.ID, path) {
				to := row.amountOf(q.Kind)
				if to == nil || !q.Until.IsZero() {
					continue
				}
				*to = amount(q)
				some = some || *to != nil
			}
			if some {
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// furnished is the account with its preset's quotas and defaults below its own.
func (a Account) furnished() (Account, error) {
	if a.Preset == "" {
		return a, nil
	}
	c, err := catalog.Default()
	if err != nil {
		return a, fmt.Errorf("preset %s: %w", a.Preset, err)
	}
	a.Quotas = append(a.Preset.Quotas(c), slices.Clone(a.Quotas)...)
	defaults := a.Preset.Defaults()
	if defaults == nil {
		defaults = map[string]float64{}
	}
	maps.Copy(defaults, a.Defaults)
	a.Defaults = defaults
	return a, nil
}
