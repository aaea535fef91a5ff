package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/sim"
)

// TestAnInterruptedSimulationSaysSo: with nothing finished there is nothing to
// print but how far it came.
func TestAnInterruptedSimulationSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, words bytes.Buffer
	code := Run(ctx, []string{"simulate", "--seeds", "3", "--policy", "headgate"}, strings.NewReader(""), &out, &words)
	if code != exitInterrupted || out.Len() > 0 || !strings.Contains(words.String(), "interrupted: 0 of 3 simulations were finished") {
		t.Errorf("Run = %d, %q, %q, want %d and how far it came", code, out.String(), words.String(), exitInterrupted)
	}
}

// TestTheDocumentedScenarioWorks reads the example of docs/simulation.md.
func TestTheDocumentedScenarioWorks(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "simulation.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	example, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("docs/simulation.md has no example")
	}
	s, err := sim.ParseScenario([]byte(example))
	if err != nil {
		t.Fatalf("ParseScenario: %v", err)
	}
	if err := sim.Check(s, nil, 1<<30); err != nil {
		t.Fatalf("Check: %v", err)
	}
	s.For = 5 * time.Minute
	if r, done := sim.Simulate(sim.Case{Scenario: s, Policy: sim.Headgate, Seed: 1}); !done || r.RunsFinished == 0 {
		t.Errorf("Simulate = %d runs finished, done %t", r.RunsFinished, done)
	}
}
