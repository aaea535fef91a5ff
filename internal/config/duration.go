package config

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a length of time, written with its unit: "90s", "10m", "1h30m".
type Duration time.Duration

// Std is d as the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes d as a person would: "10m", not "10m0s".
func (d Duration) String() string {
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
	std, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("must be a time with its unit, such as 30s or 10m, not %q", clip(string(text)))
	}
	*d = Duration(std)
	return nil
}
