package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// form is a model id taken apart, so that ids can be compared by what they say
// and not only by how they are spelled.
//
//	anthropic.claude-haiku-4-5-20251001-v1:0
//	provider  core             date     version:minor
type form struct {
	id                   string
	provider, core       string
	date, version, minor int64 // -1 when the id has none
	words                []string
	numbers              []int64 // of the core, in order; dates and the like left out
	letters              string  // the words in order, joined
	canonical            string  // the words sorted
	plain                string  // the id's letters and digits
	short                string  // the core's letters and digits
}

// maxVersionDigits bounds what counts as a version number; longer runs of
// digits are dates, whole or damaged.
const maxVersionDigits = 4

// parseForm takes a model id apart. It accepts any text; what is not there is
// empty or -1.
func parseForm(id string) form {
	f := form{id: id, date: -1, version: -1, minor: -1}
	f.plain = alphanumeric(id)
	name := id
	if i := strings.IndexAny(id, "./"); i >= 0 {
		f.provider, name = id[:i], id[i+1:]
	}
	f.core, f.minor = cutNumber(name, ":", 0)
	f.core, f.version = cutNumber(f.core, "-v", 0)
	f.core, f.date = cutNumber(f.core, "-", 8)
	f.short = alphanumeric(f.core)
	f.words, f.numbers = runs(f.core)
	f.letters = strings.Join(f.words, "")
	slices.Sort(f.words)
	f.canonical = strings.Join(f.words, " ")
	return f
}

// cutNumber cuts the last mark and the digits after it off s: exactly digits
// of them, or any positive number when digits is 0.
func cutNumber(s, mark string, digits int) (rest string, n int64) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return s, -1
	}
	text := s[i+len(mark):]
	if digits > 0 && len(text) != digits || len(text) == 0 || len(text) > 9 || strings.Trim(text, "0123456789") != "" {
		return s, -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return s, -1
	}
	return s[:i], n
}

// runs are the runs of letters, in lower case, and of digits in s.
func runs(s string) (words []string, numbers []int64) {
	s = strings.ToLower(s)
	for s != "" {
		n := len(s) - len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz"))
		if n > 0 {
			words = append(words, s[:n])
			s = s[n:]
			continue
		}
		n = len(s) - len(strings.TrimLeft(s, "0123456789"))
		if n > 0 && n <= maxVersionDigits {
			number, _ := strconv.ParseInt(s[:n], 10, 64)
			numbers = append(numbers, number)
		}
		s = s[max(n, 1):]
	}
	return words, numbers
}

// alphanumeric is s in lower case with nothing but letters and digits.
func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, s)
}

// generation is the first number of the model's name: 4 of claude-haiku-4-5.
func (f form) generation() int64 {
	if len(f.numbers) == 0 {
		return 0
	}
	return f.numbers[0]
}

// sameFamily says that two ids differ in numbers at most.
func (f form) sameFamily(g form) bool {
	return f.provider == g.provider && f.canonical == g.canonical
}

// sameModel says that two ids name the same model, in different revisions or
// spellings.
func (f form) sameModel(g form) bool {
	return f.canonical == g.canonical && slices.Equal(f.numbers, g.numbers)
}

// revises says that f is a later revision of the same model and is spelled as
// g is, so that f may well exist although the catalog does not list it.
func (f form) revises(g form) bool {
	return f.provider == g.provider && f.core == g.core &&
		f.date < 0 == (g.date < 0) && f.version < 0 == (g.version < 0) && f.minor < 0 == (g.minor < 0) &&
		slices.Compare([]int64{f.date, f.version, f.minor}, []int64{g.date, g.version, g.minor}) > 0
}

// distance is the number of single edits (insertion, deletion, replacement,
// swap of neighbours) between two texts, or limit+1 when it is above limit.
func distance(a, b string, limit int) int {
	if a == b {
		return 0
	}
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
