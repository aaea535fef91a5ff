// Package catalog is what Headgate knows about Amazon Bedrock without asking
// it: models, inference profiles, quotas and prices, each row with its source
// and the day it was read.
//
// The rows are data, embedded from data/*.yaml. A user's documents may add
// rows or replace them. The package resolves whatever a client puts in the
// place of a model id to a model, a path and a Region, and says which id was
// probably meant when it was wrong.
//
// It knows defaults only: what an account's quotas really are, and whether a
// model is enabled for it, is discovered elsewhere.
package catalog

import (
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Catalog is an immutable set of rows. All its methods are safe for concurrent
// use. Slices and maps inside returned values are shared and must not be
// changed, unless a method says that it returns a copy.
type Catalog struct {
	models       map[llm.ModelID]Model
	modelIDs     []llm.ModelID // sorted
	profiles     []Profile     // sorted by id
	geographies  []geography   // in order of preference
	assumptions  []assumption  // first that fits
	quotas       []Quota       // sorted by model, path, kind, variant
	poolQuotas   map[poolKey][]Quota
	accountRows  []Quota
	prices       map[priceKey]priceRow
	targets      map[string]entry  // by the exact id of a model or profile
	applications map[string]Target // by ARN and by bare id
	forms        []form            // of the known models, sorted by id
}

// Origin says where a row comes from.
type Origin struct {
	// Source is a public URL, or what stands for one. Rows of a user's document
	// that name none carry the document's name.
	Source string
	// AsOf is the day the source was read (UTC midnight). Zero when a user's row
	// does not say.
	AsOf time.Time
	// Confidence is how firm the row is.
	Confidence Confidence
}

// Confidence is how firm a row is.
type Confidence string

// The confidences, firmest first.
const (
	// Documented rows are in the provider's own documents.
	Documented Confidence = "documented"
	// Reported rows were measured or published by third parties.
	Reported Confidence = "reported"
	// Inferred rows were concluded from others.
	Inferred Confidence = "inferred"
)

// poolKey names the quotas of one model's path in any account and Region.
type poolKey struct {
	model llm.ModelID
	path  llm.Path
}

// Model returns the row of a known model.
func (c *Catalog) Model(id llm.ModelID) (Model, bool) {
	m, ok := c.models[id]
	return m, ok
}

// Models returns a copy of every model, sorted by id.
func (c *Catalog) Models() []Model {
	models := make([]Model, 0, len(c.modelIDs))
	for _, id := range c.modelIDs {
		m := c.models[id]
		m.Paths = slices.Clone(m.Paths)
		m.Variants = slices.Clone(m.Variants)
		m.CacheTTLs = slices.Clone(m.CacheTTLs)
		models = append(models, m)
	}
	return models
}

// Profiles returns a copy of every system inference profile, sorted by id.
func (c *Catalog) Profiles() []Profile {
	profiles := make([]Profile, 0, len(c.profiles))
	for _, p := range c.profiles {
		profiles = append(profiles, p.clone())
	}
	return profiles
}

// Quotas returns a copy of the plain quotas of a model's path, without those
// of its context variants, sorted by kind. It is empty for an unknown pool. Rows
// with a Until are of older accounts only.
func (c *Catalog) Quotas(model llm.ModelID, path llm.Path) []Quota {
	return c.VariantQuotas(model, path, "")
}

// VariantQuotas is Quotas for calls of a context variant, such as "1m". It is
// empty when the variant has no rows of its own.
func (c *Catalog) VariantQuotas(model llm.ModelID, path llm.Path, variant string) []Quota {
	var rows []Quota
	for _, q := range c.poolQuotas[poolKey{model, path}] {
		if q.Variant == variant {
			rows = append(rows, q)
		}
	}
	return rows
}

// AccountQuotas returns a copy of the quotas that all models of an account and
// Region share: tokens per day.
func (c *Catalog) AccountQuotas() []Quota { return slices.Clone(c.accountRows) }

// AllQuotas returns a copy of every quota row, sorted by model, path, kind and
// variant. Rows of no model come first.
func (c *Catalog) AllQuotas() []Quota { return slices.Clone(c.quotas) }

// Geographies returns the profile prefixes that are called from a source
// Region, its own geography first and wider ones after it: ["jp", "apac"] for
// ap-northeast-1. It is empty for a Region of no known geography. "global" is
// not among them.
func (c *Catalog) Geographies(source llm.Region) []string {
	var prefixes []string
	for _, g := range c.geographies {
		if g.covers(source) {
			prefixes = append(prefixes, g.prefix)
		}
	}
	return prefixes
}

// Geography returns the profile prefix of a source Region's own geography, such
// as "eu" for eu-west-1, or "" when it has none.
func (c *Catalog) Geography(source llm.Region) string {
	for _, g := range c.geographies {
		if g.covers(source) {
			return g.prefix
		}
	}
	return ""
}

// ProfileFor returns the id to call a model by from a source Region: the
// profile of the Region's own geography, else of a wider one, else the global
// one, else any. It is "" for a model without profiles.
func (c *Catalog) ProfileFor(model llm.ModelID, source llm.Region) string {
	for _, prefix := range append(c.Geographies(source), globalPrefix) {
		if id := prefix + "." + string(model); c.hasProfile(id) {
			return id
		}
	}
	for _, p := range c.profiles {
		if p.Model == model {
			return p.ID
		}
	}
	return ""
}

func (c *Catalog) hasProfile(id string) bool {
	_, ok := slices.BinarySearchFunc(c.profiles, id, func(p Profile, id string) int {
		return strings.Compare(p.ID, id)
	})
	return ok
}
