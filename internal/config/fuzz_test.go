package config

import (
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func readYAML(name string) (string, error) {
	text, err := os.ReadFile(name)
	return string(text), err
}

// FuzzDecode feeds any text as a file: nothing panics or hangs, and what is
// accepted survives being written and read again.
func FuzzDecode(f *testing.F) {
	example, err := readYAML("testdata/example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"", "{}", "[]", "listen", "a: &a *a", "queue: &q {<<: *q}", "quotas: &q {pools: [*q]}", "tenants: [null]", "? {a: b} : c", "listen: |\n  127.0.0.1:1\n",
		"retry: {schedule: [1s, !!str 2s]}", "%YAML 1.2\n---\n", "time_scale: .inf", "time_scale: .nan", "\xff\xfe", "catalog: [\"'\", \"#\", \"\\u0000\"]", example,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			t.Skip("long inputs find nothing that short ones do not")
		}
		cfg := Default()
		d := fileDecoder("fuzz", Origins{})
		d.decode([]byte(text), reflect.ValueOf(&cfg).Elem(), "")
		if len(d.problems) > 0 || len(cfg.Problems()) > 0 {
			return
		}
		written, err := cfg.YAML()
		if err != nil {
			t.Fatalf("YAML() of %q: %v", text, err)
		}
		again := Default()
		d = fileDecoder("fuzz", Origins{})
		d.decode(written, reflect.ValueOf(&again).Elem(), "")
		if len(d.problems) > 0 {
			t.Fatalf("read\n%s\nagain: %v", written, d.problems)
		}
		if diff := cmp.Diff(cfg, again, cmpopts.IgnoreUnexported(Config{})); diff != "" {
			t.Fatalf("written and read again (-want +got):\n%s", diff)
		}
	})
}
