package daemon_test

import (
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/daemon"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.json")

// gateway is a whole gateway that is not running.
func gateway(t *testing.T) *daemon.Gateway {
	t.Helper()
	g, err := daemon.NewGateway(t.Context(), guide(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// get is the answer to a GET, which must be one.
func get(t *testing.T, h http.Handler, target string) []byte {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	r.Host = "127.0.0.1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s %v", target, w.Code, body, err)
	}
	return body
}

func TestTheDocumentIsTheCommittedOne(t *testing.T) {
	t.Parallel()
	got := get(t, gateway(t).API(), console.DocumentPath)
	golden := filepath.Join("..", "..", "docs", "openapi.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/openapi.json (-want +got; -update rewrites it):\n%s", diff)
	}
}

// document is what of an OpenAPI document is looked at.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID         string `json:"operationId"`
	Summary    string `json:"summary"`
	Role       string `json:"x-headgate-role"`
	Parameters []struct {
		Name     string          `json:"name"`
		In       string          `json:"in"`
		Required bool            `json:"required"`
		Schema   json.RawMessage `json:"schema"`
	} `json:"parameters"`
	Responses map[string]struct {
		Description string                     `json:"description"`
		Content     map[string]json.RawMessage `json:"content"`
	} `json:"responses"`
}

// TestTheDocumentIsWellFormed holds what OpenAPI 3.1 asks of a document, as far as
// it is used: schemas are of JSON Schema 2020-12, references lead somewhere, the
// parts of a path are parameters, and operations have names of their own.
func TestTheDocumentIsWellFormed(t *testing.T) {
	t.Parallel()
	c := gateway(t).API()
	text := get(t, c, console.DocumentPath)
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("openapi %q, want 3.1", d.OpenAPI)
	}
	for _, m := range regexp.MustCompile(`"\$ref": "([^"]*)"`).FindAllStringSubmatch(string(text), -1) {
		name, ok := strings.CutPrefix(m[1], "#/components/schemas/")
		if _, there := d.Components.Schemas[name]; !ok || !there {
			t.Errorf("$ref %s leads nowhere", m[1])
		}
	}
	for name := range d.Components.Schemas {
		schemaOf(t, text, name)
	}
	ids, documented := map[string]bool{}, 0
	for path, methods := range d.Paths {
		for method, op := range methods {
			documented++
			at := method + " " + path
			if op.ID == "" || ids[op.ID] || op.Summary == "" || op.Role == "" {
				t.Errorf("%s: %+v, want an id of its own, a summary and a role", at, op)
			}
			ids[op.ID] = true
			if _, ok := op.Responses["default"].Content[console.ProblemType]; !ok || len(op.Responses) < 2 {
				t.Errorf("%s answers %v, want an answer and a problem", at, op.Responses)
			}
			named := map[string]bool{}
			for _, p := range op.Parameters {
				var s jsonschema.Schema
				if err := json.Unmarshal(p.Schema, &s); err != nil {
					t.Errorf("%s: parameter %s: %v", at, p.Name, err)
				} else if _, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true}); err != nil {
					t.Errorf("%s: parameter %s: %v", at, p.Name, err)
				}
				if p.In == "path" {
					named["{"+p.Name+"}"] = p.Required
				}
			}
			for _, part := range regexp.MustCompile(`\{[^}]*\}`).FindAllString(path, -1) {
				if !named[part] {
					t.Errorf("%s has no parameter %s that is required", at, part)
				}
			}
		}
	}
	if all := len(c.Operations()); documented != all-1 { // the document does not describe itself
		t.Errorf("%d operations are described, of %d", documented, all)
	}
}

// schemaOf is a schema of the document, with those that it refers to, which allows
// no key that it does not name.
func schemaOf(t *testing.T, text []byte, name string) *jsonschema.Resolved {
	t.Helper()
	var d struct {
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), "#/components/schemas/", "#/$defs/")), &d); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Components.Schemas {
		if _, ok := s["properties"]; ok {
			s["additionalProperties"] = false
		}
	}
	whole, err := json.Marshal(map[string]any{"$ref": "#/$defs/" + name, "$defs": d.Components.Schemas})
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(whole, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return resolved
}

// TestListsTakeWhatSelects: parameters that several operations share are known to
// each.
func TestListsTakeWhatSelects(t *testing.T) {
	t.Parallel()
	c := gateway(t).API()
	for _, target := range []string{
		console.CallsPath + "?since=2026-11-24T00:00:00Z&tenant=a&run=b&outcome=ok&model=m&limit=1",
		console.RunsPath + "?since=2026-11-24T00:00:00Z&tenant=a&outcome=ok&model=m&limit=1",
	} {
		get(t, c, target)
	}
}
