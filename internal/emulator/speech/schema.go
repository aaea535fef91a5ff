package speech

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/tidwall/gjson"
)

// Bounds of what a schema can make us build: how deep, how many values, and
// how many bytes. A schema that refers to itself many times over reaches them.
const (
	maxSchemaDepth = 12
	maxSchemaSteps = 20_000
	maxInstance    = 256 << 10
)

// Instance is a JSON value that conforms to a JSON Schema, the same for the
// same seed. It knows type, properties, required, items, prefixItems, enum,
// const, allOf, anyOf, oneOf, local $ref, the bounds of strings, numbers,
// arrays and objects, pattern and the usual formats; anything else is passed
// over. A schema that is not an object gives {}.
func Instance(schema string, seed uint64) json.RawMessage {
	root := gjson.Parse(schema)
	if !root.IsObject() {
		return json.RawMessage(`{}`)
	}
	g := &instance{root: root, rng: rand.New(rand.NewPCG(seed, 0x2545f4914f6cdd1d))}
	g.value(root, 0)
	return json.RawMessage(g.out.String())
}

type instance struct {
	root  gjson.Result
	rng   *rand.Rand
	out   strings.Builder
	steps int
}

// spent counts a step and reports whether the bounds are reached. From then on
// the value is only brought to an end.
func (g *instance) spent() bool {
	g.steps++
	return g.steps > maxSchemaSteps || g.out.Len() > maxInstance
}

// literal writes a JSON text as it is.
func (g *instance) literal(text string) { g.out.WriteString(text) }

func (g *instance) value(s gjson.Result, depth int) {
	if g.spent() {
		g.literal("null")
		return
	}
	s = g.resolve(s, depth)
	if c := s.Get("const"); c.Exists() {
		g.literal(c.Raw)
		return
	}
	if list := s.Get("enum").Array(); len(list) > 0 {
		g.literal(list[g.rng.IntN(len(list))].Raw)
		return
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if list := s.Get(key).Array(); len(list) > 0 {
			if depth >= 2*maxSchemaDepth {
				break
			}
			g.value(pick(list, depth), depth+1)
			return
		}
	}
	switch kind(s) {
	case "object":
		g.object(s, depth)
	case "array":
		g.array(s, depth)
	case "string":
		g.text(s)
	case "integer":
		g.number(s, true)
	case "number":
		g.number(s, false)
	case "boolean":
		g.literal([]string{"false", "true"}[g.rng.IntN(2)])
	default:
		g.literal("null")
	}
}

// pick chooses the first alternative, and null where the schema has gone deep.
func pick(list []gjson.Result, depth int) gjson.Result {
	if depth >= maxSchemaDepth/2 {
		for _, s := range list {
			if kind(s) == "null" {
				return s
			}
		}
	}
	return list[0]
}

// kind is a schema's type: the first that is not null when it has several, and
// what its members tell when it has none.
func kind(s gjson.Result) string {
	t := s.Get("type")
	for _, one := range t.Array() {
		if one.Str != "null" {
			return one.Str
		}
	}
	switch {
	case t.Exists():
		return "null"
	case s.Get("properties").Exists():
		return "object"
	case s.Get("items").Exists() || s.Get("prefixItems").Exists():
		return "array"
	case s.Get("minimum").Exists() || s.Get("maximum").Exists():
		return "number"
	}
	return "string"
}

// resolve follows local references and merges allOf, as far as members of the
// same name do not contradict each other.
func (g *instance) resolve(s gjson.Result, depth int) gjson.Result {
	for range maxSchemaDepth {
		ref := s.Get(`$ref`).Str
		if !strings.HasPrefix(ref, "#/") {
			break
		}
		s = g.root
		for part := range strings.SplitSeq(ref[2:], "/") {
			s = member(s, part)
		}
	}
	all := s.Get("allOf").Array()
	if len(all) == 0 || depth >= maxSchemaDepth || g.spent() {
		return s
	}
	var merged strings.Builder
	merged.WriteByte('{')
	properties, required := []string{}, []string{}
	for _, part := range append(all, s) {
		if part.Get("allOf").Raw != s.Get("allOf").Raw {
			part = g.resolve(part, depth+1)
		}
		part.ForEach(func(key, value gjson.Result) bool {
			switch key.Str {
			case "allOf", "$ref":
			case "properties":
				properties = append(properties, inside(value.Raw))
			case "required":
				required = append(required, inside(value.Raw))
			default:
				merged.WriteString(key.Raw + ":" + value.Raw + ",")
			}
			return true
		})
	}
	merged.WriteString(`"required":[` + strings.Join(required, ",") + `]`)
	if len(properties) > 0 {
		merged.WriteString(`,"properties":{` + strings.Join(properties, ",") + `}`)
	}
	merged.WriteByte('}')
	return gjson.Parse(merged.String())
}

