package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden holds everything that is said of one small scenario under the
// policies that do not pace with Headgate, so that it changes only when the
// simulator does.
func TestGolden(t *testing.T) {
	t.Parallel()
	s := small(t, "agents")
	s.Workload[0].Arrival.Runs, s.Processes = 4, 4
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	for _, p := range []Policy{Fixed, Even85, SRPT} {
		r, _ := Simulate(Case{Scenario: s, Policy: p, Seed: 1, Series: p == Fixed})
		if err := enc.Encode(r); err != nil {
			t.Fatalf("encode: %v", err)
		}
	}
	name := filepath.Join("testdata", "agents.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("read golden file (run with -update to make it): %v", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
