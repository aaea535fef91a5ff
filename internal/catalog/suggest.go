package catalog

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// maxCompared bounds the length of ids that are compared with the known ones,
// so that a hostile id costs little.
const maxCompared = 256

// maxCurrent bounds how many models are named in place of a retired one.
const maxCurrent = 3

// nearMiss finds the known model that f was probably meant to name. It is false
// for an id that may well be a model which the catalog does not list: another
// version of a known family, a later revision of a known model, or something
// of another name altogether.
func (c *Catalog) nearMiss(f form) (form, bool) {
	if len(f.id) > maxCompared {
		return form{}, false
	}
	var best form
	least := maxCompared
	revised := false
	for _, k := range c.forms {
		if !f.resembles(k) {
			continue
		}
		if f.revises(k) {
			revised = true
			continue
		}
		if d := distance(f.plain, k.plain, maxCompared); d < least {
			best, least = k, d
		}
	}
	// A revision that is later than one listed and earlier than another is wrong.
	if revised && !slices.ContainsFunc(c.forms, func(k form) bool { return k.core == f.core && !f.revises(k) }) {
		return form{}, false
	}
	return best, least < maxCompared
}

// resembles says that f was probably meant to be k or a revision of it.
func (f form) resembles(k form) bool {
	if f.plain == k.plain || f.plain == k.short {
		return true
	}
	provider := distance(f.provider, k.provider, 1)
	switch {
	case provider > 1 && f.provider != "":
		return false
	case f.sameModel(k):
		return true
	case f.canonical == k.canonical: // another version
		return provider == 1
	}
	return resembleWords(f.letters, k.letters)
}

// resembleWords says that two names are a typing mistake or so apart. Short
// names are not compared: a letter is all that tells them apart.
func resembleWords(a, b string) bool {
	const letters = 6 // per mistake, and the least length
	if len(b) < letters {
		return false
	}
	limit := len(b) / letters
	return distance(a, b, limit) <= limit
}

// nearest is the known model whose spelling is closest; the zero form when more
// than half of every spelling differs.
func (c *Catalog) nearest(f form) form {
	var best form
	if len(f.id) > maxCompared {
		return best
	}
	limit := len(f.plain) / 2
	for _, k := range c.forms {
		for _, spelling := range []string{k.plain, k.short} {
			if d := distance(f.plain, spelling, limit); d < limit {
				best, limit = k, d
			}
		}
	}
	return best
}

// notFound is the error for an id that names no model, with what was probably
// meant: k, if that is known.
func (c *Catalog) notFound(id, geo string, source llm.Region, k form) error {
	text := "model id " + quoted(id) + " is not one of Amazon Bedrock's"
	m, ok := c.models[llm.ModelID(k.id)]
	if !ok {
		return fault.New(fault.NotFound, "%s: ids look like anthropic.claude-haiku-4-5-20251001-v1:0, with us., eu., global. or the like before it for an inference profile", text)
	}
	text += ": did you mean " + c.callable(m.ID, geo, source)
	if ended := m.ended(); ended != "" {
		text += " (" + ended + ")"
	}
	text += "?"
	if current := c.current(m, source); current != "" {
		text += " current: " + current
	}
	return fault.New(fault.NotFound, "%s", text)
}

// callable is the id to call a model by: by the geography that was asked for,
// if the model has it.
func (c *Catalog) callable(model llm.ModelID, geo string, source llm.Region) string {
	if id := geo + "." + string(model); c.hasProfile(id) {
		return id
	}
	if id := c.ProfileFor(model, source); id != "" {
		return id
	}
	return string(model)
}

// ending is the warning about a model that has an end.
func (c *Catalog) ending(id llm.ModelID, source llm.Region) string {
	m := c.models[id]
	warning := string(id) + ": " + m.ended()
	if current := c.current(m, source); current != "" {
		warning += "; current: " + current
	}
	return warning
}

// current names the newest models of a retired model's family that have not
// ended, in the order of their generations; "" for a model that has not ended.
func (c *Catalog) current(m Model, source llm.Region) string {
	if !m.Retired {
		return ""
	}
	old := parseForm(string(m.ID))
	var family []form
	for _, k := range c.forms {
		if k.sameFamily(old) && !c.models[llm.ModelID(k.id)].Retired {
			family = append(family, k)
		}
	}
	slices.SortFunc(family, func(a, b form) int { return slices.Compare(a.numbers, b.numbers) })
	var ids []string
	for _, k := range family[max(0, len(family)-maxCurrent):] {
		ids = append(ids, c.callable(llm.ModelID(k.id), "", source))
	}
	return strings.Join(ids, ", ")
}