// inside is a JSON array or object without its brackets.
func inside(raw string) string {
	if len(raw) < 2 {
		return ""
	}
	return strings.TrimSpace(raw[1 : len(raw)-1])
}

// member is a member of an object by its plain name, which may hold
// characters that a path would take for its own.
func member(s gjson.Result, name string) gjson.Result {
	var found gjson.Result
	s.ForEach(func(key, value gjson.Result) bool {
		if key.Str == name {
			found = value
		}
		return !found.Exists()
	})
	return found
}

// object writes every property of the schema; deep down only the required
// ones, so that a schema that contains itself comes to an end.
func (g *instance) object(s gjson.Result, depth int) {
	required := map[string]bool{}
	for _, name := range s.Get("required").Array() {
		required[name.Str] = true
	}
	written := 0
	write := func(name string, schema gjson.Result) {
		if written > 0 {
			g.literal(",")
		}
		written++
		g.literal(quote(name) + ":")
		g.value(schema, depth+1)
	}
	g.literal("{")
	s.Get("properties").ForEach(func(key, value gjson.Result) bool {
		if depth >= maxSchemaDepth || depth >= maxSchemaDepth/3 && !required[key.Str] {
			return true
		}
		delete(required, key.Str)
		write(key.Str, value)
		return true
	})
	if depth < maxSchemaDepth {
		for _, name := range s.Get("required").Array() {
			if required[name.Str] { // required but described nowhere
				delete(required, name.Str)
				write(name.Str, gjson.Parse(`{"type":"string"}`))
			}
		}
	}
	if extra := s.Get("additionalProperties"); written == 0 && extra.IsObject() && depth < maxSchemaDepth/3 {
		write("item", extra)
	}
	for written < int(s.Get("minProperties").Int()) && written < 100 {
		write("item_"+string(rune('a'+written%26)), s.Get("additionalProperties"))
	}
	g.literal("}")
}

func (g *instance) array(s gjson.Result, depth int) {
	n := 1 + g.rng.IntN(3)
	if depth >= maxSchemaDepth/3 {
		n = 0
	}
	fixed := s.Get("prefixItems").Array()
	n = max(n, len(fixed), int(s.Get("minItems").Int()))
	if m := s.Get("maxItems"); m.Exists() {
		n = min(n, int(m.Int()))
	}
	if items := g.resolve(s.Get("items"), depth); s.Get("uniqueItems").Bool() {
		if list := items.Get("enum").Array(); len(list) > 0 {
			n = min(n, len(list))
			g.distinct(list[:n])
			return
		}
	}
	g.literal("[")
	for i := range n {
		if g.spent() {
			break
		}
		if i > 0 {
			g.literal(",")
		}
		if i < len(fixed) {
			g.value(fixed[i], depth+1)
		} else {
			g.value(s.Get("items"), depth+1)
		}
	}
	g.literal("]")
}

func (g *instance) distinct(list []gjson.Result) {
	g.literal("[")
	for i, v := range list {
		if i > 0 {
			g.literal(",")
		}
		g.literal(v.Raw)
	}
	g.literal("]")
}

func (g *instance) number(s gjson.Result, whole bool) {
	low, high := math.Inf(-1), math.Inf(1)
	step := s.Get("multipleOf").Float()
	if step <= 0 {
		step = 1
		if !whole {
			step = 0.25
		}
	}
	bound := func(key string, dst *float64, push float64) {
		v := s.Get(key)
		if !v.Exists() || v.Type != gjson.Number {
			return
		}
		*dst = v.Num + push
	}
	bound("minimum", &low, 0)
	bound("maximum", &high, 0)
	nudge := step
	if !whole && !math.IsInf(high-low, 0) {
		nudge = min(step, (high-low)/8)
	}
	bound("exclusiveMinimum", &low, nudge)
	bound("exclusiveMaximum", &high, -nudge)
	switch {
	case math.IsInf(low, 0) && math.IsInf(high, 0):
		low, high = 1, 100
	case math.IsInf(low, 0):
		low = high - 100
	case math.IsInf(high, 0):
		high = low + 100
	}
	first := math.Ceil(low / step)
	choices := math.Floor(high/step) - first + 1
	x := low
	if choices >= 1 {
		x = (first + float64(g.rng.IntN(int(min(choices, 1<<31))))) * step
	}
	if whole {
		x = math.Round(x)
	}
	text, err := json.Marshal(x)
	if err != nil {
		text = []byte("0")
	}
	g.literal(string(text))
}

func quote(s string) string {
	q, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(q)
}
