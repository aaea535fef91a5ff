package gateway

import "testing"

func TestStatedAttempts(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]int{
		"attempt=1; max=3":                  3,
		"attempt=2;max=5":                   5,
		"attempt=1":                         0,
		"":                                  0,
		"max=0":                             0,
		"max=-1":                            0,
		"max=99999999":                      0,
		"max=three; max=4":                  4,
		"ttl=20260101T0Z; attempt=1; max=4": 4,
	} {
		if got := statedAttempts(header); got != want {
			t.Errorf("statedAttempts(%q) = %d, want %d", header, got, want)
		}
	}
}
