package servicequotas

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// row is one quota of the service as everybody sees it.
type row struct {
	code, name, description string
	value                   float64 // AWS's default
	adjustable              bool
	// unapplied rows have no applied value unless the account has one of its own.
	unapplied bool
	// superseded rows are seen only by accounts that still have the limit.
	superseded bool
	// bound says that model, path and kind name a limit that the emulator enforces.
	bound bool
	model llm.ModelID
	path  llm.Path
	kind  catalog.QuotaKind
	// factor is how many times the row's value are enforced: 2 for the daily rows
	// that are "doubled for cross-region calls", else 1.
	factor int64
}

func (r *row) limit(region llm.Region) Limit { return Limit{region, r.model, r.path, r.kind} }

// table is the rows in the order in which they are listed. It never changes.
type table struct {
	rows   []*row
	byCode map[string]*row
}

func loadTable() (*table, error) {
	c, err := catalog.Default()
	if err != nil {
		return nil, fmt.Errorf("service quotas: %w", err)
	}
	return newTable(c), nil
}

// newTable makes the rows from the catalog's and those of our own.
func newTable(c *catalog.Catalog) *table {
	t := &table{byCode: map[string]*row{}}
	names := map[llm.ModelID]string{}
	for _, m := range c.Models() {
		names[m.ID] = label(m)
	}
	all := c.AllQuotas()
	for _, q := range all {
		if q.Code != "" {
			t.byCode[q.Code] = nil // taken, also by rows that come later
		}
	}
	for _, q := range all {
		t.add(fromCatalog(q, all, names[q.Model]))
	}
	for _, m := range c.Models() {
		for _, f := range extras() {
			t.add(&row{name: strings.ReplaceAll(f.name, "{}", names[m.ID]), value: f.value, adjustable: f.adjustable, unapplied: f.unapplied})
		}
	}
	return t
}

func label(m catalog.Model) string {
	if m.QuotaLabel != "" {
		return m.QuotaLabel
	}
	return m.Name
}

func (t *table) add(r *row) {
	if r.code == "" {
		r.code = t.madeUp(r.name)
	}
	if r.description == "" {
		r.description = "The maximum for " + strings.ToLower(r.name[:1]) + r.name[1:] + "."
	}
	t.rows = append(t.rows, r)
	t.byCode[r.code] = r
}

// madeUp is a code that belongs to a name, in every process the same.
func (t *table) madeUp(name string) string {
	for text := name; ; text += "'" {
		sum := sha256.Sum256([]byte(text))
		code := "L-" + strings.ToUpper(hex.EncodeToString(sum[:4]))
		if _, taken := t.byCode[code]; !taken {
			return code
		}
	}
}

// fromCatalog is a row of the catalog. What the catalog does not know of its
// default is taken from its siblings, see guess.
func fromCatalog(q catalog.Quota, all []catalog.Quota, model string) *row {
	r := &row{
		code: q.Code, name: q.Name, value: float64(q.Default), superseded: !q.Until.IsZero(),
		adjustable: q.Adjustable == catalog.AdjustableYes || q.Adjustable == catalog.AdjustableUnknown && q.Kind != catalog.TokensPerDay,
		model:      q.Model, path: q.Path, kind: q.Kind, factor: max(q.Factor, 1),
	}
	if r.name == "" {
		r.name = strings.ReplaceAll(string(q.Path)+" "+string(q.Kind)+" for "+model, "_", " ")
	}
	if !q.Known {
		r.value = guess(q, all)
	}
	switch q.Kind {
	case catalog.RequestsPerMinute, catalog.TokensPerMinute:
		r.bound = q.Variant == "" && q.Path != llm.PathMantle
	case catalog.TokensPerDay:
		r.bound = q.Variant == ""
	case catalog.InputTokensPerMinute, catalog.OutputTokensPerMinute, catalog.RequestsPerSecond:
	}
	return r
}

// guess is a default for a row without one: what enforces as much as that of the
// model's other path, or the usual amount of its kind.
func guess(q catalog.Quota, all []catalog.Quota) float64 {
	for _, o := range all {
		if o.Known && o.Model == q.Model && o.Kind == q.Kind && o.Variant == q.Variant && q.Model != "" {
			return float64(o.Limit() / max(q.Factor, 1))
		}
	}
	switch q.Kind {
	case catalog.RequestsPerMinute:
		return 10_000
	case catalog.TokensPerDay:
		return 3_600_000_000
	case catalog.RequestsPerSecond:
		return 50
	case catalog.TokensPerMinute, catalog.InputTokensPerMinute, catalog.OutputTokensPerMinute:
	}
	return 5_000_000
}
