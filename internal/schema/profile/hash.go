package profile

import (
	"math/bits"

	"github.com/cespare/xxhash/v2"

	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/value"
)

// nothing is the hash of a cell without a value, and blank that of one that is
// empty in quotes or has spaces alone.
const (
	nothing uint64 = 0
	blank   uint64 = 1
)

// hashOf is the hash of a text; never that of nothing or a blank.
func hashOf(text []byte) uint64 {
	h := xxhash.Sum64(text)
	if h <= blank {
		return blank + 1
	}
	return h
}

// normal is the text by which values are compared: without spaces at its ends,
// unless it is a text that has them.
func normal(text []byte) []byte {
	n := len(text)
	if n == 0 || text[0] > ' ' && text[n-1] > ' ' {
		return text
	}
	trimmed := value.Trim(text)
	if len(trimmed) > 0 && !value.IsToken(trimmed) && value.Classify(trimmed).Form == value.Text {
		return text
	}
	return trimmed
}

// cellHash is the hash of a cell.
func cellHash(c tabular.Cell) uint64 {
	if c.Text == nil && !c.Quoted {
		return nothing
	}
	if text := normal(c.Text); len(text) > 0 {
		return hashOf(text)
	}
	return blank
}

// mix spreads a number over 64 bits (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// combine makes one hash of two; their order matters.
func combine(h, next uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9E3779B97F4A7C15, next^0xD1B54A32D192ED03)
	return hi ^ lo ^ bits.RotateLeft64(h, 29)
}
