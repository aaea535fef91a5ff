package sim

import "github.com/headgate/headgate/internal/emulator/meter"

// Law is how a limit is enforced; the zero value is a bucket that refills all the
// time. It reads and writes the names of laws as text.
type Law = meter.Law

// SafeLaw is the sliding window: what holds under it holds under any law.
func SafeLaw() Law { return Law{Kind: meter.Sliding} }

// Refills reports whether limits under a law refill all the time, so that what
// calls give back again takes nothing from others for long.
func Refills(l Law) bool {
	return l.Kind == meter.Bucket || l.Kind == meter.Dual || l.Kind == meter.Shards
}
