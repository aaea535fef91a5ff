package meter

import (
	"fmt"
	"time"
)

// Span is a duration that is written as text, such as "90s" or "1h30m", in
// JSON and YAML alike.
type Span time.Duration

// MaxSpan is the longest Span, and the longest duration of a Law: 31 days.
const MaxSpan = Span(31 * 24 * time.Hour)

// MarshalText writes the duration as time.Duration does.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText reads what time.ParseDuration reads, from 0 to MaxSpan.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration, such as 500ms, 90s or 1h30m", text)
	}
	if err := Span(d).check(); err != nil {
		return err
	}
	*s = Span(d)
	return nil
}

func (s Span) check() error {
	if s < 0 || s > MaxSpan {
		return fmt.Errorf("%v is not from 0 to %v", time.Duration(s), time.Duration(MaxSpan))
	}
	return nil
}

// faster is the span when time runs scale times faster. It stays above zero
// if it was.
func (s Span) faster(scale float64) Span {
	if s == 0 || scale == 1 {
		return s
	}
	return max(Span(float64(s)/scale), 1)
}
