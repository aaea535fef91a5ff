package speech

import (
	"math"
	"strings"
)

// spread is on how many dimensions one word of a text falls.
const spread = 16

// Hash is a text's FNV-1a hash of 64 bits: the same in every process.
func Hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

// Embedding is a vector of length 1 for a text. The same text has the same
// vector, and texts that share words lie nearer to each other than others:
// each word adds or takes one on some dimensions that its hash picks.
func Embedding(text string, dimensions int) []float64 {
	v := make([]float64, dimensions)
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		scatter(v, word)
	}
	norm := 0.0
	for _, x := range v {
		norm += x * x
	}
	if norm == 0 { // no words, or words that cancel out
		scatter(v[:1], text)
		norm = v[0] * v[0]
	}
	if norm == 0 {
		v[0], norm = 1, 1
	}
	scale := 1 / math.Sqrt(norm)
	for i := range v {
		v[i] *= scale
	}
	return v
}

func scatter(v []float64, word string) {
	x := Hash(word)
	for range spread {
		// Steps of splitmix64 (public domain, Sebastiano Vigna).
		x += 0x9e3779b97f4a7c15
		z := (x ^ x>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		sign := 1.0
		if z&1 == 1 {
			sign = -1
		}
		v[(z>>1)%uint64(len(v))] += sign
	}
}
