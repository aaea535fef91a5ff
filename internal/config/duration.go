package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, written with its unit: "90s", "10m", "1h30m", "30d".
type Duration time.Duration

// Std is d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// day is the longest unit: those beyond have no fixed length.
const day = 24 * time.Hour

// String writes d as a person would: "10m", not "10m0s".
func (d Duration) String() string {
	if d >= Duration(2*day) && d%Duration(day) == 0 {
		return strconv.FormatInt(int64(d/Duration(day)), 10) + "d"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes d as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes and every other spelling of
// [time.ParseDuration].
func (d *Duration) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.ParseInt(days, 10, 64); err == nil && n >= 0 && n <= int64(math.MaxInt64/day) {
			*d = Duration(n) * Duration(day)
			return nil
		}
	}
	std, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("must be a time with its unit, such as 30s or 10m, not %q", clip(string(text)))
	}
	*d = Duration(std)
	return nil
}
