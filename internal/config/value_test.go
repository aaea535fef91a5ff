package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"pgregory.net/rapid"
)

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ByteSize{
		"0": 0, "1": 1, "12B": 12, "512MiB": 512 << 20, "64MB": 64_000_000, "64 mb": 64_000_000, "1GiB": 1 << 30, "3kB": 3000, "3KiB": 3072, "-1MB": -1_000_000,
	} {
		var got ByteSize
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("ByteSize %q = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MB", "1.5GiB", "5 apples", "9999999999TB", "1e3"} {
		var got ByteSize
		if err := got.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("ByteSize %q = %d, want an error", text, got)
		}
	}
}

func TestTextRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := ByteSize(rapid.Int64().Draw(t, "size"))
		var gotSize ByteSize
		if err := gotSize.UnmarshalText([]byte(size.String())); err != nil || gotSize != size {
			t.Fatalf("ByteSize %d written as %s reads as %d, %v", int64(size), size, int64(gotSize), err)
		}
		length := Duration(rapid.Int64().Draw(t, "duration"))
		var got Duration
		if err := got.UnmarshalText([]byte(length.String())); err != nil || got != length {
			t.Fatalf("Duration %d written as %s reads as %d, %v", int64(length), length, int64(got), err)
		}
	})
}

func TestDurationString(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{"10m": 10 * time.Minute, "2h": 2 * time.Hour, "1h30m": 90 * time.Minute, "2s": 2 * time.Second, "0s": 0, "1h0m5s": time.Hour + 5*time.Second, "10h": 10 * time.Hour} {
		if got := Duration(d).String(); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestScaledOnce(t *testing.T) {
	t.Parallel()
	c := Default()
	c.TimeScale = 60
	c.Tenants = []Tenant{{Name: "a", Weight: 1, MaxWait: Duration(time.Hour)}}
	c.Drain.Delay = Duration(time.Minute)
	before := c.Fields(nil)
	got := c.Scaled().Scaled()
	want := Default()
	want.TimeScale = 60
	want.Queue.MaxWait = Duration(10 * time.Second)
	want.Quotas.Refresh, want.Quotas.RefreshOpen = Duration(15*time.Second), Duration(10*time.Second)/60
	want.Cache.TTL = Duration(24 * time.Minute)
	want.Keep.For = Duration(time.Second)
	want.Drain = Drain{Delay: Duration(time.Second), Timeout: Duration(2 * time.Second)}
	want.Tenants = []Tenant{{Name: "a", Weight: 1, MaxWait: Duration(time.Minute)}}
	for i, d := range want.Retry.Schedule {
		want.Retry.Schedule[i] = d / 60
	}
	if diff := compare(got, want); diff != "" {
		t.Errorf("Scaled() (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, c.Fields(nil)); diff != "" {
		t.Errorf("Scaled() changed what it was called on (-before +after):\n%s", diff)
	}
}

func TestWrittenConfigurationReadsTheSame(t *testing.T) {
	t.Parallel()
	want, _, err := Load(Options{File: "testdata/example.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := want.YAML()
	if err != nil {
		t.Fatalf("YAML() error: %v", err)
	}
	got, _, err := Load(Options{Dir: write(t, string(text))})
	if err != nil {
		t.Fatalf("Load() of\n%s: %v", text, err)
	}
	if diff := compare(got, want); diff != "" {
		t.Errorf("Load(YAML()) (-want +got):\n%s", diff)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	c, origins, err := Load(Options{File: "testdata/example.yaml", Flags: map[string]string{"retry.schedule": "1s,2s"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Field{}
	for _, f := range c.Fields(origins) {
		got[f.Key] = f
	}
	for _, want := range []Field{
		{"retry.schedule", "1s,2s", Origin{SourceFlag, "--retry.schedule"}},
		{"quotas.pools[0].requests_per_minute", "2", Origin{SourceFile, "testdata/example.yaml:14:28"}},
		{"quotas.pools[1].region", "us-east-1", Origin{SourceFile, "testdata/example.yaml:6:31"}}, // follows from upstream.region
		{"body_limit", "25MB", Origin{SourceFile, "testdata/example.yaml:31:13"}},
	} {
		if diff := cmp.Diff(want, got[want.Key]); diff != "" {
			t.Errorf("field %s (-want +got):\n%s", want.Key, diff)
		}
	}
	if _, ok := got["quotas.pools[1].tokens_per_day"]; ok {
		t.Error("an absent limit is listed")
	}
}

func TestEveryKeyHasItsOwnVariable(t *testing.T) {
	t.Parallel()
	seen := map[string]string{fileVariable: "the file"}
	for _, key := range Keys() {
		name := Variable(key)
		if other, twice := seen[name]; twice {
			t.Errorf("%s and %s share %s", other, key, name)
		}
		seen[name] = key
	}
	for _, key := range []string{"listen", "upstream.endpoint_url", "quotas.pools", "queue.max_wait", "catalog"} {
		if !slices.Contains(Keys(), key) {
			t.Errorf("Keys() lacks %s", key)
		}
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	schema := resolve(t)
	example, err := readYAML("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string]string{
		"default": string(text), "example": example, "empty": "{}", "null section": "queue:\n", "bytes as a number": "body_limit: 1000",
	} {
		if err := schema.Validate(tree(t, doc)); err != nil {
			t.Errorf("Schema() refuses %s: %v", name, err)
		}
	}
	for name, doc := range map[string]string{
		"unknown key": "lisen: x", "unknown key in a list": "quotas: {pools: [{rpm: 2}]}", "a word for a number": "queue: {max_depth: many}",
		"no unit": "queue: {max_wait: '5'}", "wrong kind": "upstream: {kind: azure}", "size": "body_limit: lots",
	} {
		if err := schema.Validate(tree(t, doc)); err == nil {
			t.Errorf("Schema() accepts %s", name)
		}
	}
}

func TestSchemaSaysDefaults(t *testing.T) {
	t.Parallel()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"default": "10m"`, `"default": "512MiB"`, `"description": "longest wait before an answer is refused"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("Schema() lacks %s", want)
		}
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	t.Parallel()
	var check func(typ reflect.Type)
	check = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer:
			check(typ.Elem())
		case reflect.Struct:
			for f := range typ.Fields() {
				if f.IsExported() && (f.Tag.Get("jsonschema") == "" || f.Tag.Get("json") == "") {
					t.Errorf("%s.%s has no key or no description", typ, f.Name)
				}
				check(f.Type)
			}
		default:
		}
	}
	check(reflect.TypeFor[Config]())
}

func resolve(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatalf("Schema() error: %v", err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
	if err != nil {
		t.Fatalf("resolve the schema: %v", err)
	}
	return resolved
}

// tree is a YAML document as JSON sees it.
func tree(t *testing.T, doc string) any {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
