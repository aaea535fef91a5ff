package catalog

import (
	"maps"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// globalPrefix begins the ids of global profiles.
const globalPrefix = "global"

// Profile is a system inference profile.
type Profile struct {
	ID    string // with its prefix, such as "us.amazon.nova-lite-v1:0"
	Geo   string // the prefix: "us", "eu", …, or "global"
	Model llm.ModelID
	Path  llm.Path
	// Sources are the Regions it is called from, sorted; empty when not known.
	Sources []llm.Region
	// Destinations are the Regions that calls from a source Region are served
	// in, sorted. A source that is not among the keys is not known.
	Destinations map[llm.Region][]llm.Region
	Origin
}

func (p Profile) clone() Profile {
	p.Sources = slices.Clone(p.Sources)
	p.Destinations = maps.Clone(p.Destinations)
	for source, regions := range p.Destinations {
		p.Destinations[source] = slices.Clone(regions)
	}
	return p
}

// geography is a profile prefix and the Regions it is called from.
type geography struct {
	prefix   string
	patterns []string // Region names; a trailing * matches any rest
	Origin
}

func (g geography) covers(region llm.Region) bool {
	for _, pattern := range g.patterns {
		stem, open := strings.CutSuffix(pattern, "*")
		if string(region) == stem || open && strings.HasPrefix(string(region), stem) {
			return true
		}
	}
	return false
}

// splitPrefix cuts a profile prefix off an id. geo is "" when id has none.
func (c *Catalog) splitPrefix(id string) (geo, rest string) {
	head, tail, ok := strings.Cut(id, ".")
	if !ok {
		return "", id
	}
	if head == globalPrefix || slices.ContainsFunc(c.geographies, func(g geography) bool { return g.prefix == head }) {
		return head, tail
	}
	return "", id
}

// pathOf is the path of a prefix.
func pathOf(geo string) llm.Path {
	switch geo {
	case "":
		return llm.PathOnDemand
	case globalPrefix:
		return llm.PathGlobal
	}
	return llm.PathGeo
}

// IDsOn are the ids by which a pool is called: the model's own on demand, else
// those of its profiles.
func (c *Catalog) IDsOn(pool llm.Pool) []string {
	if pool.Path == llm.PathOnDemand {
		return []string{string(pool.Model)}
	}
	var ids []string
	for _, p := range c.Profiles() {
		if p.Model == pool.Model && p.Path == pool.Path && (pool.Path == llm.PathGlobal || slices.Contains(c.Geographies(pool.Region), p.Geo)) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}
