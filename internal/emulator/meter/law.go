// Package meter is the emulator's quota arithmetic: how a limit forgets what
// was charged to it (its law), what a call sets aside when it is admitted and
// what it finally costs.
//
// It is pure: every verb takes the instant, nothing waits and nothing locks.
// How Bedrock itself counts is not published; each law here is one that fits
// what has been measured of it.
package meter

import (
	"fmt"
	"strings"
	"time"
)

// Kind is a family of laws.
type Kind uint8

// The laws.
const (
	// Bucket refills continuously and holds Law.Capacity's worth of quota.
	Bucket Kind = iota
	// Fixed counts anew at each boundary of the clock's windows.
	Fixed
	// Sliding counts, exactly, what was charged in the window that ends now.
	Sliding
)

// Law says how a limit forgets. The zero value is a bucket that holds one
// whole window. Its text form, for files and flags, is "bucket",
// "bucket:5s", "fixed", "fixed:20s", "fixed:random" or "sliding".
type Law struct {
	Kind Kind
	// Capacity is how much quota a bucket holds, as time to fill it from empty;
	// 0 means the limit's whole window. A bucket below the largest call can
	// never admit that call.
	Capacity time.Duration
	// Phase moves the boundaries of fixed windows after those of the clock.
	Phase time.Duration
	// RandomPhase draws Phase from the limit's seed instead.
	RandomPhase bool
}

// MarshalText writes the text form.
func (l Law) MarshalText() ([]byte, error) {
	switch {
	case l.Kind == Sliding:
		return []byte("sliding"), nil
	case l.Kind == Fixed && l.RandomPhase:
		return []byte("fixed:random"), nil
	case l.Kind == Fixed && l.Phase != 0:
		return []byte("fixed:" + l.Phase.String()), nil
	case l.Kind == Fixed:
		return []byte("fixed"), nil
	case l.Capacity != 0:
		return []byte("bucket:" + l.Capacity.String()), nil
	}
	return []byte("bucket"), nil
}

// UnmarshalText reads the text form. Empty is the zero Law.
func (l *Law) UnmarshalText(text []byte) error {
	name, arg, has := strings.Cut(string(text), ":")
	var law Law
	switch name {
	case "", "bucket":
	case "fixed":
		law.Kind = Fixed
	case "sliding":
		law.Kind = Sliding
	default:
		return fmt.Errorf("law %q: want bucket, bucket:DURATION, fixed, fixed:DURATION, fixed:random or sliding", text)
	}
	if has && law.Kind == Fixed && arg == "random" {
		law.RandomPhase, has = true, false
	}
	if has {
		d, err := time.ParseDuration(arg)
		if err != nil || d <= 0 || law.Kind == Sliding {
			return fmt.Errorf("law %q: %q is no duration above zero that this law takes", text, arg)
		}
		if law.Kind == Fixed {
			law.Phase = d
		} else {
			law.Capacity = d
		}
	}
	*l = law
	return nil
}

// Entry is where a charge was entered. It has a meaning only to the Counter
// that gave it out.
type Entry uint64

// Counter is the state of one limit under one law. It is not safe for
// concurrent use. A clock that steps back is taken to stand still.
type Counter interface {
	// Fits reports whether n more units are allowed at now.
	Fits(now time.Time, n int64) bool
	// Take charges n units, whether they fit or not.
	Take(now time.Time, n int64) Entry
	// Correct gives back delta of the units charged at e when delta is above
	// zero, and charges -delta more when it is below: a debt, which may exceed
	// the limit.
	Correct(now time.Time, e Entry, delta int64)
	// Available is how many more units fit at now. It may be below zero.
	Available(now time.Time) int64
	// Capacity is the most that Available can be.
	Capacity() int64
}

// NewCounter starts a counter of amount units in each window under a law. The
// counter is full at now: nothing has been spent. Window must be above zero;
// an amount of zero or less never fits anything.
func NewCounter(law Law, amount int64, window time.Duration, seed uint64, now time.Time) Counter {
	switch law.Kind {
	case Fixed:
		phase := law.Phase
		if law.RandomPhase {
			phase = time.Duration(seed % uint64(window)) //nolint:gosec // below window, so it fits
		}
		return newFixed(amount, window, phase)
	case Sliding:
		return newSliding(amount, window)
	default:
		return newBucket(amount, window, law.Capacity, now)
	}
}
