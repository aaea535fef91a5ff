package daemon

import (
	"log/slog"

	"github.com/headgate/headgate/internal/config"
)

// logWarnings logs each warning once, under the first key that it is about: an
// emulated account has as many pools as there are models, and all of them alike.
func logWarnings(log *slog.Logger, warnings []config.Problem) {
	keys := map[string]int{}
	for _, w := range warnings {
		keys[w.Text]++
	}
	for _, w := range warnings {
		n, fresh := keys[w.Text]
		if !fresh {
			continue
		}
		delete(keys, w.Text)
		log.Warn("configuration", slog.String("key", w.Key), slog.String("warning", w.Text), slog.Int("other_keys", n-1))
	}
}
