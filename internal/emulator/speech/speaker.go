// Package speech makes up what the emulator's models say: text of an exact
// length in tokens, tool inputs that conform to their JSON Schema, and
// vectors. Everything follows from a seed; nothing is remembered.
package speech

import (
	"math/rand/v2"
	"strings"
)

// bytesPerToken is the emulator's own rule of counting: see package prompt.
const bytesPerToken = 4

// Speaker says sentences. It is safe for concurrent use.
type Speaker struct {
	words    []string
	byLength map[int]string
}

// NewSpeaker returns a speaker with a small vocabulary.
func NewSpeaker() *Speaker {
	s := &Speaker{byLength: map[int]string{}}
	s.words = strings.Fields(`the canal opens at dawn and each field draws its share of water while the keeper
		notes every level in a ledger so that no gate stands idle a measured flow reaches the lower meadow before
		noon seasons change but rules hold steady for all who wait their turn quiet rivers carry more than loud
		streams an even pace leaves room when reserves run short we see that plans made early spare much effort
		later some results depend on order others only on total supply it follows from these figures between`)
	for _, w := range s.words {
		s.byLength[len(w)] = w
	}
	return s
}

// Text is a text that counts as exactly n tokens. A finished one ends with a
// full stop; an unfinished one breaks off, as at a limit.
func (s *Speaker) Text(seed uint64, n int64, finished bool) string {
	if n <= 0 {
		return ""
	}
	size := int(n) * bytesPerToken
	rng := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	var b strings.Builder
	b.Grow(size + 16)
	left := 0 // words left in the sentence
	for {
		word := s.words[rng.IntN(len(s.words))]
		// A finished text keeps room for " word." and at most three bytes less.
		if finished && b.Len()+len(word)+2 > size {
			break
		}
		if !finished && b.Len() >= size {
			break
		}
		if left == 0 {
			if b.Len() > 0 {
				b.WriteString(". ")
			}
			left = 6 + rng.IntN(8)
			word = strings.ToUpper(word[:1]) + word[1:]
		} else {
			b.WriteByte(' ')
		}
		left--
		b.WriteString(word)
	}
	if !finished {
		return b.String()[:size]
	}
	return s.finish(&b, size)
}

// finish ends a text so that it has more than size-4 and at most size bytes.
func (s *Speaker) finish(b *strings.Builder, size int) string {
	text := b.String()
	if len(text) >= size { // the last ". " took what was left
		text = strings.TrimRight(text[:size-1], ". ")
	}
	for len(text) < size-bytesPerToken {
		text += s.filler(size - len(text) - 1)
	}
	return text + "."
}

// filler is a word with its space before it, of at most room bytes.
func (s *Speaker) filler(room int) string {
	for n := room - 1; n > 0; n-- {
		if w, ok := s.byLength[n]; ok {
			return " " + w
		}
	}
	return "s"
}
