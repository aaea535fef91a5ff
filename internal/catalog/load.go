package catalog

import (
	"cmp"
	"embed"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

//go:embed data/*.yaml
var embedded embed.FS

// Default is the catalog of the embedded rows alone. It parses them anew on each
// call: call it once and pass the catalog on.
func Default() (*Catalog, error) { return Load() }

// Load is the catalog of the embedded rows and of the overrides, which may add
// rows and replace them: a row replaces the one with the same key, as a whole. A
// later document goes before an earlier one.
//
// The error is a *fault.Error of kind Invalid that reports every fault of all
// documents with its place.
func Load(overrides ...Document) (*Catalog, error) {
	b := newBuilder()
	files, err := fs.Glob(embedded, "data/*.yaml")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "read the embedded catalog", err)
	}
	for _, name := range files {
		data, err := embedded.ReadFile(name)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "read the embedded catalog", err)
		}
		b.read(Document{Name: strings.TrimPrefix(name, "data/"), Data: data}, true)
	}
	for _, d := range overrides {
		b.read(d, false)
	}
	c := b.build()
	if err := b.faults.err(); err != nil {
		return nil, fault.Wrap(fault.Invalid, "load the catalog", err)
	}
	return c, nil
}

// builder gathers the rows of documents and turns them into a catalog.
type builder struct {
	faults       faults
	models       map[llm.ModelID]modelRow
	profiles     map[string]profileRow
	applications map[string]applicationRow
	geographies  []geography
	assumptions  []assumption
	names        map[nameKey]string
	quotas       map[quotaKey]quotaRow
	prices       map[priceKey]pricedRow
}

func newBuilder() *builder {
	return &builder{
		models:       make(map[llm.ModelID]modelRow),
		profiles:     make(map[string]profileRow),
		applications: make(map[string]applicationRow),
		names:        make(map[nameKey]string),
		quotas:       make(map[quotaKey]quotaRow),
		prices:       make(map[priceKey]pricedRow),
	}
}

// build checks what rows say of each other and indexes them. The result is only
// good when no fault was found.
func (b *builder) build() *Catalog {
	c := &Catalog{
		models:       make(map[llm.ModelID]Model, len(b.models)),
		geographies:  b.geographies,
		assumptions:  b.assumptions,
		prices:       make(map[priceKey]priceRow, len(b.prices)),
		targets:      make(map[string]entry, len(b.models)+len(b.profiles)),
		applications: make(map[string]Target, 2*len(b.applications)),
	}
	b.linkProfiles(c)
	b.linkModels(c)
	b.linkTargets(c)
	b.linkQuotas(c)
	for key, row := range b.prices {
		if b.known(key.model, row.at) {
			c.prices[key] = row.priceRow
		}
	}
	b.linkApplications(c)
	return c
}

// known reports whether a row's model has a row of its own, and a fault if not.
func (b *builder) known(model llm.ModelID, at position) bool {
	_, ok := b.models[model]
	if !ok {
		b.faults.add(at, "model %s has no row under models: add one", quoted(string(model)))
	}
	return ok
}

func (b *builder) linkProfiles(c *Catalog) {
	for _, id := range slices.Sorted(maps.Keys(b.profiles)) {
		row := b.profiles[id]
		geo, name := c.splitPrefix(id)
		if geo == "" {
			b.faults.add(row.at, "must begin with global. or the prefix of a row under geographies")
			continue
		}
		p := row.Profile
		p.Geo, p.Model, p.Path = geo, llm.ModelID(name), pathOf(geo)
		if b.known(p.Model, row.at) {
			c.profiles = append(c.profiles, p)
		}
	}
}

func (b *builder) linkModels(c *Catalog) {
	paths := make(map[poolKey]bool)
	for _, p := range c.profiles {
		paths[poolKey{p.Model, p.Path}] = true
	}
	for id, row := range b.models {
		m := row.Model
		paths[poolKey{id, llm.PathOnDemand}] = row.onDemand
		paths[poolKey{id, llm.PathMantle}] = row.mantle
		for _, path := range []llm.Path{llm.PathOnDemand, llm.PathGeo, llm.PathGlobal, llm.PathMantle} {
			if paths[poolKey{id, path}] {
				m.Paths = append(m.Paths, path)
			}
		}
		c.models[id] = m
	}
	c.modelIDs = slices.Sorted(maps.Keys(c.models))
	for _, id := range c.modelIDs {
		c.forms = append(c.forms, parseForm(string(id)))
	}
}

// linkTargets enters every exact id.
func (b *builder) linkTargets(c *Catalog) {
	for _, id := range c.modelIDs {
		t := Target{Model: id, Path: llm.PathOnDemand, Known: true}
		c.targets[string(id)] = entry{target: t, profileOnly: !b.models[id].onDemand, ending: c.models[id].ended() != ""}
	}
	for _, p := range c.profiles {
		e := entry{target: Target{Model: p.Model, Path: p.Path, Geo: p.Geo, Known: true}, ending: c.models[p.Model].ended() != ""}
		for i := range c.geographies {
			if c.geographies[i].prefix == p.Geo {
				e.geography = &c.geographies[i]
			}
		}
		c.targets[p.ID] = e
	}
}

func (b *builder) linkQuotas(c *Catalog) {
	codes := make(map[string]position)
	rows := make([]Quota, 0, len(b.quotas))
	for _, key := range slices.SortedFunc(maps.Keys(b.quotas), compareQuotaKeys) {
		row := b.quotas[key]
		if key.model != "" && !b.known(key.model, row.at) {
			continue
		}
		if other, ok := codes[row.Code]; ok && row.Code != "" {
			b.faults.add(row.at, "code %s is also that of %s", row.Code, other)
		}
		codes[row.Code] = row.at
		if label := b.models[key.model].QuotaLabel; row.Name == "" && label != "" {
			if key.variant == "1m" {
				label = strings.TrimSuffix(label, " V1") + " V1 1M Context Length"
			}
			row.Name = strings.Replace(b.names[nameKey{key.path, key.kind}], "{label}", label, 1)
		}
		rows = append(rows, row.Quota)
	}
	c.indexQuotas(rows)
}

// linkApplications resolves what the application profiles copy.
func (b *builder) linkApplications(c *Catalog) {
	for _, key := range slices.Sorted(maps.Keys(b.applications)) {
		row := b.applications[key]
		t, err := c.Resolve(row.copyFrom, row.arn.region)
		if err != nil {
			b.faults.add(row.at, "copy_from: %s", fault.Message(err))
			continue
		}
		t.Region, t.Account = cmp.Or(row.arn.region, t.Region), row.arn.account
		t.Warnings = slices.Clip(t.Warnings) // handed out again and again
		c.applications[key] = t
		c.applications[row.arn.id] = t
	}
}
