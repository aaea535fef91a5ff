package console

import (
	"context"
	"encoding/json"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// DocumentPath is where the API's description is, as OpenAPI 3.1 has it.
const DocumentPath = "/api/openapi.json"

// schemaPrefix is before the name of a schema in the document.
const schemaPrefix = "#/components/schemas/"

// configuration is JSON alone, and our problems.
func configuration() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Headgate", Version: "1",
				Description: "What Headgate knows, believes and does. Keys may be added, and none changes its meaning within v1. " +
					"Instants are real time in UTC. Durations with _ms are real time; those with _seconds are nominal: under a time scale they are multiplied by it. " +
					"The header " + ScaleHeader + " of every answer says what it is. Money is in nano-USD where a key says so. " +
					"x-headgate-role is the least role that a caller must have: read, operate or admin.",
			},
			Components: &huma.Components{Schemas: huma.NewMapRegistry(schemaPrefix, schemaName)},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{ours},
	}
}

// schemaName is the type's name, with its package before it unless that is the
// API's own.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name, from := t.Name(), path.Base(t.PkgPath())
	switch {
	case name == "":
		return huma.DefaultSchemaNamer(t, hint)
	case strings.Contains(t.PkgPath(), "/internal/console"):
		return name
	case from == "llm":
		return "LLM" + name
	}
	return strings.ToUpper(from[:1]) + from[1:] + name
}

// describe registers the document, which is whole when nothing is registered after
// it.
func (api *API) describe() {
	var document []byte
	Register(api, Operation{
		ID: "document", Method: http.MethodGet, Path: DocumentPath, Role: RoleRead, Summary: "This document", Hidden: true,
	}, func(context.Context, *struct{}) (*documentAnswer, error) {
		return &documentAnswer{Type: "application/openapi+json", Body: document}, nil
	})
	api.tidy()
	var err error
	if document, err = json.MarshalIndent(api.huma.OpenAPI(), "", "  "); err != nil {
		panic(err) // our own types, which always encode
	}
	document = append(document, '\n')
}

type documentAnswer struct {
	Type string `header:"Content-Type"`
	Body []byte
}

// tidy makes the schemas say what the answers are: lists are never null, objects
// may be where Go has a pointer, and answers may have further keys.
func (api *API) tidy() {
	registry := api.huma.OpenAPI().Components.Schemas
	schemas := registry.Map()
	delete(schemas, "HumaErrorModel") // what we answer instead of it is a Problem
	delete(schemas, "HumaErrorDetail")
	posted := map[string]bool{}
	for _, item := range api.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Content {
				reach(media.Schema, schemas, posted)
			}
		}
	}
	for name, s := range schemas {
		if t := registry.TypeFromRef(schemaPrefix + name); t != nil && t.Kind() == reflect.Struct {
			nullable(t, s)
		}
		open(s, !posted[name])
	}
}

// reach marks the schemas that one refers to.
func reach(s *huma.Schema, schemas map[string]*huma.Schema, seen map[string]bool) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, schemaPrefix); ok && !seen[name] {
		seen[name] = true
		reach(schemas[name], schemas, seen)
	}
	for _, p := range s.Properties {
		reach(p, schemas, seen)
	}
	reach(s.Items, schemas, seen)
}

// open has lists that are not null and, where it is an answer, any further key.
func open(s *huma.Schema, answer bool) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	if closed, ok := s.AdditionalProperties.(bool); ok && !closed && answer {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		open(p, answer)
	}
	open(s.Items, answer)
}

// nullable finds the fields of a struct that are null where they point to nothing.
func nullable(t reflect.Type, s *huma.Schema) {
	for f := range fields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p != nil && p.Ref != "" && f.Type.Kind() == reflect.Pointer && !strings.Contains(options, "omit") {
			s.Properties[name] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}, Description: p.Description}
		}
	}
}

// fields are those of a struct and of what is embedded in it.
func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() && !f.Anonymous && !yield(f) {
				return
			}
		}
	}
}

// schemaFor is the schema of a value's type.
func schemaFor(schemas huma.Registry, value any) *huma.Schema {
	return schemas.Schema(reflect.TypeOf(value), true, "")
}
