package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/price"
)

// purchase is what is paid for: a model from a Region, along paths.
type purchase struct {
	catalog *catalog.Catalog
	model   catalog.Model
	region  llm.Region
	paths   []llm.Path
	// warnings are what the catalog has to say of the id.
	warnings []string
}

// purchase finds what the flags name.
func (a *app) purchase(o *estimateFlags) (*purchase, error) {
	cfg, _, err := o.set.loadWith(a, o.given())
	if err != nil {
		return nil, err
	}
	c, err := loadCatalog(cfg)
	if err != nil {
		return nil, err
	}
	region := cmp.Or(cfg.Upstream.Region, llm.Region(a.region()))
	t, err := c.Resolve(cmp.Or(o.model, usualModel), region)
	if err != nil {
		return nil, withHint(err, "`headgate model list` shows the models that there are")
	}
	p := &purchase{catalog: c, model: c.Assume(t.Model), region: t.Region, warnings: []string{}}
	bare := t.Known && t.Path == llm.PathOnDemand
	if id := c.ProfileFor(t.Model, region); bare && id != "" {
		// The model alone is named: whether its id can be called is not the question.
		if as, err := c.Resolve(id, region); err == nil {
			t.Warnings = as.Warnings
		}
	}
	p.warnings = append(p.warnings, t.Warnings...)
	p.paths, err = p.along(o.paths, t, bare)
	return p, err
}

// given are the settings that flags of the command's own stand for.
func (o *estimateFlags) given() map[string]string {
	if o.region == "" {
		return nil
	}
	return map[string]string{"upstream.region": o.region}
}

// along are the paths that were asked for, or that the id names, or else those
// of the model.
func (p *purchase) along(asked []string, t catalog.Target, bare bool) ([]llm.Path, error) {
	var paths []llm.Path
	for _, word := range asked {
		path := llm.Path(word)
		if !path.Valid() {
			return nil, usageError("", "--path %q must be on-demand, geo, global or mantle", word)
		}
		if t.Known && !slices.Contains(p.model.Paths, path) {
			return nil, usageError("its paths are "+words(p.model.Paths), "%s is not offered %s", p.model.ID, path)
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	switch {
	case len(paths) > 0:
		return paths, nil
	case !bare || len(p.model.Paths) == 0:
		return []llm.Path{t.Path}, nil
	}
	// What Mantle costs is what the others do; it is told when it is the only one.
	if paths = slices.DeleteFunc(slices.Clone(p.model.Paths), func(p llm.Path) bool { return p == llm.PathMantle }); len(paths) > 0 {
		return paths, nil
	}
	return p.model.Paths, nil
}

// rates is the price along a path; false when there is none.
func (p *purchase) rates(path llm.Path) (bool, catalog.Price) {
	rates, known := p.catalog.PriceIn(p.model.ID, path, p.region)
	return known, rates
}

// notes are what there is to know about an estimate: which price is taken for
// another, and what a call of the workload may not be.
func (p *purchase) notes(w price.Workload) []string {
	notes := []string{}
	if text := price.Mistaken(p.catalog, p.model.ID); text != "" {
		notes = append(notes, text)
	}
	known, rates := p.rates(p.paths[0])
	if known && rates.Region == "" && !strings.HasPrefix(string(p.region), "us-east-") {
		notes = append(notes, "the catalog has no prices of "+string(p.region)+"'s own: those of us-east are taken")
	}
	if p.model.Context > 0 && w.Prompt() > p.model.Context {
		notes = append(notes, fmt.Sprintf("a call's input of %s tokens does not fit the model's context of %s", thousands(w.Prompt()), thousands(p.model.Context)))
	}
	if most := (w.Output + w.Calls - 1) / w.Calls; p.model.MaxOutput > 0 && most > p.model.MaxOutput {
		notes = append(notes, fmt.Sprintf("a call's output of %s tokens is more than the model's most, %s", thousands(most), thousands(p.model.MaxOutput)))
	}
	switch least := p.model.CacheMinimum; {
	case w.Cached > 0 && least == 0 && rates.CacheRead > 0:
		notes = append(notes, "the fewest tokens that this model caches are not known: caching may not be possible")
	case w.Cached == 0 && w.Prompt() < least:
		notes = append(notes, fmt.Sprintf("a prompt cache saves nothing here: it takes at least %s tokens, and a call's input is %s", thousands(least), thousands(w.Prompt())))
	}
	return notes
}
