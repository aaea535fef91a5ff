package config

import (
	"testing"

	"pgregory.net/rapid"
)

// TestDistance checks the distance against what must hold for every one.
func TestDistance(t *testing.T) {
	t.Parallel()
	if got := distance("listne", "listen"); got != 2 {
		t.Errorf("distance(listne, listen) = %d, want 2", got)
	}
	word := rapid.StringMatching(`[a-c]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		switch {
		case (distance(a, b) == 0) != (a == b):
			t.Errorf("distance(%q, %q) = %d", a, b, distance(a, b))
		case distance(a, b) != distance(b, a):
			t.Errorf("distance(%q, %q) is not symmetric", a, b)
		case distance(a, c) > distance(a, b)+distance(b, c):
			t.Errorf("distance(%q, %q) is more than by way of %q", a, c, b)
		}
	})
}
