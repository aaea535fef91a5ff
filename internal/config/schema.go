package config

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/headgate/headgate/internal/llm"
)

// Schema is the JSON Schema (draft 2020-12) of a configuration file, for
// editors that complete and check as one types. It accepts every file that
// Load accepts, but for values in quotes that need none, and refuses unknown
// keys and values of the wrong form; what needs more than one value to judge
// is left to Load.
func Schema() ([]byte, error) {
	schema, err := jsonschema.For[Config](&jsonschema.ForOptions{TypeSchemas: typeSchemas()})
	if err != nil {
		return nil, fmt.Errorf("configuration schema: %w", err)
	}
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	schema.Title = "Headgate configuration"
	relax(schema)
	if err := setDefaults(schema, reflect.ValueOf(Default())); err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("configuration schema: %w", err)
	}
	return append(out, '\n'), nil
}

func typeSchemas() map[reflect.Type]*jsonschema.Schema {
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[Duration]():       {Type: "string", Pattern: `^(0|[0-9]+d|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$`, Examples: []any{"90s", "10m"}},
		reflect.TypeFor[ByteSize]():       {Types: []string{"string", "integer"}, Pattern: `^[0-9]+ *([kKmMgGtT][iI]?)?[bB]?$`, Examples: []any{"512MiB", "25MB"}},
		reflect.TypeFor[UpstreamKind]():   enum(UpstreamAWS, UpstreamEmulator),
		reflect.TypeFor[QuotaSource]():    enum(QuotasDiscover, QuotasStatic, QuotasBoth),
		reflect.TypeFor[QuotaUnit]():      enum(UnitTokens, UnitPriced),
		reflect.TypeFor[Learn]():          enum(LearnTrials, LearnThrottles, LearnOff),
		reflect.TypeFor[Order]():          enum(OrderRuns, OrderFIFO),
		reflect.TypeFor[Jitter]():         enum(JitterFull, JitterNone),
		reflect.TypeFor[MetricsSink]():    enum(MetricsOff, MetricsPut, MetricsEMF),
		reflect.TypeFor[TracesTo]():       enum(TracesOff, TracesOTLP, TracesLangSmith),
		reflect.TypeFor[TracesProtocol](): enum(TracesHTTP, TracesGRPC),
		reflect.TypeFor[llm.Path]():       enum(llm.PathOnDemand, llm.PathGeo, llm.PathGlobal, llm.PathMantle),
	}
}

func enum[T ~string](values ...T) *jsonschema.Schema {
	out := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		out.Enum = append(out.Enum, string(v))
	}
	return out
}

// relax makes every key optional: what is missing has a default, or Load says
// so in better words. A key without a value is the same as no key.
func relax(s *jsonschema.Schema) {
	s.Required = nil
	for _, property := range s.Properties {
		relax(property)
		switch {
		case property.Enum != nil:
			property.Enum = append(property.Enum, nil)
			property.Type, property.Types = "", []string{"string", "null"}
		case property.Type != "":
			property.Type, property.Types = "", []string{property.Type, "null"}
		}
	}
	if s.Items != nil {
		relax(s.Items)
	}
}

// setDefaults notes the default of every value, section by section.
func setDefaults(s *jsonschema.Schema, v reflect.Value) error {
	for key, field := range members(v) {
		property := s.Properties[key]
		if field.Kind() == reflect.Struct {
			if err := setDefaults(property, field); err != nil {
				return err
			}
			continue
		}
		text, err := json.Marshal(field.Interface())
		if err != nil {
			return fmt.Errorf("configuration schema: default of %s: %w", key, err)
		}
		property.Default = text
	}
	return nil
}
