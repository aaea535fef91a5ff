package daemon

import (
	"testing"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Which ids draw on a pool's quotas: those of its model and path, and the
// application profiles that copy such.
func TestDrawing(t *testing.T) {
	t.Parallel()
	cat, err := catalog.Default()
	if err != nil {
		t.Fatal(err)
	}
	const model = "anthropic.claude-haiku-4-5-20251001-v1:0"
	in := func(region string) string { return "arn:aws:bedrock:" + region + "::foundation-model/" + model }
	snap := account.Snapshot{Profiles: []account.Profile{
		{ID: "geoprofile01", Application: true, Models: []string{in("us-east-1"), in("us-west-2")}},
		{ID: "globalprofil", Application: true, Models: []string{in("us-east-1"), "arn:aws:bedrock:::foundation-model/" + model}},
		{ID: "oneregion001", Application: true, Models: []string{in("us-east-1")}},
		{ID: "othermodel01", Application: true, Models: []string{"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0"}},
	}}
	for path, want := range map[llm.Path][]string{
		llm.PathGeo:      {"us." + model, "geoprofile01"},
		llm.PathGlobal:   {"global." + model, "globalprofil"},
		llm.PathOnDemand: {model, "oneregion001"},
	} {
		mine := drawing(cat, llm.Pool{Region: "us-east-1", Model: model, Path: path}, snap)
		n := 0
		for _, id := range []string{model, "us." + model, "global." + model, "geoprofile01", "globalprofil", "oneregion001", "othermodel01", "unknown00001", "us.amazon.nova-lite-v1:0"} {
			if mine(id) {
				n++
			}
		}
		if n != len(want) || !mine(want[0]) || !mine(want[1]) {
			t.Errorf("%s: %d ids, want %v", path, n, want)
		}
	}
}
