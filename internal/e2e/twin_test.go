package e2e

import (
	"testing"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/emulator/foundation"
)

// TestTwinsAgree holds the emulator's own table of models against the catalog.
// The two were transcribed apart from each other, so a difference is a slip in
// one of them, unless a row says that its figure is assumed.
func TestTwinsAgree(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, twin := range foundation.New().Models() {
		m, ok := cat.Model(twin.ID)
		if !ok {
			continue
		}
		compared++
		if !m.BurndownAssumed && twin.Burndown != m.Burndown {
			t.Errorf("%s: burndown %d in the emulator, %d in the catalog (%s, %s; docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown)",
				m.ID, twin.Burndown, m.Burndown, m.Source, m.Confidence)
		}
		if !m.MaxOutputAssumed && twin.MaxOutput != m.MaxOutput {
			t.Errorf("%s: maximum output %d in the emulator, %d in the catalog (%s, %s; the model's card on docs.aws.amazon.com/bedrock)",
				m.ID, twin.MaxOutput, m.MaxOutput, m.Source, m.Confidence)
		}
		if twin.CacheMinimum != 0 && m.CacheMinimum != 0 && twin.CacheMinimum != m.CacheMinimum {
			t.Errorf("%s: least cached prefix %d in the emulator, %d in the catalog (%s; docs.aws.amazon.com/bedrock, userguide/prompt-caching)",
				m.ID, twin.CacheMinimum, m.CacheMinimum, m.Source)
		}
		if twin.Embeds() != m.Embedding {
			t.Errorf("%s: embeds %t in the emulator, %t in the catalog (%s)", m.ID, twin.Embeds(), m.Embedding, m.Source)
		}
		for _, geo := range twin.Geos {
			if target, err := cat.Resolve(geo+"."+string(twin.ID), ""); err != nil || !target.Known {
				t.Errorf("%s: the emulator has a profile %s. of it, the catalog does not: %v", m.ID, geo, err)
			}
		}
	}
	if compared < 25 {
		t.Errorf("only %d models are in both tables", compared)
	}
}
