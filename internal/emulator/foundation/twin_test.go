package foundation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/llm"
)

// TestTwin holds the emulator's table against the gateway's catalog. Both are
// transcribed on their own; where they differ, one of them is wrong, and the
// catalog's row says where to look.
func TestTwin(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	profiles := map[string]bool{}
	for _, p := range cat.Profiles() {
		profiles[p.ID] = true
	}
	for _, ours := range foundation.New().Models() {
		theirs, ok := cat.Model(ours.ID)
		if !ok {
			t.Errorf("%s is not in the catalog", ours.ID)
			continue
		}
		if ours.Burndown != theirs.Burndown {
			t.Errorf("%s: burndown %d, catalog %d", ours.ID, ours.Burndown, theirs.Burndown)
		}
		if ours.MaxOutput != theirs.MaxOutput {
			t.Errorf("%s: maximum output %d, catalog %d", ours.ID, ours.MaxOutput, theirs.MaxOutput)
		}
		if ours.Retired != theirs.Retired {
			t.Errorf("%s: retired %v, catalog %v", ours.ID, ours.Retired, theirs.Retired)
		}
		if ours.Retired {
			continue
		}
		if got := slices.Contains(theirs.Paths, llm.PathOnDemand); got != ours.OnDemand {
			t.Errorf("%s: on demand %v, catalog %v", ours.ID, ours.OnDemand, got)
		}
		prefixes := ours.Geos
		if ours.Global {
			prefixes = append(slices.Clone(prefixes), "global")
		}
		for _, prefix := range prefixes {
			if id := prefix + "." + string(ours.ID); !profiles[id] {
				t.Errorf("profile %s is not in the catalog", id)
			}
			delete(profiles, prefix+"."+string(ours.ID))
		}
	}
	for id := range profiles {
		_, base, _ := strings.Cut(id, ".")
		if m := foundation.New().Model(llm.ModelID(base)); m != nil && !m.Retired {
			t.Errorf("profile %s is in the catalog alone", id)
		}
	}
}
