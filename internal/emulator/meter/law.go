// Package meter is the emulator's quota arithmetic: how a limit forgets what
// was charged to it (its law), how much of its amount is really enforced, what
// a call sets aside when it is admitted, what it finally costs and when the
// difference is given back, and what other users of the account take.
//
// It is pure: every verb takes the instant, nothing waits, nothing locks, and
// what is random is drawn from a seed. How Bedrock itself counts is not
// published; each law here is one that fits what has been measured of it.
//
// A Limit is one quota. Admit or AdmitCall checks a call against several and
// charges all of them or none; the Ticket is settled when the call ends.
package meter

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is a family of laws.
type Kind uint8

// The laws. W is the limit's window, a minute say, and Q its amount.
const (
	// Bucket refills continuously, by Q in each W, and holds Law.Capacity's
	// worth of quota.
	Bucket Kind = iota
	// Fixed counts anew at each boundary of the clock's windows.
	Fixed
	// Sliding counts, exactly, what was charged in the window that ends now.
	Sliding
	// First counts anew in a window that begins at the first charge after the
	// last window has ended.
	First
	// SlidingCounter estimates the last window from two of the clock's:
	// previous × (1 − elapsed/W) + current.
	SlidingCounter
	// Dual is two buckets of the same rate, one that holds a whole window's
	// worth and a short one. A call must fit both.
	Dual
	// Shards are Law.Shards buckets of Q/k each. Every call goes to one of them,
	// drawn by the limit's seed, and must fit that one.
	Shards
)

// MaxShards is the most slices that a law may have.
const MaxShards = 1000

// dualShare is which part of the window the short bucket of Dual holds when
// nothing is said: one second of a minute.
const dualShare = 60

// Law says how a limit forgets. The zero value is a bucket that holds one
// whole window. Its text forms, for files and flags, are those of Forms.
type Law struct {
	Kind Kind
	// Capacity is how much quota a bucket holds, as time to fill it from empty:
	// of Bucket, where 0 means the limit's whole window, and of the short one of
	// Dual, where 0 means a sixtieth of it. A bucket below the largest call can
	// never admit that call.
	Capacity time.Duration
	// Phase moves the boundaries of Fixed after those of the clock.
	Phase time.Duration
	// RandomPhase draws Phase from the limit's seed instead.
	RandomPhase bool
	// Shards is how many slices the law of that name has, from 1 to MaxShards.
	Shards int
}

// Forms lists the text forms of laws, with 5s, 20s, 2s and 4 as examples of
// what may be said.
func Forms() []string {
	return []string{
		"bucket", "bucket:5s", "fixed", "fixed:20s", "fixed:random", "first", "sliding", "counter", "dual", "dual:2s", "shards:4",
	}
}

// String is the text form.
func (l Law) String() string {
	with := func(name string, d time.Duration) string {
		if d == 0 {
			return name
		}
		return name + ":" + d.String()
	}
	switch l.Kind {
	case Fixed:
		if l.RandomPhase {
			return "fixed:random"
		}
		return with("fixed", l.Phase)
	case Sliding:
		return "sliding"
	case First:
		return "first"
	case SlidingCounter:
		return "counter"
	case Dual:
		return with("dual", l.Capacity)
	case Shards:
		return "shards:" + strconv.Itoa(l.Shards)
	default:
		return with("bucket", l.Capacity)
	}
}

// MarshalText writes the text form.
func (l Law) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the text form. Empty is the zero Law.
func (l *Law) UnmarshalText(text []byte) error {
	name, arg, has := strings.Cut(string(text), ":")
	var law Law
	var span *time.Duration // what arg may set
	switch name {
	case "", "bucket":
		span = &law.Capacity
	case "fixed":
		law.Kind, span = Fixed, &law.Phase
		if arg == "random" {
			law.RandomPhase, has = true, false
		}
	case "sliding":
		law.Kind = Sliding
	case "first":
		law.Kind = First
	case "counter":
		law.Kind = SlidingCounter
	case "dual":
		law.Kind, span = Dual, &law.Capacity
	case "shards":
		n, err := strconv.Atoi(arg)
		if err != nil {
			return fmt.Errorf("law %q: want how many shards, such as shards:4", text)
		}
		law.Kind, law.Shards, has = Shards, n, false
	default:
		return fmt.Errorf("law %q is unknown; there are %s", text, strings.Join(Forms(), ", "))
	}
	if has && span == nil {
		return fmt.Errorf("law %q: %s takes nothing after it", text, name)
	}
	if has {
		d, err := time.ParseDuration(arg)
		if err != nil || d <= 0 {
			return fmt.Errorf("law %q: %q is no duration above zero, such as 5s", text, arg)
		}
		*span = d
	}
	if err := law.Validate(); err != nil {
		return fmt.Errorf("law %q: %w", text, err)
	}
	*l = law
	return nil
}

// Validate reports a law that cannot be.
func (l Law) Validate() error {
	for _, d := range [...]time.Duration{l.Capacity, l.Phase} {
		if err := Span(d).check(); err != nil {
			return err
		}
	}
	switch {
	case l.Kind > Shards:
		return fmt.Errorf("kind %d is unknown", l.Kind)
	case l.Kind == Shards && (l.Shards < 1 || l.Shards > MaxShards):
		return fmt.Errorf("%d shards are not from 1 to %d", l.Shards, MaxShards)
	}
	return nil
}

// Faster is the law when time runs scale times faster.
func (l Law) Faster(scale float64) Law {
	l.Capacity = time.Duration(Span(l.Capacity).faster(scale))
	l.Phase = time.Duration(Span(l.Phase).faster(scale))
	return l
}
