package dispatch

import (
	"fmt"
	"testing"

	"github.com/headgate/headgate/internal/fault"
)

// TestNamesOfClientsAreBounded: whatever clients call their models and accounts,
// what is remembered of it stays bounded, and the models of the catalog are
// served all the same.
func TestNamesOfClientsAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, perMinute(2, 500_000))
	for i := range maxWays {
		id := fmt.Sprintf("somebody.model-%d-x", i)
		if i%2 == 0 {
			id = fmt.Sprintf("arn:aws:bedrock:us-east-%d:111122223333:inference-profile/%s", i+2, haiku)
		}
		if _, err := b.way(id); err != nil {
			t.Fatalf("way(%q): %v", id, err)
		}
	}
	for i := range 10 {
		if _, err := b.way(fmt.Sprintf("somebody.other-%d-x", i)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("one more unknown model: %v, want invalid", err)
		}
		if _, err := b.way(fmt.Sprintf("arn:aws:bedrock:eu-west-%d:111122223333:inference-profile/%s", i, haiku)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("one more Region: %v, want invalid", err)
		}
	}
	if got := len(b.opts.Limits.Pools()); got > maxWays {
		t.Errorf("limits are kept for %d pools, want at most %d", got, maxWays)
	}
	for _, id := range []string{haiku, sonnet} {
		if _, err := b.way(id); err != nil {
			t.Errorf("way(%q) = %v, want the catalog's models served", id, err)
		}
	}
	// Two names of one pool have one limit, whichever account an ARN names.
	named, err := b.way("arn:aws:bedrock:us-east-1:444455556666:inference-profile/" + haiku)
	bare, bareErr := b.way(haiku)
	if err != nil || bareErr != nil || named.lane != bare.lane {
		t.Errorf("an ARN's lane (%v) is not that of its profile's id (%v)", err, bareErr)
	}
	if _, err := b.way("somebody.model-1-x"); err != nil {
		t.Errorf("a name that is remembered: %v", err)
	}
}
