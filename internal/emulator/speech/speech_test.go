package speech_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/speech"
)

func TestTextHasExactlyItsTokens(t *testing.T) {
	t.Parallel()
	s := speech.NewSpeaker()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		n := rapid.Int64Range(0, 600).Draw(t, "n")
		finished := rapid.Bool().Draw(t, "finished")
		text := s.Text(seed, n, finished)
		if got := prompt.Count(text); got != n {
			t.Fatalf("Text(%d, %d, %v) = %q has %d tokens", seed, n, finished, text, got)
		}
		if finished && n > 0 && text[len(text)-1] != '.' {
			t.Fatalf("Text(%d, %d) = %q does not end with a full stop", seed, n, text)
		}
		if again := s.Text(seed, n, finished); again != text {
			t.Fatalf("Text(%d, %d) says something else the second time", seed, n)
		}
	})
}

func TestInstanceConforms(t *testing.T) {
	t.Parallel()
	schemas := []string{
		`{"type":"object","properties":{"name":{"type":"string","minLength":30,"maxLength":40},"age":{"type":"integer","minimum":18,"maximum":18}},"required":["name","age"],"additionalProperties":false}`,
		`{"type":"object","properties":{"rows":{"type":"array","minItems":5,"items":{"type":"object","properties":{"kind":{"enum":["a","b"]},"ok":{"type":"boolean"}},"required":["kind"]}}}}`,
		`{"type":"object","required":["undescribed"]}`,
		`{"type":"array","items":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1},"maxItems":2}`,
		`{"type":"object","properties":{"x":{"anyOf":[{"type":"null"},{"type":"string"}]},"y":{"type":["null","integer"]},"z":{"const":{"q":1}}},"required":["x","y","z"]}`,
		`{"$defs":{"node":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["name","children"]}},"$ref":"#/$defs/node"}`,
		`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"integer","multipleOf":7}},"required":["b"]}]}`,
		`{"type":"string","pattern":"^[a-z][a-z0-9_]{2,5}-(x|y)$"}`,
		`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":{"type":"boolean"},"minItems":3}`,
		`{"type":"array","uniqueItems":true,"items":{"enum":["a","b"]},"minItems":2}`,
		`{"type":"object","additionalProperties":{"type":"integer"},"minProperties":3}`,
		`{"type":"integer","maximum":-5}`,
		`{"type":"number","minimum":0.1,"maximum":0.2}`,
		`{"properties":{"a b\"c":{"type":"string"}},"required":["a b\"c"]}`,
	}
	for _, text := range schemas {
		var s jsonschema.Schema
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatalf("schema %s: %v", text, err)
		}
		resolved, err := s.Resolve(nil)
		if err != nil {
			t.Fatalf("schema %s: %v", text, err)
		}
		for seed := range uint64(50) {
			got := speech.Instance(text, seed)
			var v any
			if err := json.Unmarshal(got, &v); err != nil {
				t.Fatalf("Instance(%s, %d) = %s: %v", text, seed, got, err)
			}
			if err := resolved.Validate(v); err != nil {
				t.Errorf("Instance(%s, %d) = %s: %v", text, seed, got, err)
				break
			}
		}
	}
}

func FuzzInstance(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`)
	f.Add(`{"allOf":[{"$ref":"#"}],"type":["array","null"],"items":{"$ref":"#"},"minItems":99}`)
	f.Add(`{"type":"array","items":{"$ref":"#"},"minItems":999}`)
	f.Add(`{"allOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}`)
	f.Add(`{"anyOf":[{"$ref":"#"}]}`)
	f.Add(`{"type":"number","multipleOf":1e308,"minimum":-1e308,"maximum":1e308}`)
	f.Add(`{"pattern":"(((a|b)*c+){3,5}[^\\x00-z])","type":"string","maxLength":-1}`)
	f.Fuzz(func(t *testing.T, schema string) {
		if len(schema) > 2000 || !json.Valid([]byte(schema)) {
			return
		}
		if got := speech.Instance(schema, 1); !json.Valid(got) {
			t.Errorf("Instance(%q) = %q is not JSON", schema, got)
		}
	})
}

func TestEmbeddingIsAUnitVector(t *testing.T) {
	t.Parallel()
	dot := func(a, b []float64) float64 {
		sum := 0.0
		for i := range a {
			sum += a[i] * b[i]
		}
		return sum
	}
	near := speech.Embedding("water flows through the canal", 512)
	also := speech.Embedding("water runs through a canal", 512)
	far := speech.Embedding("invoices await approval today", 512)
	for _, text := range []string{"", "x", "a long text with many words in it"} {
		v := speech.Embedding(text, 256)
		if len(v) != 256 || math.Abs(dot(v, v)-1) > 1e-9 {
			t.Errorf("Embedding(%q): length %v in %d dimensions", text, dot(v, v), len(v))
		}
	}
	if dot(near, also) <= dot(near, far) {
		t.Errorf("texts that share words are no nearer (%v) than others (%v)", dot(near, also), dot(near, far))
	}
}
