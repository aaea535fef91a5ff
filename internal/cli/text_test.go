package cli

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567",
		math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestMoneyAndDurations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{dollars(2_484_000), "$0.002484"},
		{dollars(-1), "-"},
		{perMillion(1_100), "$1.100"},
		{perMillion(25), "$0.025"},
		{perMillion(0), "-"},
		{duration(0), "0s"},
		{duration(1_499 * time.Microsecond), "1ms"},
		{duration(31_240 * time.Millisecond), "31.2s"},
		{duration(3*time.Minute + 400*time.Millisecond), "3m0s"},
		{count(1, "run"), "1 run"},
		{count(0, "run"), "0 runs"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"1h30m":                now.Add(-90 * time.Minute),
		"2d":                   now.Add(-48 * time.Hour),
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-01T10:00:00Z": time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
	} {
		got, err := parseInstant(text, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("parseInstant(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-1h", "-2d", "d", "1", "2026-13-01"} {
		if got, err := parseInstant(text, now); err == nil {
			t.Errorf("parseInstant(%q) = %v, want an error", text, got)
		}
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, seed := range []string{"1h", "2d", "9999999999d", "2026-11-01", "2026-11-01T10:00:00+02:00", "d", "-1d", "1e9d"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseInstant(text, now)
		// What is not a date of its own lies in the past.
		if err == nil && text != "" && !strings.Contains(text, "-") && got.After(now) {
			t.Errorf("parseInstant(%q) = %v, after now", text, got)
		}
	})
}
