package gateway

import "testing"

// The room for a body ends where its announced length ends, and is never given
// for the announcement alone.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		have  int
		total int64
		want  int
	}{
		{0, 2048, 2049},
		{0, 0, 1},
		{0, 25_000_000, trustedBytes + 1},
		{trustedBytes + 1, 25_000_000, trustedBytes + 1},
		{trustedBytes + 1, trustedBytes + 10, 10},
		{0, -1, 512},
		{4096, -1, 4096},
	} {
		if got := growth(tc.have, tc.total); got != tc.want {
			t.Errorf("growth(%d, %d) = %d, want %d", tc.have, tc.total, got, tc.want)
		}
	}
}
