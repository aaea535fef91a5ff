package quota

import (
	"testing"

	"github.com/headgate/headgate/internal/llm"
)

// TestExtra compares what a hold lacks of another way to count with the hold
// under that way.
func TestExtra(t *testing.T) {
	t.Parallel()
	in := llm.Usage{Input: 100, CacheWrite: 20, CacheRead: 3000, Output: 77}
	tests := []struct {
		name     string
		a        Accounting
		max      int64
		burndown int64
		want     Extra
	}{
		{"nothing configured", Accounting{}, 500, 5, Extra{CacheRead: 3000, Burndown: 2000}},
		{"no burndown", Accounting{}, 500, 1, Extra{CacheRead: 3000}},
		{"cache reads configured", Accounting{ReserveCacheRead: true}, 500, 5, Extra{Burndown: 2000}},
		{"burndown configured", Accounting{ReserveBurndown: true}, 500, 5, Extra{CacheRead: 3000}},
		{"both configured", Accounting{ReserveCacheRead: true, ReserveBurndown: true}, 500, 5, Extra{}},
		{"a least output", Accounting{MinReservedOutput: 800}, 500, 10, Extra{CacheRead: 3000, Burndown: 7200}},
	}
	for _, tt := range tests {
		got := tt.a.Extra(in, tt.max, tt.burndown)
		if got != tt.want {
			t.Errorf("%s: Extra = %+v, want %+v", tt.name, got, tt.want)
		}
		all := tt.a
		all.ReserveCacheRead, all.ReserveBurndown = true, true
		if sum, want := tt.a.Hold(in, tt.max, tt.burndown)+got.CacheRead+got.Burndown, all.Hold(in, tt.max, tt.burndown); sum != want {
			t.Errorf("%s: hold and extras are %d, want %d", tt.name, sum, want)
		}
	}
}
