package profile

import "slices"

// sketchSize is how many of the least hashes of a column are kept to compare it
// with others.
const sketchSize = 4096

// sketch keeps the least different hashes that it was shown.
type sketch struct {
	hashes []uint64
	below  uint64 // only hashes below it may still belong to it; 0: all
}

func (s *sketch) add(h uint64) {
	if s.below != 0 && h >= s.below {
		return
	}
	s.hashes = append(s.hashes, h)
	if len(s.hashes) == 2*sketchSize {
		s.tidy()
	}
}

// tidy sorts and drops what is too much.
func (s *sketch) tidy() {
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
	if len(s.hashes) > sketchSize {
		s.hashes = s.hashes[:sketchSize]
		s.below = s.hashes[sketchSize-1]
	}
}

// whole says that the sketch has all hashes of its column.
func (s *sketch) whole() bool { return len(s.hashes) < sketchSize }

// share is about which part of a's values are in b, and from how many of them that
// is known.
func share(a, b *sketch) (part float64, known int) {
	in, j := 0, 0
	for _, h := range a.hashes {
		for j < len(b.hashes) && b.hashes[j] < h {
			j++
		}
		if j == len(b.hashes) && !b.whole() {
			break // b knows nothing above its last
		}
		if known++; known%128 == 0 && 2*in < known {
			break // nowhere near
		}
		if j < len(b.hashes) && b.hashes[j] == h {
			in++
		}
	}
	if known == 0 {
		return 1, 0
	}
	return float64(in) / float64(known), known
}
