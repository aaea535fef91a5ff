package meter

import (
	"math/rand/v2"
	"time"
)

// shards are buckets that share an amount. Each call is routed to one of them,
// whatever room the others have.
type shards struct {
	buckets []*bucket
	carried int64 // what is left of the charge to every shard
	rng     *rand.Rand
	route   int  // of the call that asked Fits last
	routed  bool // no Take has followed that Fits yet
}

// routeStream tells the routes of a seed from other random things of it.
const routeStream = 0x9e3779b97f4a7c15

func newShards(amount int64, window time.Duration, n int, seed uint64, now time.Time) *shards {
	s := &shards{rng: rand.New(rand.NewPCG(seed, routeStream))}
	n = max(n, 1)
	for i := range n {
		s.buckets = append(s.buckets, newBucket(part(max(amount, 0), n, i), window, 0, now))
	}
	return s
}

// part is the i-th of n parts of an amount. The parts sum to it; the first
// ones have what does not divide.
func part(amount int64, n, i int) int64 {
	share, rest := amount/int64(n), amount%int64(n)
	switch {
	case int64(i) < rest:
		share++
	case int64(i) < -rest:
		share--
	}
	return share
}

// Fits routes a call.
func (s *shards) Fits(now time.Time, n int64) bool {
	s.route, s.routed = s.rng.IntN(len(s.buckets)), true
	return s.buckets[s.route].Fits(now, n)
}

// Take charges the shard that the last Fits looked at, or routes a call that
// did not ask.
func (s *shards) Take(now time.Time, n int64) Entry {
	if !s.routed {
		s.route = s.rng.IntN(len(s.buckets))
	}
	s.routed = false
	s.buckets[s.route].Take(now, n)
	return Entry(s.route) //nolint:gosec // an index
}

// Correct corrects the shard of origin. Without one, it is routed as a call is.
func (s *shards) Correct(now time.Time, e Entry, delta int64) {
	switch {
	case e == Now:
		s.buckets[s.rng.IntN(len(s.buckets))].Correct(now, e, delta)
	case e == s.all():
		// By what is left of it, not by the correction: small ones would all go to
		// the first shards, and refunds be lost there.
		before := s.carried
		s.carried -= delta
		for i, b := range s.buckets {
			b.Correct(now, e, part(before, len(s.buckets), i)-part(s.carried, len(s.buckets), i))
		}
	default:
		s.buckets[e].Correct(now, e, delta)
	}
}

// all is the entry of a charge to every shard.
func (s *shards) all() Entry { return Entry(len(s.buckets)) }

// Available is that of all shards. A call fits only what its own has.
func (s *shards) Available(now time.Time) (sum int64) {
	for _, b := range s.buckets {
		sum += b.Available(now)
	}
	return sum
}

func (s *shards) Capacity() (sum int64) {
	for _, b := range s.buckets {
		sum += b.Capacity()
	}
	return sum
}

func (s *shards) resize(now time.Time, amount int64) {
	for i, b := range s.buckets {
		b.resize(now, part(max(amount, 0), len(s.buckets), i))
	}
}

func (s *shards) spent(now time.Time) int64 { return s.Capacity() - s.Available(now) }

func (s *shards) carry(now time.Time, n int64) Entry {
	s.carried += n
	for i, b := range s.buckets {
		b.carry(now, part(n, len(s.buckets), i))
	}
	return s.all()
}

func (s *shards) remembers(Entry) bool { return true }
