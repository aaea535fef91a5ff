package profile

import (
	"math"
	"math/bits"
)

// hllBits gives 16,384 registers and a standard error of 0.8 %.
const hllBits = 14

// hll estimates how many different hashes there are (Flajolet and others 2007).
// What it holds does not depend on the order in which they come.
type hll struct{ registers [1 << hllBits]uint8 }

func (s *hll) add(h uint64) {
	h = mix(h) // dicts and sketches take the low and the small ones
	i := h >> (64 - hllBits)
	rank := uint8(bits.LeadingZeros64(h<<hllBits|1<<(hllBits-1))) + 1 //nolint:gosec // below 64
	if rank > s.registers[i] {
		s.registers[i] = rank
	}
}

func (s *hll) estimate() int64 {
	const m = 1 << hllBits
	sum, empty := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			empty++
		}
	}
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 {
		estimate = m * math.Log(m/float64(empty))
	}
	return int64(math.Round(estimate))
}
