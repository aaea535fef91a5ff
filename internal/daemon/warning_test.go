package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/config"
)

func TestWarningsThatAreAlikeAreLoggedOnce(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logWarnings(slog.New(slog.NewTextHandler(&out, nil)), []config.Problem{
		{Key: "quotas.pools[0].requests_per_minute", Text: "is 0"},
		{Key: "quotas.pools[1].requests_per_minute", Text: "is 0"},
		{Key: "quotas.pools[1].tokens_per_minute", Text: "is 5"},
		{Key: "quotas.pools[2].requests_per_minute", Text: "is 0"},
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), out.String())
	}
	for i, want := range []string{
		`key=quotas.pools[0].requests_per_minute warning="is 0" other_keys=2`,
		`key=quotas.pools[1].tokens_per_minute warning="is 5" other_keys=0`,
	} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d = %q, want it to end with %q", i, lines[i], want)
		}
	}
}
