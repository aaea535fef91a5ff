package sim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// small is a preset cut down to some minutes.
func small(t *testing.T, name string) Scenario {
	t.Helper()
	s, err := Preset(name)
	if err != nil {
		t.Fatalf("Preset(%s): %v", name, err)
	}
	s.For = 10 * time.Minute
	return s
}

func TestASeedGivesTheSameResult(t *testing.T) {
	t.Parallel()
	for _, name := range Presets() {
		s := small(t, name)
		s.Network.Jitter = 100 * time.Millisecond
		for _, p := range Policies() {
			a, done := Simulate(Case{Scenario: s, Policy: p, Seed: 7, Series: true})
			b, _ := Simulate(Case{Scenario: s, Policy: p, Seed: 7, Series: true})
			if diff := cmp.Diff(a, b, cmpopts.IgnoreUnexported(Series{})); !done || diff != "" {
				t.Errorf("%s, %s: done %v, two simulations differ:\n%s", name, p, done, diff)
			}
		}
	}
}
